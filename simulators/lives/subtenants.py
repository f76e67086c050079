"""People whom no register knows and who live in somebody's home; and tenants who look in on a home they left."""

import numpy as np

from simulators.lives.bodies import NONE, Bodies, By, Own, Quiet
from simulators.lives.company import visitors
from simulators.lives.village import Vehicle, Village

_PARTIES = (
    ("worker",),
    ("worker", "worker"),
    ("worker", "keeper"),
    ("worker", "keeper", "pupil"),
    ("student", "student"),
    ("night",),
    ("shop", "shop", "shop"),
    ("worker", "worker", "worker", "night"),
    ("old", "old"),
    ("freelance",),
)


def draw_party(village: Village) -> tuple[str, ...]:
    """The rhythms of people who rent a home together."""
    return _PARTIES[int(village.rng.integers(len(_PARTIES)))]


def subtenants(village: Village, home: int, first: int, last: int, party: tuple[str, ...]) -> Bodies:
    """People whom no register knows live in `home` between two days; how they get in is drawn for each home.

    Visitors' passes of the home, the household's own cards, the face at the home's own door (a stranger's), the
    intercom, a car on the home's right, or behind others with a key of metal.
    """
    rng, n = village.rng, len(party)
    at = np.full(n, home)
    every = int(rng.choice([1, 2, 7, 30, 90]))
    parts = [
        visitors(village, at[:1], name, np.array([first]), np.array([last]), lent=0.8, overnight=True, every=every)
        for name in party
    ]
    ways = rng.dirichlet([0.2, 0.8, 0.8, 0.4])
    own = rng.dirichlet([0.6, 0.9, 0.4, 0.5])
    follow = rng.beta(1.5, 5.0)
    for part in parts:
        tilt = rng.dirichlet(np.full(4, 0.5)) * 0.5
        part.ways[0, : By.CAR], part.own[0] = ways + tilt, own + tilt
        part.follow[:] = follow * rng.uniform(0.5, 1.5)
        if part.card[0] == NONE:
            part.ways[0, By.CARD] = part.own[0, Own.CARD] = 0.0
    _give_car(village, parts[0], home)
    for part in parts:
        _go_away(village, part, first, last)
        village.others.append(part)
    return parts[0]


def _give_car(village: Village, body: Bodies, home: int) -> None:
    """Some have a car: on the home's right under a name that is none of the household's, or as a booked guest's."""
    rng = village.rng
    if rng.random() > 0.3:
        return
    plate = int(village.new_plates(1)[0])
    body.plate[:] = plate
    body.ways[0, By.CAR] = rng.uniform(0.3, 2.0)
    if rng.random() < 0.6:
        others = village.let()[~village.taken[village.let()]]
        name = village.of(int(rng.choice(others)))[0] if len(others) else village.of(home)[0]
        village.vehicles.append(Vehicle(plate, int(name), home, village.day64(0)))


def _go_away(village: Village, body: Bodies, first: int, last: int) -> None:
    """Subtenants travel too, but not in their first two weeks."""
    rng = village.rng
    trips = [(s - int(rng.integers(0, 8)), s + int(rng.integers(4, 16))) for s in village.seasons.spring]
    trips = [trip for trip in trips if rng.random() < 0.5]
    begins = rng.integers(first, max(last, first + 1), rng.poisson((last - first) / 150))
    trips += [(begin, begin + int(rng.integers(2, 10))) for begin in begins.tolist()]
    for leaves, comes in trips:
        if leaves > first + 14:
            body.here[:, leaves:comes] = False


def look_in(village: Village, home: int, first: int, last: int, share: float) -> None:
    row = village.members.rows(village.of(home)[:1])
    row.resident[:] = False
    row.cycle[:] = 0
    row.rhythm[:] = 0
    row.rhythm[..., 0, :] = (share, share * 2, village.rng.uniform(9, 20), 2.0, 0.8, 0.5)
    row.here[:] = False
    row.here[:, first:last] = True
    row.quiet[:] = Quiet.NO
    village.others.append(row)
