"""Error rates of identification on labelled scores, with intervals and counts, after ISO/IEC 19795-1. Pure.

FNIR is the share of enrolled people's probes that are not accepted as themselves: no picture could be used, the score
is below the threshold, or somebody else scores higher. FPIR is the share of strangers who are accepted as anybody.
Every rate carries its counts and the exact binomial interval (Clopper and Pearson 1934).

No threshold is judged on the strangers it was chosen on: see `crossed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.stats import beta  # type: ignore[import-untyped]

from core.errors import AnjuError, InvalidValue
from recognition.arrays import Bools, Doubles, Indices

UNUSABLE = -np.inf  # the score of a picture in which nothing was found


class TooFew(AnjuError):
    """The labelled data are too few for the question."""

    code = "too_few_trials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of trials: events of trials, and the exact 95 % interval of the chance behind it, [0, 1] of none."""

    events: int
    trials: int

    @property
    def value(self) -> float:
        """The share; NaN of no trials."""
        return self.events / self.trials if self.trials else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson."""
        return interval(self.events, self.trials)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """What probes scored against one gallery of P people; a person's score is the best of all their templates.

    Attributes:
        mated: (m, P) float64, of enrolled people's probes; a row of UNUSABLE where nothing was found.
        whose: (m,) which of the P people each of those probes shows.
        strangers: (s, P) of probes of people who are not enrolled; likewise.
        templates: how many templates the P people have.
    """

    mated: Doubles
    whose: Indices
    strangers: Doubles
    templates: int

    def __post_init__(self) -> None:
        people = self.strangers.shape[-1]
        fits = self.mated.shape == (len(self.whose), people) and self.strangers.ndim == 2
        if not (fits and 1 <= people <= self.templates and len(self.whose) and len(self.strangers)):
            raise InvalidValue(
                "评估需要已登记人员、其测试图片和陌生人图片，且数据形状一致。",
                "an evaluation needs enrolled people, probes of them and probes of strangers, in arrays that fit.",
            )
        if not ((self.whose >= 0) & (self.whose < people)).all():
            raise InvalidValue("有测试图片不属于任何已登记人员。", "a probe shows nobody of the enrolled people.")

    @property
    def people(self) -> int:
        """P."""
        return int(self.strangers.shape[1])

    @property
    def own(self) -> Doubles:
        """(m,) the score of each probe with the person it shows."""
        scores: Doubles = self.mated[np.arange(len(self.whose)), self.whose]
        return scores

    @property
    def rival(self) -> Doubles:
        """(m,) the best score of each probe with anybody else; UNUSABLE where there is nobody else."""
        others = self.mated.copy()
        others[np.arange(len(self.whose)), self.whose] = UNUSABLE
        best: Doubles = others.max(axis=1)
        return best

    @property
    def highest(self) -> Doubles:
        """(s,) the best score of each stranger."""
        best: Doubles = self.strangers.max(axis=1)
        return best

    def of_first(self, people: int) -> "Trials":
        """The same probes against the first `people` of the gallery, those of the others left out."""
        kept = self.whose < people
        return Trials(
            mated=self.mated[kept, :people],
            whose=self.whose[kept],
            strangers=self.strangers[:, :people],
            templates=max(people, round(self.templates * people / self.people)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Error rates at one size of gallery.

    Attributes:
        people, templates: enrolled.
        threshold: accept at this score or above.
        fpir, fnir: measured; for extrapolated rows `fpir` is None: it is the wanted one by construction.
        expected_fnir: by the formula, for extrapolated rows.
        extrapolated: nobody measured at this size.
    """

    people: int
    templates: int
    threshold: float
    fpir: Rate | None
    fnir: Rate
    expected_fnir: float
    extrapolated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRates:
    """The rates of those who share a label."""

    label: str
    value: str
    fpir: Rate
    fnir: Rate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A detection error trade-off: rates at every threshold at which one of them changes, thresholds ascending (k,)."""

    thresholds: Doubles
    fpir: Doubles
    fnir: Doubles


def interval(events: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval of a rate; (0, 1) of no trials."""
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, events, trials - events + 1)) if events > 0 else 0.0
    high = float(beta.ppf(1 - tail, events + 1, trials - events)) if events < trials else 1.0
    return low, high


def threshold_for(highest: Doubles, fpir: float) -> float:
    """A threshold that a further stranger reaches with a chance of at most `fpir`, whatever the distribution.

    Just above the k-th highest score of the n strangers, k = floor(fpir (n + 1)): a further one exceeds that score
    with a chance of k / (n + 1).

    Raises:
        TooFew: fewer strangers than can say it.
    """
    k = int(fpir * (len(highest) + 1) + 1e-9)
    if k < 1:
        least = ceil(1 / fpir - 1 - 1e-9)
        raise TooFew(
            f"陌生人样本{len(highest)}个，误识率{fpir:.2%}至少需要{least}个。",
            f"{len(highest)} strangers are too few to say anything about FPIR {fpir:.2%}: at least {least} are needed.",
            mend_zh="请增加未登记人员的图片，或放宽目标误识率。",
            mend_en="Add pictures of people who are not enrolled, or ask for a higher FPIR.",
        )
    return float(np.nextafter(np.sort(highest)[-k], np.inf))


def missed(trials: Trials, threshold: float) -> Bools:
    """(m,) which probes of enrolled people are not accepted as themselves."""
    return ~((trials.own >= threshold) & (trials.own > trials.rival))


def crossed(trials: Trials, fpir: float, halves: Sequence[Indices]) -> Row:
    """The measured row: each half of the strangers judges the threshold that the other half chose.

    The threshold told is that of all strangers together; the rates are of the two halves' thresholds, every stranger
    counted once and the misses of the two averaged and rounded up.

    Args:
        trials: of one gallery.
        fpir: wanted.
        halves: two arrays of indices that split the strangers.
    """
    first, second = halves
    highest = trials.highest
    accepted, misses = 0, 0
    for chosen_on, judged_on in ((first, second), (second, first)):
        threshold = threshold_for(highest[chosen_on], fpir)
        accepted += int((highest[judged_on] >= threshold).sum())
        misses += int(missed(trials, threshold).sum())
    fnir = Rate(events=ceil(misses / 2), trials=len(trials.own))
    return Row(
        people=trials.people,
        templates=trials.templates,
        threshold=threshold_for(highest, fpir),
        fpir=Rate(events=accepted, trials=len(highest)),
        fnir=fnir,
        expected_fnir=fnir.value,
        extrapolated=False,
    )


def det(trials: Trials) -> Curve:
    """FPIR and FNIR at every threshold, from those of all probes to one above all of them."""
    highest = np.sort(trials.highest)
    right = np.sort(np.where(trials.own > trials.rival, trials.own, UNUSABLE))
    found = np.concatenate([highest, right])
    known = np.unique(found[np.isfinite(found)])
    thresholds = np.append(known, np.nextafter(known[-1], np.inf) if len(known) else 0.0)
    return Curve(
        thresholds=thresholds,
        fpir=1 - np.searchsorted(highest, thresholds, "left") / len(highest),
        fnir=np.searchsorted(right, thresholds, "left") / len(right),
    )


def by_group(
    trials: Trials, threshold: float, label: str, mated: Sequence[str], strangers: Sequence[str]
) -> list[GroupRates]:
    """Rates for each value of a label, at one threshold; `mated` (m,) and `strangers` (s,) may be empty texts."""
    ours, theirs = np.array(mated, dtype=str), np.array(strangers, dtype=str)
    lost, accepted = missed(trials, threshold), trials.highest >= threshold
    values = sorted(({*ours.tolist(), *theirs.tolist()}) - {""})
    return [
        GroupRates(
            label=label,
            value=value,
            fpir=Rate(events=int(accepted[theirs == value].sum()), trials=int((theirs == value).sum())),
            fnir=Rate(events=int(lost[ours == value].sum()), trials=int((ours == value).sum())),
        )
        for value in values
    ]
