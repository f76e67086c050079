"""The plate recogniser: every plate of a scene, read twice, typed by the grammar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.facts import Modality
from core.texts import Text, register
from gateway.recognisers.base import PlateFound, Probe
from gateway.recognisers.ctc import Line
from gateway.recognisers.images import Picture, require_picture
from gateway.recognisers.manifest import Manifest
from gateway.recognisers.plate_detector import PlateDetector, flatten
from gateway.recognisers.plate_grammar import PlateKind, plate_kind
from gateway.recognisers.plate_reader import PlateReader
from gateway.recognisers.reasons import Reason

# Readers that give the same text still err together on smeared plates. Below this confidence of the weakest character
# of either, their agreement does not count; how it was chosen and what it costs is in docs/adr/0005-recognisers.md.
FLOOR = 0.75

register(
    {
        "plate_small": Text(
            "车牌太小（高 {value:.0f} 像素，至少 {limit:.0f}），请调整摄像机",
            "The plate is too small ({value:.0f} pixels high, at least {limit:.0f}): adjust the camera",
        ),
        "plate_unsure": Text(
            "车牌读取不确定（把握 {value:.0%}，应达到 {limit:.0%}），请人工核对",
            "The plate is hard to read ({value:.0%} sure, wanted {limit:.0%}): check it by eye",
        ),
        "readers_disagree": Text(
            "两个读取模型结果不一致，请人工核对",
            "The two readers disagree: check the plate by eye",
        ),
    }
)
_LEAST_HEIGHT = 16.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateText:
    """What two readers make of one plate together.

    Attributes:
        text: As the grammar allows it.
        kind: As the grammar types it.
        same: Both gave this text.
        confidences: (len(text),) float32: where both gave the text, the lower of the two for each character.
    """

    text: str
    kind: PlateKind
    same: bool
    confidences: NDArray[np.float32]

    @property
    def weakest(self) -> float:
        """The confidence of the least sure character."""
        return float(self.confidences.min())

    @property
    def agreed(self) -> bool:
        """Both readers gave this text, and neither was unsure of a character."""
        return self.same and self.weakest >= FLOOR


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unreadable:
    """A plate was found, but neither read is one the grammar allows.

    Attributes:
        quad: (4, 2) float32 corners as in PlateFound.
        score: The detector's, 0..1.
        reads: What the two readers gave.
    """

    quad: NDArray[np.float32]
    score: float
    reads: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateReadings:
    """All plates of a scene, the largest and surest first."""

    plates: tuple[PlateFound, ...]
    unreadable: tuple[Unreadable, ...]


def combine(first: Line, second: Line) -> PlateText | None:
    """One plate from two reads; None where neither is a plate. Of two different plates the surer one is taken.

    The surer read is the one whose weakest character is surer.
    """
    same = first.text == second.text
    if same:
        reads = [Line(text=first.text, confidences=np.minimum(first.confidences, second.confidences))]
    else:
        reads = sorted((first, second), key=lambda line: -line.weakest)
    for line in reads:
        if kind := plate_kind(line.text):
            return PlateText(text=line.text, kind=kind, same=same, confidences=line.confidences)
    return None


class PlateRecogniser:
    """The corner detector, two readers and the grammar. For one thread."""

    modality = Modality.PLATE

    def __init__(self, manifest: Manifest) -> None:
        """Loads and verifies the models; raises ModelMissing, ModelChanged or ModelUnusable."""
        self._detector = PlateDetector(manifest.plate_detection)
        self._readers = tuple(PlateReader(model) for model in manifest.plate_reading)
        self.model = "+".join(reader.model for reader in self._readers)

    def read_crops(self, crops: Sequence[Picture]) -> list[tuple[Line, Line]]:
        """What both readers make of flattened plates, each (any height and width, 3) uint8."""
        first, second = (reader.read(crops) for reader in self._readers)
        return list(zip(first, second, strict=True))

    def read(self, picture: Picture) -> PlateReadings:
        """All plates of a (height, width, 3) uint8 picture; raises UnreadableImage for anything else."""
        quads = self._detector.detect(require_picture(picture))
        plates: list[PlateFound] = []
        unreadable: list[Unreadable] = []
        lines = self.read_crops(list(flatten(picture, quads.corners)))
        for quad, score, (first, second) in zip(quads.corners, quads.scores.tolist(), lines, strict=True):
            if plate := combine(first, second):
                plates.append(self._found(plate, quad, score))
            else:
                unreadable.append(Unreadable(quad=quad, score=score, reads=(first.text, second.text)))
        return PlateReadings(plates=tuple(plates), unreadable=tuple(unreadable))

    def recognise(self, picture: Picture) -> list[Probe]:
        """See Recogniser: the plates the grammar allows."""
        return list(self.read(picture).plates)

    def _found(self, plate: PlateText, quad: NDArray[np.float32], score: float) -> PlateFound:
        return PlateFound(
            modality=self.modality,
            model=self.model,
            quality=plate.weakest,
            reasons=_reasons(plate, quad),
            text=plate.text,
            kind=plate.kind,
            agreed=plate.agreed,
            confidences=plate.confidences,
            quad=quad,
            score=score,
        )


def _reasons(plate: PlateText, quad: NDArray[np.float32]) -> tuple[Reason, ...]:
    height = float((np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2)
    rows = (
        (not plate.same, Reason("readers_disagree", 0.0, 0.0)),
        (plate.weakest < FLOOR, Reason("plate_unsure", plate.weakest, FLOOR)),
        (height < _LEAST_HEIGHT, Reason("plate_small", height, _LEAST_HEIGHT)),
    )
    return tuple(reason for holds, reason in rows if holds)
