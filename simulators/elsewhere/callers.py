"""People who come for an hour: couriers several times a day, guests on a pass of a day, workmen for a week."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulators.elsewhere.cast import Stay, Via
from simulators.elsewhere.movement import Passages
from simulators.elsewhere.stage import Stage
from simulators.elsewhere.year import DAY

Ints = NDArray[np.int64]
COURIER = 0.35, 0.9  # shape and scale of a home's own parcels a day: most few, some five and more
GUESTS = 0.5, 0.07
WORKMEN = 0.07  # of the homes that have workmen in at some time
STILL = 0.03  # of the callers come although nobody is there


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walkers:
    """(n,) passages as readers meet them: who, whose home, how, and whether the home's own door is reached."""

    body: Ints
    home: Ints
    via: Ints
    token: Ints
    hour: NDArray[np.float64]
    inward: NDArray[np.bool_]
    own: NDArray[np.bool_]


def walkers_of(passages: Passages, stays: list[Stay]) -> Walkers:
    """The passages of everybody who lives somewhere."""
    columns = np.array([(stay.body, stay.home, stay.via, stay.token) for stay in stays], np.int64).reshape(-1, 4)
    body, home, via, token = columns[passages.stay].T
    own = np.ones(len(body), np.bool_)
    return Walkers(body=body, home=home, via=via, token=token, hour=passages.hour, inward=passages.inward, own=own)


def joined(one: Walkers, other: Walkers) -> Walkers:
    """Both, one after the other."""
    return Walkers(**{f.name: np.concatenate([getattr(one, f.name), getattr(other, f.name)]) for f in fields(Walkers)})


def heads(stays: list[Stay], homes: int, days: int) -> NDArray[np.int32]:
    """(homes, days) how many bodies stay at a home at some time of a day."""
    counts = np.zeros((homes, days), np.int32)
    for stay in stays:
        counts[stay.home, int(max(stay.since, 0) // DAY) : int(min(stay.until, days * DAY) // DAY) + 1] += 1
    return counts


def call(stage: Stage, counts: NDArray[np.int32], body: int, repairs: list[int]) -> Walkers:
    """All callers; `body` stands for whoever they are, `repairs` are empty homes that are being put in order."""
    rng, days = stage.rng, stage.year.days
    lived_in = np.flatnonzero(counts.any(axis=1))
    come = (counts[lived_in] > 0) | (rng.random((len(lived_in), days)) < STILL)
    parcels = rng.poisson(rng.gamma(*COURIER, (len(lived_in), 1)), (len(lived_in), days)) * come
    guests = rng.poisson(rng.gamma(*GUESTS, (len(lived_in), 1)), (len(lived_in), days)) * come
    found = [_couriers(stage, lived_in, parcels), _guests(stage, lived_in, guests), _workmen(stage, lived_in, repairs)]
    home, token, hour, inward = (np.concatenate(part) for part in zip(*found, strict=True))
    kept = hour < days * DAY
    n = int(kept.sum())
    return Walkers(
        body=np.full(n, body), home=home[kept], via=np.full(n, Via.PASS), token=token[kept], hour=hour[kept],
        inward=inward[kept], own=np.zeros(n, np.bool_),
    )  # fmt: skip


Found = tuple[Ints, Ints, NDArray[np.float64], NDArray[np.bool_]]


def _couriers(stage: Stage, homes: Ints, parcels: Ints) -> Found:
    """One pass a home and year; a delivery is a way in, and now and then a way out that is read."""
    row, day = np.nonzero(parcels)
    row, day = (np.repeat(values, parcels[row, day]) for values in (row, day))
    token = np.full(len(homes), -1)
    for index in np.unique(row).tolist():
        token[index] = stage.pass_for(int(homes[index]), "courier", 0.3, stage.year.hours - 0.3)
    hour = day * DAY + stage.rng.normal(14, 3.2, len(day)).clip(7, 22)
    return _both_ways(stage, homes[row], token[row], hour, np.full(len(row), 0.15))


def _guests(stage: Stage, homes: Ints, guests: Ints) -> Found:
    """A pass for the day, an evening's stay."""
    row, day = np.nonzero(guests)
    hour = day * DAY + stage.rng.normal(16, 3.4, len(day)).clip(8, 22.5)
    length = stage.rng.gamma(2, 1.3, len(day)) + 0.2
    tokens = [
        stage.pass_for(home, "visitor", at, at + 14)
        for home, at in zip(homes[row].tolist(), hour.tolist(), strict=True)
    ]
    return _both_ways(stage, homes[row], np.array(tokens, np.int64), hour, length)


def _workmen(stage: Stage, homes: Ints, repairs: list[int]) -> Found:
    """In for some days at a home that is lived in, for weeks at one that is not."""
    rng = stage.rng
    chosen = homes[rng.random(len(homes)) < WORKMEN].tolist()
    home: list[int] = []
    token: list[int] = []
    hour: list[float] = []
    for place, long in [*((h, False) for h in chosen), *((h, True) for h in repairs)]:
        days = int(rng.integers(20, 75) if long else rng.integers(1, 8))
        first = stage.day(0, days)
        row = stage.pass_for(place, "contractor", first * DAY, (first + days) * DAY)
        for day in range(first, first + days):
            trips = int(rng.integers(1, 4))
            home += [place] * trips
            token += [row] * trips
            hour += [day * DAY + 8 + float(rng.normal(0, 0.4)) + 3.3 * trip for trip in range(trips)]
    return _both_ways(
        stage, np.array(home, np.int64), np.array(token, np.int64), np.array(hour), np.full(len(hour), 2.5)
    )


def _both_ways(stage: Stage, home: Ints, token: Ints, hour: NDArray[np.float64], length: NDArray[np.float64]) -> Found:
    back = hour + length * stage.rng.uniform(0.7, 1.3, len(hour))
    inward = np.repeat([True, False], len(hour))
    return np.tile(home, 2), np.tile(token, 2), np.concatenate([hour, back]), inward
