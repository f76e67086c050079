"""From scores to an identity, or to none: ACCEPTED, AMBIGUOUS or UNKNOWN.

Let s1 >= s2 be the scores of the two best distinct persons, t the threshold, m the margin.

    s1 < t                  UNKNOWN    a stranger, or a bad picture
    s1 >= t, s1 - s2 < m    AMBIGUOUS  two people too alike (twins): a second factor decides
    s1 >= t, s1 - s2 >= m   ACCEPTED

Nobody under the threshold leaves this module: the nearest person to a stranger is not an identity and is never shown,
published or stored. Scores may be: they name nobody.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from recognition.arrays import NOBODY, Bools, Doubles, Int32s, UInt8s, read_only, require
from recognition.matches import Matches
from recognition.thresholds import Threshold


class Status(IntEnum):
    """What the scores say, as uint8 in arrays."""

    UNKNOWN = 0
    AMBIGUOUS = 1
    ACCEPTED = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identities:
    """The identity of each of B probes.

    Attributes:
        status: (B,) uint8 of Status.
        persons: (B,) int32 handles; NOBODY unless ACCEPTED.
        candidates: (B, 2) int32 handles for a second factor to choose from, only where AMBIGUOUS and only those at or
            above the threshold; else NOBODY. Not for display, messages or storage.
        scores: (B,) float64, the best score, NO_SCORE where there was nobody to compare with.
        margins: (B,) float64, its lead over the second person.
    """

    status: UInt8s
    persons: Int32s
    candidates: Int32s
    scores: Doubles
    margins: Doubles

    def __len__(self) -> int:
        return len(self.status)


def identify(matches: Matches, threshold: Threshold) -> Identities:
    """Decide about each probe of `matches`, (B,); B may be 0."""
    best, second = matches.scores[:, 0], matches.scores[:, 1]
    known = (best >= threshold.value) & (matches.persons[:, 0] != NOBODY)
    alike = known & (best - second < threshold.margin) & (matches.persons[:, 1] != NOBODY)
    status = np.full(len(matches), Status.UNKNOWN, np.uint8)
    status[known] = Status.ACCEPTED
    status[alike] = Status.AMBIGUOUS
    candidates = np.where(alike[:, None] & (matches.scores >= threshold.value), matches.persons, np.int32(NOBODY))
    return Identities(
        status=read_only(status),
        persons=read_only(np.where(known & ~alike, matches.persons[:, 0], np.int32(NOBODY))),
        candidates=read_only(candidates),
        scores=read_only(best.copy()),
        margins=read_only(best - second),
    )


def doubt(identities: Identities, doubtful: Bools) -> Identities:
    """Turn ACCEPTED into AMBIGUOUS where `doubtful`, (B,) bool: two readers disagree, liveness or quality is too low.

    The person accepted becomes the only candidate for the second factor; UNKNOWN and AMBIGUOUS stay as they are.
    """
    require(doubtful, np.bool_, (len(identities),), "doubtful")
    changed = doubtful & (identities.status == Status.ACCEPTED)
    candidates = identities.candidates.copy()
    candidates[changed, 0] = identities.persons[changed]
    return Identities(
        status=read_only(np.where(changed, np.uint8(Status.AMBIGUOUS), identities.status)),
        persons=read_only(np.where(changed, np.int32(NOBODY), identities.persons)),
        candidates=read_only(candidates),
        scores=identities.scores,
        margins=identities.margins,
    )
