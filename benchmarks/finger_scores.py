"""The arithmetic of the fingerprint benchmark: error rates of scores, and what is known about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
_ROUNDS = 200  # of the bootstrap


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Scores of pairs of impressions.

    Attributes:
        genuine: (g,) of the same finger.
        impostor: (i,) of two fingers.
    """

    genuine: Scores
    impostor: Scores


def equal_error(pairs: Pairs) -> float:
    """The rate at which as many genuine pairs are refused as impostors pass; the mean of both where they cross."""
    thresholds = np.unique(np.concatenate([pairs.genuine, pairs.impostor]))
    missed = np.searchsorted(np.sort(pairs.genuine), thresholds) / len(pairs.genuine)
    passed = 1 - np.searchsorted(np.sort(pairs.impostor), thresholds) / len(pairs.impostor)
    nearest = int(np.abs(missed - passed).argmin())
    return float(missed[nearest] + passed[nearest]) / 2


def missed_at(pairs: Pairs, rate: float) -> float:
    """The share of genuine pairs not above a score that at most `rate` of the impostors exceed."""
    passing = int(rate * len(pairs.impostor))
    threshold = np.sort(pairs.impostor)[::-1][passing]
    return float((pairs.genuine <= threshold).mean())


def within(table: Scores, finger: Labels) -> Pairs:
    """All pairs of one database: table (n, n), symmetric, finger (n,)."""
    one, other = np.triu_indices(len(finger), 1)
    same = finger[one] == finger[other]
    return Pairs(genuine=table[one, other][same], impostor=table[one, other][~same])


def fvc(table: Scores, finger: Labels, impression: Labels) -> Pairs:
    """The pairs of the FVC protocol: every genuine one; of the impostors only the first impressions."""
    first = impression == 1
    firsts = within(table[np.ix_(first, first)], finger[first])
    return Pairs(genuine=within(table, finger).genuine, impostor=firsts.impostor)


def across(table: Scores, rows: Labels, columns: Labels) -> Pairs:
    """All pairs of two databases of the same fingers: table (n, m)."""
    same = rows[:, None] == columns
    return Pairs(genuine=table[same], impostor=table[~same])


def bootstrap(tables: list[Scores], fingers: list[Labels]) -> list[float]:
    """The 95 % interval of the mean equal error of databases, fingers drawn anew with replacement, [low, high].

    A finger drawn twice is not its own impostor, and its genuine pairs count twice.
    """
    rng = np.random.default_rng(19795)
    means = []
    for _ in range(_ROUNDS):
        rates = []
        for table, finger in zip(tables, fingers, strict=True):
            drawn = rng.choice(np.unique(finger), len(np.unique(finger)))
            genuine = [within(table[np.ix_(own, own)], finger[own]).genuine for own in (finger == d for d in drawn)]
            distinct = np.isin(finger, drawn)
            impostor = within(table[np.ix_(distinct, distinct)], finger[distinct]).impostor
            rates.append(equal_error(Pairs(genuine=np.concatenate(genuine), impostor=impostor)))
        means.append(float(np.mean(rates)))
    return [round(float(edge), 5) for edge in np.quantile(means, (0.025, 0.975))]
