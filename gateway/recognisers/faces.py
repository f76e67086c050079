"""The face recogniser: who stands at the door, as a vector with its quality."""

from dataclasses import dataclass
from enum import StrEnum

from core.facts import Modality
from gateway.recognisers.alignment import align
from gateway.recognisers.base import FaceFound, Probe
from gateway.recognisers.face_detector import FaceDetector
from gateway.recognisers.face_embedder import open_embedder
from gateway.recognisers.images import Picture, require_picture
from gateway.recognisers.liveness import LivenessDetector
from gateway.recognisers.manifest import Manifest
from gateway.recognisers.quality import judge, measure


class FaceOutcome(StrEnum):
    """What a picture held."""

    FOUND = "face_found"
    NO_FACE = "no_face"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceReading:
    """What the recogniser saw. Several faces: the largest stands at the door; `count` says how many there were."""

    count: int
    face: FaceFound | None

    @property
    def outcome(self) -> FaceOutcome:
        """In one word, for counters and logs."""
        return FaceOutcome.FOUND if self.face else FaceOutcome.NO_FACE


class FaceRecogniser:
    """YuNet, an embedder, and a liveness model where the site has one. For one thread."""

    modality = Modality.FACE

    def __init__(self, manifest: Manifest) -> None:
        """Loads and verifies the models; raises ModelMissing, ModelChanged or ModelUnusable."""
        self.model = manifest.face_embedding.id
        self.dimension = manifest.face_embedding.dimension
        self._detector = FaceDetector(manifest.face_detection)
        self._embedder = open_embedder(manifest.face_embedding)
        self._liveness = LivenessDetector(manifest.liveness) if manifest.liveness else None

    def read(self, picture: Picture) -> FaceReading:
        """The face at the door in a (height, width, 3) uint8 picture; raises UnreadableImage for anything else."""
        faces = self._detector.detect(require_picture(picture))
        if not len(faces):
            return FaceReading(count=0, face=None)
        box, points, score = faces.boxes[0], faces.points[0], float(faces.scores[0])
        crop = align(picture, points)
        quality = judge(measure(points, score, crop))
        face = FaceFound(
            modality=self.modality,
            model=self.model,
            quality=quality.score,
            reasons=quality.reasons,
            liveness=self._liveness.score(picture, box) if self._liveness else None,
            box=box,
            points=points,
            score=score,
            embedding=self._embedder.encode([crop])[0],
        )
        return FaceReading(count=len(faces), face=face)

    def recognise(self, picture: Picture) -> list[Probe]:
        """See Recogniser: the face at the door, or nothing."""
        face = self.read(picture).face
        return [face] if face else []
