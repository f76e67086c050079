"""Presentation attack detection by a site's own model. Off unless the site's manifest names one: none ships."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.images import Picture, require_picture
from gateway.recognisers.manifest import Liveness
from gateway.recognisers.model_files import unusable
from gateway.recognisers.sessions import Session, tensor


def surroundings(picture: Picture, box: NDArray[np.float32], margin: float, size: tuple[int, int]) -> Picture:
    """The square around a face box (4,), `margin` times its longer side, at `size` (width, height).

    Where the square leaves the picture, the border pixels are repeated.
    """
    side = max(1.0, float(box[2:].max()) * margin)
    corner = box[:2] + box[2:] / 2 - side / 2
    scale = np.array(size, np.float64) / side
    matrix = np.array([[scale[0], 0.0, -corner[0] * scale[0]], [0.0, scale[1], -corner[1] * scale[1]]])
    warped = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return require_picture(warped)


class LivenessDetector:
    """A network that tells a live face from a picture, a screen or a mask. For one thread."""

    def __init__(self, model: Liveness) -> None:
        """Raises ModelMissing, ModelChanged, or ModelUnusable where the live class is not among the outputs."""
        self._model = model
        self._session = Session(model)
        self._size = (model.input.width, model.input.height)
        classes = self._classes(np.zeros((*self._size[::-1], 3), np.uint8)).size
        if model.live_class >= classes:
            raise unusable(model, f"{classes} classes, live_class {model.live_class}")

    def score(self, picture: Picture, box: NDArray[np.float32]) -> float:
        """How sure the model is that the face in `box` (4,) is alive, 0..1."""
        values = self._classes(surroundings(picture, box, self._model.margin, self._size))
        if self._model.output == "logits":
            grown = np.exp(values - values.max())
            values = grown / grown.sum()
        return float(np.clip(values[self._model.live_class], 0.0, 1.0))

    def _classes(self, crop: Picture) -> NDArray[np.float64]:
        return self._session.run(tensor(crop[None], self._model.input))[0].astype(np.float64).ravel()
