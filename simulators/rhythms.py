"""When people go out and come home: a simple time-use table, drawn for a whole estate at once."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from core.clock import day_start_us
from simulators.households import age_on
from simulators.tables import Bools, Ints, World

_HOUR_US = 3_600_000_000
_APART_US = 48 * _HOUR_US  # longer than a day, so that one running maximum serves all people
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Walks:
    """Walks (n_walks) between the street and a home, in no order."""

    person: Ints
    at_us: Ints  # when the first door is reached
    inward: Bools


@dataclass(frozen=True, slots=True)
class _Habit:
    """An outing: who, how likely, from when to when (hours, mean and deviation)."""

    ages: tuple[int, int]  # from, to (exclusive)
    working_day: float
    free_day: float
    leaves: tuple[float, float]
    stays: tuple[float, float]  # hours away


class _Outings(NamedTuple):
    """Outings (n,): the first walk's moment and the second's; `comes_first` where the first one is the way in."""

    person: Ints
    first_us: Ints
    second_us: Ints
    comes_first: Bools

    def rows(self, which: Ints | Bools) -> "_Outings":
        """The outings of these rows."""
        return _Outings(self.person[which], self.first_us[which], self.second_us[which], self.comes_first[which])


# Means follow the shape of the national time-use survey of 2018 (work, school, walks, shopping); the figures are ours.
_HABITS = (
    _Habit((23, 62), 0.78, 0.15, (7.8, 0.6), (10.3, 0.9)),  # work
    _Habit((23, 55), 0.04, 0.04, (19.8, 0.4), (3.2, 0.3)),  # an evening shift
    _Habit((6, 18), 0.95, 0.1, (7.2, 0.25), (9.6, 0.5)),  # school
    _Habit((18, 23), 0.6, 0.3, (8.3, 0.8), (8.0, 1.5)),  # studies
    _Habit((62, 120), 0.65, 0.65, (6.7, 0.6), (1.0, 0.25)),  # a morning walk
    _Habit((55, 120), 0.45, 0.5, (9.4, 0.6), (1.1, 0.3)),  # the market
    _Habit((10, 120), 0.05, 0.45, (14.5, 1.2), (2.0, 0.6)),  # an afternoon out
    _Habit((10, 120), 0.25, 0.3, (20.2, 0.4), (1.0, 0.25)),  # an evening walk
)
_CARER = _Habit((0, 120), 0.95, 0.4, (8.0, 0.4), (8.8, 0.5))
_STAFF = _Habit((0, 120), 0.95, 0.5, (7.6, 0.3), (10.5, 0.4))


def draw_walks(rng: np.random.Generator, world: World, day: date) -> Walks:
    """The walks of `day` of everybody who is not declared away; carers and staff come in first and leave later."""
    people = world.people
    age = age_on(people.born, day)
    around = _around(world, day)
    visits_first = np.isin(people.relation, ("carer", "staff"))
    parts = [_outings(rng, habit, day, around & ~visits_first & _aged(age, habit), comes_first=False)
             for habit in _HABITS]  # fmt: skip
    parts += [
        _outings(rng, habit, day, around & (people.relation == relation), comes_first=True)
        for relation, habit in (("carer", _CARER), ("staff", _STAFF))
    ]
    return _walks(_without_overlaps(_Outings(*(np.concatenate(column) for column in zip(*parts, strict=True)))))


def _aged(age: Ints, habit: _Habit) -> Bools:
    fits: Bools = (age >= habit.ages[0]) & (age < habit.ages[1])
    return fits


def _around(world: World, day: date) -> Bools:
    """(n_people,) nobody has declared this one, or the whole household, away on `day`."""
    absences, now = world.absences, np.datetime64(day)
    here = (absences.since <= now) & (now < absences.until)
    around = np.ones(len(world.people.id), dtype=np.bool_)
    around[absences.person[here & (absences.person >= 0)]] = False
    empty = absences.home[here & (absences.person < 0)]
    around[np.isin(world.people.home, empty) & (world.people.home >= 0)] = False
    return around


def _outings(rng: np.random.Generator, habit: _Habit, day: date, who: Bools, *, comes_first: bool) -> _Outings:
    """The outings of one habit on one day."""
    share = habit.free_day if day.weekday() >= _SATURDAY else habit.working_day
    person = np.flatnonzero(who & (rng.random(len(who)) < share))
    leaves = rng.normal(*habit.leaves, size=len(person))
    hours = np.stack([leaves, leaves + np.maximum(rng.normal(*habit.stays, size=len(person)), 0.2)])
    first, second = day_start_us(day) + (np.clip(hours, 0.05, 23.9) * _HOUR_US).astype(np.int64)
    return _Outings(person, first, second, np.full(len(person), comes_first))


def _without_overlaps(outings: _Outings) -> _Outings:
    """Nobody goes out before coming back: an outing that begins before an earlier one's end is left out."""
    sorted_ = outings.rows(np.lexsort((outings.first_us, outings.person)))
    apart = sorted_.person * _APART_US
    ends = np.maximum.accumulate(sorted_.second_us + apart)
    free = np.ones(len(apart), dtype=np.bool_)
    free[1:] = (sorted_.first_us + apart)[1:] > ends[:-1]
    return sorted_.rows(free)


def _walks(outings: _Outings) -> Walks:
    """Two walks an outing: away and back, or (carers, staff) here and away."""
    return Walks(
        person=np.tile(outings.person, 2),
        at_us=np.concatenate([outings.first_us, outings.second_us]),
        inward=np.concatenate([outings.comes_first, ~outings.comes_first]),
    )
