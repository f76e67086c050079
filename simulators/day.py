"""A busy day at the doors: who presents what to which reader, and when, as one struct of arrays in time order.

Residents come and go by their rhythms, on foot or by car; visitors and couriers use passes; strangers try a gate or a
home's door; somebody uses a card that is not theirs; unknown cars ask for the barrier. Twins are residents like others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum

import numpy as np

from core.clock import US_PER_SECOND, day_start_us
from simulators.plate_numbers import PlateKind, draw_plates
from simulators.randomness import stream
from simulators.readers import Readers, lay_readers
from simulators.rhythms import Walks, draw_walks
from simulators.tables import Bools, Ints, Strings, World

STRANGER_SHARE = 0.02  # of all walks
MISMATCH_SHARE = 0.003  # of the entries at a home's own door, two at least
UNKNOWN_CAR_SHARE = 0.08  # of the cars
CARD_SHARE = 0.06  # of those who could use their face
DRIVE_SHARE = 0.7  # of the walks of those who own a car
_HOPS = 4


class What(IntEnum):
    """What is presented."""

    FACE = 0
    CREDENTIAL = 1  # a card or a PIN
    PASS = 2
    PLATE = 3


@dataclass(frozen=True, slots=True)
class Day:
    """Presentations (n,) in time order; rows refer to the world's tables, -1: none.

    A FACE shows `person` (-1: a stranger), with `credential` where a card was held up as well. A PLATE shows `vehicle`
    or, where that is -1, the unknown one in `plate`.
    """

    at_us: Ints
    reader: Ints
    what: Ints
    person: Ints
    credential: Ints
    pass_: Ints
    vehicle: Ints
    plate: Strings

    def __len__(self) -> int:
        return len(self.at_us)

    def rows(self, which: Ints | Bools) -> "Day":
        """The presentations of these rows."""
        return Day(*(getattr(self, field.name)[which] for field in fields(Day)))


def draw_day(seed: int, world: World, day: date) -> Day:
    """The presentations of `day`; the same seed, world and day give the same."""
    rng, readers = stream(seed, f"day/{day:%Y%m%d}"), lay_readers(world)
    walks = draw_walks(rng, world, day)
    parts = [
        _residents(rng, world, readers, walks),
        _visitors(rng, world, readers, day),
        _strangers(rng, world, readers, walks),
        _unknown_cars(rng, world, readers, walks),
    ]
    return in_order(parts)


def in_order(parts: Sequence[Day]) -> Day:
    """All presentations of `parts` in time order."""
    whole = Day(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Day)))
    return whole.rows(np.argsort(whole.at_us, kind="stable"))


def presented(at_us: Ints, reader: Ints, what: Ints | int, **columns: Ints | Strings) -> Day:
    """Presentations with -1 where nothing is said."""
    count = len(at_us)
    none = np.full(count, -1)
    given = {name: columns.get(name, none) for name in ("person", "credential", "pass_", "vehicle")}
    plate = columns.get("plate", np.full(count, "", dtype="U8"))
    return Day(at_us=at_us, reader=reader, what=np.broadcast_to(what, count).astype(np.int64), plate=plate, **given)


def way(rng: np.random.Generator, world: World, home: Ints, inward: Bools, entrance: Ints) -> tuple[Ints, Ints]:
    """Doors (n, 4), -1 where none, and seconds (n, 4) after the first: entrance, building, lift, home, or back."""
    ways, count = world.doorways, len(home)
    lives = home >= 0
    building = np.where(lives, ways.building[world.homes.building[home]], -1)
    lift = np.where(lives & (world.homes.floor[home] > 1), ways.lift[world.homes.building[home]], -1)
    none = np.full(count, -1)
    coming = np.stack([entrance, building, lift, np.where(lives, ways.home[home], -1)], axis=1)
    going = np.stack([building, entrance, none, none], axis=1)
    steps = rng.integers([0, 60, 15, 20], [1, 180, 45, 60], size=(count, _HOPS))
    return np.where(inward[:, None], coming, going), np.cumsum(steps, axis=1)


def _residents(rng: np.random.Generator, world: World, readers: Readers, walks: Walks) -> Day:
    """Everybody's walks door by door; who drives shows the plate at the barrier and the face or card after it."""
    people, ways = world.people, world.doorways
    car = np.full(len(people.id), -1)
    car[world.vehicles.person] = np.arange(len(world.vehicles.plate))
    driven = np.where(rng.random(len(walks.person)) < DRIVE_SHARE, car[walks.person], -1)
    gate = ways.gates[rng.integers(0, len(ways.gates), size=len(walks.person))]
    entrance = np.where(driven >= 0, np.where(walks.inward, ways.barriers[0], ways.barriers[1]), gate)
    doors, seconds = way(rng, world, people.home[walks.person], walks.inward, entrance)
    walk, hop = np.nonzero(doors >= 0)
    door, person = doors[walk, hop], walks.person[walk]
    plate = (driven[walk] >= 0) & (door == entrance[walk])
    credential = held_credentials(world)[person]
    face = people.face[person] & ((rng.random(len(person)) >= CARD_SHARE) | (credential < 0))
    able = plate | face | (credential >= 0)
    shown = presented(
        walks.at_us[walk] + seconds[walk, hop] * US_PER_SECOND,
        readers.place[door, walks.inward[walk].astype(np.int64)],
        np.select([plate, face], [What.PLATE, What.FACE], What.CREDENTIAL),
        person=np.where(face & ~plate, person, -1),
        credential=np.where(face | plate, -1, credential),
        vehicle=np.where(plate, driven[walk], -1),
    ).rows(able)
    return _with_mismatches(rng, world, readers, shown)


def held_credentials(world: World) -> Ints:
    """(n_people,) a credential of each person: the card where there is one; -1 without."""
    held = np.full(len(world.people.id), -1)
    held[world.credentials.person[::-1]] = np.arange(len(world.credentials.id))[::-1]
    return held


def _with_mismatches(rng: np.random.Generator, world: World, readers: Readers, shown: Day) -> Day:
    """A few entries at home doors are somebody else's: a stranger's face with the resident's card."""
    at_home = world.doors.kind[readers.door[shown.reader]] == "home"
    card = np.where(shown.person >= 0, held_credentials(world)[shown.person], -1)
    likely = np.flatnonzero(at_home & (shown.what == What.FACE) & (card >= 0))
    some = min(len(likely), max(2, round(len(likely) * MISMATCH_SHARE)))
    lent = np.zeros(len(shown), dtype=np.bool_)
    lent[rng.choice(likely, size=some, replace=False)] = True
    return Day(
        at_us=shown.at_us, reader=shown.reader, what=shown.what, pass_=shown.pass_, vehicle=shown.vehicle,
        plate=shown.plate, person=np.where(lent, -1, shown.person), credential=np.where(lent, card, shown.credential),
    )  # fmt: skip


def _visitors(rng: np.random.Generator, world: World, readers: Readers, day: date) -> Day:
    """Every pass that is good on `day` is used once in and once out."""
    passes = world.passes
    start = day_start_us(day)
    good = np.flatnonzero((passes.from_us <= start) & (passes.until_us >= start + 24 * 3600 * US_PER_SECOND))
    count = len(good)
    comes = start + (rng.uniform(8, 20, size=count) * 3600).astype(np.int64) * US_PER_SECOND
    stays = np.where(passes.kind[good] == "courier", 600, 5400) + rng.integers(0, 900, size=count)
    inward = np.repeat([True, False], count)
    gates = world.doorways.gates
    entrance = np.tile(gates[rng.integers(0, len(gates), size=count)], 2)
    doors, seconds = way(rng, world, np.tile(passes.home[good], 2), inward, entrance)
    walk, hop = np.nonzero(doors >= 0)
    at_us = np.concatenate([comes, comes + stays * US_PER_SECOND])[walk] + seconds[walk, hop] * US_PER_SECOND
    reader = readers.place[doors[walk, hop], inward[walk].astype(np.int64)]
    return presented(at_us, reader, What.PASS, pass_=np.tile(good, 2)[walk])


def _strangers(rng: np.random.Generator, world: World, readers: Readers, walks: Walks) -> Day:
    """Unknown faces: mostly at a gate, some at a building, a few at a home's own door."""
    count = int(np.ceil(len(walks.person) * STRANGER_SHARE))
    ways = world.doorways
    door = np.where(rng.random(count) < 0.7, rng.choice(ways.gates, size=count), rng.choice(ways.building, size=count))
    door = np.where(rng.random(count) < 0.1, rng.choice(ways.home, size=count), door)
    return presented(_moments(rng, walks, count), readers.place[door, 1], What.FACE)


def _unknown_cars(rng: np.random.Generator, world: World, readers: Readers, walks: Walks) -> Day:
    """Cars that nobody registered, at the barrier on the way in."""
    count = int(np.ceil(len(world.vehicles.plate) * UNKNOWN_CAR_SHARE))
    kinds = rng.choice(np.array([PlateKind.BLUE, PlateKind.GREEN, PlateKind.YELLOW], dtype=np.int64), size=count)
    plates = draw_plates(rng, kinds)
    plates = plates[~np.isin(plates, world.vehicles.plate)]
    reader = np.full(len(plates), readers.place[world.doorways.barriers[0], 1])
    return presented(_moments(rng, walks, len(plates)), reader, What.PLATE, plate=plates)


def _moments(rng: np.random.Generator, walks: Walks, count: int) -> Ints:
    """(count,) moments when the estate is busy anyway; none without walks."""
    if not len(walks.at_us):
        return np.empty(0, dtype=np.int64)
    near = rng.choice(walks.at_us, size=count)
    moments: Ints = near + rng.integers(-600, 600, size=count) * US_PER_SECOND
    return moments
