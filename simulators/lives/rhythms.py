"""Rhythms of going out, from which every person draws their own.

What the time-use surveys of the National Bureau of Statistics give (2018; third survey of May 2024, communiqué no. 2):
on an average day of the week 54 % of people from six on do paid work, for 6 h 23 min where they do; 50 minutes a day
are spent on the way; workers and pupils have long days out, older people walk and shop in the morning. Five days of
work with a tenth of free days worked, at 0.93 of those able to work, come near that share. All other figures, and
all widths, are ours: wide on purpose, so that nothing can be fitted to one shape.
"""

from typing import NamedTuple

import numpy as np

from simulators.lives.bodies import SLOTS, Floats32, Rate
from simulators.tables import Ints, Strings


class Slot(NamedTuple):
    """One outing of a day: `between` is the deviation of its hour between people, `spread` from day to day."""

    work: float
    free: float
    start: float
    between: float
    spread: float
    stay: float
    stay_spread: float


_NO = Slot(0.0, 0.0, 12.0, 0.0, 0.5, 1.0, 0.2)
# main, morning, afternoon, evening
TEMPLATES: dict[str, tuple[Slot, Slot, Slot, Slot]] = {
    "worker": (
        Slot(0.95, 0.10, 8.0, 0.8, 0.25, 10.2, 0.8), Slot(0.02, 0.35, 9.6, 0.9, 0.8, 1.4, 0.6),
        Slot(0.03, 0.45, 15.0, 1.2, 1.2, 2.3, 0.9), Slot(0.35, 0.40, 19.9, 0.6, 0.5, 1.1, 0.4),
    ),
    "shop": (
        Slot(0.96, 0.93, 11.0, 2.4, 0.3, 9.0, 1.0), Slot(0.30, 0.30, 8.6, 0.8, 0.7, 0.9, 0.4),
        Slot(0.10, 0.12, 16.0, 1.5, 1.0, 1.4, 0.6), Slot(0.15, 0.20, 21.0, 0.6, 0.5, 0.9, 0.4),
    ),
    "night": (
        Slot(0.96, 0.90, 21.2, 1.2, 0.3, 9.6, 0.9), Slot(0.10, 0.15, 11.5, 1.0, 0.8, 1.0, 0.5),
        Slot(0.40, 0.45, 16.0, 1.0, 0.9, 1.2, 0.5), Slot(0.05, 0.20, 19.0, 0.6, 0.4, 0.8, 0.3),
    ),
    "pupil": (
        Slot(0.98, 0.06, 7.3, 0.25, 0.12, 9.6, 0.7), Slot(0.0, 0.25, 9.5, 0.8, 0.7, 2.0, 0.8),
        Slot(0.05, 0.45, 15.0, 1.0, 0.9, 2.2, 0.8), Slot(0.15, 0.25, 19.6, 0.5, 0.5, 1.0, 0.4),
    ),
    "student": (
        Slot(0.75, 0.30, 9.3, 1.4, 0.8, 7.2, 1.8), Slot(0.05, 0.20, 10.5, 1.0, 1.0, 1.5, 0.7),
        Slot(0.20, 0.40, 16.5, 1.4, 1.3, 2.4, 1.0), Slot(0.45, 0.55, 20.3, 0.9, 0.8, 2.0, 1.0),
    ),
    "freelance": (
        Slot(0.45, 0.25, 10.5, 1.8, 1.2, 5.0, 2.0), Slot(0.25, 0.25, 9.0, 1.0, 0.9, 1.0, 0.4),
        Slot(0.30, 0.35, 16.5, 1.2, 1.2, 1.6, 0.8), Slot(0.40, 0.45, 20.5, 0.9, 0.7, 1.6, 0.7),
    ),
    "keeper": (
        Slot(0.05, 0.10, 13.5, 1.5, 1.0, 4.0, 1.5), Slot(0.65, 0.55, 8.8, 0.8, 0.6, 1.2, 0.5),
        Slot(0.45, 0.45, 15.8, 1.0, 0.8, 1.3, 0.6), Slot(0.35, 0.35, 19.4, 0.6, 0.5, 1.0, 0.4),
    ),
    "old": (
        Slot(0.06, 0.10, 10.0, 1.2, 1.0, 4.0, 1.5), Slot(0.75, 0.72, 7.2, 0.9, 0.5, 1.4, 0.5),
        Slot(0.42, 0.42, 15.2, 0.8, 0.7, 1.4, 0.6), Slot(0.30, 0.30, 19.0, 0.5, 0.4, 0.9, 0.3),
    ),
    "frail": (
        Slot(0.02, 0.01, 9.0, 0.8, 0.8, 3.0, 1.0), Slot(0.07, 0.06, 9.4, 1.0, 0.8, 0.7, 0.3),
        Slot(0.05, 0.05, 15.6, 0.8, 0.8, 0.6, 0.3), Slot(0.01, 0.01, 18.6, 0.5, 0.5, 0.5, 0.2),
    ),
    # what comes to a home and leaves it again
    "courier": (
        Slot(0.25, 0.28, 12.0, 1.5, 2.5, 0.12, 0.03), Slot(0.10, 0.10, 10.0, 1.0, 1.0, 0.12, 0.03),
        Slot(0.18, 0.20, 16.5, 1.2, 1.5, 0.12, 0.03), Slot(0.15, 0.20, 18.9, 0.7, 0.6, 0.12, 0.03),
    ),
    "guest": (Slot(0.02, 0.08, 14.5, 2.0, 2.5, 3.0, 1.5), _NO, _NO, Slot(0.015, 0.03, 18.8, 0.8, 0.8, 2.2, 0.8)),
    "caller": (Slot(0.95, 0.95, 11.0, 2.0, 0.8, 4.0, 1.5), _NO, _NO, _NO),
    "carer": (Slot(0.95, 0.80, 8.8, 0.9, 0.3, 2.5, 1.0), _NO, _NO, Slot(0.25, 0.20, 17.3, 0.6, 0.4, 1.2, 0.4)),
    "workman": (Slot(0.93, 0.45, 8.6, 0.5, 0.4, 8.0, 1.2), _NO, _NO, _NO),
    "seldom": (Slot(0.03, 0.05, 15.0, 2.5, 1.5, 1.0, 0.6), _NO, _NO, _NO),
}  # fmt: skip
_NAMES = tuple(TEMPLATES)
_TABLE = np.array([TEMPLATES[name] for name in _NAMES], np.float64)  # (templates, SLOTS, 7)
_LOGIT_HOME, _LOGIT_PERSON = 0.45, 0.45  # deviations of how often, between homes and between people of one


def draw_rhythms(rng: np.random.Generator, names: Strings | list[str], home: Ints) -> Floats32:
    """(n, SLOTS, 6) figures for people of these templates, (n,) each; people of one home are alike in part."""
    names = np.asarray(names)
    order = np.array([_NAMES.index(name) for name in names.tolist()], np.int64)
    drawn = _TABLE[order]
    _, of_home = np.unique(home, return_inverse=True)
    homes = int(of_home.max(initial=-1)) + 1
    lean = (rng.normal(0.0, _LOGIT_HOME, homes)[of_home] + rng.normal(0.0, _LOGIT_PERSON, len(order)))[:, None]
    early = (rng.normal(0.0, 0.35, homes)[of_home] + rng.normal(0.0, 0.2, len(order)))[:, None]
    shape = (len(order), SLOTS)
    figures = np.empty((*shape, len(Rate)), np.float32)
    figures[..., Rate.WORK] = _leaned(drawn[..., 0], lean)
    figures[..., Rate.FREE] = _leaned(drawn[..., 1], lean + rng.normal(0.0, 0.3, shape))
    figures[..., Rate.START] = np.clip(drawn[..., 2] + drawn[..., 3] * rng.normal(size=shape) + early, 0.3, 23.5)
    figures[..., Rate.SPREAD] = drawn[..., 4] * rng.lognormal(0.0, 0.35, shape)
    figures[..., Rate.STAY] = drawn[..., 5] * rng.lognormal(0.0, 0.15, shape)
    figures[..., Rate.STAY_SPREAD] = drawn[..., 6] * rng.lognormal(0.0, 0.25, shape)
    return figures


def _leaned(share: np.ndarray, lean: np.ndarray) -> np.ndarray:
    """Probabilities moved on the logit scale; what never happens stays so."""
    odds = share / (1.0 - share) * np.exp(lean)
    moved: np.ndarray = odds / (1.0 + odds)
    return moved
