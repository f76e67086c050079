"""Labelled pictures of plates, which half chooses and which reports, and how a plate gets harder to read."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from benchmarks import read_labels
from gateway.recognisers.images import Picture, require_picture


def labelled(data: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(file, plate) of the crops and of the scenes."""
    rows = [(row["file"], row["plate"]) for row in read_labels(data, ("file", "plate"))]
    return [row for row in rows if _is_crop(row[0])], [row for row in rows if not _is_crop(row[0])]


def held_out(file: str) -> bool:
    """Whether a crop is of the half that reports; the other half chooses."""
    return sha256(file.encode()).digest()[0] % 2 == 1


def hardships() -> list[Callable[[Picture], Picture]]:
    """Ways a plate gets harder to read: farther away, noise, motion, rotation, night. Seeded."""
    noise = np.random.default_rng(7)

    def farther(factor: float) -> Callable[[Picture], Picture]:
        def spoil(crop: Picture) -> Picture:
            small = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            return require_picture(cv2.resize(small, (crop.shape[1], crop.shape[0])))

        return spoil

    def grainy(gain: float, deviation: float) -> Callable[[Picture], Picture]:
        return lambda crop: np.clip(crop * gain + noise.normal(0, deviation, crop.shape), 0, 255).astype(np.uint8)

    def moving(pixels: int) -> Callable[[Picture], Picture]:
        kernel = np.full((1, pixels), 1 / pixels, np.float32)
        return lambda crop: require_picture(cv2.filter2D(crop, -1, kernel))

    def turned(degrees: float) -> Callable[[Picture], Picture]:
        def spoil(crop: Picture) -> Picture:
            height, width = crop.shape[:2]
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
            return require_picture(cv2.warpAffine(crop, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))

        return spoil

    return [
        farther(0.7),
        farther(0.5),
        grainy(1.0, 15.0),
        grainy(1.0, 30.0),
        grainy(0.2, 3.0),
        moving(3),
        moving(5),
        turned(4.0),
        turned(-4.0),
        turned(7.0),
    ]


def _is_crop(file: str) -> bool:
    return file.startswith("crops/")
