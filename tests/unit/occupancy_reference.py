"""Slow twins of occupancy's folds: the obvious loops over rows, days and moments."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from core.clock import CHINA, day_start_us, from_us, local_day
from housing.registry.rows import MemberRow, SwapRow
from occupancy.codes import By, DoorKind, Said, Way
from occupancy.registry import Registry, Rows
from occupancy.sightings import Sightings

Row = dict[str, int]
COUNTED = (
    "entries", "exits", "elsewhere", "members_seen", "bodies_seen", "members_in_at_night", "passes", "guests",
    "rung_in", "unknown_entries", "mismatches", "vehicle_entries", "other_vehicles", "other_hours", "other_nights",
    "swap_home", "swap_entries", "last_member_us",
)  # fmt: skip


def rows_of(sightings: Sightings) -> list[Row]:
    """One dict a sighting, each key once."""
    names = Sightings.__dataclass_fields__
    table = [{name: int(getattr(sightings, name)[n]) for name in names} for n in range(len(sightings))]
    return list({row["key"]: row for row in table}.values())


class World:
    """The registry as rows, asked one question at a time."""

    def __init__(self, rows: Rows, registry: Registry) -> None:
        self.rows, self.registry = rows, registry

    def homes_lived_in(self, person: int, day: date, *, household: bool) -> list[str]:
        """Homes where somebody lives on a day, the household's before the cared-for, the newest first."""
        name = self.registry.persons.name(person)
        found = []
        for member in self.rows.members:
            carer = member.relation == "carer"
            if member.person != name or member.home is None or member.relation == "staff" or (household and carer):
                continue
            if _covers(member.from_day, member.until_day, day):
                home, since = self._swapped(member, day)
                if home in self.registry.homes.ids:
                    found.append((carer, -since.toordinal(), home))
        return [home for *_, home in sorted(found)]

    def _swapped(self, member: MemberRow, day: date) -> tuple[str, date]:
        home, since = str(member.home), member.from_day
        if member.relation == "carer":
            return home, since
        theirs = [s for s in self.rows.swaps if s.approved and member.home in {s.home_a, s.home_b}]
        for swap in sorted(theirs, key=lambda s: s.from_day):
            if _covers(swap.from_day, swap.until_day, day):
                return _partner(swap, str(member.home)), max(since, swap.from_day)
            if swap.until_day is not None and swap.until_day <= day:
                since = max(since, swap.until_day)
        return home, since

    def home_of(self, row: Row) -> str | None:
        """The home a sighting speaks of."""
        day = local_day(from_us(row["taken_us"]))
        door_home = int(self.registry.places.door_home[row["door"]]) if row["door"] >= 0 else -1
        if door_home >= 0:
            return self.registry.homes.name(door_home)
        named = self.registry.homes.name(row["home"])
        person = row["person"] if row["modality"] != By.PLATE else -1
        lived = self.homes_lived_in(person, day, household=False)
        if named and (named in lived or not lived):
            return named
        if lived:
            return lived[0]
        if row["pass_"] >= 0:
            return self.registry.homes.name(int(self.registry.guest_home[row["pass_"]]))
        return self._vehicle_home(row["plate"], day)

    def _moved(self, home: str, day: date) -> str:
        """Where the household of a home lives: swapped with consent, in the other one."""
        for swap in self.rows.swaps:
            if swap.approved and home in {swap.home_a, swap.home_b} and _covers(swap.from_day, swap.until_day, day):
                return _partner(swap, home)
        return home

    def _vehicle_home(self, plate: int, day: date) -> str | None:
        name = self.registry.plates.name(plate)
        for vehicle in self.rows.vehicles:
            since = local_day(from_us(vehicle.from_us))
            until = None if vehicle.until_us is None else local_day(from_us(vehicle.until_us))
            if vehicle.plate == name and _covers(since, until, day):
                if vehicle.home is not None:
                    return self._moved(vehicle.home, day)
                lived = self.homes_lived_in(self.registry.persons.handle(vehicle.person), day, household=False)
                return lived[0] if lived else None
        return None


def _covers(first: date, until: date | None, day: date) -> bool:
    return first <= day and (until is None or day < until)


def _partner(swap: SwapRow, home: str) -> str:
    return swap.home_b if home == swap.home_a else swap.home_a


def home_day(world: World, rows: Iterable[Row], home: str, day: date) -> Row:
    """One home's day by looking at every sighting."""
    found = dict.fromkeys(COUNTED, 0) | {"last_member_us": -1, "swap_home": -1}
    last: dict[int, tuple[int, bool]] = {}
    others: dict[tuple[str, int], tuple[int, bool]] = {}
    bodies, swaps = set(), Counter[int]()
    for row in rows:
        if local_day(from_us(row["taken_us"])) != day or world.home_of(row) != home:
            continue
        inward = row["way"] != Way.OUT
        if _member_passed(world, row, home, day):
            found["entries" if inward else "exits"] += 1
            found["elsewhere"] += not _at_own_door(world, row)
            if row["modality"] in {By.FACE, By.FINGER}:
                bodies.add(row["person"])
            last[row["person"]] = max(last.get(row["person"], (-1, False)), (row["taken_us"], inward))
            if inward:
                found["last_member_us"] = max(found["last_member_us"], row["taken_us"])
        else:
            for who in _others(world, row, home, day, found if inward else dict.fromkeys(COUNTED, 0)):
                others[who] = max(others.get(who, (-1, False)), (row["taken_us"], inward))
        if inward:
            swaps.update(_swapped(world, row, home, day))
    found["members_seen"] = len(last)
    found["bodies_seen"] = len(bodies)
    found["members_in_at_night"] = sum(inward for _, inward in last.values())
    found["other_nights"] = sum(inward for _, inward in others.values())
    if swaps:
        found["swap_home"], found["swap_entries"] = min(swaps.items(), key=lambda pair: (-pair[1], pair[0]))
    return found


def _passed(row: Row) -> bool:
    return bool(row["opens"]) or row["outcome"] == Said.GRANTED


def _member_passed(world: World, row: Row, home: str, day: date) -> bool:
    return (
        _passed(row)
        and row["outcome"] != Said.MISMATCH
        and row["modality"] != By.PLATE
        and home in world.homes_lived_in(row["person"], day, household=True)
    )


def _others(world: World, row: Row, home: str, day: date, found: Row) -> Iterator[tuple[str, int]]:
    """Whose staying or leaving a passage tells of, having counted what it is."""
    other = False
    if row["pass_"] >= 0 and _passed(row):
        found["passes"] += 1
        if world.registry.visitor[row["pass_"]]:
            other = True
            found["guests"] += 1
            yield "pass", row["pass_"]
    if row["modality"] == By.INTERCOM and row["person"] < 0 and row["pass_"] < 0 and _passed(row):
        found["rung_in"] += 1
        other = True
    if row["modality"] == By.PLATE:
        if row["plate"] >= 0 and _passed(row):
            found["vehicle_entries"] += 1
            driver = int(world.registry.driver[row["plate"]])
            if home not in world.homes_lived_in(driver, day, household=True):
                found["other_vehicles"] += 1
                other = True
                yield "plate", row["plate"]
    elif _at_own_door(world, row) and row["outcome"] in {Said.UNRECOGNISED, Said.AMBIGUOUS}:
        found["unknown_entries"] += 1
        other = True
        yield "unknown", 0
    if row["outcome"] == Said.MISMATCH and home not in world.homes_lived_in(row["seen"], day, household=True):
        found["mismatches"] += 1
        other = True
        yield "mismatch", row["person"]
    if other:
        found["other_hours"] |= 1 << from_us(row["taken_us"]).astimezone(CHINA).hour


def _swapped(world: World, row: Row, home: str, day: date) -> Iterator[int]:
    """The other home whose household this is, here in this one's place."""
    who = -1
    if row["outcome"] == Said.MISMATCH:
        if home not in world.homes_lived_in(row["seen"], day, household=True):
            who = row["seen"]
    elif _at_own_door(world, row) and row["modality"] != By.PLATE:
        who = row["person"]
    if who < 0 or home in world.homes_lived_in(who, day, household=False):
        return
    lived = world.homes_lived_in(who, day, household=False)
    if lived and lived[0] in world.homes_lived_in(who, day, household=True):
        yield world.registry.homes.handle(lived[0])


def _at_own_door(world: World, row: Row) -> bool:
    places = world.registry.places
    return row["door"] >= 0 and places.kind[row["door"]] == DoorKind.HOME and places.door_home[row["door"]] >= 0


def blind_share(world: World, outages: Sequence[tuple[str, int, int]], home: str, day: date) -> float:
    """The share of a day in which every door of a home's path is down, moment by moment between the edges."""
    start = day_start_us(day)
    stop = start + 86_400_000_000
    doors = readers_of(world, home)
    if not doors:
        return 0.0
    edges = sorted({start, stop} | {t for _, a, b in outages for t in (a, b) if start < t < stop})
    down = 0
    for left, right in pairwise(edges):
        if all(any(d == door and a <= left and right <= b for d, a, b in outages) for door in doors):
            down += right - left
    return down / 86_400_000_000


def readers_of(world: World, home: str) -> list[str]:
    """The doors with a reader that could have seen a home."""
    building = next(row.building for row in world.rows.homes if row.home == home)
    served = {door for gateway in world.rows.gateways for door in gateway.doors}
    found = []
    for row in world.rows.doors:
        on_the_way = (
            row.kind in {"gate", "garage"}
            or (row.kind in {"building", "lift"} and row.building == building)
            or (row.kind == "home" and row.home == home)
        )
        if on_the_way and (row.door in served or not world.rows.gateways):
            found.append(row.door)
    return found
