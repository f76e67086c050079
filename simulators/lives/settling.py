"""The first day: households become bodies with habits at doors, leases, cars; nothing has happened yet."""

import numpy as np

from simulators.belongings import add_years
from simulators.households import age_on
from simulators.lives.bodies import NEVER, NONE, Bodies, By, Own, Quiet, blank
from simulators.lives.people import CARD_AGE, NOT_A_DAY, Households
from simulators.lives.rhythms import draw_rhythms
from simulators.lives.seasons import Seasons
from simulators.tables import Bools, Floats, Ints

TERM_YEARS = 3
CYCLES = {"shop": ((7, 6), (7, 5)), "night": ((7, 6), (8, 6), (4, 2), (7, 5))}
ILL_A_DAY = 0.004  # two or three days at home, about four times in three years; ours
CHANGES = 0.15  # of the people get another rhythm on some day of a year


def settle(rng: np.random.Generator, households: Households, seasons: Seasons) -> Bodies:
    """One row for each of the households' people, there every day."""
    people, days = households.people, len(seasons)
    n = len(people)
    bodies = blank(people.home, days)
    bodies.person = np.arange(n, dtype=np.int32)
    bodies.right_home = bodies.home.copy()
    bodies.resident[:] = bodies.household[:] = bodies.here[:] = True
    bodies.rhythm = np.stack([draw_rhythms(rng, households.rhythm, people.home) for _ in range(2)], axis=1)
    changed = rng.random(n) < CHANGES * days / 365
    bodies.changes_on = np.where(changed, rng.integers(0, days, n), NEVER).astype(np.int32)
    bodies.rhythm[~changed, 1] = bodies.rhythm[~changed, 0]
    _give_cycles(rng, bodies, households)
    age = age_on(people.born, seasons.start)
    _give_means(rng, bodies, people.face, age)
    _fall_ill(rng, bodies)
    _pair_twins(rng, bodies, households)
    return bodies


def _give_cycles(rng: np.random.Generator, bodies: Bodies, households: Households) -> None:
    """Shift workers have days off by turns, not by the week."""
    for name, cycles in CYCLES.items():
        rows = np.flatnonzero(households.rhythm == name)
        pick = np.array(cycles)[rng.integers(0, len(cycles), len(rows))]
        bodies.cycle[rows], bodies.on[rows] = pick[:, 0], pick[:, 1]
        bodies.phase[rows] = rng.integers(0, 56, len(rows))


def _give_means(rng: np.random.Generator, bodies: Bodies, face: Bools, age: Ints) -> None:
    """Who shows the face, who the card; how often faces fail and doors are passed behind others."""
    n = len(bodies)
    likes = np.where(face, rng.beta(5.0, 1.6, n), 0.0)
    rings = np.where(rng.random(n) < 0.2, rng.uniform(0.0, 0.06, n), 0.0)
    bodies.ways[:, By.FACE] = likes * (1 - rings)
    bodies.ways[:, By.CARD] = (1 - likes) * (1 - rings)
    bodies.ways[:, By.INTERCOM] = rings
    key = np.where(rng.random(n) < 0.12, rng.uniform(0.1, 0.6, n), rng.uniform(0.0, 0.05, n))
    bodies.own[:, Own.FACE], bodies.own[:, Own.CARD] = likes * (1 - key), (1 - likes) * (1 - key)
    bodies.own[:, Own.NOTHING] = key
    bodies.fail = failures(rng, n, age)
    bodies.follow = rng.beta(1.2, 18.0, n).astype(np.float32)
    small = age < CARD_AGE
    bodies.follow[small] = rng.uniform(0.6, 0.95, int(small.sum()))
    bodies.enrolled_on = np.where(face, 0, NEVER).astype(np.int32)
    bodies.card = np.where(age >= CARD_AGE, bodies.person, NONE).astype(np.int32)
    bodies.pin = np.where(rng.random(n) < 0.2, rng.uniform(0.1, 0.9, n), 0.0).astype(np.float32)
    bodies.masked = rng.random(n) < rng.uniform(0.3, 0.7)


def failures(rng: np.random.Generator, n: int, age: Ints | Floats) -> np.ndarray:
    """(n,) how often a look is not enough: about 2 %, more for the old, far more for a few."""
    fail = rng.lognormal(np.log(0.02), 0.6, n) * np.where(age >= 66, 1.5, 1.0)
    poor = rng.random(n) < 0.02
    return np.where(poor, rng.uniform(0.2, 0.6, n), np.minimum(fail, 0.3)).astype(np.float32)


def _fall_ill(rng: np.random.Generator, bodies: Bodies) -> None:
    begins = rng.random(bodies.quiet.shape) < ILL_A_DAY
    ill = begins.copy()
    for later in (1, 2):
        ill[:, later:] |= begins[:, :-later]
    bodies.quiet[ill] = Quiet.ILL


def _pair_twins(rng: np.random.Generator, bodies: Bodies, households: Households) -> None:
    """In some families with two children these are twins: one birthday, one face."""
    people = households.people
    child = np.flatnonzero(people.relation == "child")
    first = child[:-1][(np.diff(child) == 1) & (np.diff(people.home[child]) == 0)]
    first = first[rng.random(len(first)) < 0.15]
    people.born[first + 1], people.face[first + 1] = people.born[first], people.face[first]
    bodies.twin[first], bodies.twin[first + 1] = first + 1, first
    for column in (bodies.enrolled_on, bodies.ways, bodies.own, bodies.follow):
        column[first + 1] = column[first]
    bodies.card[first + 1] = np.where(bodies.card[first] == NONE, NONE, first + 1)


def draw_leases(rng: np.random.Generator, households: Households, seasons: Seasons) -> "tuple[np.ndarray, ...]":
    """Home, tenant, start and end of a running lease a home: none ends within the period or soon after it."""
    tenant = np.flatnonzero(households.people.relation == "tenant")
    n, days = len(tenant), len(seasons)
    start64 = np.datetime64(seasons.start, "D")
    lived = np.minimum(rng.integers(30, 900, n), max(TERM_YEARS * 365 - days - 130, 30))
    began = start64 - lived
    end = add_years(began, TERM_YEARS) - 1
    short = end < start64 + days + 120  # periods of years: a longer term
    end = np.where(short, add_years(began, 2 * TERM_YEARS) - 1, end)
    return households.people.home[tenant], tenant, began, end, np.full(n, NOT_A_DAY)
