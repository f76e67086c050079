"""Who lives where: households by kind, with ages that fit each other, carers and staff."""

from datetime import date

import numpy as np

from simulators.buildings import numbered
from simulators.names import draw_given, draw_surnames
from simulators.randomness import stream
from simulators.tables import Bools, Days, Homes, Ints, People, Strings

# Kind: share, roles, the tenant's age from and to. Shares are our guess for a public-rental estate: many old people.
_KINDS: tuple[tuple[float, tuple[str, ...], tuple[int, int]], ...] = (
    (0.17, ("tenant",), (24, 60)),
    (0.16, ("tenant", "spouse"), (26, 60)),
    (0.22, ("tenant", "spouse", "child"), (28, 52)),
    (0.08, ("tenant", "spouse", "child", "child"), (30, 50)),
    (0.05, ("tenant", "child"), (28, 50)),
    (0.13, ("tenant",), (66, 88)),
    (0.09, ("tenant", "spouse"), (66, 84)),
    (0.06, ("tenant", "spouse", "child", "parent"), (32, 48)),
    (0.04, ("tenant", "co-resident"), (23, 40)),
)
_OLD_ALONE = 5
_TWO_CHILDREN = 3
TWIN_SHARE = 0.15  # of the two-child households, so that a demo always has some; in life it is about one in fifty
CARER_SHARE = 0.35  # of the old people living alone
HOMES_PER_STAFF = 60
ALONE_KINDS = (0, _OLD_ALONE)
FACE_SHARE = 0.93
FACE_SHARE_CHILD = 0.75  # under 14 a guardian decides
FACE_AGE = 6  # smaller children come with somebody


def draw_people(seed: int, estate: str, homes: Homes, today: date) -> People:
    """Everybody of the estate; households live in let homes only."""
    rng = stream(seed, "people")
    let = np.flatnonzero(homes.state == "let")
    kind = rng.choice(len(_KINDS), size=len(let), p=[share for share, _, _ in _KINDS])
    sizes = np.array([len(roles) for _, roles, _ in _KINDS])[kind]
    home = np.repeat(let, sizes)
    household = np.repeat(np.arange(len(let)), sizes)
    roles = np.array([role for k in kind.tolist() for role in _KINDS[k][1]])
    age, twin = _ages(rng, kind, sizes, roles)
    moved_in = np.datetime64(today) - rng.integers(30, 5 * 365, size=len(let))
    carer_home = let[(kind == _OLD_ALONE) & (rng.random(len(let)) < CARER_SHARE)]
    staff = max(2, len(homes.id) // HOMES_PER_STAFF)
    extra = len(carer_home) + staff
    born = _births(rng, np.concatenate([age, rng.integers(24, 58, size=extra)]), twin, today)
    male = np.concatenate([_genders(rng, roles, twin), rng.random(extra) < 0.5])
    alone = np.concatenate([np.isin(kind, ALONE_KINDS)[household], np.zeros(extra, dtype=np.bool_)])
    since = np.concatenate([moved_in[household], np.datetime64(today) - rng.integers(60, 1500, size=extra)])
    surname = _surnames(rng, roles, household, len(let), extra)
    given = draw_given(rng, born.astype("datetime64[Y]").astype(np.int64) + 1970, male)
    years = age_on(born, today)
    count = len(born)
    return People(
        id=numbered(f"{estate}-p", np.arange(1, count + 1), 6),
        name=np.char.add(surname, given),
        born=born,
        male=male,
        home=np.concatenate([home, carer_home, np.full(staff, -1)]),
        relation=np.concatenate([roles, np.full(len(carer_home), "carer"), np.full(staff, "staff")]),
        since=np.maximum(since, born),
        lives_alone=alone,
        twin=np.concatenate([twin, np.full(extra, -1)]),
        face=(rng.random(count) < np.where(years < 14, FACE_SHARE_CHILD, FACE_SHARE)) & (years >= FACE_AGE),
    )


def age_on(born: Days, day: date) -> Ints:
    """(n,) full years of life on `day` (birthdays by month and day)."""
    year, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    place = (month - year).astype(np.int64) * 32 + (born - month).astype(np.int64)
    years: Ints = day.year - 1970 - year.astype(np.int64) - (place > (day.month - 1) * 32 + day.day - 1)
    return years


def _ages(rng: np.random.Generator, kind: Ints, sizes: Ints, roles: Strings) -> tuple[Ints, Ints]:
    """Ages that fit the tenant's, and each twin's other half."""
    low = np.array([ages[0] for _, _, ages in _KINDS])[kind]
    high = np.array([ages[1] for _, _, ages in _KINDS])[kind]
    tenant = np.repeat(rng.integers(low, high), sizes)
    count = len(roles)
    apart = rng.integers(-4, 5, size=count)
    child = np.clip(tenant - rng.integers(23, 33, size=count), 0, 22)
    age = np.select(
        [roles == "spouse", roles == "child", roles == "parent", roles == "co-resident"],
        [np.maximum(tenant + apart, 22), child, tenant + 24 + apart, np.maximum(tenant + apart, 20)],
        default=tenant,
    )
    ends = np.cumsum(sizes)
    pair = ends[(kind == _TWO_CHILDREN) & (rng.random(len(kind)) < TWIN_SHARE)] - 1
    twin = np.full(count, -1)
    twin[pair], twin[pair - 1] = pair - 1, pair
    age[pair] = age[pair - 1]
    return age, twin


def _births(rng: np.random.Generator, age: Ints, twin: Ints, today: date) -> Days:
    """Birthdays: (n,) days that make each person `age` years old today; twins share one."""
    day = np.datetime64(today) - (age * 365.2425).astype(np.int64) - rng.integers(1, 364, size=len(age))
    first = np.flatnonzero(np.arange(len(twin)) < twin)
    day[twin[first]] = day[first]
    return day.astype("datetime64[D]")


def _genders(rng: np.random.Generator, roles: Strings, twin: Ints) -> Bools:
    """Spouses differ, twins do not; everybody else is drawn."""
    male = rng.random(len(roles)) < 0.5
    spouse = np.flatnonzero(roles == "spouse")  # stands right after the tenant
    male[spouse] = ~male[spouse - 1]
    first = np.flatnonzero(np.arange(len(twin)) < twin)
    male[twin[first]] = male[first]
    return male


def _surnames(rng: np.random.Generator, roles: Strings, household: Ints, households: int, extra: int) -> Strings:
    """Children and parents bear the tenant's name; spouses and co-residents have their own."""
    own = draw_surnames(rng, len(roles))
    family = draw_surnames(rng, households)[household]
    return np.concatenate([np.where(np.isin(roles, ("spouse", "co-resident")), own, family), draw_surnames(rng, extra)])
