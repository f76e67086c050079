"""False discovery control: which accusations an estate's evening carries at a known expected share of false ones. Pure.

Every rule looks at every home every evening, and nearly all homes are innocent: without a bound across homes the few
that look worst by chance would be accused. So a finding of an accusing kind is raised to suspected or above only while
the expected share of false ones among all raised of its kind in the estate stays within `fdr_percent`. With calibrated
probabilities p the doubt 1 - p is the local false discovery rate (Efron, "Large-Scale Inference", 2010, ch. 5), and the
mean doubt of a set is the share of false ones to be expected in it. The most that may be raised are therefore the
surest, as long as their mean doubt allows: the step-up of Benjamini and Hochberg (1995) with Storey's (2003) Bayesian
reading of the rate (Newton et al. 2004 and Müller et al. 2004 state it for posteriors, as here). p-values would need
the distribution of innocent homes, which nobody has; the rules give posteriors.

Four things are added, each because a home is a household and not a gene:

- **A doubt of one's own.** Nobody is raised at a doubt over LOCAL_MOST, however sure the others are: the mean alone
  would let ten certain neighbours pay for a guess. Efron's customary bound for one case is 0.2.
- **Surer than the bound is enough.** At a doubt within the bound by itself nobody waits for others: raising it cannot
  lift the mean over the bound.
- **Once suspected, own news only.** A finding that is raised stays so until its own doubt has doubled since (and is
  over the bound); then it takes its chance among the new ones. What becomes known of other homes never lowers it,
  though its doubt counts when others ask to be raised. The price: when surer findings end, the mean of those left may
  lie over the bound for a while; others are then raised only by bringing it back, or within the bound by themselves.
- **Each kind by itself.** The bound holds for sublets, swaps and extra residents apart, so for all together (a mean of
  means); sure sublets never vouch for doubtful room-mates (separate classes: Efron 2008, Annals of Applied Statistics).

Those held back stay at watch, and say so among their counter-reasons. Facts of a calendar (overdue, renewal, vacancy,
relet) accuse nobody of hiding anything, and welfare is help: neither comes here.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from core import texts
from core.errors import InvalidValue
from occupancy.arrays import Bools, Doubles
from occupancy.findings import Finding, Verdict, doubt_when_raised
from occupancy.rules.base import Reason, Stage

ACCUSING = frozenset({"sublet", "swap", "extra_resident"})
LOCAL_MOST = 0.2  # doubt of a single case
GROWN = 2.0  # so many times the doubt it was raised at is news of its own
_ROUNDING = 1e-9  # 1 - 0.95 is a little more than 0.05
HELD = "discovery.held"
TEXTS = {
    HELD: (
        "暂不列为疑似：与本小区其他线索相比把握不足（疑似中预计不属实的不得超过{percent}%）。",
        "Held back: too uncertain beside the others (at most {percent} % of those suspected may be expected wrong).",
    )
}
texts.register(TEXTS)


def admit(doubt: Doubles, protected: Bools, standing: Doubles, most: float) -> Bools:
    """Which candidates of one kind and estate are raised this evening.

    Args:
        doubt: (n,) float64, 1 - p of each candidate, 0 to 1.
        protected: (n,) bool, already raised and without worse news of their own: they stay.
        standing: (m,) float64, doubts of raised findings nobody judges now: they count, and stay.
        most: the bound on the expected share of false ones, 0 to 1.

    Returns:
        (n,) bool. Equal doubts fare alike, so the order of the candidates does not matter.
    """
    if not 0 <= most <= 1 or any(((d < 0) | (d > 1)).any() for d in (doubt, standing)):
        raise InvalidValue("概率和误报上限须在0到1之间。", "Doubts and their bound lie between 0 and 1.")
    fixed, count = float(doubt[protected].sum() + standing.sum()), int(protected.sum()) + len(standing)
    asking = np.sort(doubt[~protected & (doubt <= LOCAL_MOST + _ROUNDING)])
    means = (fixed + np.cumsum(asking)) / (count + np.arange(1, len(asking) + 1))
    last_of_equals = np.append(asking[1:] > asking[:-1], np.ones(min(len(asking), 1), np.bool_))
    within = asking[(means <= most + _ROUNDING) & last_of_equals]
    limit = max(float(within.max(initial=0.0)), min(most, LOCAL_MOST))
    raised: Bools = protected | (doubt <= limit + _ROUNDING)
    return raised


def control(
    kind: str, said: Sequence[Verdict], known: Mapping[str, Finding], elsewhere: Sequence[float], percent: int
) -> list[Verdict]:
    """What a rule said about some homes of an estate, with the accusations that the bound does not carry held at watch.

    Args:
        kind: the rule's; what does not accuse passes as it is.
        said: its verdicts tonight.
        known: the open findings of this kind about the homes looked at, by home; a raised one that the rule says
            nothing of tonight still counts.
        elsewhere: probabilities of the raised findings of this kind about the estate's other homes.
        percent: `fdr_percent` of the day.
    """
    if kind not in ACCUSING:
        return list(said)
    asking = [n for n, verdict in enumerate(said) if verdict.stage >= Stage.SUSPECTED]
    spoken, most = {verdict.home for verdict in said}, percent / 100
    quiet = [finding.probability for home, finding in known.items() if home not in spoken and finding.is_raised]
    doubt = np.array([1 - said[n].probability for n in asking], np.float64)
    stays = np.array([_stays(known.get(said[n].home), 1 - said[n].probability, most) for n in asking], np.bool_)
    raised = admit(doubt, stays, 1 - np.array([*quiet, *elsewhere], np.float64), most)
    held = {n for n, goes in zip(asking, raised.tolist(), strict=True) if not goes}
    return [_held(verdict, percent) if n in held else verdict for n, verdict in enumerate(said)]


def _stays(before: Finding | None, doubt: float, most: float) -> bool:
    return before is not None and before.is_raised and doubt <= max(most, GROWN * doubt_when_raised(before))


def _held(verdict: Verdict, percent: int) -> Verdict:
    reasons = (*verdict.counter_evidence, Reason(HELD, {"percent": percent}))
    return msgspec.structs.replace(verdict, stage=Stage.WATCH, counter_evidence=reasons)
