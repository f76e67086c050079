"""Since when do the days tell another story? Log-likelihoods of a change, for every day it may have begun on. Pure.

A sign is something that a day shows or does not (a member was seen; others came in to stay). Up to the change it keeps
the home's own rate, estimated from the home's own days; from the change on it follows another. Both parts are sums of
counts, so all days on which the change may have begun are weighed at once by cumulated sums.

The generalised likelihood ratio over an unknown change point: Lorden 1971, "Procedures for reacting to a change in
distribution"; a rival explanation is not one rate but all that an innocent home may have, and the best of them counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from occupancy.arrays import Bools, Doubles, Int32s

LEAST, MOST = 0.01, 0.99  # no day is impossible


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Counts of a sign before and since each day; all (C, W) float64, column t: the change began on day t.

    Attributes:
        hits_before, days_before: days that showed the sign, and days that could have, before day t.
        hits_since, days_since: from day t on.
    """

    hits_before: Doubles
    days_before: Doubles
    hits_since: Doubles
    days_since: Doubles


def split(shown: Bools, told: Bools) -> Split:
    """Count the days of (C, W) that showed a sign, among those that could tell."""
    hits = np.cumsum(shown & told, axis=1, dtype=np.float64)
    days = np.cumsum(told, axis=1, dtype=np.float64)
    hits_before, days_before = hits - (shown & told), days - told
    return Split(
        hits_before=hits_before,
        days_before=days_before,
        hits_since=hits[:, -1:] - hits_before,
        days_since=days[:, -1:] - days_before,
    )


def rate(hits: Doubles, days: Doubles, expected: Doubles | float, weight: float) -> Doubles:
    """The rate of a sign; `expected` counts like `weight` days of the home's own."""
    found: Doubles = np.clip((hits + weight * expected) / (days + weight), LEAST, MOST)
    return found


def log_likelihood(hits: Doubles, days: Doubles, p: Doubles) -> Doubles:
    """Of so many days with the sign, if each shows it with probability `p`."""
    found: Doubles = hits * np.log(p) + (days - hits) * np.log1p(-p)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fading:
    """What the days since each change say of the household; (C, W) log-likelihoods and log-likelihood ratios.

    Attributes:
        gone: of the days, if the household is gone (GONE of its usual days at most).
        not_usual: what they speak for that rather than for a household that lives as it used to.
        not_part: rather than for one that lives here on PART of its usual days.
    """

    gone: Doubles
    not_usual: Doubles
    not_part: Doubles


def fading(classes: Sequence[Split], usual: Sequence[Doubles], reads_held: Doubles) -> Fading:
    """Does the household live here as it used to, or at least in part, or is it gone?

    Args:
        classes: the household's sign, days of one class (working days, free days) each.
        usual: for each class (C, W), the rate before.
        reads_held: (C, W), the share of the days with the household that missed reads would have left to be seen.
    """

    def fits(share: float) -> Doubles:
        found: Doubles = np.add.reduce([
            log_likelihood(one.hits_since, one.days_since, np.clip(share * p * reads_held, LEAST, MOST))
            for one, p in zip(classes, usual, strict=True)
        ])  # fmt: skip
        return found

    gone = np.maximum.reduce([fits(share) for share in GONE])
    part = np.maximum.reduce([fits(share) for share in PART])
    return Fading(gone=gone, not_usual=gone - fits(1.0), not_part=gone - part)


GONE = (0.02, 0.06, 0.12)  # of its usual days: post, rent, a key handed over
PART = (0.35, 0.5, 0.75)  # it lives here, but is seen less: ill, often away, a member moved out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settling:
    """What the days since each change say of others; (C, W) log-likelihoods and log-likelihood ratios.

    Attributes:
        resident: of the days, if others live here.
        not_usual: what they speak for that rather than for guests as before.
        not_guests: rather than for guests as before or more of them (a sick relative, somebody who waters the plants).
    """

    resident: Doubles
    not_usual: Doubles
    not_guests: Doubles


def settling(since: Split, usual: Doubles) -> Settling:
    """Do others come in to stay as residents do, or as guests? `usual` is (C, W), their rate before."""
    seen = (since.hits_since + 0.5) / (since.days_since + 1)
    more = np.clip(seen, usual, np.minimum(np.maximum(MORE_GUESTS * usual, SOME_GUESTS), MOST))
    resident, as_usual, guests = (
        log_likelihood(since.hits_since, since.days_since, p) for p in (np.clip(seen, RESIDENT, MOST), usual, more)
    )
    return Settling(resident=resident, not_usual=resident - as_usual, not_guests=resident - guests)


RESIDENT = 0.4  # a resident comes home on that share of days at least, missed reads and all
MORE_GUESTS, SOME_GUESTS = 2.5, 0.22


def before(signs: Iterable[tuple[Split, Doubles]]) -> Doubles:
    """(C, W) log-likelihood of all days before the change, each sign at its usual rate."""
    found: Doubles = np.add.reduce([log_likelihood(one.hits_before, one.days_before, p) for one, p in signs])
    return found


def peak(story: Doubles, within: float) -> tuple[Int32s, Int32s, Int32s]:
    """Where each row of (C, W) is largest (the first of several), and the first and last column nearly as large."""
    best = story.argmax(axis=1)
    near = story >= story.max(axis=1, keepdims=True) - within
    low, high = near.argmax(axis=1), story.shape[1] - 1 - near[:, ::-1].argmax(axis=1)
    return best.astype(np.int32), low.astype(np.int32), high.astype(np.int32)
