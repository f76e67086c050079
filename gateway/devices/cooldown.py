"""One capture for somebody who stands before a camera, not one a frame. Pure: time is an argument.

A camera that looks several times a second sees the same face again and again. What was handed over is remembered for a
while; the same face (cosine at SAME or above) or plate within that time is not handed over again, unless it is seen so
much better that the first may have been too poor to know. After that time it is a new attempt, which a person turned
away is entitled to. SAME is far below what two frames of one face a second apart show (0.8 and more with SFace) and at
the highest scores measured between strangers, so that two people at a door are two captures.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.facts import FaceProbe, PlateRead
from gateway.devices.base import Recognised

SAME = 0.5
BETTER = 0.2


class _Handed(msgspec.Struct):
    """What was handed over: its key (model or plate), its vector (d,) float32 for faces, when, and how good."""

    key: str
    vector: NDArray[np.float32] | None
    at: float
    quality: float


class Cooldown:
    """Remembers for `seconds` what one camera handed over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._handed: list[_Handed] = []

    def fresh(self, found: Sequence[Recognised], now: float) -> list[Recognised]:
        """Those of `found` that are to be handed over now; they count as handed."""
        self._handed = [one for one in self._handed if now - one.at < self._seconds]
        return [one for one in found if self._is_fresh(one, now)]

    def _is_fresh(self, one: Recognised, now: float) -> bool:
        key, vector = _features(one)
        for known in self._handed:
            if known.key == key and _same(known.vector, vector):
                better = one.quality >= known.quality + BETTER
                known.quality = max(known.quality, one.quality) if better else known.quality
                return better
        self._handed.append(_Handed(key, vector, now, one.quality))
        return True


def _features(one: Recognised) -> tuple[str, NDArray[np.float32] | None]:
    if isinstance(one.probe, FaceProbe):
        return one.probe.model, np.frombuffer(one.probe.embedding, np.dtype("<f4"))
    if isinstance(one.probe, PlateRead):
        return one.probe.text, None
    raise TypeError(f"no camera sees {type(one.probe).__name__}")


def _same(known: NDArray[np.float32] | None, vector: NDArray[np.float32] | None) -> bool:
    if known is None or vector is None:
        return known is None and vector is None
    return known.shape == vector.shape and float(known @ vector) >= SAME
