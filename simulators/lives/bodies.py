"""Everybody who moves, as a struct of arrays: one row is one person's relation to one home.

Somebody who moves from one home to another has a row in each; strangers, couriers and guests have rows like
households do, only that no register knows them. What happens in a life is written into `here` and `quiet`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulators.tables import Bools, Ints

SLOTS = 4  # outings a day: the main one (work, school, the visit), morning, afternoon, evening
NEVER = 1 << 30
NONE = -1
ALL_WEEK = 0b1111111


class Rate(IntEnum):
    """The figures of a slot, last axis of `rhythm`."""

    WORK = 0  # probability on a working day
    FREE = 1  # probability on a free day
    START = 2  # hour, the person's own mean
    SPREAD = 3  # hours, from day to day
    STAY = 4  # hours
    STAY_SPREAD = 5


class By(IntEnum):
    """How somebody gets through shared doors, columns of `ways`."""

    FACE = 0
    CARD = 1
    PASS = 2
    INTERCOM = 3
    CAR = 4


class Own(IntEnum):
    """How somebody gets through a home's own door, columns of `own`."""

    FACE = 0
    CARD = 1
    PASS = 2
    NOTHING = 3  # a mechanical key, or somebody inside opens


class Quiet(IntEnum):
    """How still it is around somebody who is there."""

    NO = 0
    ILL = 1  # goes out seldom
    SILENT = 2  # does not go out at all


Floats32 = NDArray[np.float32]
Ints32 = NDArray[np.int32]


@dataclass(slots=True, kw_only=True, eq=False)
class Bodies:
    """N rows over D days; mutable while a village is being drawn, never after.

    Attributes:
        home: (N,) where they live or come to.
        person: (N,) row of the register's people, NONE for who is not in it.
        right_home: (N,) the home whose doors open to this person by right; NONE for strangers.
        resident: (N,) sleeps there on the days of `here`; others come for hours on some of them.
        household: (N,) a member of the household that holds the lease, living in that home.
        rhythm: (N, 2, SLOTS, 6) figures by `Rate`, before and from `changes_on` on.
        changes_on: (N,) the day on which the rhythm changes (a new job, a new school).
        cycle, on, phase: (N,) the main outing is on for `on` of every `cycle` days; 0 for by weekday.
        weekdays: (N,) bits of the weekdays of the main outing, Monday is bit 0.
        arrives, leaves: (N,) hour at which a stay begins and ends.
        ways: (N, 5) shares of `By`; own: (N, 4) shares of `Own`.
        follow: (N,) share of shared doors passed behind somebody else, unread.
        fail: (N,) share of looks at which the face is not recognised; masked: (N,) wears a mask in the season.
        enrolled_on: (N,) first day on which the face is known; NEVER without consent.
        card: (N,) the person whose card is carried; cardless_from, cardless_until: (N,) days without it.
        pin: (N,) share of a PIN among uses of the credential.
        twin: (N,) the person who looks the same.
        plate: (N,) code of the car; pass_first, pass_from, pass_every: (N,) number of the first pass of a series, its
            first day and the days each holds.
        here: (N, D) bool; quiet: (N, D) uint8 of Quiet.
    """

    home: Ints32
    person: Ints32
    right_home: Ints32
    resident: Bools
    household: Bools
    rhythm: Floats32
    changes_on: Ints32
    cycle: Ints32
    on: Ints32
    phase: Ints32
    weekdays: Ints32
    arrives: Floats32
    leaves: Floats32
    ways: Floats32
    own: Floats32
    follow: Floats32
    fail: Floats32
    masked: Bools
    enrolled_on: Ints32
    card: Ints32
    cardless_from: Ints32
    cardless_until: Ints32
    pin: Floats32
    twin: Ints32
    plate: Ints32
    pass_first: Ints32
    pass_from: Ints32
    pass_every: Ints32
    here: Bools
    quiet: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.home)

    def rows(self, which: Ints | Bools) -> "Bodies":
        """A copy of these rows."""
        return Bodies(**{field.name: getattr(self, field.name)[which].copy() for field in fields(self)})


def blank(home: Sequence[int] | Ints, days: int) -> Bodies:
    """Strangers at these homes, (n,), never there, who do nothing and have nothing."""
    n = len(home)
    none, zero, never = (np.full(n, value, np.int32) for value in (NONE, 0, NEVER))
    no = np.zeros(n, np.bool_)
    share = np.zeros(n, np.float32)
    return Bodies(
        home=np.asarray(home, np.int32), person=none.copy(), right_home=none.copy(),
        resident=no.copy(), household=no.copy(),
        rhythm=np.zeros((n, 2, SLOTS, len(Rate)), np.float32), changes_on=never.copy(),
        cycle=zero.copy(), on=zero.copy(), phase=zero.copy(), weekdays=np.full(n, ALL_WEEK, np.int32),
        arrives=np.full(n, 16.0, np.float32), leaves=np.full(n, 10.0, np.float32),
        ways=np.zeros((n, len(By)), np.float32), own=np.zeros((n, len(Own)), np.float32),
        follow=share.copy(), fail=share.copy(), masked=no.copy(), enrolled_on=never.copy(),
        card=none.copy(), cardless_from=never.copy(), cardless_until=never.copy(), pin=share.copy(),
        twin=none.copy(), plate=none.copy(), pass_first=none.copy(), pass_from=zero.copy(),
        pass_every=np.ones(n, np.int32),
        here=np.zeros((n, days), np.bool_), quiet=np.zeros((n, days), np.uint8),
    )  # fmt: skip


def together(parts: Sequence[Bodies]) -> Bodies:
    """The rows of all parts, one after another."""
    return Bodies(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Bodies)})


def spells(from_day: Ints, until_day: Ints, days: int) -> Bools:
    """(n, days) true from `from_day` until before `until_day`, (n,) each."""
    day = np.arange(days)
    inside: Bools = (day >= np.asarray(from_day)[:, None]) & (day < np.asarray(until_day)[:, None])
    return inside
