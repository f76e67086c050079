"""Coming and going as a semi-Markov process in continuous time, all stays side by side.

Somebody at home leaves for whatever comes first: the next duty of the roster, or the next outing, whose waiting time
runs only while they are awake and is gamma distributed, for each with a shape of their own, from bursty to clockwork.
Outings last log-normally long, are cut short when a duty is near, or lead straight on to it. Each step moves every stay
that is not over by one trip; stays that end drop out, so that a rider with twelve trips a day costs only the steps that
others do not need.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.elsewhere.cast import Body, Stay
from simulators.elsewhere.year import DAY

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
PAUSE = 0.25  # hours at home at least; the way in from the gate takes some minutes of it
SHORTEST = 0.2  # hours out
NEAR = 0.6  # hours before a duty in which nobody starts an outing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passages:
    """Every time somebody crosses the threshold: (n,) stay row, hour, whether inwards."""

    stay: Ints
    hour: Doubles
    inward: NDArray[np.bool_]


def walk(
    rng: np.random.Generator, bodies: list[Body], stays: list[Stay], leaves: Doubles, lasts: Doubles, hours: float
) -> Passages:
    """All passages of all stays within the stream's `hours`; `leaves`, `lasts` are the rosters (B, n)."""
    body = np.array([stay.body for stay in stays], np.int64)
    since = np.array([stay.since for stay in stays])
    until = np.array([stay.until for stay in stays])
    quiet = np.array([stay.quiet for stay in stays], np.bool_)
    own = {name: np.array([getattr(b, name) for b in bodies]) for name in _PARAMETERS}
    roster = (leaves, lasts, _coming(leaves))
    active, now = np.arange(len(stays)), np.maximum(since, 0.0)
    outs: list[tuple[Ints, Doubles]] = []
    ins = [(np.flatnonzero(since > 0), since[since > 0])]
    while active.size:
        who = body[active]
        mine = {name: values[who] for name, values in own.items()}
        out, back = _trip(rng, now[active], mine, roster, who)
        end = until[active]
        gone, returns = out >= end, back < np.minimum(end, hours)
        left = np.where(gone, end, out)
        told = (left < hours) & ~(quiet[active] & (gone | (back >= end)))
        outs.append((active[told], left[told]))
        ins.append((active[~gone & returns], back[~gone & returns]))
        now[active] = back + PAUSE
        active = active[~gone & returns & (out < hours)]
    return _joined(ins, outs, hours)


_Roster = tuple[Doubles, Doubles, Ints]


def _coming(leaves: Doubles) -> Ints:
    """(B, n) the first day with a duty from each day on; the last day where there is none any more."""
    n = leaves.shape[1]
    days = np.where(np.isfinite(leaves), np.arange(n), n - 1)
    found: Ints = np.minimum.accumulate(days[:, ::-1], axis=1)[:, ::-1]
    return found


_PARAMETERS = ("outings", "errand", "tail", "wakes", "awake", "lazy", "steady")


def _trip(
    rng: np.random.Generator, now: Doubles, mine: dict[str, Doubles], roster: _Roster, who: Ints
) -> tuple[Doubles, Doubles]:
    """The next departure and the return from it, (n,) hours each, of people (n,) at home `now`."""
    leaves, lasts, coming = roster
    last = leaves.shape[1] - 1
    day = np.minimum((now // DAY).astype(np.int64), last)
    next_day = np.minimum(day + 1, last)
    today = leaves[who, day]
    on = coming[who, np.where(today >= now, day, next_day)]
    duty = leaves[who, on]
    duty = np.where(duty >= now, duty, np.inf)
    busy = lasts[who, on]
    wait = rng.gamma(mine["steady"], 1.0 / mine["steady"]) * mine["awake"] / mine["outings"]
    errand = _awake_after(now, wait, mine["wakes"], mine["awake"])
    length = mine["errand"] * np.exp(mine["tail"] * rng.standard_normal(len(now)))
    on_duty = errand > duty - NEAR
    back = errand + np.clip(length, SHORTEST, 60.0)
    late = ~on_duty & (back > duty - NEAR)
    straight = late & (rng.random(len(now)) < mine["lazy"])
    hurried = np.maximum(np.minimum(back, duty - PAUSE - 0.05), errand + SHORTEST)
    back = np.where(straight, duty + busy, np.where(late, hurried, back))
    return np.where(on_duty, duty, errand), np.where(on_duty, duty + busy, back)


def _awake_after(now: Doubles, wait: Doubles, wakes: Doubles, awake: Doubles) -> Doubles:
    """The hour at which somebody has been awake for `wait` hours since `now`."""
    shifted = now - wakes
    day = np.floor(shifted / DAY)
    spent = day * awake + np.minimum(shifted - day * DAY, awake)
    total = spent + wait
    whole = np.floor(total / awake)
    found: Doubles = whole * DAY + (total - whole * awake) + wakes
    return np.maximum(found, now)


def _joined(ins: list[tuple[Ints, Doubles]], outs: list[tuple[Ints, Doubles]], hours: float) -> Passages:
    stay = np.concatenate([rows for rows, _ in ins + outs])
    hour = np.concatenate([at for _, at in ins + outs])
    inward = np.repeat([True, False], [sum(len(r) for r, _ in part) for part in (ins, outs)])
    kept = (hour >= 0) & (hour < hours)
    order = np.lexsort((inward, hour, stay))
    order = order[kept[order]]
    return Passages(stay=stay[order], hour=hour[order], inward=inward[order])
