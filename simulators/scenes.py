"""What a camera at a barrier sees: a car's front with its plate, aslant, in some light, with blur, noise and JPEG."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.plate_numbers import PlateKind
from simulators.plates import HEIGHT, WIDTH, Picture, draw_plate

SIZE = (640, 480)  # width, height
JPEG_QUALITY = 88
_PLATE_SHARE = (0.2, 0.32)  # of the picture's width
_NOISE = (2.0, 3.5, 5.0, 6.5)  # deviations, of 255
_ROAM = 64
_CARS = np.array([[40, 40, 44], [205, 205, 208], [120, 118, 116], [60, 30, 130], [110, 60, 30], [235, 235, 235]])


def draw_scene(rng: np.random.Generator, text: str, kind: PlateKind) -> Picture:
    """A camera's picture of a car with this plate: (480, 640, 3) uint8, blue first.

    Raises:
        ValueError, FontMissing: as `draw_plate`.
    """
    scene = _car(rng)
    corners = _corners(rng, kind)
    scene = _paste(scene, draw_plate(text, kind), corners)
    return _seen(rng, scene)


def jpeg(picture: Picture) -> bytes:
    """The picture as a camera would send it."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError("the picture cannot be written as JPEG")
    return data.tobytes()


def _car(rng: np.random.Generator) -> Picture:
    """Road, bonnet, grille, lamps and bumper in plain shapes, softened."""
    width, height = SIZE
    scene = np.empty((height, width, 3), dtype=np.uint8)
    shade = np.linspace(rng.integers(130, 200), rng.integers(60, 110), height)
    scene[:] = shade[:, None, None].astype(np.uint8)
    colour = tuple(int(value) for value in rng.choice(_CARS))
    dark = tuple(value // 3 for value in colour)
    cv2.rectangle(scene, (60, 110), (width - 60, 430), colour, -1)
    cv2.ellipse(scene, (width // 2, 120), (width // 2 - 70, 60), 0, 180, 360, dark, -1)
    cv2.rectangle(scene, (200, 210), (width - 200, 265), (28, 28, 30), -1)
    for y in range(216, 262, 10):
        cv2.line(scene, (205, y), (width - 205, y), (90, 90, 92), 2)
    for x in (125, width - 125):
        cv2.ellipse(scene, (x, 235), (52, 24), 0, 0, 360, (225, 232, 235), -1)
        cv2.ellipse(scene, (x, 235), (30, 14), 0, 0, 360, (150, 160, 165), -1)
    cv2.rectangle(scene, (90, 385), (width - 90, 425), dark, -1)
    return _picture(cv2.GaussianBlur(scene, (0, 0), 2.0))


def _corners(rng: np.random.Generator, kind: PlateKind) -> NDArray[np.float32]:
    """(4, 2) float32, left-top first and clockwise: turned a little, aslant a little, somewhere on the bumper."""
    width = SIZE[0] * rng.uniform(*_PLATE_SHARE)
    height = width * HEIGHT / WIDTH[kind]
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float64) / 2 * [width, height]
    angle = rng.uniform(-0.1, 0.1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    square[:, 1] += square[:, 0] * rng.uniform(-0.08, 0.08)
    square[:, 1] *= 1 + np.sign(square[:, 0]) * rng.uniform(-0.05, 0.05)
    middle = np.array([SIZE[0] / 2 + rng.uniform(-60, 60), 325 + rng.uniform(-15, 20)])
    return np.asarray(square @ turn + middle, dtype=np.float32)


def _paste(scene: Picture, plate: Picture, corners: NDArray[np.float32]) -> Picture:
    """The plate put where its corners are; shrunk first, as warping alone would leave it jagged."""
    height, width = plate.shape[:2]
    factor = min(1.0, 1.5 * float(np.linalg.norm(corners[1] - corners[0])) / width)
    small = cv2.resize(plate, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners - np.array([left, top], dtype=np.float32))
    size = (int(right - left), int(bottom - top))
    warped = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    share = mask[..., None].astype(np.float32) / 255
    part = scene[top:bottom, left:right]
    part[:] = _picture(share * warped + (1 - share) * part)
    return scene


def _seen(rng: np.random.Generator, scene: Picture) -> Picture:
    """Light, blur and noise of the camera."""
    blurred = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.4, 0.9))
    lit = cv2.convertScaleAbs(blurred, alpha=rng.uniform(0.65, 1.15), beta=rng.uniform(0, 15))
    return add_noise(rng, _picture(lit))


def add_noise(rng: np.random.Generator, picture: Picture) -> Picture:
    """The picture with a sensor's noise on it; pieces of a few fields drawn once, as drawing is what costs."""
    height, width = picture.shape[:2]
    fields = _noise_fields(height + _ROAM, width + _ROAM)
    top, left = rng.integers(0, _ROAM, size=2)
    field = fields[int(rng.integers(len(fields)))][top : top + height, left : left + width]
    return _picture(cv2.add(picture, np.ascontiguousarray(field), dtype=cv2.CV_8U))


@lru_cache(maxsize=4)
def _noise_fields(height: int, width: int) -> list[NDArray[np.int16]]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, deviation, (height, width, 3)).astype(np.int16) for deviation in _NOISE]


def _picture(values: NDArray[Any]) -> Picture:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
