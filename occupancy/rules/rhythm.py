"""Whose rhythm a home keeps: who comes home on most days of every week, and since when. Columns in, columns out."""

import numpy as np

from occupancy import days as calendar
from occupancy.arrays import Bools, Doubles, Indices, Int32s
from occupancy.homedays import HomeDays
from occupancy.places import DoorClass, Places
from occupancy.rules.base import View
from occupancy.rules.changepoint import peak
from occupancy.tenure import lived_in_since

EVENING = sum(1 << hour for hour in (*range(17, 24), 0, 1))  # hours in which people come home
WEEKLY = 3  # days of a week on which a resident shows at least, and of a shorter one in proportion
_NEAR = 3.0  # sums of scores as near as this to the best could be the best


def change_point(score: Doubles) -> tuple[Int32s, Int32s, Int32s]:
    """Since when the days speak for a change: the column from which on the scores have the largest sum.

    Args:
        score: (k, W) float64, above 0 for a day that speaks for it, below 0 against it, 0 for one that says nothing.

    Returns:
        best, low, high: (k,) int32 columns; of equal sums the latest is best, so that a change begins on a day that
            speaks for it. From low to high the sum is within 3 of the largest.
    """
    width = score.shape[1]
    since = np.cumsum(score[:, ::-1], axis=1)[:, ::-1]
    most = since.max(axis=1)[:, None]
    last = width - 1 - (since[:, ::-1] >= most).argmax(axis=1)
    _first, low, high = peak(since, _NEAR)
    return last.astype(np.int32), low, high


def every_week(flags: Bools, counted: Bools, recent: int) -> Bools:
    """(k,) bool: each of the last whole weeks of `recent` days holds WEEKLY of 7 days of `flags` that count.

    Where fewer days count, in proportion; with fewer than WEEKLY a week says nothing. `flags`, `counted`: (k, W) bool.
    """
    held = np.ones(len(flags), np.bool_)
    for back in range(7, min(recent, flags.shape[1]) + 1, 7):
        week = slice(flags.shape[1] - back, flags.shape[1] - back + 7)
        usable = counted[:, week].sum(axis=1)
        held &= (7 * (flags & counted)[:, week].sum(axis=1) >= WEEKLY * usable) | (usable < WEEKLY)
    return held


def lives_here(view: View) -> Bools:
    """(H, W) bool: a day since which the household of today lives in the home; none where there is no household."""
    since = lived_in_since(view.registry.living, len(view.registry.homes), view.today)[view.homes, None]
    column = np.arange(view.days.first_day, view.today + 1)[None, :]
    here: Bools = (column >= since) & (since != calendar.NEVER)
    return here


def at_home(days: HomeDays, rows: Indices, places: Places) -> Bools:
    """(k, W) bool: members came through the home's own door; where it has no reader, through any."""
    passages = days.entries[rows] + days.exits[rows]
    own_reader = places.innermost[days.homes[rows]] == DoorClass.HOME
    return np.where(own_reader[:, None], passages > days.elsewhere[rows], days.members_seen[rows] > 0)


def others_at_night(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: somebody not of the household came home in the evening and was not seen leaving."""
    return np.asarray((days.other_nights[rows] > 0) & ((days.other_hours[rows] & EVENING) != 0))
