"""Who comes and goes for good, lawfully: leases begin, end and are renewed, members leave or die, homes are swapped."""

import numpy as np

from simulators.lives.bodies import NEVER, Bodies, Quiet
from simulators.lives.company import gather, kinds
from simulators.lives.village import Swap, Village

MOVE_IN, MOVE_OUT, HANDED_BACK, RENEWED, SWAPPED = 0.03, 0.03, 0.01, 0.08, 0.003  # of homes, in a year; ours
GATHERING = 0.015


def come_and_go(village: Village) -> None:
    """Everything of this module, in homes where nothing was played yet."""
    _move_ins(village)
    _move_outs(village)
    _handed_back(village)
    _renewals(village)
    _approved_swaps(village)
    _gatherings(village)


def _move_ins(village: Village) -> None:
    """The lease begins within the period; cards come with it, faces are enrolled days later."""
    rng = village.rng
    for home in village.choose(village.let(), village.count(MOVE_IN)):
        begin = int(rng.integers(5, max(village.days - 5, 6)))
        rows, lease = village.of(home), _lease(village, home)
        moved = np.minimum(begin + rng.integers(0, 8, len(rows)), village.days)
        for row, first in zip(rows.tolist(), moved.tolist(), strict=True):
            village.members.here[row, :first] = False
        known = village.members.enrolled_on[rows] < NEVER
        later = moved + rng.integers(1, 21, len(rows))
        village.members.enrolled_on[rows] = np.where(known, later, NEVER)
        village.households.people.since[rows] = np.maximum(village.day64(begin), village.households.people.born[rows])
        length = village.leases.end[lease] - village.leases.start[lease]
        village.leases.start[lease] = village.day64(begin)
        village.leases.end[lease] = village.day64(begin) + length
        for part in village.others:  # nobody comes to an empty home
            part.here[part.home == home, :begin] = False
        village.forget(home, before=begin)
        village.note(home, "move_in", since=begin)


def _lease(village: Village, home: int) -> int:
    return int(np.flatnonzero(village.leases.home == home)[0])


def _move_outs(village: Village) -> None:
    """A member leaves for good and is struck off, on the day or some weeks later."""
    rng = village.rng
    homes = np.flatnonzero(np.diff(village.households.first) > 1)
    for home in village.choose(homes, village.count(MOVE_OUT)):
        row = int(village.of(home)[-1])
        leaves = int(rng.integers(5, max(village.days, 6)))
        village.members.here[row, leaves:] = False
        told = leaves + int(rng.integers(0, 40)) * int(rng.random() < 0.5)
        village.households.people.until[row] = village.day64(told + 1)
        village.note(home, "member_left", since=leaves)


def _handed_back(village: Village) -> None:
    """A home is given back as the law wants it and stands empty."""
    rng = village.rng
    for home in village.choose(village.let(), village.count(HANDED_BACK)):
        leaves = int(rng.integers(5, max(village.days, 6)))
        lease = _lease(village, home)
        village.leases.ended[lease] = village.day64(leaves)
        village.members.here[village.of(home), leaves:] = False
        village.households.people.until[village.of(home)] = village.day64(leaves)
        for part in village.others:
            part.here[part.home == home, leaves:] = False
        village.estate.homes.state[home] = "vacant"
        village.forget(home, after=leaves)
        village.note(home, "handed_back", since=leaves)


def _renewals(village: Village) -> None:
    """A term ends within the period; they applied in time and have a new lease from the next day on."""
    rng, leases = village.rng, village.leases
    for home in village.choose(village.let(), village.count(RENEWED)):
        lease, ends = _lease(village, home), int(rng.integers(0, village.days))
        length = leases.end[lease] - leases.start[lease]
        leases.end[lease] = village.day64(ends)
        leases.start[lease] = village.day64(ends) - length
        leases.applied[lease] = village.day64(ends) - np.timedelta64(int(rng.integers(95, 150)), "D")
        leases.ended[lease] = village.day64(ends)
        blank = np.datetime64("NaT", "D")
        begins = village.day64(ends) + np.timedelta64(1, "D")
        extra = (home, leases.tenant[lease], begins, begins + length, blank, blank, blank)
        for name, value in zip(type(leases).__slots__, extra, strict=True):
            setattr(leases, name, np.append(getattr(leases, name), value))
        village.note(home, "renewal", since=ends + 1)


def _approved_swaps(village: Village) -> None:
    """Two households live in each other's homes, and the office agreed."""
    rng = village.rng
    for _ in range(village.count(SWAPPED)):
        pair = village.choose(kinds(village, "family", "couple", "single_worker"), 2)
        if len(pair) < 2:
            return
        first = int(rng.integers(0, village.days))
        village.swaps.append(Swap(pair[0], pair[1], first, True))
        for home, other in (pair, pair[::-1]):
            moved = move(village, home, other, first)
            moved.right_home[:] = other
            moved.household[:] = True
            village.others.append(moved)
            village.note(home, "swap_approved", since=first)


def move(village: Village, home: int, other: int, first: int) -> Bodies:
    """The household of `home` lives in `other` from `first` on; returns its rows there, not yet added."""
    rows = village.of(home)
    moved = village.members.rows(rows)
    moved.home[:] = other
    moved.household[:] = False
    moved.here[:, :first] = False
    village.members.here[rows, first:] = False
    return moved


def _gatherings(village: Village) -> None:
    """Many guests for days: a feast, or a death, after which those who lived together stay on."""
    rng = village.rng
    for home in village.choose(village.let(), village.count(GATHERING)):
        first = int(rng.integers(0, max(village.days - 5, 1)))
        gather(village, home, first, 10)
        rows = village.of(home)
        if len(rows) > 1 and rng.random() < 0.3:
            dead = int(rows[np.argmin(village.households.people.born[rows].astype(np.int64))])
            village.members.here[dead, first:] = False
            village.members.quiet[dead, first - 1 : first] = Quiet.SILENT  # who dies at home walks through no door
            told = first + int(rng.integers(3, 60))
            village.households.people.until[dead] = village.day64(told)
            village.note(home, "death", since=first)
        else:
            village.note(home, "gathering", since=first)
