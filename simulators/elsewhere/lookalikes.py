"""Stories without a label: lives that look like a breach for a while and are none."""

from datetime import timedelta

import numpy as np

from housing.leases import add_months
from simulators.elsewhere.breaches import exchange, lapse
from simulators.elsewhere.cast import Job, Via, any_work
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.stage import Home, Stage
from simulators.elsewhere.year import DAY


def journeys(stage: Stage, home: Home) -> None:
    """A trip nobody was told of, and the festival: most households, most years."""
    rng = stage.rng
    for day in stage.year.new_years:
        if rng.random() < 0.45:
            first, last = day - 1 - int(rng.gamma(2.5, 1.8)), day + 3 + int(rng.gamma(2, 2.5))
            away = [body for body in home.members if rng.random() < 0.9]
            for body in away:
                home.away(stage.at(first + int(rng.integers(-1, 2))), stage.at(last + int(rng.integers(-1, 3))), [body])
            if 0 <= first < stage.year.days and len(away) == len(home.members):
                stage.tell(home, "festival", "", first, last + 3)
    for _ in range(int(rng.poisson(0.35 * stage.year.days / 365))):
        first = stage.day(1, 6)
        last = first + int(rng.integers(5, 26))
        home.away(stage.at(first), stage.at(last))
        declared = rng.random() < 0.15
        if declared:
            stage.absence(home, None, first, last + 1, "travel", approved=True)
        stage.tell(home, "trip_declared" if declared else "trip", "", first, last + 1)


def work_elsewhere(stage: Stage, home: Home) -> None:
    """Three months at a site in another province, declared and approved."""
    first = stage.day(2, 60)
    last = first + int(stage.rng.integers(80, 105))
    home.away(stage.at(first), stage.at(last))
    stage.absence(home, None, first, last + 1, "work", approved=True)
    stage.tell(home, "work_elsewhere", "", first, last + 1)


def idle_short(stage: Stage, home: Home) -> None:
    """Empty for five months and twenty days: not six months."""
    last = stage.day(2, 176)
    back = (add_months(stage.date_of(last + 1), 5) - stage.year.start).days + 20
    home.away(stage.at(last), stage.at(back, 8, 20))
    stage.tell(home, "idle_short", "", last + 1, back)


def house_sitter(stage: Stage, home: Home) -> None:
    """Away for weeks; somebody waters the plants, or lives in meanwhile."""
    rng = stage.rng
    first = stage.day(3, 20)
    last = first + int(rng.integers(14, 45))
    home.away(stage.at(first), stage.at(last))
    sitter = stage.stranger(any_work(rng), int(rng.integers(22, 70)))
    if rng.random() < 0.5:
        stage.guest(sitter, home, stage.at(first), stage.at(last))
    else:
        token = stage.pass_for(home.row, "visitor", first * DAY, last * DAY)
        for day in range(first + 1, last, int(rng.integers(1, 5))):
            at = stage.at(day, 8, 20)
            stage.lives(sitter, home.row, at, at + float(rng.gamma(1.5, 0.6)) + 0.1, Via.PASS, token)
    stage.tell(home, "house_sitter", "", first, last + 1)


def convalescent(stage: Stage, home: Home) -> None:
    """A relative gets well again for two months while everybody lives on."""
    first = stage.day(3, 30)
    last = first + int(stage.rng.integers(45, 75))
    body = stage.stranger(Job.NONE, int(stage.rng.integers(45, 82)), outings=0.5, errand=0.8)
    stage.guest(body, home, stage.at(first), stage.at(last))
    stage.tell(home, "convalescent", "", first, last + 1)


def new_baby(stage: Stage, home: Home) -> None:
    """Both grandmothers for the first month, then by turns."""
    rng = stage.rng
    first = stage.day(3, 60)
    month, turns = first + int(rng.integers(28, 45)), int(rng.integers(0, 5))
    for number in range(2):
        body = stage.stranger(Job.NONE, int(rng.integers(48, 66)), outings=1.3, errand=0.8)
        stage.guest(body, home, stage.at(first - int(rng.integers(0, 6))), stage.at(month))
        for turn in range(number, turns, 2):
            begins = month + turn * 30
            stage.guest(body, home, stage.at(begins), stage.at(begins + 30))
    stage.tell(home, "new_baby", "", max(first - 6, 0), month + turns * 30 + 1)


def hospital(stage: Stage, home: Home) -> None:
    """One is in hospital, another spends the nights there."""
    rng = stage.rng
    first = stage.day(3, 20)
    last = first + int(rng.integers(8, 50))
    ill, watcher = home.members[0], home.members[1]
    home.away(stage.at(first), stage.at(last), [ill])
    for day in range(first, min(last, stage.year.days)):
        if rng.random() < 0.8:
            home.away(day * DAY + float(rng.normal(18.5, 0.8)), (day + 1) * DAY + float(rng.normal(8, 0.8)), [watcher])
    if rng.random() < 0.7:
        stage.absence(home, ill, first, last + 1, "hospital", approved=True)
    stage.tell(home, "hospital", "", first, last + 1)


def late_enrolment(stage: Stage, home: Home) -> None:
    """A new household: faces are enrolled weeks after the keys were handed over."""
    rng = stage.rng
    day = stage.day(5, 30)
    enrolled = day + int(rng.integers(10, 45))
    home.since, home.lease = stage.at(day, 8, 16), (stage.date_of(day), stage.date_of(day + 3 * 365))
    token = stage.pass_for(home.row, "visitor", day * DAY, (enrolled + 1) * DAY)
    for body in home.members:
        person = stage.people[body.person]
        for line in person.member_of:
            line.since = max(stage.date_of(day), person.born)
        person.enrolled = stage.date_of(enrolled)
        body.face_since = stage.at(enrolled, 9, 17)
        if rng.random() < 0.6:
            home.by(body, home.since, body.face_since, Via.PASS, token)
        elif rng.random() < 0.6:
            home.by(body, home.since, body.face_since, Via.STRANGER)
    stage.tell(home, "late_enrolment", "", day, enrolled)


def broken_reader(stage: Stage, home: Home) -> None:
    """The camera of the own door recognises nobody for three weeks."""
    first = stage.day(3, 22)
    stage.ground.deaf[stage.ground.own[home.row]] = stage.at(first), stage.at(first + 21)
    stage.tell(home, "broken_reader", "", first, first + 22)


def changed_face(stage: Stage, home: Home) -> None:
    """Surgery or a beard: one member is a stranger to every camera from a day on."""
    rng, day = stage.rng, stage.day(5, 20)
    faces = [body for body in home.members if body.face]
    body = faces[int(rng.integers(len(faces)))]
    body.face_until, body.card = stage.at(day), True
    stage.tell(home, "changed_face", "", day)


def departure(stage: Stage, home: Home) -> None:
    """A divorce: one moves out for good, the register hears of it weeks later."""
    day = stage.day(5, 20)
    body = home.members[1]
    home.away(stage.at(day), stage.year.hours + DAY, [body])
    stage.membership(body).until = stage.date_of(day + 1 + int(stage.rng.gamma(1.2, 25)))
    stage.tell(home, "departure", "", day)


def approved_swap(stage: Stage, home: Home, other: Home) -> None:
    """Two households move into each other's homes, and the office agreed."""
    day = stage.day(5, 30)
    stage.desk.write("swaps", home_a=stage.ground.home[home.row], home_b=stage.ground.home[other.row],
                     from_=str(stage.date_of(day)), approved="1")  # fmt: skip
    exchange(stage, home, other, stage.at(day), stage.year.hours + DAY, lawful=True)
    for one in (home, other):
        stage.tell(one, "approved_swap", "", day)


def card_forgotten(stage: Stage, home: Home) -> None:
    """A lost card is not replaced for weeks; the family's visitors' pass does as well."""
    first = stage.day(3, 20)
    last = first + int(stage.rng.integers(14, 60))
    body = home.members[-1]
    body.face = False
    token = stage.pass_for(home.row, "visitor", first * DAY, last * DAY + DAY, stage.people[body.person].name)
    home.by(body, stage.at(first), stage.at(last), Via.PASS, token)
    stage.tell(home, "card_forgotten", "", first, last + 1)


def left_in_time(stage: Stage, home: Home) -> None:
    """The lease ends, the keys are back, the home is empty."""
    day = stage.day(10, 10)
    lapse(stage, home, day)
    home.ended = (stage.date_of(day), "到期退房")
    last = max(day - int(stage.rng.integers(0, 6)), 1)
    home.until = stage.at(last)
    for body in home.members:
        for line in stage.people[body.person].member_of:
            line.until = max(stage.date_of(day), line.since + timedelta(days=1))
    stage.tell(home, "left_in_time", "", last)


def silent_building(stage: Stage) -> None:
    """The readers of one building say nothing for a week, and nobody reports it."""
    rng, ground = stage.rng, stage.ground
    building = int(rng.integers(len(ground.building_id)))
    shared = [int(rows[building]) for rows in (ground.entrance, ground.lift) if rows[building] != NONE]
    doors = shared or np.flatnonzero(ground.door_building == building).tolist()
    if not doors or stage.year.days < 14:
        return
    first = stage.day(2, 8)
    ground.silent[doors] = stage.at(first), stage.at(first + 7)
    for home in stage.homes:
        if ground.building[home.row] == building:
            stage.tell(home, "silent_building", "", first, first + 8)
