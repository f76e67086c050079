"""What every recogniser is: a picture in, probes out.

One instance belongs to one thread: the networks inside keep buffers between calls. Make one instance a thread; they
share nothing but the read-only model files.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.facts import Modality
from gateway.recognisers.images import Picture
from gateway.recognisers.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """One thing a recogniser found in a picture, ready to be compared. Compared by identity: it may hold arrays.

    Attributes:
        modality: By what.
        model: Id, with version, of what made the comparable part; never compare across models.
        quality: 0..1.
        reasons: What stands in the way of a better quality, the worst first.
        liveness: 0 (an attack) .. 1 (alive); None where no model looked.
    """

    modality: Modality
    model: str
    quality: float
    reasons: tuple[Reason, ...]
    liveness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceFound(Probe):
    """A face.

    Attributes:
        box: (4,) float32: left, top, width, height, in pixels of the picture.
        points: (5, 2) float32: eyes (the picture's left one first), nose tip, mouth corners, in pixels.
        score: The detector's, 0..1.
        embedding: (d,) float32 of unit norm, as the network gave it: raw, to be rotated under the estate's key before
            it goes anywhere. It never appears in the representation, so no log holds it.
    """

    box: NDArray[np.float32]
    points: NDArray[np.float32]
    score: float
    embedding: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateFound(Probe):
    """A number plate that the grammar allows.

    Attributes:
        text: The plate, without separators.
        kind: As the grammar types it.
        agreed: Both readers gave this text and neither was unsure; else a person looks.
        confidences: (len(text),) float32, 0..1, one a character.
        quad: (4, 2) float32: corners left-top, right-top, right-bottom, left-bottom, in pixels of the picture.
        score: The detector's, 0..1.
    """

    text: str
    kind: str
    agreed: bool
    confidences: NDArray[np.float32]
    quad: NDArray[np.float32]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FingerFound(Probe):
    """A finger.

    Attributes:
        record: ISO/IEC 19794-2:2005, to be sealed under the estate's key before it goes anywhere; never shown.
        minutiae: How many the record holds.
    """

    record: bytes = field(repr=False)
    minutiae: int


class Recogniser(Protocol):
    """Picture in, probes out: none where nothing was found, the most important first."""

    @property
    def modality(self) -> Modality:
        """What it looks for."""
        ...

    @property
    def model(self) -> str:
        """Id, with version, stored with every probe."""
        ...

    def recognise(self, picture: Picture) -> list[Probe]:
        """The probes of a (height, width, 3) uint8 picture, blue first, upright."""
        ...
