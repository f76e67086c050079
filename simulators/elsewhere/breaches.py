"""Stories with a label: what an estate is not let for, played in as many ways as people do it."""

from datetime import date, timedelta

from housing.leases import add_months
from simulators.elsewhere.cast import Body, Job, Via
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.lodging import channel, let_in, lodgers, looks_in, workers
from simulators.elsewhere.stage import Home, Stage, pieces
from simulators.elsewhere.year import DAY


def period(stage: Stage, shortest: int = 45) -> tuple[int, int]:
    """When a breach begins and ends, by days: a tenth began before the stream, a quarter ends within it."""
    rng = stage.rng
    since = 0 if rng.random() < 0.1 else stage.day(4, shortest)
    until = stage.year.days
    if rng.random() < 0.25:
        until = min(until, since + shortest + int(rng.gamma(2, 60)))
    return since, until


def sublet_whole(stage: Stage, home: Home) -> None:
    """Moves out; another household moves in."""
    since, until = period(stage)
    _whole(stage, home, since, until, "sublet_whole", lodgers(stage))


def sublet_workers(stage: Stage, home: Home) -> None:
    """Moves out; a boss houses workers."""
    since, until = period(stage)
    _whole(stage, home, since, until, "sublet_workers", workers(stage))


def sublet_post(stage: Stage, home: Home) -> None:
    """As a whole sublet, but the household is back once or twice a month."""
    since, until = period(stage)
    _whole(stage, home, since, until, "sublet_post", lodgers(stage))
    looks_in(stage, home, since, until, float(stage.rng.uniform(0.8, 2.4)))


def _whole(stage: Stage, home: Home, since: int, until: int, name: str, bodies: list[Body]) -> None:
    how, empty = channel(stage, home), int(stage.rng.choice([0, 0, 1, 3, 10]))
    begun = max(since, 1) if since else -1
    home.away(stage.at(begun - empty), stage.at(until + int(stage.rng.integers(0, 20)), 8, 20))
    let_in(stage, home, bodies, stage.at(begun), stage.at(until, 8, 18), how)
    stage.tell(home, f"{name}_{how}", "sublet", max(begun, 0), until)


def sublet_drift(stage: Stage, home: Home) -> None:
    """The household sleeps there ever less over weeks, the lodgers are there from the first day."""
    since, until = period(stage, 80)
    since, how, fade = max(since, 1), channel(stage, home), int(stage.rng.integers(30, 75))
    for body in home.members:
        day = since - fade // 2
        while day < since + fade // 2:
            gone = stage.rng.random() < (day - since + fade / 2) / fade
            if gone:
                home.away(stage.at(day, 7, 12), stage.at(day + 2, 12, 20), [body])
            day += 2
        home.away(stage.at(day), stage.at(until + 2), [body])
    let_in(stage, home, lodgers(stage), stage.at(since), stage.at(until, 8, 18), how)
    stage.tell(home, f"sublet_drift_{how}", "sublet", since, until)


def sublet_short_let(stage: Stage, home: Home) -> None:
    """Guests by the night, each for one to nine, with nights between in which nobody comes."""
    since, until = period(stage, 60)
    begun, rng = max(since, 1), stage.rng
    home.away(stage.at(begun - 1), stage.at(until + 2))
    cards = [body.person for body in home.members if body.card]
    by_card = bool(cards) and rng.random() < 0.35
    day, idle = begun, float(rng.uniform(0.3, 5))
    while day < min(until, stage.year.days):
        leaves = day + 1 + min(int(rng.geometric(0.4)), 8)
        low, high = stage.at(day, 13, 23), stage.at(leaves, 7, 12.5)
        for _ in range(int(rng.integers(1, 5))):
            body = stage.stranger(Job.NONE, int(rng.integers(18, 65)), outings=1.4, errand=2.5)
            via, token = (Via.CARD, cards[0]) if by_card else (Via.PASS, stage.pass_for(home.row, "visitor", low, high))
            stage.lives(body, home.row, low, high, via, token)
        day = leaves + int(rng.exponential(idle))
    looks_in(stage, home, begun, until, float(rng.uniform(0.5, 4)))  # to clean
    stage.tell(home, f"sublet_short_let_{'cards' if by_card else 'pass'}", "sublet", begun, until)


def swap(stage: Stage, home: Home, other: Home) -> None:
    """Two households live in each other's homes, and told nobody."""
    since, until = period(stage, 60)
    begun = max(since, 1) if since else -1
    exchange(stage, home, other, stage.at(begun), stage.at(until), lawful=False)
    for one in (home, other):
        stage.tell(one, "swap", "swap", max(begun, 0), until)


def exchange(stage: Stage, home: Home, other: Home, since: float, until: float, *, lawful: bool) -> None:
    """Everybody lives at the other home; without consent they need the others' cards there."""
    gaps = {id(one): dict(one.gaps) for one in (home, other)}
    for one, place in ((home, other), (other, home)):
        keys = [body.person for body in place.members if body.card] or [place.tenant.person]
        for number, body in enumerate(one.members):
            via, token = (Via.SELF, NONE) if lawful else (Via.CARD, keys[number % len(keys)])
            for low, high in pieces(since, until, gaps[id(one)].get(body.row, ())):
                if body.age >= 6:
                    stage.lives(body, place.row, low, high, via, token)
        one.away(since, until)
        one.settled = True


def extra_resident(stage: Stage, home: Home) -> None:
    """A room is let: the household stays."""
    since, until = period(stage, 50)
    bodies, how = lodgers(stage)[: int(stage.rng.choice([1, 1, 1, 2]))], channel(stage, home)
    let_in(stage, home, bodies, stage.at(since) if since else -1.0, stage.at(until, 8, 18), how)
    stage.tell(home, f"extra_resident_{how}", "extra_resident", since, until)


def idle(stage: Stage, home: Home) -> None:
    """Empty for six months and some days: the label is the whole run."""
    last = _last_day_home(stage, months=6, spare=8)
    first = last + 1
    term = _day_after_months(stage, first, 6)
    back = term + 4 + int(stage.rng.gamma(1.3, 30))
    returns = stage.rng.random() < 0.4 and back < stage.year.days - 3
    home.away(stage.at(last, 7, 20), stage.at(back) if returns else stage.year.hours + DAY)
    home.settled = True
    if stage.rng.random() < 0.3:
        looks_after(stage, home, first, back if returns else stage.year.days)
    stage.tell(home, "idle", "vacancy", first, back if returns else None)


def looks_after(stage: Stage, home: Home, first: int, last: int) -> None:
    """Somebody with a pass empties the letter box every week or three: no lawful entry of the household."""
    body = stage.stranger(Job.NONE, int(stage.rng.integers(25, 75)))
    token = stage.pass_for(home.row, "visitor", first * DAY, last * DAY)
    for day in range(first + 2, last - 1, int(stage.rng.integers(6, 22))):
        at = stage.at(day, 9, 19)
        stage.lives(body, home.row, at, at + float(stage.rng.gamma(1.5, 0.3)) + 0.1, Via.PASS, token)


def idle_interrupted(stage: Stage, home: Home) -> None:
    """Back for one day in the middle: the months before do not count, a label only if those after are enough."""
    last = stage.day(3, 250)
    day = last + int(stage.rng.integers(60, 170))
    home.away(stage.at(last), stage.at(day, 8, 12))
    home.away(stage.at(day, 14, 20), stage.year.hours + DAY)
    home.settled = True
    enough = _day_after_months(stage, day + 1, 6) + 4 < stage.year.days
    stage.tell(home, "idle_interrupted", "", last + 1, day)
    stage.tell(home, "idle_after_return", "vacancy" if enough else "", day + 1)


def _last_day_home(stage: Stage, months: int, spare: int) -> int:
    return stage.day(2, round(months * 30.6) + spare)


def _day_after_months(stage: Stage, first: int, months: int) -> int:
    return (add_months(stage.date_of(first), months) - stage.year.start).days


def overdue(stage: Stage, home: Home) -> None:
    """The lease is over, or the time to move after it, and everybody is still there."""
    rng = stage.rng
    day = stage.day(5, 40)
    home.renews, home.lease = False, _lease_until(stage, home, day)
    onset = day + 1
    kind = int(rng.integers(3))
    if kind:
        home.ended = (stage.date_of(day), "到期" if kind == 1 else "不符合续租条件")
    if kind == 2 and day + 45 < stage.year.days:
        onset = day + int(rng.integers(20, 45))
        home.relocation = stage.date_of(onset - 1)
    leaves = onset + int(rng.gamma(2, 40)) + 12
    if rng.random() < 0.3 and leaves < stage.year.days:
        home.until = stage.at(leaves)
    stage.tell(home, "overdue", "overdue", onset, leaves if home.until < stage.year.hours else None)


def lapse(stage: Stage, home: Home, day: int) -> None:
    """A lease whose last day is `day`, moved there with its beginning."""
    home.renews, home.lease = False, _lease_until(stage, home, day)


def _lease_until(stage: Stage, home: Home, day: int) -> tuple[date, date]:
    end = stage.date_of(day)
    begun = min(home.lease[0], end - timedelta(days=200))
    return max(begun, end - timedelta(days=5 * 365)), end


def silent(stage: Stage, home: Home) -> None:
    """Somebody old and alone comes home and is not seen again, until found after days or weeks."""
    day = stage.day(20, 8)
    found = day + 2 + int(stage.rng.gamma(1.5, 12))
    stage.people[home.tenant.person].care = True
    home.until = stage.at(day, 11, 21)
    home.quiet = home.settled = True
    if found < stage.year.days:
        stage.visit(home.row, stage.at(found, 9, 17), "household_met")
        stage.absence(home, home.tenant, found, stage.year.days, "hospital", approved=True)
        stage.tell(home, "silent", "welfare", day, found)
    else:
        stage.tell(home, "silent", "welfare", day)


def old_and_alone(home: Home) -> bool:
    """Whom a silence would be about."""
    return home.kind == "elderly_alone" and home.members[0].age >= 66 and len(home.members) == 1
