"""When could nobody have seen a home? Intervals in which doors were blind, and their share of each home's day.

A home is unseen only while every reader that could have seen it is down (L3): the gates, its building's door and lift,
its own door. Half-open intervals in microseconds UTC; they may overlap and come in any order.
"""

from dataclasses import dataclass

import numpy as np

from core.clock import US_PER_DAY
from occupancy.arrays import Doubles, Indices, Int32s, Int64s, spans
from occupancy.days import OFFSET_US, start_us
from occupancy.places import Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Intervals:
    """M intervals in which a door was blind.

    Attributes:
        door: (M,) int32 handles. from_us, until_us: (M,) int64, from_us <= until_us.
    """

    door: Int32s
    from_us: Int64s
    until_us: Int64s

    def __len__(self) -> int:
        return len(self.door)

    def clipped(self, from_us: int, until_us: int) -> "Intervals":
        """What falls between two moments; nothing of length 0."""
        start, stop = np.maximum(self.from_us, from_us), np.minimum(self.until_us, until_us)
        left = start < stop
        return Intervals(door=self.door[left], from_us=start[left], until_us=stop[left])

    def merged(self) -> "Intervals":
        """The same moments with no two intervals of a door touching, ordered by door and time."""
        owner, start, stop = _covered(self.door, np.ones(len(self), np.int64), self.from_us, self.until_us)
        return Intervals(door=owner.astype(np.int32), from_us=start, until_us=stop)


def no_intervals() -> Intervals:
    """Every reader worked."""
    return Intervals(door=np.empty(0, np.int32), from_us=np.empty(0, np.int64), until_us=np.empty(0, np.int64))


def blind_share(intervals: Intervals, places: Places, homes: Int32s, first_day: int, days: int) -> Doubles:
    """The share of each home's day in which every reader that could have seen the home was down.

    Args:
        intervals: of doors of one estate.
        places: the ways to the homes; a home that no reader could see at all is not called blind here.
        homes: (H,) handles. first_day, days: consecutive days.

    Returns:
        (H, D) float64, 0 to 1.
    """
    share = np.zeros((len(homes), days))
    down = intervals.clipped(start_us(first_day), start_us(first_day + days)).merged()
    row, start, stop = _all_down(down, places, homes)
    day_first = (start + OFFSET_US) // US_PER_DAY
    day_last = (stop - 1 + OFFSET_US) // US_PER_DAY
    piece, day = spans(day_first, day_last + 1)
    day_start = day * US_PER_DAY - OFFSET_US
    length = np.minimum(stop[piece], day_start + US_PER_DAY) - np.maximum(start[piece], day_start)
    np.add.at(share, (row[piece], day - first_day), length / US_PER_DAY)
    return share


def _all_down(down: Intervals, places: Places, homes: Int32s) -> tuple[Indices, Int64s, Int64s]:
    """Stretches in which all doors of a home's path are down: row of `homes`, from, until."""
    blind_door = np.zeros(len(places.kind), np.bool_)
    blind_door[down.door] = True
    row, path = spans(places.path_start[homes], places.path_start[homes + 1])
    door = places.path_door[path]
    needed = np.bincount(row, minlength=len(homes))
    hit = np.bincount(row[blind_door[door]], minlength=len(homes))
    candidate = (needed > 0) & (needed == hit)  # every door was down at some time
    row, door = row[candidate[row]], door[candidate[row]]
    pair, interval = spans(np.searchsorted(down.door, door, "left"), np.searchsorted(down.door, door, "right"))
    return _covered(row[pair], needed[row[pair]], down.from_us[interval], down.until_us[interval])


def _covered(
    owner: Indices | Int32s, needed: Indices | Int64s, from_us: Int64s, until_us: Int64s
) -> tuple[Indices, Int64s, Int64s]:
    """Stretches that at least `needed` intervals of an owner cover; all (n,), `needed` alike throughout an owner."""
    who, want = np.concatenate([owner, owner]), np.concatenate([needed, needed])
    at = np.concatenate([from_us, until_us])
    change = np.concatenate([np.ones(len(owner), np.int64), np.full(len(owner), -1)])
    order = np.lexsort((-change, at, who))  # openings before endings: intervals that touch are one
    covered = np.cumsum(change[order]) >= want[order]
    before = np.append(False, covered[:-1]) if len(covered) else covered
    begins, ends = np.flatnonzero(covered & ~before), np.flatnonzero(~covered & before)
    return who[order][begins], at[order][begins], at[order][ends]
