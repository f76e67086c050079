"""What a search answers, for every modality."""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import NOBODY, Bools, Doubles, Int32s, read_only

NO_SCORE = -1.0  # beside NOBODY: the lowest cosine there is, so that thresholds and margins need no special case


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """The two best distinct persons of each of B probes; a score, not yet a decision (see `policy`).

    Attributes:
        persons: (B, 2) int32 handles, the best first; NOBODY where there is none. Equal scores: the lower handle first.
        scores: (B, 2) float64, higher is more alike; NO_SCORE where there is nobody. Faces: the cosine; plates: 1 for
            the same plate.
        usable: (B,) bool; False where the probe could not be searched (not finite, not of unit norm, too long). Such a
            probe has NOBODY, and the caller refuses its capture with that reason.
    """

    persons: Int32s
    scores: Doubles
    usable: Bools

    def __len__(self) -> int:
        return len(self.persons)


def nobody(usable: Bools) -> tuple[Int32s, Doubles]:
    """Persons and scores (B, 2) of an answer not yet written: NOBODY everywhere."""
    shape = (len(usable), 2)
    return np.full(shape, NOBODY, np.int32), np.full(shape, NO_SCORE, np.float64)


def matches(persons: Int32s, scores: Doubles, usable: Bools) -> Matches:
    """Close the three arrays to writing and hand them out."""
    return Matches(persons=read_only(persons), scores=read_only(scores), usable=read_only(usable))
