"""Who comes to homes without anything being wrong: couriers, guests, relatives, carers, grandparents of a newborn."""

import numpy as np

from simulators.lives.bodies import NONE, Bodies, By, Own, blank, spells
from simulators.lives.rhythms import draw_rhythms
from simulators.lives.settling import failures
from simulators.lives.village import Village
from simulators.tables import Ints

WEEKEND = (0b0100000, 0b1000000, 0b1100000)  # Saturday, Sunday, both
_OUTSIDER = np.array([0.05, 0.05, 0.9, 1.2, 0.0])  # how visitors get in, Dirichlet; By's order
_OUTSIDER_OWN = np.array([0.05, 0.05, 0.2, 2.0])


def visitors(
    village: Village,
    home: Ints,
    template: str,
    from_day: Ints,
    until_day: Ints,
    *,
    bearing: str = "visitor",
    every: Ints | int = 30,
    lent: float = 0.0,
    overnight: bool = False,
) -> Bodies:
    """People from outside who may come to `home` (n,) between two days (n,).

    Each has a mixture of ways in of their own; `lent` is the chance that a member gave them the household's card.
    """
    rng, n = village.rng, len(home)
    bodies = blank(home, village.days)
    bodies.resident[:] = overnight
    rhythm = draw_rhythms(rng, np.full(n, template), home)
    bodies.rhythm = np.stack([rhythm, rhythm], axis=1)
    bodies.ways, bodies.own = _mixtures(rng, _OUTSIDER, n), _mixtures(rng, _OUTSIDER_OWN, n)
    bodies.follow = rng.beta(1.5, 7.0, n).astype(np.float32)
    bodies.fail = failures(rng, n, np.full(n, 40))
    bodies.arrives, bodies.leaves = (rng.normal(hour, 3.0, n).astype(np.float32) for hour in (15.0, 11.0))
    with_card = rng.random(n) < lent
    bodies.card = np.where(with_card, _some_member(village, home), NONE).astype(np.int32)
    for shares, column in ((bodies.ways, By.CARD), (bodies.own, Own.CARD)):
        shares[with_card, column] += rng.uniform(0.5, 3.0, int(with_card.sum()))
    span = np.broadcast_to(np.asarray(every, np.int64), (n,))
    bodies.pass_first = village.new_passes(home, bearing, from_day, until_day, span).astype(np.int32)
    bodies.pass_from, bodies.pass_every = from_day.astype(np.int32), span.astype(np.int32)
    bodies.here = spells(from_day, until_day, village.days)
    return bodies


def _mixtures(rng: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """(n, k) shares: each row a Dirichlet draw; columns of no weight stay empty."""
    drawn = rng.standard_gamma(np.maximum(weights, 1e-3), (n, len(weights))) * (weights > 0) + 1e-9
    shares: np.ndarray = (drawn / drawn.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _some_member(village: Village, home: Ints) -> Ints:
    """A member with a card of each home's household, NONE where there is none."""
    first, last = village.households.first[home], village.households.first[home + 1]
    pick = first + (village.rng.random(len(home)) * np.maximum(last - first, 1)).astype(np.int64)
    pick = np.minimum(pick, len(village.members) - 1)
    return np.where(last > first, village.members.card[pick], NONE)


def keep_company(village: Village) -> None:
    """The usual visitors of every let home over the whole period."""
    rng, let = village.rng, village.let()
    zero, end = np.zeros(len(let), np.int64), np.full(len(let), village.days)
    couriers = visitors(village, let, "courier", zero, end, bearing="courier", every=2)
    couriers.ways[:, By.INTERCOM] += rng.uniform(0.3, 3.0, len(let))
    couriers.own[:] = (0.0, 0.0, 0.0, 1.0)
    couriers.follow = rng.beta(3.0, 4.0, len(let)).astype(np.float32)
    guests = visitors(village, let, "guest", zero, end, every=1)
    guests.rhythm[:, :, :, :2] *= rng.lognormal(0.0, 0.9, (len(let), 1, 1, 1))
    village.others += [couriers, guests]
    _relatives(village)
    _carers(village)
    _newborns(village)


def kinds(village: Village, *names: str) -> Ints:
    """The homes of these kinds of household."""
    return np.array([home for home in village.let().tolist() if village.kind(home) in names], np.int64)


def _relatives(village: Village) -> None:
    """Once or twice a week, on their own days: children with their families at the old people's, others seldom."""
    rng = village.rng
    always = kinds(village, "weekly_relatives")
    old = kinds(village, "elderly_alone", "elderly_couple", "homebound")
    rest = np.setdiff1d(village.let(), np.concatenate([always, old]))
    chosen = np.concatenate([always, old[rng.random(len(old)) < 0.4], rest[rng.random(len(rest)) < 0.06]])
    home = np.repeat(chosen, rng.integers(1, 4, len(chosen)))
    callers = visitors(
        village, home, "caller", np.zeros(len(home), np.int64), np.full(len(home), village.days), lent=0.2
    )
    _, at = np.unique(home, return_inverse=True)
    days = rng.choice(np.array([*WEEKEND, 0b0000100, 0b0010000]), len(chosen))  # those of one home come together
    callers.weekdays = days[at].astype(np.int32)
    together = draw_rhythms(rng, np.full(len(chosen), "caller"), np.sort(chosen))
    callers.rhythm[:] = together[at][:, None]
    callers.rhythm[:, :, 0, :2] *= rng.uniform(0.4, 1.0, (len(home), 1, 1))
    village.others.append(callers)


def _carers(village: Village) -> None:
    """Where somebody needs care: a registered carer, or one with a pass; on working days, weekends with some."""
    rng = village.rng
    always = kinds(village, "carer_visiting")
    some = kinds(village, "homebound", "elderly_alone")
    home = np.concatenate([always, some[rng.random(len(some)) < np.where(_is(village, some, "homebound"), 0.6, 0.12)]])
    carers = visitors(
        village, home, "carer", np.zeros(len(home), np.int64), np.full(len(home), village.days),
        bearing="carer", every=90, lent=0.1,
    )  # fmt: skip
    carers.weekdays = rng.choice(np.array([0b1111111, 0b0011111, 0b0111111, 0b0010101]), len(home)).astype(np.int32)
    for row in np.flatnonzero(rng.random(len(home)) < 0.5).tolist():
        person = village.register(int(home[row]), "carer", float(rng.integers(30, 58)), -int(rng.integers(30, 600)))
        carers.person[row] = carers.card[row] = person
        carers.right_home[row] = home[row]
        carers.ways[row] = carers.own[row, :1] = 0.0
        carers.own[row] = (0.0, 0.6, 0.0, 0.4)
        carers.ways[row, By.CARD] = 1.0
    village.others.append(carers)


def _is(village: Village, homes: Ints, name: str) -> np.ndarray:
    return np.array([village.kind(home) == name for home in homes.tolist()], np.bool_)


def _newborns(village: Village) -> None:
    """A birth: grandparents stay for months, registered late or never, and guests come in the first weeks."""
    rng = village.rng
    for home in kinds(village, "newborn").tolist():
        born = int(rng.integers(-60, village.days))
        count = int(rng.integers(1, 3))
        first = max(born - int(rng.integers(0, 30)), 0)
        last = min(born + int(rng.integers(60, 240)), village.days)
        if last - first < 7:
            village.note(home, "newborn")
            continue
        at = np.full(count, home)
        stay = visitors(
            village, at, "old", np.full(count, first), np.full(count, last), lent=0.6, overnight=True, every=60
        )
        if rng.random() < 0.4:  # and the office is told some weeks later
            told = min(first + int(rng.integers(10, 60)), last)
            for row in range(count):
                person = village.register(home, "parent", float(rng.integers(52, 70)), told)
                stay.person[row], stay.enrolled_on[row] = person, min(told + int(rng.integers(0, 14)), last)
                stay.right_home[row] = home
        village.others.append(stay)
        village.note(home, "grandparents_stay", since=first, until=last)
        gather(village, home, max(born, 0), 40)


def gather(village: Village, home: int, first: int, most_days: int) -> None:
    """Many guests over some days, as at a birth or a death."""
    rng, days = village.rng, village.days
    last = min(first + int(rng.integers(3, max(most_days, 4))), days)
    count = int(rng.integers(6, 30))
    begins = rng.integers(first, max(last, first + 1), count)
    at = np.full(count, home)
    guests = visitors(village, at, "caller", begins, np.minimum(begins + rng.integers(1, 3, count), days), every=2)
    village.others.append(guests)


def live_by_kind(village: Village) -> None:
    """Presence that belongs to the kind: those who are home at weekends only, and those who travel half the time."""
    rng, members = village.rng, village.members
    for home in kinds(village, "weekend_only").tolist():
        rows = village.of(home)
        days = (4, 5, 6) if rng.random() < 0.7 else (5, 6)
        at_home = np.isin(village.seasons.weekday, days)
        skipped = np.repeat(rng.random(village.days // 7 + 2) < rng.uniform(0.03, 0.3), 7)[: village.days]
        members.here[rows] &= at_home & ~skipped
        members.arrives[rows], members.leaves[rows] = rng.normal(19.5, 1.0), rng.normal(18.0, 2.5)
    for home in kinds(village, "frequent_traveller").tolist():
        rows, day = village.of(home), int(rng.integers(0, 10))
        while day < village.days:
            away = 1 + int(rng.geometric(1 / rng.uniform(2.0, 6.0)))
            members.here[rows[0], day : day + away] = False
            day += away + int(rng.integers(2, 16))
