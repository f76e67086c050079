"""The minutiae network: a grey picture of a finger in, minutiae out.

LEADER (R. Cappelli, pyfing; MIT) looks at 500 dpi and gives for every pixel a heat map, a direction (radians,
counter-clockwise, as the standards count it), ending or fork, and the heat map again where it is a local maximum. Its
time grows with the pixels, so only the part of the picture that shows ridges is handed to it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.manifest import FingerMinutiae
from gateway.recognisers.model_files import unusable
from gateway.recognisers.sessions import Session

Grey = NDArray[np.uint8]  # (h, w)

DPI = 500
LEAST_QUALITY = 0.2  # below, a maximum of the heat map is more often noise than a minutia
MOST_MINUTIAE = 255  # a record holds no more of a view
_MULTIPLE = 32  # the network halves its picture five times
_BLOCK = 16  # side of the squares in which ridges are looked for, pixels
_RIDGES = 12.0  # deviation of brightness from which a square shows ridges
_BORDER = 24  # kept around them, pixels: the network wants to see where ridges end
_ENDING = 0.5
_DIRECTION, _KIND, _PEAK, _CHANNELS = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The minutiae of one picture, the best first.

    Attributes:
        points: (n, 4) float64: column and row in the picture as given, direction in radians, quality 0..1; n may be 0.
        endings: (n,) bool; else a fork.
    """

    points: NDArray[np.float64]
    endings: NDArray[np.bool_]


class MinutiaeNetwork:
    """The network of one manifest entry. For one thread."""

    def __init__(self, model: FingerMinutiae) -> None:
        """Raises ModelMissing, ModelChanged, or ModelUnusable where the file gives other channels."""
        self._session = Session(model)
        shape = self._session.run(np.zeros((1, _MULTIPLE, _MULTIPLE, 1), np.float32))[0].shape
        if shape != (1, _MULTIPLE, _MULTIPLE, _CHANNELS):
            raise unusable(model, f"output of shape {shape}")

    def find(self, grey: Grey) -> Found:
        """The minutiae of a picture (h, w) uint8 at DPI, ridges dark; none where it shows no ridges."""
        box = ridge_box(grey)
        if box is None:
            return Found(points=np.empty((0, 4)), endings=np.empty(0, np.bool_))
        top, left, bottom, right = box
        part, (above, before) = padded(grey[top:bottom, left:right])
        channels = self._session.run(part.astype(np.float32)[None, :, :, None])[0][0]
        channels = channels[above : above + bottom - top, before : before + right - left].astype(np.float64)
        rows, columns = np.nonzero(channels[..., _PEAK] >= LEAST_QUALITY)
        there = channels[rows, columns]
        best = np.argsort(-there[:, _PEAK], kind="stable")[:MOST_MINUTIAE]
        points = np.stack([columns + left, rows + top, there[:, _DIRECTION], there[:, _PEAK]], axis=1)
        return Found(points=points[best], endings=there[best, _KIND] >= _ENDING)


def at_500_dpi(grey: Grey, dpi: int) -> Grey:
    """The picture (h, w) brought from `dpi` to the network's resolution."""
    if dpi == DPI:
        return grey
    height, width = (max(1, round(side * DPI / dpi)) for side in grey.shape)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def ridge_box(grey: Grey) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right (exclusive) of what shows ridges, with a border; None where nothing does."""
    height, width = grey.shape
    down, across = height // _BLOCK, width // _BLOCK
    squares = grey[: down * _BLOCK, : across * _BLOCK].reshape(down, _BLOCK, across, _BLOCK)
    rows, columns = np.nonzero(squares.astype(np.float32).std(axis=(1, 3)) >= _RIDGES)
    if not len(rows):
        return None
    top, bottom = _grown(int(rows.min()), int(rows.max()), height)
    left, right = _grown(int(columns.min()), int(columns.max()), width)
    return top, left, bottom, right


def padded(grey: Grey) -> tuple[Grey, tuple[int, int]]:
    """The picture with its brightest tone around it up to the network's multiple, and what was put above and before."""
    height, width = grey.shape
    more_rows, more_columns = -height % _MULTIPLE, -width % _MULTIPLE
    above, before = more_rows // 2, more_columns // 2
    tone = int(np.percentile(grey, 95))  # the sensor's bare surface
    sides = (above, more_rows - above, before, more_columns - before)
    canvas = cv2.copyMakeBorder(grey, *sides, cv2.BORDER_CONSTANT, value=(tone,))
    return canvas.astype(np.uint8), (above, before)


def _grown(first: int, last: int, length: int) -> tuple[int, int]:
    """From blocks `first` to `last` to pixels: a border around, then a multiple, as far as the picture goes."""
    start, stop = max(0, first * _BLOCK - _BORDER), min(length, (last + 1) * _BLOCK + _BORDER)
    wanted = min(length, -(-(stop - start) // _MULTIPLE) * _MULTIPLE)
    start = max(0, start - (wanted - (stop - start)) // 2)
    return min(start, length - wanted), min(start, length - wanted) + wanted
