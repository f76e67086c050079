"""The register's people: households by kind, and whoever is registered later."""

from dataclasses import dataclass, fields

import numpy as np

from simulators.lives.bodies import NONE
from simulators.lives.kinds import KINDS, NAMES
from simulators.names import draw_given, draw_surnames
from simulators.tables import Bools, Days, Floats, Ints, Strings

FACE_AGE = 6
CARD_AGE = 7
NOT_A_DAY = np.datetime64("NaT", "D")


@dataclass(slots=True, kw_only=True, eq=False)
class People:
    """P people of the register; `until` NaT without end; `since_day`, `born` datetime64[D]."""

    name: Strings
    born: Days
    home: Ints
    relation: Strings
    since: Days
    until: Days
    alone: Bools
    face: Bools  # agreed to the door, and to be recognised there
    care: Bools

    def __len__(self) -> int:
        return len(self.name)


def together(parts: list[People]) -> People:
    """The people of all parts, one after another."""
    return People(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(People)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Households:
    """Who lives where when the period begins.

    Attributes:
        people: P people, those of one home next to each other.
        rhythm: (P,) template of each.
        kind: (homes,) index into KINDS, NONE for homes that are not let.
        first: (homes + 1,) where the people of each home begin.
    """

    people: People
    rhythm: Strings
    kind: Ints
    first: Ints


def draw_households(rng: np.random.Generator, let: Ints, homes: int, today: np.datetime64) -> Households:
    """Households in the homes `let`; ages are on `today`."""
    shares = np.array([kind.share for kind in KINDS])
    kind_of = rng.choice(len(KINDS), size=len(let), p=shares / shares.sum())
    home, role, place, rhythm, low, high = ([] for _ in range(6))
    for number, kind in enumerate(KINDS):
        where = let[kind_of == number]
        for order, part in enumerate(kind.roles):
            taken = where[rng.random(len(where)) < part.share]
            names, odds = zip(*part.rhythms, strict=True)
            home.append(taken)
            role.append(np.full(len(taken), part.relation))
            place.append(np.full(len(taken), order))
            rhythm.append(rng.choice(np.array(names), size=len(taken), p=odds))
            low.append(np.full(len(taken), part.ages[0]))
            high.append(np.full(len(taken), part.ages[1]))
    order_ = np.lexsort((np.concatenate(place), np.concatenate(home)))
    at, relation = np.concatenate(home)[order_], np.concatenate(role)[order_]
    age = rng.integers(np.concatenate(low)[order_], np.concatenate(high)[order_])
    kinds = np.full(homes, NONE)
    kinds[let] = kind_of
    count = np.bincount(at, minlength=homes)
    people = make_people(rng, at, relation, age.astype(np.float64), today)
    people.alone = count[at] == 1
    old = np.isin(kinds[at], [NAMES.index(name) for name in ("elderly_alone", "weekly_relatives", "carer_visiting")])
    people.care = people.alone & old & (rng.random(len(at)) < 0.85)
    return Households(
        people=people,
        rhythm=np.concatenate(rhythm)[order_],
        kind=kinds,
        first=np.concatenate([[0], np.cumsum(count)]),
    )


def make_people(rng: np.random.Generator, home: Ints, relation: Strings, age: Floats, today: np.datetime64) -> People:
    """People of these homes, relations and ages on `today`, (n,) each, registered for months or years."""
    n = len(home)
    born = today - (age * 365.2425).astype(np.int64) - rng.integers(5, 360, n)
    male = rng.random(n) < 0.5
    family = draw_surnames(rng, int(home.max(initial=0)) + 2)[home]
    surname = np.where(np.isin(relation, ("tenant", "child", "parent")), family, draw_surnames(rng, n))
    given = draw_given(rng, born.astype("datetime64[Y]").astype(np.int64) + 1970, male)
    agrees = np.where(age < 14, 0.72, np.where(age >= 66, 0.85, 0.92))
    _, of_home = np.unique(home, return_inverse=True)
    since = today - rng.integers(60, 1500, int(of_home.max(initial=-1)) + 1)[of_home]
    return People(
        name=np.char.add(surname, given),
        born=born.astype("datetime64[D]"),
        home=home,
        relation=relation,
        since=np.maximum(since, born).astype("datetime64[D]"),
        until=np.full(n, NOT_A_DAY),
        alone=np.zeros(n, np.bool_),
        face=(rng.random(n) < agrees) & (age >= FACE_AGE),
        care=np.zeros(n, np.bool_),
    )
