"""Households by kind: who belongs to them, and how their lives are arranged before anything happens."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from housing.leases import add_months
from simulators.elsewhere.cast import Job, Via, any_work
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.stage import Home, Membership, Stage
from simulators.elsewhere.year import DAY
from simulators.names import draw_surnames


class Role(NamedTuple):
    """A member: relation, ages from and to, what they leave for (None: any work), and rhythm if it is unusual."""

    relation: str
    young: int
    old: int
    job: Job | None = Job.NONE
    outings: float | None = None
    errand: float = 1.1


T, S, C, P, O = "tenant", "spouse", "child", "parent", "co-resident"  # noqa: E741 - a column of roles below
_WORK: Job | None = None
_KINDS: Mapping[str, tuple[float, tuple[Role, ...]]] = {
    "single_worker": (0.1, (Role(T, 23, 55, _WORK),)),
    "couple": (0.09, (Role(T, 24, 58, _WORK), Role(S, 24, 56, _WORK))),
    "family": (0.16, (Role(T, 29, 46, _WORK), Role(S, 28, 45, _WORK), Role(C, 6, 16, Job.SCHOOL))),
    "two_children": (0.06, (
        Role(T, 30, 45, _WORK), Role(S, 29, 44), Role(C, 6, 15, Job.SCHOOL),
        Role(C, 1, 12, Job.SCHOOL),
    )),
    "toddler": (0.05, (Role(T, 24, 38, _WORK), Role(S, 23, 36), Role(C, 0, 4))),
    "alternating_grandparents": (0.05, (
        Role(T, 28, 40, _WORK), Role(S, 27, 39, _WORK), Role(C, 2, 10, Job.SCHOOL), Role(P, 56, 70), Role(P, 56, 70),
    )),
    "elderly_alone": (0.1, (Role(T, 67, 88),)),
    "elderly_couple": (0.07, (Role(T, 66, 84), Role(S, 64, 82))),
    "homebound": (0.03, (Role(T, 68, 90, Job.NONE, 1 / 7, 1.6),)),
    "dorm_single": (0.025, (Role(T, 20, 45, Job.DORM),)),
    "dorm_couple": (0.035, (Role(T, 26, 48, Job.DORM), Role(S, 26, 46, _WORK), Role(C, 6, 15, Job.SCHOOL))),
    "vendors": (0.035, (Role(T, 32, 60, Job.VENDOR), Role(S, 30, 58, Job.VENDOR))),
    "rider": (0.035, (Role(T, 20, 40, Job.NONE, 9.5, 0.9),)),
    "rider_family": (0.02, (Role(T, 24, 40, Job.NONE, 8.5, 1.0), Role(S, 23, 38), Role(C, 3, 10, Job.SCHOOL))),
    "shift_family": (0.04, (Role(T, 28, 48, Job.FOUR_TWO), Role(S, 27, 46, Job.NIGHT), Role(C, 6, 16, Job.SCHOOL))),
    "guard": (0.02, (Role(T, 40, 60, Job.GUARD),)),
    "student_away": (0.035, (Role(T, 43, 54, _WORK), Role(S, 42, 53, _WORK), Role(C, 18, 21))),
    "boarder": (0.02, (Role(T, 38, 50, _WORK), Role(S, 37, 49), Role(C, 13, 17, Job.BOARDER))),
    "custody": (0.025, (Role(T, 30, 45, _WORK), Role(C, 6, 13, Job.SCHOOL))),
    "roommates": (0.025, (Role(T, 21, 35, _WORK), Role(O, 20, 35, _WORK))),
    "at_home": (0.02, (Role(T, 25, 58, Job.NONE, 0.5, 0.7),)),
}  # fmt: skip
CARD_ONLY = 0.06  # of all households; they never let a camera look
DRIVES = 0.28  # of households with somebody of working age


def move_in(stage: Stage, row: int) -> Home:
    """A household, its lease and what it owns."""
    rng = stage.rng
    names = list(_KINDS)
    shares = [share for share, _ in _KINDS.values()]
    kind = names[int(rng.choice(len(names), p=[share / sum(shares) for share in shares]))]
    home = Home(row=row, kind=kind, lease=_lease(stage), card_only=rng.random() < CARD_ONLY)
    surname = str(draw_surnames(rng, 1)[0])
    for role in _KINDS[kind][1]:
        age = int(rng.integers(role.young, role.old + 1))
        job = any_work(rng) if role.job is None else role.job
        job = Job.NONE if job == Job.SCHOOL and age < 3 else job
        body = stage.member(home, role.relation, age, job, surname, errand=role.errand, outings=role.outings)
        home.members.append(body)
    stage.membership(home.tenant).alone = len(home.members) == 1
    stage.people[home.tenant.person].care = home.tenant.age >= 60 and rng.random() < 0.75
    for body, lender in zip(home.members, [*home.members[1:], home.tenant], strict=True):
        body.lender = lender.person
        body.pin = home.tenant.person if rng.random() < 0.7 else body.person
    if rng.random() < DRIVES and 22 < home.tenant.age < 70:
        home.tenant.plate = stage.plate(home, home.tenant.person, home.lease[0])
        home.tenant.drives = float(rng.beta(2, 2)) * (stage.ground.garage != NONE)
    _ARRANGED.get(kind, _nothing)(stage, home)
    stage.homes.append(home)
    return home


def _lease(stage: Stage) -> tuple[date, date]:
    """A lease that is under way: begun up to four years ago, for one, three or five years."""
    rng = stage.rng
    months = int(rng.choice([12, 24, 36, 60], p=[0.2, 0.15, 0.4, 0.25]))
    into = int(rng.integers(20, months * 30))
    begun = stage.year.start - timedelta(days=into)
    return begun, add_months(begun, months) - timedelta(days=1)


def _nothing(_stage: Stage, _home: Home) -> None:
    """Everybody lives here every day."""


def _alternate(stage: Stage, home: Home) -> None:
    """His mother one month, hers the next: only one of the two grandparents is here."""
    phase, length = float(stage.rng.uniform(0, 60)), float(stage.rng.normal(30, 4))
    at = -phase
    while at < stage.year.days:
        home.away(stage.at(int(at)), stage.at(int(at + length)), [home.members[3]])
        home.away(stage.at(int(at + length)), stage.at(int(at + 2 * length)), [home.members[4]])
        at += 2 * length


def _student(stage: Stage, home: Home) -> None:
    """In term far away; home for the winter and the summer holidays."""
    term, child = stage.year.term, home.members[2]
    turns = [0, *[n for n in range(1, stage.year.days) if term[n] != term[n - 1]], stage.year.days]
    for first, last in pairwise(turns):
        if term[first]:
            shift = int(stage.rng.integers(-2, 6))
            begun = first + shift if first else -1
            home.away(stage.at(begun), stage.at(max(last + int(stage.rng.integers(-3, 4)), begun + 1)), [child])
            if stage.rng.random() < 0.6 and last > first + 1:
                stage.absence(home, child, max(begun, 0), last, "school", approved=True)


def _homebound(stage: Stage, home: Home) -> None:
    """Most have a carer who comes by the day; one outing a week on their own."""
    if stage.rng.random() < 0.7:
        carer = stage.member(home, "carer", int(stage.rng.integers(35, 60)), Job.NONE, "", outings=0.04)
        begins, share = stage.rng.uniform(7.5, 15), stage.rng.uniform(0.4, 1.0)
        for day in range(stage.year.days):
            if stage.rng.random() < share:
                since = day * DAY + begins + float(stage.rng.normal(0, 0.4))
                stage.lives(carer, home.row, since, since + float(stage.rng.gamma(4, 0.6)) + 0.2, Via.SELF)


def _custody(stage: Stage, home: Home) -> None:
    """The child is here every other week; where two such homes share a child, it is at the other one between."""
    earlier = [other for other in stage.homes if other.kind == "custody" and len(other.members) == 2]
    week, first = 7, int(stage.rng.integers(0, 14))
    child, hour = home.members[1], float(stage.rng.uniform(17, 20))
    for day in range(first - 14, stage.year.days, 2 * week):
        home.away(day * DAY + hour, (day + week) * DAY + hour, [child])
    if earlier and stage.rng.random() < 0.5:
        other = earlier[-1]
        line = stage.membership(child)
        home.free = other.free = False  # the child would go on coming whatever else happened
        home.settled = other.settled = True
        stage.people[child.person].member_of.append(
            Membership(home=other.row, relation="child", since=max(other.lease[0], line.since))
        )
        for day in range(first - 14, stage.year.days, 2 * week):
            stage.lives(child, other.row, day * DAY + hour + 0.4, (day + week) * DAY + hour - 0.4, Via.SELF)


_ARRANGED: Mapping[str, Callable[[Stage, Home], None]] = {
    "alternating_grandparents": _alternate,
    "student_away": _student,
    "homebound": _homebound,
    "custody": _custody,
}
