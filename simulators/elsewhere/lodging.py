"""Strangers at home in somebody else's home: who they are, and the ways in that a household gives them."""

from datetime import date, timedelta

from simulators.elsewhere.cast import Body, Job, Via, any_work
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.stage import Home, Membership, Person, Span, Stage, pieces
from simulators.elsewhere.year import DAY

CHANNELS = ("pass", "cards", "unknown", "car", "mixed")
_WITH_OWN_DOOR = (0.28, 0.27, 0.22, 0.1, 0.13)
_WITHOUT = (0.4, 0.4, 0.0, 0.08, 0.12)  # nobody rings at a gate every evening of a year, and a number is soon told


def channel(stage: Stage, home: Home) -> str:
    """How lodgers of a home get in."""
    own = stage.ground.own[home.row]
    shares = _WITHOUT if own == NONE or stage.ground.pin[own] else _WITH_OWN_DOOR
    return CHANNELS[int(stage.rng.choice(len(CHANNELS), p=shares))]


def lodgers(stage: Stage) -> list[Body]:
    """Another household: one to four people with rhythms of their own."""
    rng = stage.rng
    grown = [
        stage.stranger(any_work(rng), int(rng.integers(20, 55)))
        for _ in range(int(rng.choice([1, 2, 3], p=[0.35, 0.5, 0.15])))
    ]
    if len(grown) == 2 and rng.random() < 0.4:
        grown.append(stage.stranger(Job.SCHOOL, int(rng.integers(6, 16))))
    return grown


def workers(stage: Stage) -> list[Body]:
    """A gang: four to eight with one roster, out and back together."""
    rng = stage.rng
    job = (Job.SIX_DAYS, Job.FOUR_TWO, Job.BIG_SMALL)[int(rng.integers(3))]
    gang = [stage.stranger(job, int(rng.integers(18, 50)), outings=0.3) for _ in range(int(rng.integers(4, 9)))]
    for body in gang:
        body.leaves = gang[0].leaves + float(rng.normal(0, 0.15))
        body.lasts = gang[0].lasts + float(rng.normal(0, 0.2))
    return gang


def let_in(stage: Stage, home: Home, bodies: list[Body], since: float, until: float, how: str) -> None:
    """Strangers live at a home, each with a way to get in, and go home for the festival like everybody."""
    gaps = festival(stage) if stage.rng.random() < 0.6 else []
    keys = [body.person for body in home.members if body.card] or [home.tenant.person]
    for number, body in enumerate(bodies):
        mine = how if how != "mixed" else ("pass", "cards", "unknown")[int(stage.rng.integers(3))]
        if mine == "car":
            if number == 0:
                _bring_a_car(stage, home, body)
            mine = "cards" if number % 2 else "pass"
        own = [*gaps, *_nights_elsewhere(stage, since, until)]
        if mine == "pass":
            _by_passes(stage, home, body, since, until, own)
            continue
        via, token = (Via.CARD, keys[number % len(keys)]) if mine == "cards" else (Via.STRANGER, NONE)
        for low, high in pieces(since, until, own):
            stage.lives(body, home.row, low, high, via, token)


def festival(stage: Stage) -> list[Span]:
    """Away around the lunar new year, longer at one end."""
    found = []
    for day in stage.year.new_years:
        first = day - int(stage.rng.gamma(3, 1.8)) - 1
        found.append((stage.at(first), stage.at(day + 3 + int(stage.rng.gamma(2, 2.5)))))
    return found


def _nights_elsewhere(stage: Stage, since: float, until: float) -> list[Span]:
    count = int(stage.rng.poisson(max(until - since, 0) / DAY / 60))
    return [
        (at, at + float(stage.rng.gamma(1.5, 30)) + 10)
        for at in stage.rng.uniform(since, max(until, since + 1), count).tolist()
    ]


def _by_passes(stage: Stage, home: Home, body: Body, since: float, until: float, gaps: list[Span]) -> None:
    """Visitors' passes, renewed by the household as long as they last."""
    holder, length = stage.name_of_somebody(), float(stage.rng.choice([7, 30, 30, 90, 180])) * DAY
    low = since
    while low < until:
        high = min(low + length, until)
        token = stage.pass_for(home.row, "visitor", low, high, holder)
        for first, last in pieces(low, high, gaps):
            stage.lives(body, home.row, first, last, Via.PASS, token)
        low = high


def _bring_a_car(stage: Stage, home: Home, body: Body) -> None:
    """On the home's right: in the tenant's name, or that of somebody who has long moved out."""
    rng, line = stage.rng, stage.membership(home.tenant)
    owner = home.tenant.person
    if rng.random() < 0.5 and line.since < stage.year.start - timedelta(days=2):
        was = Membership(
            home=home.row, relation="co-resident", since=line.since, until=stage.year.start - timedelta(days=1)
        )
        stage.people.append(Person(name=stage.name_of_somebody(), born=date(1985, 5, 1), member_of=[was]))
        owner = len(stage.people) - 1
    body.plate, body.drives = stage.plate(home, owner, line.since), float(rng.uniform(0.4, 0.95))


def looks_in(stage: Stage, home: Home, since: int, until: int, times_a_month: float) -> None:
    """The household comes by for post, rent and a word with the neighbours."""
    body = home.tenant
    for _ in range(int(stage.rng.poisson(max(until - since, 0) / 30 * times_a_month))):
        at = stage.at(int(stage.rng.integers(since + 1, max(until, since + 2))), 9, 20)
        stage.lives(body, home.row, at, at + float(stage.rng.gamma(1.6, 0.5)) + 0.1, Via.SELF)
