"""Kinds of households: who belongs to them, how old, with which rhythms."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """One place in a household: with `share` somebody is there, of an age between `ages` (exclusive), with a rhythm."""

    relation: str
    ages: tuple[int, int]
    rhythms: tuple[tuple[str, float], ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of household and its share of the let homes (ours: many old people, as in public-rental estates)."""

    name: str
    share: float
    roles: tuple[Role, ...]


_OLD, _PUPIL = (("old", 1.0),), (("pupil", 1.0),)
_WORK = (("worker", 0.72), ("shop", 0.18), ("freelance", 0.1))
_PARENT = (("worker", 0.55), ("keeper", 0.3), ("shop", 0.15))
_YOUNG = (("student", 0.4), ("worker", 0.4), ("freelance", 0.2))
_SHARER = (("student", 0.4), ("worker", 0.25), ("shop", 0.15), ("night", 0.2))
_FAMILY = (
    Role("tenant", (28, 50), _WORK),
    Role("spouse", (27, 50), _PARENT, 0.85),
    Role("child", (6, 18), _PUPIL),
    Role("child", (6, 16), _PUPIL, 0.3),
    Role("parent", (58, 76), _OLD, 0.22),
)
_NIGHT = (
    Role("tenant", (24, 56), (("night", 1.0),)),
    Role("spouse", (24, 55), (("worker", 0.5), ("night", 0.3), ("keeper", 0.2)), 0.5),
    Role("child", (6, 17), _PUPIL, 0.25),
)
_SHARING = (
    Role("tenant", (21, 33), _YOUNG),
    Role("co-resident", (20, 33), _SHARER),
    Role("co-resident", (20, 33), _SHARER, 0.5),
    Role("co-resident", (20, 33), _YOUNG, 0.2),
)
_CARED = (
    Role("tenant", (70, 92), (("frail", 0.6), ("old", 0.4))),
    Role("spouse", (68, 90), _OLD, 0.35),
)
_NEWBORN = (
    Role("tenant", (25, 40), _WORK),
    Role("spouse", (24, 38), (("keeper", 1.0),)),
    Role("child", (4, 9), _PUPIL, 0.25),
)
_HOMEBOUND = (
    Role("tenant", (45, 90), (("frail", 1.0),)),
    Role("spouse", (50, 85), (("frail", 0.4), ("old", 0.6)), 0.3),
)
_WEEKENDS = (
    Role("tenant", (25, 58), (("worker", 0.4), ("freelance", 0.6))),
    Role("spouse", (25, 55), (("freelance", 1.0),), 0.2),
)
_TRAVELLER = (
    Role("tenant", (27, 58), (("worker", 0.6), ("freelance", 0.4))),
    Role("spouse", (26, 55), _WORK, 0.25),
)
KINDS = (
    Kind("family", 0.30, _FAMILY),
    Kind("couple", 0.12, (Role("tenant", (24, 58), _WORK), Role("spouse", (23, 58), _WORK))),
    Kind("single_worker", 0.13, (Role("tenant", (23, 58), _WORK),)),
    Kind("elderly_alone", 0.12, (Role("tenant", (66, 88), _OLD),)),
    Kind("elderly_couple", 0.10, (Role("tenant", (66, 86), _OLD), Role("spouse", (64, 86), _OLD))),
    Kind("night_shift", 0.05, _NIGHT),
    Kind("co_residents", 0.06, _SHARING),
    Kind("carer_visiting", 0.03, _CARED),
    Kind("newborn", 0.03, _NEWBORN),
    Kind("weekly_relatives", 0.04, (Role("tenant", (60, 82), _OLD), Role("spouse", (58, 82), _OLD, 0.5))),
    Kind("homebound", 0.02, _HOMEBOUND),
    Kind("weekend_only", 0.03, _WEEKENDS),
    Kind("frequent_traveller", 0.03, _TRAVELLER),
)
NAMES = tuple(kind.name for kind in KINDS)
