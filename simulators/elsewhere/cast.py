"""Who is in the story: bodies with rhythms of their own, the stays they make, and how they get through a door.

A body is anybody who walks: a registered member, a lodger, a grandmother, a house-sitter. Where it lives when is a list
of stays; what it does within a stay (`movement`) follows from its own parameters alone.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

NOBODY = -1
FOREVER = float("inf")
ERRAND = 1.1  # hours, the usual length


class Job(IntEnum):
    """What somebody has to leave for."""

    NONE = 0
    OFFICE = 1  # five days
    SIX_DAYS = 2  # one day off a week, any
    BIG_SMALL = 3  # six days and five by turns
    FOUR_TWO = 4  # four shifts on, two days off, days and nights by turns
    GUARD = 5  # a day and a night on, two days off
    NIGHT = 6
    VENDOR = 7  # out at four in the morning
    DORM = 8  # sleeps at the factory, home at weekends
    GIG = 9  # when there is work
    SCHOOL = 10
    BOARDER = 11  # sleeps at school


class Via(IntEnum):
    """How somebody gets through doors during a stay."""

    SELF = 0  # own face, card or number
    PASS = 1  # a pass of the home; `token` is its row
    CARD = 2  # somebody else's card or number; `token` is its owner's person row
    STRANGER = 3  # nothing: behind somebody, by ringing, past a camera that does not know them


class Stay(NamedTuple):
    """A body lives at a home from one hour to another; `quiet` stays end without anybody leaving."""

    body: int
    home: int
    since: float
    until: float
    via: Via = Via.SELF
    token: int = NOBODY
    quiet: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Body:
    """Somebody who walks, with parameters nobody else has.

    Attributes:
        row: place in the list of bodies. person: row of the registered person, NOBODY for one nobody registered.
        leaves: hour of the day at which work or school begins (as the body leaves for it); lasts: hours till back.
        slack: spread of both, hours. outings: errands a day. errand: their usual length, hours; tail: its spread (log).
        wakes, awake: hour of the day and hours a day. lazy: share of outings that lead straight on to work.
        steady: shape of the waiting times between outings; 1 is Poisson, the old live by the clock.
        face: enrolled. face_ok: share of attempts that succeed, within face_since and face_until. likes_face: share of
            reads by face where there is a choice. card: has one. borrows: share of card reads by another member's card.
        shows: share of passages at shared doors at which the body identifies itself.
        plate: row of a vehicle; drives: share of trips in it. pin: person whose number the body types.
    """

    row: int
    person: int
    age: int
    job: Job
    leaves: float
    lasts: float
    slack: float
    outings: float
    errand: float
    tail: float
    wakes: float
    awake: float
    lazy: float
    steady: float
    face: bool
    face_ok: float
    likes_face: float
    card: bool
    borrows: float
    shows: float
    face_since: float = -FOREVER
    face_until: float = FOREVER
    plate: int = NOBODY
    drives: float = 0.0
    pin: int = NOBODY
    lender: int = NOBODY


_HOURS: dict[Job, tuple[float, float, float]] = {  # leaves, lasts, spread between people
    Job.NONE: (9.0, 0.0, 0.0),
    Job.OFFICE: (8.1, 10.4, 0.7),
    Job.SIX_DAYS: (8.6, 11.2, 1.6),
    Job.BIG_SMALL: (7.9, 11.0, 0.8),
    Job.FOUR_TWO: (7.2, 13.0, 0.4),
    Job.GUARD: (7.0, 25.2, 0.5),
    Job.NIGHT: (21.2, 9.6, 0.9),
    Job.VENDOR: (4.0, 7.5, 0.5),
    Job.DORM: (6.4, 0.0, 1.5),
    Job.GIG: (9.0, 8.0, 3.0),
    Job.SCHOOL: (7.2, 9.9, 0.35),
    Job.BOARDER: (17.0, 0.0, 1.0),
}
WORK = (Job.OFFICE, Job.SIX_DAYS, Job.BIG_SMALL, Job.FOUR_TWO, Job.GUARD, Job.NIGHT, Job.GIG, Job.NONE)
WORK_SHARES = (0.28, 0.24, 0.12, 0.1, 0.03, 0.06, 0.1, 0.07)


def any_work(rng: np.random.Generator) -> Job:
    """A trade of somebody of working age."""
    return WORK[int(rng.choice(len(WORK), p=WORK_SHARES))]


def outings_of(job: Job, age: int) -> float:
    """Errands a day that are usual for a trade and an age, before the person's own factor."""
    if age < 12:
        return 0.45
    return {Job.NONE: 1.5, Job.SCHOOL: 0.5, Job.OFFICE: 0.55, Job.GUARD: 0.7, Job.VENDOR: 0.8}.get(job, 0.5)


def embody(
    rng: np.random.Generator,
    row: int,
    job: Job,
    age: int,
    *,
    outings: float | None = None,
    errand: float = ERRAND,
    person: int = NOBODY,
    face_ok: tuple[float, float] = (0.0, 0.0),
) -> Body:
    """A body with its own parameters, most of them from distributions with a long tail."""
    leaves, lasts, between = _HOURS[job]
    hours = lasts + float(rng.gamma(1.2, 0.8)) - 0.6 if lasts else 0.0
    usual = outings_of(job, age) if outings is None else outings
    enrolled = person != NOBODY and age >= 6
    face = bool(enrolled and rng.random() < (0.75 if age < 14 else 0.91))
    return Body(
        row=row,
        person=person,
        age=age,
        job=job,
        leaves=float(leaves + rng.normal(0, between)),
        lasts=max(hours, 1.0),
        slack=float(np.clip(rng.lognormal(-1.2, 0.7), 0.05, 2.5)),
        outings=float(np.clip(usual * rng.lognormal(0, 0.55), 0.04, 18.0)),
        errand=float(np.clip(errand * np.exp(0.45 * rng.standard_t(4)), 0.1, 14.0)),
        tail=float(rng.uniform(0.5, 1.15)),
        wakes=float(np.clip(rng.normal(6.8 if age < 60 else 5.6, 0.9), 3.5, 11)),
        awake=float(np.clip(rng.normal(15.6 if age < 60 else 14.6, 1.1), 10.5, 18.5)),
        lazy=float(rng.beta(1.5, 4)),
        steady=float(np.clip(rng.lognormal(0.7 if age >= 60 else 0.0, 0.6), 0.35, 12.0)),
        face=face,
        face_ok=float(np.clip(rng.uniform(*face_ok) - rng.exponential(0.01), 0.05, 1.0)),
        likes_face=float(rng.beta(3, 0.9)),
        card=bool(enrolled and (rng.random() < 0.88 or (age >= 14 and not face))),  # the grown-up have one of them
        borrows=float(rng.beta(0.25, 12)),
        shows=float(rng.beta(8, 1.6) if age >= 12 else rng.beta(3, 3)),
    )
