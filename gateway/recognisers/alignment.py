"""Bringing a face into the position its embedding network was trained on: one similarity transform of five points."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.images import Picture, require_picture

SIDE = 112
# Eyes (the picture's left one first), nose tip, mouth corners in the 112 x 112 crop: the ArcFace template, SFace's too.
TEMPLATE: NDArray[np.float64] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


def similarity(points: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The (2, 3) matrix of rotation, scale and shift that brings `points` (n, 2) nearest to `target` (n, 2).

    Least squares in closed form, points as complex numbers (Umeyama 1991 without reflection). Points that all
    coincide have no scale: the result then only shifts.
    """
    source = points[:, 0] + 1j * points[:, 1]
    wanted = target[:, 0] + 1j * target[:, 1]
    centred = source - source.mean()
    spread = float(np.sum(np.abs(centred) ** 2))
    turn = complex(np.sum(np.conj(centred) * (wanted - wanted.mean())) / spread) if spread > 0 else 1.0 + 0.0j
    shift = complex(wanted.mean() - turn * source.mean())
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def align(picture: Picture, points: NDArray[np.float32]) -> Picture:
    """The (112, 112, 3) crop of the face with these five points (5, 2), in pixels of `picture`."""
    return require_picture(cv2.warpAffine(picture, similarity(points, TEMPLATE), (SIDE, SIDE), flags=cv2.INTER_LINEAR))
