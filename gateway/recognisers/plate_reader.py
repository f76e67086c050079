"""Reading flattened plates: CTC line readers, a batch at a time."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.ctc import Line, greedy
from gateway.recognisers.images import Picture
from gateway.recognisers.manifest import PlateReading
from gateway.recognisers.model_files import unusable
from gateway.recognisers.opencv import single_thread
from gateway.recognisers.plate_grammar import CHARACTERS
from gateway.recognisers.sessions import Session

# Both readers were trained on lines padded to this; padded to 128 and 192 they read 451 and 492 of 510 crops for 504
# and 502.
WIDTH = 320
BATCH = 16  # bounds memory; more is no faster


class PlateReader:
    """One line reader, its alphabet narrowed to what stands on plates. For one thread."""

    def __init__(self, model: PlateReading) -> None:
        """Raises ModelMissing, ModelChanged, or ModelUnusable where alphabet and network do not fit."""
        single_thread()
        self.model = model.id
        self._height = model.height
        self._session = Session(model)
        alphabet = model.alphabet or "".join(self._session.metadata(model.alphabet_key).splitlines())
        classes = self._probabilities([np.zeros((model.height, model.height, 3), np.uint8)]).shape[2]
        if classes not in {len(alphabet) + 1, len(alphabet) + 2}:  # some networks have a class for the space, last
            raise unusable(model, f"{classes} classes for {len(alphabet)} characters")
        columns = [index for index, character in enumerate(alphabet) if character in CHARACTERS]
        self._alphabet = [alphabet[index] for index in columns]
        self._columns = np.array([0, *(index + 1 for index in columns)])

    def read(self, crops: Sequence[Picture]) -> list[Line]:
        """One line for each crop (any height and width, 3) uint8; an empty crop gives an empty line."""
        return [line for part in _parts(crops) for line in greedy(self._narrowed(part), self._alphabet)]

    def _narrowed(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        return self._probabilities(crops)[:, :, self._columns]

    def _probabilities(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        return self._session.run(np.stack([line_tensor(crop, self._height) for crop in crops]))[0]


def line_tensor(crop: Picture, height: int) -> NDArray[np.float32]:
    """A crop scaled to `height`, in -1..1, zero-padded (or squeezed) to WIDTH: (3, height, WIDTH) float32."""
    line = np.zeros((3, height, WIDTH), np.float32)
    if crop.size:
        width = min(WIDTH, max(1, round(height * crop.shape[1] / crop.shape[0])))
        scaled = cv2.resize(crop, (width, height), interpolation=cv2.INTER_CUBIC)
        line[:, :, :width] = scaled.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return line


def _parts(crops: Sequence[Picture]) -> Iterator[Sequence[Picture]]:
    for start in range(0, len(crops), BATCH):
        yield crops[start : start + BATCH]
