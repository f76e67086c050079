"""Who passes when: outings of residents, calls of visitors, and the ends of stays, for a run of days at once."""

from dataclasses import dataclass, fields

import numpy as np

from core.clock import US_PER_DAY, day_start_us
from simulators.lives.bodies import SLOTS, Bodies, Floats32, Ints32, Quiet, Rate
from simulators.lives.seasons import Seasons
from simulators.tables import Bools, Ints

_HOUR_US = 3_600_000_000
_APART_US = 40 * US_PER_DAY  # longer than a run of days and a night, so that bodies never meet
_SHORTEST_H = 0.07
_ILL = 0.06  # of what the ill would do otherwise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passages:
    """N times that somebody passes between the street and a home, in no order; `body` is a row of Bodies."""

    body: Ints32
    at_us: Ints
    inward: Bools

    def rows(self, which: Ints | Bools) -> "Passages":
        """These passages."""
        return Passages(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def joined(parts: list[Passages]) -> Passages:
    """The passages of all parts."""
    return Passages(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Passages)})


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """Cells (c,) of bodies and days on which somebody is around; hours between which outings fit."""

    body: Ints
    day: Ints  # place in the period
    figures: Ints  # row of the rhythm: twice the body, one more after a change
    opens: Floats32
    closes: Floats32


def passages(
    rng: np.random.Generator, bodies: Bodies, seasons: Seasons, first: int, last: int, busy_us: Ints
) -> Passages:
    """Everything that begins on the days from `first` until before `last`; returns may lie later.

    `busy_us` (n,) says until when each body is out, and is moved on.
    """
    arrivals, departures = _edges(rng, bodies, first, last)
    around = _around(bodies, first, last, arrivals, departures)
    begin_us = day_start_us(seasons.start)
    body, start, end = _outings(rng, bodies, seasons, around, begin_us)
    body, start, end = _apart(body, start, end, busy_us)
    resident = bodies.resident[body]
    return joined([
        Passages(body=body.astype(np.int32), at_us=start, inward=~resident),
        Passages(body=body.astype(np.int32), at_us=end, inward=resident),
        _moments(arrivals, first, begin_us, inward=True),
        _moments(departures, first, begin_us, inward=False),
    ])  # fmt: skip


def _edges(rng: np.random.Generator, bodies: Bodies, first: int, last: int) -> tuple[Floats32, Floats32]:
    """(n, days) the hour at which a stay begins and ends, NaN where none does. The period's ends are no edges."""
    days = bodies.here.shape[1]
    here = bodies.here[:, first:last]
    before = bodies.here[:, first - 1 : last - 1] if first else np.pad(here, ((0, 0), (1, 0)), mode="edge")[:, :-1]
    after = bodies.here[:, first + 1 : last + 1]
    if last == days:
        after = np.concatenate([after, here[:, -1:]], axis=1)
    moves = bodies.resident[:, None]
    silent = bodies.quiet[:, first:last] == Quiet.SILENT  # who is carried out reads no door
    begins, ends = moves & here & ~before, moves & here & ~after & ~silent
    arrivals, departures = (np.full(here.shape, np.nan, np.float32) for _ in range(2))
    at, place = np.nonzero(begins)
    arrivals[at, place] = np.clip(bodies.arrives[at] + rng.normal(0, 1.5, len(at)), 0.2, 23.0)
    at, place = np.nonzero(ends)
    hour = np.clip(bodies.leaves[at] + rng.normal(0, 1.5, len(at)), 0.5, 23.5)
    came = arrivals[at, place]
    departures[at, place] = np.where(came >= hour, np.minimum(came + 0.7, 23.9), hour)
    return arrivals, departures


def _around(bodies: Bodies, first: int, last: int, arrivals: Floats32, departures: Floats32) -> _Around:
    body, place = np.nonzero(bodies.here[:, first:last])
    day = place + first
    return _Around(
        body=body,
        day=day,
        figures=body * 2 + (day >= bodies.changes_on[body]),
        opens=np.nan_to_num(arrivals, nan=-100.0)[body, place],
        closes=np.nan_to_num(departures, nan=100.0)[body, place],
    )


def _outings(
    rng: np.random.Generator, bodies: Bodies, seasons: Seasons, around: _Around, begin_us: int
) -> tuple[Ints, Ints, Ints]:
    """Body, begin and end of every outing that is wanted."""
    rhythm = bodies.rhythm.reshape(-1, SLOTS, len(Rate))
    free = seasons.free[around.day]
    quiet = np.array([1.0, _ILL, 0.0])[bodies.quiet[around.body, around.day]]
    shifts = bodies.cycle[around.body] > 0  # a free day is none for them
    weather = seasons.outdoors[around.day]
    found = []
    for slot in range(SLOTS):
        rate = rhythm[:, slot]
        resting = free & ~shifts if slot == 0 else free
        share = np.where(resting, rate[around.figures, Rate.FREE], rate[around.figures, Rate.WORK]) * quiet
        share = share * (_on(bodies, seasons, around) if slot == 0 else weather)
        row = np.flatnonzero(rng.random(len(share), np.float32) < share)
        figure = rate[around.figures[row]]
        start = figure[:, Rate.START] + figure[:, Rate.SPREAD] * rng.standard_normal(len(row), np.float32)
        start = np.clip(start, 0.05, 23.9)
        stay = figure[:, Rate.STAY] + figure[:, Rate.STAY_SPREAD] * rng.standard_normal(len(row), np.float32)
        end = start + np.maximum(stay, _SHORTEST_H)
        fits = (start > around.opens[row] + 0.1) & (end < around.closes[row] - 0.1)
        found.append((around.body[row[fits]], around.day[row[fits]], start[fits], end[fits]))
    body, day, start, end = (np.concatenate(column) for column in zip(*found, strict=True))
    midnight = begin_us + day * US_PER_DAY
    return body, midnight + _us(start), midnight + _us(end)


def _us(hours: Floats32) -> Ints:
    """Hours as microseconds."""
    return (hours.astype(np.float64) * _HOUR_US).astype(np.int64)


def _on(bodies: Bodies, seasons: Seasons, around: _Around) -> Bools:
    """(c,) whether the main outing may take place: by turns in a shift, else by the weekday."""
    cycle = bodies.cycle[around.body]
    turn = (around.day + bodies.phase[around.body]) % np.maximum(cycle, 1) < bodies.on[around.body]
    weekday = (bodies.weekdays[around.body] >> seasons.weekday[around.day]) & 1
    on: Bools = np.where(cycle > 0, turn, weekday > 0)
    return on


def _apart(body: Ints, start: Ints, end: Ints, busy_us: Ints) -> tuple[Ints, Ints, Ints]:
    """Nobody goes out before being back: an outing that begins within another is left out."""
    order = np.argsort(body * _APART_US + (start - start.min(initial=0)))
    body, start, end = body[order], start[order], end[order]
    free = start > busy_us[body]
    body, start, end = body[free], start[free], end[free]
    shift = body * _APART_US - start.min(initial=0)
    ends = np.maximum.accumulate(end + shift) if len(end) else end
    apart = np.ones(len(body), np.bool_)
    apart[1:] = (start + shift)[1:] > ends[:-1]
    body, start, end = body[apart], start[apart], end[apart]
    np.maximum.at(busy_us, body, end)
    return body, start, end


def _moments(hours: Floats32, first: int, begin_us: int, *, inward: bool) -> Passages:
    """The edges as passages."""
    body, place = np.nonzero(~np.isnan(hours))
    at_us = begin_us + (place + first) * US_PER_DAY + _us(hours[body, place])
    return Passages(body=body.astype(np.int32), at_us=at_us, inward=np.full(len(body), inward))
