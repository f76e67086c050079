"""A home's days as columns: who came and went, who else did, and how much of the day nobody could see.

One function makes them, for one dirty home-day in the service as for five thousand homes and a year in a back-test. It
sees only sightings taken on the days asked for, each once, in any order.
"""

from dataclasses import dataclass, fields

import numpy as np

from occupancy.arrays import NOBODY, Bools, Doubles, Indices, Int32s, Int64s, counts_at, last_of_groups
from occupancy.attach import Attached, attach
from occupancy.codes import By, Said, Way
from occupancy.days import hours_at
from occupancy.registry import Registry
from occupancy.sightings import Sightings

NONE_US = -1  # no entry of a household member that day


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HomeDays:
    """H homes × D consecutive days; every column but `homes` is (H, D). H and D may be 0.

    Attributes:
        homes: (H,) int32 handles, ascending.
        first_day: the number of the first day.
        entries, exits: int32, household members through a door; a passage whose way is not known is an entry.
        members_seen: int32, how many different members passed.
        members_in_at_night: int32, members whose last passage of the day led in (or its way is not known).
        passes: int32, entries on a pass.
        unknown_entries: int32, at the home's own door, somebody whom nothing identified.
        mismatches: int32, a credential of the household with somebody else's face who is not of the household.
        vehicle_entries, other_vehicles: int32, all vehicles of the home; those of people not of the household.
        other_hours: int32, bit h is set when somebody not of the household (a visitor's pass, a mismatch, an unknown at
            the own door, another's vehicle) came in hour h.
        outage_share: float64, 0 to 1, of the day in which every reader that could have seen the home was down.
        last_member_us: int64, the last entry of a household member, microseconds UTC; NONE_US for none.
    """

    homes: Int32s
    first_day: int
    entries: Int32s
    exits: Int32s
    members_seen: Int32s
    members_in_at_night: Int32s
    passes: Int32s
    unknown_entries: Int32s
    mismatches: Int32s
    vehicle_entries: Int32s
    other_vehicles: Int32s
    other_hours: Int32s
    outage_share: Doubles
    last_member_us: Int64s

    @property
    def shape(self) -> tuple[int, int]:
        """Homes and days."""
        return len(self.homes), self.entries.shape[1]


COUNTS = (
    "entries", "exits", "members_seen", "members_in_at_night", "passes", "unknown_entries", "mismatches",
    "vehicle_entries", "other_vehicles", "other_hours",
)  # fmt: skip
COLUMNS = tuple(field.name for field in fields(HomeDays) if field.name not in {"homes", "first_day"})


def empty(homes: Int32s, first_day: int, days: int) -> HomeDays:
    """Days on which nothing was seen and every reader worked."""
    shape = (len(homes), days)
    counts = {name: np.zeros(shape, np.int32) for name in COUNTS}
    return HomeDays(
        homes=homes, first_day=first_day, **counts,
        outage_share=np.zeros(shape), last_member_us=np.full(shape, NONE_US, np.int64),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passages:
    """Sightings that fall on the homes and days asked for, with the flat cell (home, day) of each."""

    rows: Sightings
    at: Attached
    cell: Int64s
    shape: tuple[int, int]

    def count(self, which: Bools) -> Int32s:
        return counts_at(self.cell[which], self.shape)


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
    found = _placed(sightings.once(), registry, chosen, first_day, days)
    rows, inward = found.rows, found.rows.way != Way.OUT
    passed = rows.opens | (rows.outcome == Said.GRANTED)
    member = found.at.member & passed
    guest = (rows.pass_ != NOBODY) & passed & inward & ~member
    stranger = (rows.outcome == Said.UNRECOGNISED) | (rows.outcome == Said.AMBIGUOUS)
    unknown = found.at.own_door & stranger & inward & (rows.modality != By.PLATE) & ~member
    mismatch = _of_others((rows.outcome == Said.MISMATCH) & inward, rows.seen, found.at, registry)
    vehicle = (rows.modality == By.PLATE) & (rows.plate != NOBODY) & passed & inward
    foreign = _of_others(vehicle, registry.driver[rows.plate], found.at, registry)
    other = (guest & registry.visitor[rows.pass_]) | unknown | mismatch | foreign
    members_seen, at_night, last_us = _members(found, np.flatnonzero(member))
    return HomeDays(
        homes=chosen,
        first_day=first_day,
        entries=found.count(member & inward),
        exits=found.count(member & ~inward),
        members_seen=members_seen,
        members_in_at_night=at_night,
        passes=found.count(guest),
        unknown_entries=found.count(unknown),
        mismatches=found.count(mismatch),
        vehicle_entries=found.count(vehicle),
        other_vehicles=found.count(foreign),
        other_hours=_hours(found, np.flatnonzero(other)),
        outage_share=np.zeros(found.shape) if outage_share is None else outage_share,
        last_member_us=last_us,
    )


def _placed(sightings: Sightings, registry: Registry, homes: Int32s, first_day: int, days: int) -> _Passages:
    at = attach(sightings, registry)
    row_of = np.full(len(registry.homes) + 1, NOBODY, np.int64)
    row_of[homes] = np.arange(len(homes))
    row, column = row_of[at.home], at.day - first_day
    within = np.flatnonzero((at.home != NOBODY) & (row != NOBODY) & (column >= 0) & (column < days))
    kept = Attached(
        day=at.day[within], home=at.home[within], own_door=at.own_door[within], member=at.member[within]
    )  # fmt: skip
    cell = row[within] * days + column[within]
    return _Passages(rows=sightings.take(within), at=kept, cell=cell, shape=(len(homes), days))


def _of_others(which: Bools, person: Int32s, at: Attached, registry: Registry) -> Bools:
    """Those of `which` whose person is not of the household; all (n,)."""
    rows = np.flatnonzero(which)
    others = np.zeros(len(which), np.bool_)
    others[rows] = ~registry.living.belongs(person[rows], at.home[rows], at.day[rows])
    return others


def _members(found: _Passages, which: Indices) -> tuple[Int32s, Int32s, Int64s]:
    """Different members, members whose last passage led in, and the last entry, each (H, D)."""
    person, cell = found.rows.person[which], found.cell[which]
    at_us, inward = found.rows.taken_us[which], found.rows.way[which] != Way.OUT
    order = np.lexsort((inward, at_us, person, cell))
    both = cell[order] * (int(person.max(initial=0)) + 1) + person[order]
    last = order[last_of_groups(both)]
    last_us = np.full(found.shape[0] * found.shape[1], NONE_US, np.int64)
    entries = which[inward]
    np.maximum.at(last_us, found.cell[entries], found.rows.taken_us[entries])
    return (
        counts_at(cell[last], found.shape),
        counts_at(cell[last][inward[last]], found.shape),
        last_us.reshape(found.shape),
    )


def _hours(found: _Passages, which: Indices) -> Int32s:
    """(H, D) one bit for every hour in which one of `which` came."""
    hour = hours_at(found.rows.taken_us[which])
    once = np.unique(found.cell[which] * 24 + hour)
    bits = np.bincount(once // 24, weights=1 << (once % 24), minlength=found.shape[0] * found.shape[1])
    return bits.reshape(found.shape).astype(np.int32)
