"""Minutiae on one scale, whatever record they came from."""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Doubles, read_only, require
from recognition.fingers.records import UNKNOWN_QUALITY, FingerRecord, Standard, View

_PPCM = 500 / 2.54  # the scale of everything that compares fingers: 500 dpi
_ENDING, _BIFURCATION = 1, 2
_GOLDEN = (np.sqrt(5) - 1) / 2  # its multiples fill the unit interval evenly (Weyl)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minutiae:
    """The minutiae of one impression.

    Attributes:
        xyt: (n, 3) float64: x to the right, y **upwards**, in pixels at 500 dpi; direction in radians,
            counter-clockwise, in [0, 2 pi). n may be 0. The origin means nothing.
        quality: (n,) float64, 0..1; 1 where the record says nothing, as a device that does not tell has chosen already.
    """

    xyt: Doubles
    quality: Doubles

    def __post_init__(self) -> None:
        require(self.xyt, np.float64, (None, 3), "minutiae")
        require(self.quality, np.float64, (len(self.xyt),), "quality")

    def __len__(self) -> int:
        return len(self.xyt)

    def at_least(self, quality: float) -> "Minutiae":
        """Those of this quality or better."""
        kept = self.quality >= quality
        return Minutiae(xyt=read_only(self.xyt[kept]), quality=read_only(self.quality[kept]))

    def best_first(self, most: int) -> "Minutiae":
        """The `most` of the best quality, the best first; equals in an order that prefers no part of the finger."""
        strewn = np.modf(np.arange(len(self)) * _GOLDEN)[0]
        order = np.lexsort((strewn, -self.quality))[:most]
        return Minutiae(xyt=read_only(self.xyt[order]), quality=read_only(self.quality[order]))


def from_view(record: FingerRecord, view: View) -> Minutiae:
    """The minutiae of one view of a record."""
    x, y, _kind, angle, quality = view.minutiae.astype(np.float64).T
    scaled = [x * (_PPCM / view.ppcm_x), -y * (_PPCM / view.ppcm_y), np.deg2rad(angle * record.angle_unit)]
    told = np.where(quality > 100, 1.0, quality / 100)  # 101-253 are reserved, 254 is not reported
    return Minutiae(xyt=read_only(np.stack(scaled, axis=1)), quality=read_only(told))


def to_record(
    points: Doubles, endings: np.ndarray[tuple[int], np.dtype[np.bool_]], *, width: int, height: int, quality: int
) -> FingerRecord:
    """An ISO/IEC 19794-2:2005 record of one live plain impression at 500 dpi.

    Args:
        points: (n, 4) float64: column and row in the image (row 0 on top), direction in radians counter-clockwise,
            quality 0..1; n up to MAX_MINUTIAE.
        endings: (n,) bool, whether a ridge ends there; else it forks.
        width, height: of the image, pixels.
        quality: of the impression, 0-100, or UNKNOWN_QUALITY.
    """
    rows = np.empty((len(points), 5), np.uint16)
    rows[:, :2] = np.rint(points[:, :2])
    rows[:, 2] = np.where(endings, _ENDING, _BIFURCATION)
    rows[:, 3] = np.rint(np.mod(points[:, 2], 2 * np.pi) * (256 / (2 * np.pi))).astype(np.uint16) % 256
    rows[:, 4] = np.clip(np.rint(points[:, 3] * 100), 1, 100)
    view = View(width=width, height=height, quality=quality, minutiae=read_only(rows))
    return FingerRecord(standard=Standard.ISO_2005, views=(view,))


def best_view(record: FingerRecord) -> View:
    """The view with the best quality (one that tells before one that does not), then with the most minutiae."""
    return max(record.views, key=lambda v: (v.quality < UNKNOWN_QUALITY, v.quality % UNKNOWN_QUALITY, len(v.minutiae)))
