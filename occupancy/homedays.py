"""A home's days as columns: who came and went, who else did, and how much of the day nobody could see.

One function makes them, for one dirty home-day in the service as for five thousand homes and a year in a back-test. It
sees only sightings taken on the days asked for, each once, in any order.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from occupancy.arrays import NOBODY, Bools, Doubles, Indices, Int32s, Int64s
from occupancy.codes import By, Said
from occupancy.passages import NONE_US, Passages, members, most_frequent, staying
from occupancy.registry import Registry
from occupancy.sightings import Sightings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HomeDays:
    """H homes × D consecutive days; every column but `homes` is (H, D). H and D may be 0.

    Attributes:
        homes: (H,) int32 handles, ascending.
        first_day: the number of the first day.
        entries, exits: int32, household members through a door; a passage whose way is not known is an entry.
        elsewhere: int32, of these passages those at doors other than the home's own.
        members_seen: int32, how many different members passed. bodies_seen: those known by face or finger.
        members_in_at_night: int32, members whose last passage of the day led in (or its way is not known).
        passes: int32, entries on a pass. guests: those on a visitor's pass. rung_in: let in by intercom, nobody known.
        unknown_entries: int32, at the home's own door, somebody whom nothing identified.
        mismatches: int32, a credential of the household with somebody else's face who is not of the household.
        vehicle_entries, other_vehicles: int32, all vehicles of the home; those of people not of the household.
        other_hours: int32, bit h is set when somebody not of the household (a visitor's pass, a mismatch, an unknown at
            the own door, another's vehicle, somebody let in by intercom) came in hour h.
        other_nights: int32, others whose last passage of the day led in (or its way is not known): each visitor's pass,
            each credential that somebody else showed, each other vehicle, and all unknowns at the own door as one.
        swap_home: int32, the home whose household passed most here: one of theirs with this household's credential, or
            at this home's own door; NOBODY for none. swap_entries: int32, how often.
        outage_share: float64, 0 to 1, of the day in which every reader that could have seen the home was down.
        electricity_kwh, water_m3: float64, used that day; NaN where no meter was read.
        last_member_us: int64, the last entry of a household member, microseconds UTC; NONE_US for none.
    """

    homes: Int32s
    first_day: int
    entries: Int32s
    exits: Int32s
    elsewhere: Int32s
    members_seen: Int32s
    bodies_seen: Int32s
    members_in_at_night: Int32s
    passes: Int32s
    guests: Int32s
    rung_in: Int32s
    unknown_entries: Int32s
    mismatches: Int32s
    vehicle_entries: Int32s
    other_vehicles: Int32s
    other_hours: Int32s
    other_nights: Int32s
    swap_home: Int32s
    swap_entries: Int32s
    outage_share: Doubles
    electricity_kwh: Doubles
    water_m3: Doubles
    last_member_us: Int64s

    @property
    def shape(self) -> tuple[int, int]:
        """Homes and days."""
        return len(self.homes), self.entries.shape[1]

    def of_rows(self, rows: Indices) -> "HomeDays":
        """The homes in `rows`, (k,) ascending, over the same days."""
        return replace(self, homes=self.homes[rows], **{name: getattr(self, name)[rows] for name in COLUMNS})


COUNTS = (
    "entries", "exits", "elsewhere", "members_seen", "bodies_seen", "members_in_at_night", "passes", "guests",
    "rung_in", "unknown_entries", "mismatches", "vehicle_entries", "other_vehicles", "other_hours", "other_nights",
    "swap_entries",
)  # fmt: skip
METERS = ("electricity_kwh", "water_m3")
COLUMNS = tuple(field.name for field in fields(HomeDays) if field.name not in {"homes", "first_day"})


def empty(homes: Int32s, first_day: int, days: int) -> HomeDays:
    """Days on which nothing was seen, every reader worked and no meter was read."""
    shape = (len(homes), days)
    counts = {name: np.zeros(shape, np.int32) for name in COUNTS}
    return HomeDays(
        homes=homes, first_day=first_day, **counts, swap_home=np.full(shape, NOBODY, np.int32),
        outage_share=np.zeros(shape), electricity_kwh=np.full(shape, np.nan), water_m3=np.full(shape, np.nan),
        last_member_us=np.full(shape, NONE_US, np.int64),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Others:
    """Which passages, (N,) bool, are those of people who are not of the household; either way through the door."""

    guest: Bools  # on a pass of any kind
    visitor: Bools  # on a visitor's pass
    rung_in: Bools
    unknown: Bools
    mismatch: Bools
    vehicle: Bools  # of the home, whoever drives
    foreign: Bools  # of the home, registered to somebody who is not of the household


def recompute(
    sightings: Sightings,
    registry: Registry,
    first_day: int,
    days: int,
    *,
    homes: Int32s | None = None,
    outage_share: Doubles | None = None,
) -> HomeDays:
    """Make the home-days of one estate.

    Args:
        sightings: at least all that were taken on these days; others, repeated ones and any order do no harm.
        registry: as it is known now.
        first_day, days: consecutive days, as day numbers.
        homes: (H,) ascending handles; all homes of the registry where it is left out.
        outage_share: (H, D) from `outages.blind_share`; none was down where it is left out.
    """  # fmt: skip
    chosen = np.arange(len(registry.homes), dtype=np.int32) if homes is None else homes
    found = Passages.of(sightings.once(), registry, chosen, first_day, days)
    inward, passed = found.inward, found.rows.opens | (found.rows.outcome == Said.GRANTED)
    member = found.at.member & passed
    others = _others(found, registry, member, passed)
    came = (others.visitor | others.rung_in | others.unknown | others.mismatch | others.foreign) & inward
    who = members(found, np.flatnonzero(member))
    swap_home, swap_entries = most_frequent(found, *_swapped(found, registry, others.mismatch))
    electricity, water = registry.meters.on(chosen, first_day, days)
    return HomeDays(
        homes=chosen,
        first_day=first_day,
        entries=found.count(member & inward),
        exits=found.count(member & ~inward),
        elsewhere=found.count(member & ~found.at.own_door),
        members_seen=who.seen,
        bodies_seen=who.bodies,
        members_in_at_night=who.in_at_night,
        passes=found.count(others.guest & inward),
        guests=found.count(others.visitor & inward),
        rung_in=found.count(others.rung_in & inward),
        unknown_entries=found.count(others.unknown & inward),
        mismatches=found.count(others.mismatch & inward),
        vehicle_entries=found.count(others.vehicle & inward),
        other_vehicles=found.count(others.foreign & inward),
        other_hours=found.hours(came),
        other_nights=_nights(found, others),
        swap_home=swap_home,
        swap_entries=swap_entries,
        outage_share=np.zeros(found.shape) if outage_share is None else outage_share,
        electricity_kwh=electricity,
        water_m3=water,
        last_member_us=who.last_us,
    )


def _others(found: Passages, registry: Registry, member: Bools, passed: Bools) -> _Others:
    rows = found.rows
    guest = (rows.pass_ != NOBODY) & passed & ~member
    stranger = (rows.outcome == Said.UNRECOGNISED) | (rows.outcome == Said.AMBIGUOUS)
    vehicle = (rows.modality == By.PLATE) & (rows.plate != NOBODY) & passed
    nobody = (rows.person == NOBODY) & (rows.pass_ == NOBODY)
    return _Others(
        guest=guest,
        visitor=guest & registry.visitor[rows.pass_],
        rung_in=(rows.modality == By.INTERCOM) & nobody & passed,
        unknown=found.at.own_door & stranger & (rows.modality != By.PLATE) & ~member,
        mismatch=_strangers(found, registry, rows.outcome == Said.MISMATCH, rows.seen),
        vehicle=vehicle,
        foreign=_strangers(found, registry, vehicle, registry.driver[rows.plate]),
    )


def _strangers(found: Passages, registry: Registry, which: Bools, person: Int32s) -> Bools:
    """Those of `which` whose person is not of the household; all (N,)."""
    rows = np.flatnonzero(which)
    others = np.zeros(len(which), np.bool_)
    others[rows] = ~registry.living.belongs(person[rows], found.at.home[rows], found.at.day[rows])
    return others


def _nights(found: Passages, others: _Others) -> Int32s:
    """(H, D) how many others were last seen on their way in."""
    rows = found.rows
    return staying(found, (
        (others.visitor, rows.pass_),
        (others.mismatch, rows.person),
        (others.foreign, rows.plate),
        (others.unknown, np.full(len(rows), NOBODY, np.int32)),
    ))  # fmt: skip


def _swapped(found: Passages, registry: Registry, mismatch: Bools) -> tuple[Bools, Int32s]:
    """The passages, (N,) bool, of another home's household in this one's place, and that home, (N,) handles."""
    rows, at_door = found.rows, found.at.own_door & (found.rows.outcome != Said.MISMATCH)
    who = np.where(mismatch, rows.seen, np.where(at_door & (rows.modality != By.PLATE), rows.person, NOBODY))
    theirs = np.full(len(rows), NOBODY, np.int32)
    known = np.flatnonzero(who != NOBODY)
    theirs[known] = registry.living.home_on(who[known].astype(np.int32), found.at.day[known])
    other = found.inward & (theirs != NOBODY) & (theirs != found.at.home)
    here = np.flatnonzero(other)
    other[here] = ~registry.living.belongs(
        who[here].astype(np.int32), found.at.home[here], found.at.day[here], household=False
    )
    other[here] &= registry.living.belongs(who[here].astype(np.int32), theirs[here], found.at.day[here])
    return other, theirs
