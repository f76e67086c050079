"""Finding faces: YuNet through OpenCV, on a picture made small enough to be quick."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.images import Picture, pad, shrink
from gateway.recognisers.manifest import FaceDetection
from gateway.recognisers.model_files import read_model
from gateway.recognisers.opencv import network_buffer, single_thread

SIDE = 640  # longer side searched; 640 x 360 takes 14 ms, 1280 x 720 takes 64
MIN_SCORE = 0.7  # all of 1,068 LFW pictures give a face at this score
_LEAST = 96  # below 64 pixels OpenCV's network reads memory it never wrote, and now and then finds a face there
_NMS = 0.3
_TOP_K = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Faces:
    """All faces of a picture, the largest first.

    Attributes:
        boxes: (n, 4) float32: left, top, width, height, in pixels of the picture.
        points: (n, 5, 2) float32: eyes (the picture's left one first), nose tip, mouth corners, in pixels.
        scores: (n,) float32, 0..1.
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)


class FaceDetector:
    """YuNet. For one thread."""

    def __init__(self, model: FaceDetection) -> None:
        """Raises ModelMissing, ModelChanged or ModelUnusable."""
        single_thread()
        weights = read_model(model)
        with network_buffer(model, weights) as (buffer, no_config):
            self._network = cv2.FaceDetectorYN.create("onnx", buffer, no_config, (320, 320), MIN_SCORE, _NMS, _TOP_K)
        self._size = (320, 320)

    def detect(self, picture: Picture) -> Faces:
        """The faces of a (height, width, 3) uint8 picture; none is an empty result."""
        small, factor = shrink(picture, SIDE)
        canvas = pad(small, _LEAST)
        size = (canvas.shape[1], canvas.shape[0])
        if size != self._size:
            self._network.setInputSize(size)
            self._size = size
        _, found = self._network.detect(canvas)
        rows = np.zeros((0, 15), np.float32) if found is None else np.asarray(found, np.float32)
        rows = rows[np.isfinite(rows).all(axis=1)]
        rows = rows[np.argsort(-(rows[:, 2] * rows[:, 3]), kind="stable")]
        return Faces(
            boxes=rows[:, :4] / np.float32(factor),
            points=rows[:, 4:14].reshape(-1, 5, 2) / np.float32(factor),
            scores=np.clip(rows[:, 14], 0.0, 1.0),
        )
