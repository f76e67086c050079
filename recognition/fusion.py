"""Several ways of recognising about one person: calibrated log-likelihood ratios, summed (R7). Pure.

Each modality says how much likelier its score is if this is the person than if it is not (`calibration`). Taken as
independent, the ratios multiply, so their logs add. A modality that was not looked at, or that could not be used, says
nothing and adds 0.

Gait is a pilot without a measured error rate. It is part of the sum, and may make an answer more careful but never
bolder: what speaks for or against a person has to do so with gait and without it. So gait opens nothing, alone or in
company, and accuses nobody.

A contradiction is a fact of its own. That a card is A's and the face clearly is not is not an average of the two: it is
a mismatch, told as such, and what the door does about it is the access policy's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from core.errors import InvalidValue
from core.facts import Modality
from recognition.arrays import Bools, Doubles, read_only

CAREFUL_ONLY = frozenset({Modality.GAIT})
BIOMETRICS = frozenset({Modality.FACE, Modality.FINGER, Modality.GAIT})  # a card or a plate is a claim, no evidence
# A hundred times likelier of somebody else: of the own person's pictures fewer than one in a hundred say so by chance.
CONTRADICTION = -log(100)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fused:
    """What the evidence says together about each of B people.

    Attributes:
        total: (B,) float64, natural log-likelihood ratio of all modalities; 0 where nothing was said.
        bold: (B,) the same without the modalities that may only make it more careful.
    """

    total: Doubles
    bold: Doubles

    def supports(self, least: float) -> Bools:
        """(B,) whether the evidence reaches `least`, with and without what may not help it."""
        return np.minimum(self.total, self.bold) >= least

    def contradicts(self, most: float = CONTRADICTION) -> Bools:
        """(B,) whether the evidence is at or below `most`, with and without what may not harm."""
        return np.maximum(self.total, self.bold) <= most


def fuse(ratios: Mapping[Modality, Doubles], count: int) -> Fused:
    """Sum the log-likelihood ratios (B,) of each modality about the same B people; NaN: it says nothing.

    Args:
        ratios: by modality, calibrated by the model that made the scores.
        count: B.

    Raises:
        InvalidValue: a modality that is no biometric, an infinite ratio, another number of people.
    """
    total, bold = np.zeros(count), np.zeros(count)
    for modality in sorted(ratios):
        said = ratios[modality]
        if modality not in BIOMETRICS or said.shape != (count,) or np.isinf(said).any():
            raise InvalidValue(
                f"“{modality}”的似然比无效：只接受生物特征的有限值。",
                f"the ratios of {modality} cannot be summed: finite ones of biometrics, one a person.",
            )
        known = np.nan_to_num(said, nan=0.0)
        total += known
        if modality not in CAREFUL_ONLY:
            bold += known
    return Fused(total=read_only(total), bold=read_only(bold))
