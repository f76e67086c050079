"""Error rates by size of gallery (R2): measured up to the site's own, computed beyond it. Pure.

Galleries larger than the site's are computed, not measured, and say so. The scores of strangers with one enrolled
person are taken to have a normal tail with deviation d, and comparisons to be independent. With Q the normal tail,

    f(N) = 1 - (1 - FPIR)^(1/N)                                 the chance a stranger may have with one of N people
    t(N) = t(P) + d (z(N) - z(P)),   Q(z(N)) = f(N)             the threshold that keeps FPIR; t(P) is measured
    FNIR(N) = 1 - mean over probes of [s >= t(N)] (1 - F(s))^(N - 1),   F(s) = Q(z(P) + (s - t(P)) / d)

where P is the measured gallery and s a probe's score with its own person. d is estimated from how far scores exceed the
highest hundredth and thousandth of all comparisons, the larger of the two, and of that the upper end of the 95 %
interval; a tail heavier than a normal one makes d larger, but at many times the measured size not by enough.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2, norm  # type: ignore[import-untyped]

from recognition.arrays import Doubles, Indices
from recognition.evaluation import Rate, Row, TooFew, Trials, crossed, missed

SIZES = (1_000, 10_000, 50_000, 100_000)
_TAILS = (0.01, 0.001)  # of all comparisons with strangers: the highest, whose excess tells d
_FEWEST = 10  # comparisons for a tail


def tail_deviation(strangers: Doubles) -> float:
    """d of the module's formulas: the deviation of the normal tail of comparisons with strangers (s, P).

    A normal variable exceeds its own upper quantile of share p by d (phi(z) / p - z) in the mean. Comparisons of one
    stranger are not independent, so the interval counts strangers, as for an exponential excess.

    Raises:
        TooFew: fewer than _FEWEST comparisons in the larger tail, or no two that differ.
    """
    usable = strangers[np.isfinite(strangers).all(axis=1)]
    scores = np.sort(usable, axis=None)
    if _TAILS[0] * len(scores) < _FEWEST:
        raise TooFew(
            f"与陌生人的比对只有{len(scores)}次，不足以外推。",
            f"{len(scores)} comparisons with strangers are too few to extrapolate from.",
            mend_zh="请增加未登记人员的图片。",
            mend_en="Add pictures of people who are not enrolled.",
        )
    if scores[0] == scores[-1]:
        raise TooFew("与陌生人的比对分数全部相同。", "all comparisons with strangers score the same.")
    found = [0.0]
    for share in _TAILS:
        count = int(share * len(scores))
        floor = scores[-count - 1]
        excess = float((scores[-count:] - floor).mean()) if count >= _FEWEST else 0.0
        people = int((usable > floor).any(axis=1).sum())
        if excess > 0:
            upper = excess * 2 * people / float(chi2.ppf(0.025, 2 * people))
            z = float(norm.isf(share))
            found.append(upper / (float(norm.pdf(z)) / share - z))
    return max(found)


def extrapolated(trials: Trials, measured: Row, fpir: float, people: int) -> Row:
    """The row of a larger gallery, by the formulas of this module; `people` is above the measured number.

    FNIR counts the probes that fall below the threshold here; `expected_fnir` adds those whom somebody else of the
    larger gallery would outdo.
    """
    deviation = tail_deviation(trials.strangers)
    z_here, z_there = (float(norm.isf(-np.expm1(np.log1p(-fpir) / size))) for size in (trials.people, people))
    threshold = measured.threshold + deviation * (z_there - z_here)
    lost = missed(trials, threshold)
    excess = np.where(lost, 0.0, trials.own - measured.threshold)
    tail = norm.sf(z_here + (excess / deviation if deviation else np.where(excess > 0, np.inf, 0.0)))
    kept = np.where(lost, 0.0, (1 - tail) ** (people - 1))
    return Row(
        people=people,
        templates=round(people * trials.templates / trials.people),
        threshold=threshold,
        fpir=None,
        fnir=Rate(events=int(lost.sum()), trials=len(trials.own)),
        expected_fnir=float(1 - kept.mean()),
        extrapolated=True,
    )


def by_size(trials: Trials, fpir: float, halves: Sequence[Indices], sizes: Sequence[int] = SIZES) -> list[Row]:
    """The measured row, and a row for each size; smaller ones are measured on the first people of the gallery."""
    measured = crossed(trials, fpir, halves)
    smaller = [crossed(trials.of_first(size), fpir, halves) for size in sizes if size < trials.people]
    larger = [extrapolated(trials, measured, fpir, size) for size in sizes if size > trials.people]
    return [*smaller, measured, *larger]
