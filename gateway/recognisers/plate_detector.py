"""Finding number plates: their four corners, and the picture between them made flat.

The network is zeusees' License-Plate-Detector: a RetinaFace-like net with two square priors at each cell of three
strides, giving for each a box, a score and four corners relative to the prior.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.images import Picture, pad, shrink
from gateway.recognisers.manifest import PlateDetection
from gateway.recognisers.model_files import unusable
from gateway.recognisers.opencv import single_thread
from gateway.recognisers.sessions import Session

SIDE = 1024  # longer side searched: 51 ms for 1024 x 636
MIN_SCORE = 0.5
CROP = (168, 48)  # width and height of a flattened plate
_LEAST = 64
_OVERLAP = 0.4  # boxes that overlap more are one plate
_MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red
_PRIORS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))  # stride, sides
_CENTRE_VARIANCE, _SIZE_VARIANCE = 0.1, 0.2
_CORNERS = [2, 3, 0, 1]  # the network's: right-bottom, left-bottom, left-top, right-top
_WIDEN = np.array([1.04, 1.08], np.float32)  # the corners sit on the characters' frame; its rim helps the readers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quads:
    """The plates of a picture, the largest and surest first.

    Attributes:
        corners: (n, 4, 2) float32: left-top, right-top, right-bottom, left-bottom, in pixels of the picture.
        scores: (n,) float32, 0..1.
    """

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)


class PlateDetector:
    """The four-corner detector. For one thread."""

    def __init__(self, model: PlateDetection) -> None:
        """Raises ModelMissing, ModelChanged or ModelUnusable."""
        single_thread()
        self._session = Session(model)
        shapes = [output.shape[1:] for output in self._run(np.zeros((_LEAST, _LEAST, 3), np.uint8))]
        count = len(_priors(_LEAST, _LEAST))
        if shapes != [(count, 4), (count, 2), (count, 8)]:
            raise unusable(model, f"outputs {shapes}")

    def detect(self, picture: Picture) -> Quads:
        """The plates of a (height, width, 3) uint8 picture; none is an empty result."""
        small, factor = shrink(picture, SIDE)
        canvas = pad(small, _LEAST)
        boxes, scores, corners = (output[0] for output in self._run(canvas))
        sure = np.flatnonzero(scores[:, 1] > MIN_SCORE)
        priors = _priors(canvas.shape[0], canvas.shape[1])[sure]
        found = _decode(boxes[sure], corners[sure], priors)
        kept = _distinct(found[0], scores[sure, 1])
        quads, sureness = found[1][kept] / np.float32(factor), scores[sure, 1][kept]
        order = np.argsort(-(area(quads) * sureness), kind="stable")
        return Quads(corners=quads[order], scores=sureness[order])

    def _run(self, canvas: Picture) -> list[NDArray[np.float32]]:
        centred: NDArray[np.float32] = canvas.astype(np.float32) - _MEAN
        return self._session.run(centred.transpose(2, 0, 1)[None])


def area(quads: NDArray[np.float32]) -> NDArray[np.float32]:
    """The areas (n,) of quads (n, 4, 2), in square pixels (shoelace formula)."""
    x, y = quads[..., 0], quads[..., 1]
    twice: NDArray[np.float32] = np.abs(np.sum(x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1), axis=1))
    return twice / np.float32(2)


def flatten(picture: Picture, quads: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The plates between corners (n, 4, 2), a little widened, as seen from the front: (n, 48, 168, 3) uint8."""
    width, height = CROP
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    centres = quads.mean(axis=1, keepdims=True)
    flat = np.zeros((len(quads), height, width, 3), np.uint8)
    for row, quad in enumerate(centres + (quads - centres) * _WIDEN):
        matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
        flat[row] = cv2.warpPerspective(picture, matrix, CROP, flags=cv2.INTER_CUBIC)
    return flat


@lru_cache(maxsize=4)
def _priors(height: int, width: int) -> NDArray[np.float32]:
    """Centre x, y and side of every prior (p, 3) float32, in pixels, in the network's order."""
    rows = []
    for stride, sides in _PRIORS:
        y, x = np.mgrid[: -(-height // stride), : -(-width // stride)]
        centres = (np.stack([x, y], axis=-1) + 0.5) * stride
        each = [np.concatenate([centres, np.full((*x.shape, 1), side)], axis=-1) for side in sides]
        rows.append(np.stack(each, axis=2).reshape(-1, 3))
    return np.concatenate(rows).astype(np.float32)


def _decode(
    boxes: NDArray[np.float32], corners: NDArray[np.float32], priors: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (n, 4: left, top, width, height) and corners (n, 4, 2) in pixels, from the network's offsets to priors."""
    centres, sides = priors[:, :2], priors[:, 2:]
    sizes = sides * np.exp(boxes[:, 2:] * _SIZE_VARIANCE)
    lefts = centres + boxes[:, :2] * _CENTRE_VARIANCE * sides - sizes / 2
    quads = centres[:, None] + corners.reshape(-1, 4, 2) * _CENTRE_VARIANCE * sides[:, None]
    return np.hstack([lefts, sizes]), quads[:, _CORNERS].astype(np.float32)


def _distinct(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of the boxes that stay after non-maximum suppression."""
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), MIN_SCORE, _OVERLAP)
    return np.array(kept, np.intp).ravel()
