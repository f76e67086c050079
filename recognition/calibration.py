"""From scores to log-likelihood ratios: how much likelier is this score of the same person than of another?

Fitted from genuine and impostor scores by isotonic regression (pool adjacent violators; Zadrozny and Elkan 2002,
Brümmer and du Preez 2006). One genuine and one impostor score are added at either end (the rule of succession), so a
score better than all that were seen is worth the log of how many were seen, and not more. Within a pooled block the
ratio is the same, from one block to the next it follows a straight line: it never falls as the score grows.
A calibration belongs to one model: scores of another are never put through it.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np

from core.errors import InvalidValue
from core.facts import Modality
from recognition.arrays import Doubles

_BITS = np.log(2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Log-likelihood ratios of one model's scores, as a line through knots, flat beyond the first and the last.

    Attributes:
        model: model id, as on probes and galleries.
        modality: what it recognises by.
        scores: knots, strictly growing, at least one.
        llrs: natural log-likelihood ratios there, as many, never falling.
        genuine, impostor: how many scores it was fitted to.
        cllr: cost of log-likelihood ratios on scores it was not fitted to, bits; 0 is perfect, 1 says nothing.
        cllr_least: the least cost any monotone calibration has on all scores.
        source: data, software and method, in words.
    """

    model: str
    modality: Modality
    scores: tuple[float, ...]
    llrs: tuple[float, ...]
    genuine: int
    impostor: int
    cllr: float
    cllr_least: float
    source: str

    def __post_init__(self) -> None:
        grows = all(a < b for a, b in pairwise(self.scores)) and all(a <= b for a, b in pairwise(self.llrs))
        finite = all(map(isfinite, (*self.scores, *self.llrs, self.cllr, self.cllr_least)))
        if (
            not (self.model and self.source and self.scores and len(self.scores) == len(self.llrs) and grows and finite)
            or min(self.genuine, self.impostor) < 1
        ):
            raise InvalidValue(
                "标定无效：分数应递增，对数似然比不得下降，并注明模型和来源。",
                "a calibration needs growing scores, ratios that do not fall, counts, a model and a source.",
            )

    def llr(self, scores: Doubles) -> Doubles:
        """The log-likelihood ratio of each score, of any shape; a score that is NaN says nothing: 0."""
        wide = np.asarray(scores, np.float64)
        ratios = np.interp(wide, np.array(self.scores), np.array(self.llrs))
        said: Doubles = np.where(np.isnan(wide), 0.0, ratios)
        return said


def fit(
    genuine: Doubles, impostor: Doubles, *, model: str, modality: Modality, groups: Doubles | None = None, source: str
) -> Calibration:
    """Fit a calibration, and say what it costs on scores it was not fitted to.

    Args:
        genuine: (g,) finite scores of the same person, g >= 2.
        impostor: (i,) finite scores of another, i >= 2.
        model, modality, source: see Calibration.
        groups: (g + i,) whose probe each score is, genuine ones first: all scores of one are in the same half when the
            cost is measured. None: every second score of each kind is in the same half.

    Raises:
        InvalidValue: too few scores or people, or a score that is not finite.
    """
    if min(len(genuine), len(impostor)) < 2 or not (np.isfinite(genuine).all() and np.isfinite(impostor).all()):
        raise InvalidValue(
            "标定至少需要两个本人分数和两个他人分数，且均为有限值。",
            "a calibration needs at least two genuine and two impostor scores, all finite.",
        )
    knots, ratios = _knots(genuine, impostor)
    return Calibration(
        model=model,
        modality=modality,
        scores=tuple(knots.tolist()),
        llrs=tuple(ratios.tolist()),
        genuine=len(genuine),
        impostor=len(impostor),
        cllr=_crossed(genuine, impostor, groups),
        cllr_least=_least(genuine, impostor),
        source=source,
    )


def cllr(genuine: Doubles, impostor: Doubles) -> float:
    """The cost of log-likelihood ratios (g,) and (i,), bits (Brümmer and du Preez 2006); infinite ones are allowed."""
    missed = np.logaddexp(0.0, -genuine).mean()
    accused = np.logaddexp(0.0, impostor).mean()
    return float((missed + accused) / (2 * _BITS))


def pool(targets: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Isotonic regression: pool adjacent violators.

    Args:
        targets, weights: (n,), n >= 1, in the order of the scores; weights > 0.

    Returns:
        values: (n,) the non-falling sequence with the least weighted squares to the targets.
        blocks: (n,) which pooled block each belongs to, from 0.
    """
    sums: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for target, weight in zip(targets.tolist(), weights.tolist(), strict=True):
        sums.append(target * weight)
        masses.append(weight)
        sizes.append(1)
        while len(sums) > 1 and sums[-2] * masses[-1] >= sums[-1] * masses[-2]:
            last = sums.pop(), masses.pop(), sizes.pop()
            sums[-1] += last[0]
            masses[-1] += last[1]
            sizes[-1] += last[2]
    means = np.array(sums) / np.array(masses)
    return np.repeat(means, sizes), np.repeat(np.arange(len(sizes), dtype=np.float64), sizes)


def _knots(genuine: Doubles, impostor: Doubles) -> tuple[Doubles, Doubles]:
    """The lowest and highest score of each pooled block, and their log-likelihood ratios."""
    values, counts = _counted(genuine, impostor)
    one_each = np.ones((1, 2))
    counts = np.concatenate([one_each, counts, one_each])  # the rule of succession
    total = counts.sum(axis=1)
    _, blocks = pool(counts[:, 0] / total, total)
    number = blocks.astype(np.intp)
    sums = np.zeros((int(number[-1]) + 1, 2))
    np.add.at(sums, number, counts)
    ratios = np.log(sums[:, 0] / len(genuine)) - np.log(sums[:, 1] / len(impostor))
    padded = np.concatenate([values[:1], values, values[-1:]])
    first = np.searchsorted(number, np.arange(len(sums)), "left")
    last = np.searchsorted(number, np.arange(len(sums)), "right") - 1
    ends = np.stack([padded[first], padded[last]], axis=1).ravel()
    rising = np.append(True, np.diff(ends) > 0)
    return ends[rising], np.repeat(ratios, 2)[rising]


def _counted(genuine: Doubles, impostor: Doubles) -> tuple[Doubles, Doubles]:
    """Distinct scores (n,) ascending, and how many genuine and impostor ones are at each (n, 2)."""
    values, place = np.unique(np.concatenate([genuine, impostor]), return_inverse=True)
    counts = np.zeros((len(values), 2))
    np.add.at(counts, (place, np.repeat([0, 1], [len(genuine), len(impostor)])), 1.0)
    return values, counts


def _least(genuine: Doubles, impostor: Doubles) -> float:
    """The cost of the best monotone calibration, made on the scores it is judged on."""
    values, counts = _counted(genuine, impostor)
    total = counts.sum(axis=1)
    share, _ = pool(counts[:, 0] / total, total)
    with np.errstate(divide="ignore"):
        ratios = np.log(share) - np.log1p(-share) - np.log(len(genuine) / len(impostor))
    return cllr(ratios[np.searchsorted(values, genuine)], ratios[np.searchsorted(values, impostor)])


def _crossed(genuine: Doubles, impostor: Doubles, groups: Doubles | None) -> float:
    """The cost on each half of what was fitted to the other half."""
    if groups is None:
        mine, theirs = np.arange(len(genuine)) % 2 == 0, np.arange(len(impostor)) % 2 == 0
    else:
        half = np.unique(groups, return_inverse=True)[1] % 2 == 0
        mine, theirs = half[: len(genuine)], half[len(genuine) :]
        if any(part.all() or not part.any() for part in (mine, theirs)):
            raise InvalidValue(
                "标定至少需要两个人的分数。", "a calibration needs scores of at least two people of each kind."
            )
    said: list[Doubles] = [np.empty(len(genuine)), np.empty(len(impostor))]
    for flip in (True, False):
        knots, ratios = _knots(genuine[mine == flip], impostor[theirs == flip])
        said[0][mine != flip] = np.interp(genuine[mine != flip], knots, ratios)
        said[1][theirs != flip] = np.interp(impostor[theirs != flip], knots, ratios)
    return cllr(said[0], said[1])
