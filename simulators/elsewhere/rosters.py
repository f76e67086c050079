"""When everybody has to leave: one departure a day at most, from trades that share nothing but that."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulators.elsewhere.cast import Body, Job
from simulators.elsewhere.year import DAY, Year

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Roster = Callable[[np.random.Generator, int, Year], Bools]
SICK = 0.02  # of the days on which somebody would have to leave


def duties(rng: np.random.Generator, bodies: list[Body], year: Year) -> tuple[Doubles, Doubles]:
    """When bodies leave for work, and for how long.

    Returns:
        leaves: (B, n) hours since the stream's start, inf on days off. lasts: (B, n) hours. n is the calendar's length.
    """
    job = np.array([body.job for body in bodies], np.int64)
    n = len(year.weekday)
    leaves, lasts = np.full((len(bodies), n), np.inf), np.zeros((len(bodies), n))
    midnight = np.arange(n) * DAY
    start, long, slack = (
        np.array([getattr(b, name) for b in bodies]).reshape(-1, 1) for name in ("leaves", "lasts", "slack")
    )
    for kind, roster in _ROSTERS.items():
        who = np.flatnonzero(job == kind)
        shape = (len(who), n)
        on = roster(rng, len(who), year) & (rng.random(shape) >= SICK)
        noise = slack[who] * np.clip(rng.standard_t(3, shape), -4, 8) * 0.5
        at = midnight + start[who] + noise
        hours = long[who] + slack[who] * rng.exponential(1.0, shape)
        if kind == Job.FOUR_TWO:
            at += 12.0 * (((np.arange(n) + rng.integers(0, 12, (len(who), 1))) // 6) % 2)
        if kind in _WEEKLY:
            hours = _till_friday(rng, year, kind, shape) - (at - midnight)
        leaves[who], lasts[who] = np.where(on, at, np.inf), np.maximum(hours, 0.3)
    return leaves, lasts


def _office(_rng: np.random.Generator, count: int, year: Year) -> Bools:
    return np.broadcast_to(year.works, (count, len(year.works)))


def _six_days(rng: np.random.Generator, count: int, year: Year) -> Bools:
    rest = rng.integers(0, 7, (count, 1))
    works: Bools = (year.weekday != rest) & ~(year.feast & (rng.random((count, 1)) < 0.6))
    return works


def _big_small(rng: np.random.Generator, count: int, year: Year) -> Bools:
    week = (np.arange(len(year.weekday)) + 7 * rng.integers(0, 2, (count, 1))) // 7
    works: Bools = ((year.weekday < 5) | ((year.weekday == 5) & (week % 2 == 0))) & ~year.feast
    return works


def _cycle(on: int, length: int) -> Roster:
    def roster(rng: np.random.Generator, count: int, year: Year) -> Bools:
        return (np.arange(len(year.weekday)) + rng.integers(0, length, (count, 1))) % length < on

    return roster


def _vendor(rng: np.random.Generator, count: int, year: Year) -> Bools:
    """Markets know no Sundays; rain and tiredness keep a vendor at home."""
    return rng.random((count, len(year.weekday))) < rng.beta(12, 1.5, (count, 1))


def _gig(rng: np.random.Generator, count: int, year: Year) -> Bools:
    """Work comes in spells: a two-state chain whose changes are individual."""
    n = len(year.weekday)
    stay = rng.uniform(0.6, 0.95, (count, 1))
    turns = np.cumsum(rng.random((count, n)) > stay, axis=1)
    working: Bools = (turns + rng.integers(0, 2, (count, 1))) % 2 == 0
    return working


def _dorm(_rng: np.random.Generator, count: int, year: Year) -> Bools:
    """Off on the first working day of a week."""
    before = np.concatenate([[False], year.works[:-1]])
    return np.broadcast_to(year.works & ~before, (count, len(year.works)))


def _school(_rng: np.random.Generator, count: int, year: Year) -> Bools:
    return np.broadcast_to(year.works & year.term, (count, len(year.works)))


def _boarder(_rng: np.random.Generator, count: int, year: Year) -> Bools:
    """Off on the evening before a week's first lessons."""
    lessons = year.works & year.term
    return np.broadcast_to(~lessons & np.append(lessons[1:], False), (count, len(lessons)))


def _till_friday(rng: np.random.Generator, year: Year, kind: Job, shape: tuple[int, int]) -> Doubles:
    """Hours from each midnight to the evening of the last working day in a row."""
    ends = year.works & ~np.append(year.works[1:], False)
    last = np.flatnonzero(ends)
    days = np.arange(shape[1]) + (kind == Job.BOARDER)
    found = np.searchsorted(last, days)
    friday = np.where(found < len(last), last[np.minimum(found, len(last) - 1)], shape[1])
    overtime = rng.exponential(1.5, shape) if kind == Job.DORM else rng.uniform(0, 1.5, shape)
    return np.maximum(friday - np.arange(shape[1]), 0) * DAY + (19.0 if kind == Job.DORM else 16.5) + overtime


_WEEKLY = (Job.DORM, Job.BOARDER)
_ROSTERS: dict[Job, Roster] = {
    Job.OFFICE: _office,
    Job.SIX_DAYS: _six_days,
    Job.BIG_SMALL: _big_small,
    Job.FOUR_TWO: _cycle(4, 6),
    Job.GUARD: _cycle(1, 3),
    Job.NIGHT: _cycle(5, 7),
    Job.VENDOR: _vendor,
    Job.DORM: _dorm,
    Job.GIG: _gig,
    Job.SCHOOL: _school,
    Job.BOARDER: _boarder,
}
