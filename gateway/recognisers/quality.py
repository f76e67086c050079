"""How good a face picture is, and what the person or the installer can do about it. Pure: numbers in, numbers out.

In the spirit of ISO/IEC 29794-5: several capture-related measures, each mapped to 0..1, and one unified score. The
score is the product of the parts, so one bad part makes a bad picture, and a better part never makes a worse score.

The ramps come from degrading enrolment pictures of LFW and watching the genuine score (median 0.67 untouched): eyes
12 pixels apart gave 0.61 and 8 gave 0.48; a blur of 2.7 pixels of the aligned face gave 0.54 and of 4 gave 0.36; a mean
brightness of 33 gave 0.63, of 15 gave 0.57 and of 7 gave 0.41.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.texts import Text, register
from gateway.recognisers.images import Picture
from gateway.recognisers.reasons import Reason

register(
    {
        "face_unclear": Text(
            "人脸不清楚，可能被遮挡（{value:.2f}，应达到 {limit:.2f}），请露出整张脸",
            "The face is unclear, perhaps covered ({value:.2f}, wanted {limit:.2f}): show the whole face",
        ),
        "too_small": Text(
            "人脸太小（两眼相距 {value:.0f} 像素，至少 {limit:.0f}），请靠近一些",
            "The face is too small (eyes {value:.0f} pixels apart, at least {limit:.0f}): come closer",
        ),
        "look_straight": Text(
            "没有正对镜头（偏转 {value:.0f} 度，最多 {limit:.0f}），请看向镜头",
            "The face is turned away ({value:.0f} degrees, at most {limit:.0f}): look at the camera",
        ),
        "hold_upright": Text(
            "头部歪斜（{value:.0f} 度，最多 {limit:.0f}），请把头摆正",
            "The head is tilted ({value:.0f} degrees, at most {limit:.0f}): hold it upright",
        ),
        "blurred": Text(
            "图像模糊（清晰度 {value:.2f}，至少 {limit:.2f}），请站稳，或擦净镜头",
            "The picture is blurred (sharpness {value:.2f}, at least {limit:.2f}): stand still, or clean the lens",
        ),
        "too_dark": Text(
            "光线太暗（亮度 {value:.0f}，至少 {limit:.0f}），请增加照明",
            "The face is too dark (brightness {value:.0f}, at least {limit:.0f}): add light",
        ),
        "too_bright": Text(
            "光线太亮（亮度 {value:.0f}，最多 {limit:.0f}），请避开强光",
            "The face is too bright (brightness {value:.0f}, at most {limit:.0f}): avoid the strong light",
        ),
        "glare": Text(
            "人脸有强反光（占 {value:.0%}，最多 {limit:.0%}），请避开强光",
            "Light glares on the face ({value:.0%} of it, at most {limit:.0%}): avoid the strong light",
        ),
    }
)

# The five points in space, in units of the distance between the eyes, x right, y down, z away from the camera. In the
# plane: the mean of YuNet's points over LFW's enrolment pictures; in depth: common anthropometry, the nose 0.55 before
# the eyes and the mouth 0.15.
HEAD: Final[NDArray[np.float64]] = np.array(
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.575, -0.55], [-0.42, 1.03, -0.15], [0.42, 1.03, -0.15]]
)
_HEAD_INVERSE: Final = np.linalg.pinv(HEAD - HEAD.mean(axis=0))

_FACE = np.s_[36:108, 24:88]  # of the aligned crop: brows to chin, without hair and background
_SATURATED = 247  # as ISO/IEC 29794-5's over-exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMeasures:
    """What was measured of one face."""

    detection: float  # the detector's score, 0..1
    eye_distance: float  # pixels of the picture
    yaw: float  # degrees, positive: turned to the picture's right
    pitch: float  # degrees, positive: looking down
    roll: float  # degrees, positive: clockwise in the picture
    sharpness: float  # variance of the Laplacian over variance of the luminance, binned 2 x 2
    brightness: float  # mean luminance of the face, 0..255
    glare: float  # share of saturated pixels, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceQuality:
    """A unified score in 0..1 and what stands in its way, the worst first."""

    score: float
    reasons: tuple[Reason, ...]
    measures: FaceMeasures


@dataclass(frozen=True, slots=True)
class _Check:
    """One part: 0 at `worst`, 1 at `best`, a reason where the value is on the wrong side of `limit`."""

    measure: str
    worst: float
    best: float
    limit: float
    message: str

    def part(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.worst) / (self.best - self.worst)))


_CHECKS: Final = (
    _Check("detection", 0.6, 0.9, 0.8, "face_unclear"),
    _Check("eye_distance", 6.0, 20.0, 14.0, "too_small"),
    _Check("yaw", 50.0, 15.0, 30.0, "look_straight"),
    _Check("pitch", 40.0, 15.0, 25.0, "look_straight"),
    _Check("roll", 80.0, 30.0, 45.0, "hold_upright"),
    _Check("sharpness", 0.01, 0.15, 0.05, "blurred"),
    _Check("brightness", 5.0, 60.0, 35.0, "too_dark"),
    _Check("brightness", 250.0, 200.0, 220.0, "too_bright"),
    _Check("glare", 0.5, 0.1, 0.25, "glare"),
)
_ANGLES = frozenset({"yaw", "pitch", "roll"})


def pose(points: NDArray[np.floating]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees from the five points (5, 2), by a weak-perspective fit of `HEAD`.

    The head turns (yaw), then nods (pitch), then the picture turns (roll), so a tilted camera changes the roll alone.
    Points without extent have no pose: (0, 0, 0).
    """
    flat = points.astype(np.float64) - points.mean(axis=0)
    if not np.any(np.abs(flat) > 1e-6):
        return 0.0, 0.0, 0.0
    left, _, right = np.linalg.svd((_HEAD_INVERSE @ flat).T, full_matrices=False)
    across, down = left @ right  # the nearest two orthonormal rows of a rotation matrix
    away = np.cross(across, down)
    yaw = np.arctan2(away[0], away[2])
    pitch = np.arcsin(np.clip(away[1], -1.0, 1.0))
    roll = np.arctan2(-across[1], down[1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def luminance(picture: Picture) -> NDArray[np.float32]:
    """Rec. 601 luminance (h, w) float32, 0..255, of a picture."""
    return picture.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32)


def sharpness(light: NDArray[np.float32]) -> float:
    """Variance of the Laplacian of `light` (h, w), binned 2 x 2 against noise, over its variance; 0 where it is flat.

    Dividing by the variance makes it indifferent to exposure and contrast.
    """
    h, w = light.shape[0] // 2 * 2, light.shape[1] // 2 * 2
    binned = light[:h, :w].reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3))
    middle = binned[1:-1, 1:-1]
    laplacian = binned[:-2, 1:-1] + binned[2:, 1:-1] + binned[1:-1, :-2] + binned[1:-1, 2:] - 4 * middle
    return float(laplacian.var() / max(binned.var(), 1.0)) if laplacian.size else 0.0


def measure(points: NDArray[np.float32], detection: float, aligned: Picture) -> FaceMeasures:
    """The measures of a face with these five points (5, 2), this detector score and this aligned crop (112, 112, 3)."""
    yaw, pitch, roll = pose(points)
    light = luminance(aligned[_FACE])
    return FaceMeasures(
        detection=detection,
        eye_distance=float(np.hypot(*(points[1] - points[0]))),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        sharpness=sharpness(light),
        brightness=float(light.mean()),
        glare=float((light >= _SATURATED).mean()),
    )


def judge(measures: FaceMeasures) -> FaceQuality:
    """The unified score and the reasons, the worst part first; each message is given once."""
    score = 1.0
    found: list[tuple[float, Reason]] = []
    for check in _CHECKS:
        value = float(getattr(measures, check.measure))
        value = abs(value) if check.measure in _ANGLES else value
        part = check.part(value)
        score *= part
        wrong_side = value < check.limit if check.best > check.worst else value > check.limit
        if wrong_side:
            found.append((part, Reason(check.message, value, check.limit)))
    reasons: dict[str, Reason] = {}
    for _, reason in sorted(found, key=lambda row: row[0]):
        reasons.setdefault(reason.id, reason)
    return FaceQuality(score=score, reasons=tuple(reasons.values()), measures=measures)
