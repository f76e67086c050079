"""P-MCC: a cylinder as 128 bits that do not lead back to the minutiae.

Ferrara, Maltoni, Cappelli, "Noninvertible Minutia Cylinder-Code representation", IEEE TIFS 7(6), 2012: a cylinder is
projected on the principal axes of cylinders (the Karhunen-Loeve transform), and only the signs are kept.

The axes come from drawn fingers, not from anybody's: minutiae strewn over fields of ridge directions after Sherlock and
Monro, "A model for interpreting fingerprint topology" (Pattern Recognition 26(7), 1993), a core and a delta or two
each. So nothing that was measured on real fingers is built in, and no real finger ships with the software. A process
draws them once; codes are never stored or sent, so two processes need not agree to the last bit.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh  # type: ignore[import-untyped]

from recognition.arrays import Bools, Doubles, Floats, read_only
from recognition.fingers import cylinders
from recognition.fingers.minutiae import Minutiae

Codes = NDArray[np.uint64]  # (n, WORDS)
WORDS = 2
CODE_BITS = 64 * WORDS
_SEED, _FINGERS = 19794, 300
_WIDTH, _HEIGHT = 260.0, 340.0  # a fingertip on a sensor, pixels at 500 dpi
_APART = 12.0  # no two minutiae are nearer, pixels
_FLIPS = 0.5  # a ridge may be followed either way


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Where cylinders are cut to codes.

    Attributes:
        middle: (BITS,) float32, the mean cylinder.
        axes: (BITS, CODE_BITS) float32, orthonormal columns.
    """

    middle: Floats
    axes: Floats

    @classmethod
    def fitted(cls, bits: Bools) -> "Projection":
        """The principal axes of cylinders (n, BITS) bool, n > CODE_BITS."""
        rows = bits.astype(np.float64)
        middle = rows.mean(axis=0)
        rows -= middle
        size = cylinders.BITS
        _, vectors = eigh(rows.T @ rows, subset_by_index=(size - CODE_BITS, size - 1))
        return cls(read_only(middle.astype(np.float32)), read_only(np.ascontiguousarray(vectors, np.float32)))

    def codes(self, bits: Bools) -> Codes:
        """Codes (n, WORDS) uint64 of cylinders (n, BITS) bool."""
        signs = (bits.astype(np.float32) - self.middle) @ self.axes > 0
        packed: Codes = np.packbits(signs, axis=1).view(np.uint64)
        return packed


@cache
def default() -> Projection:
    """The projection every gallery uses, drawn once a process."""
    rng = np.random.default_rng(_SEED)
    drawn = [cylinders.build(draw_finger(rng), quality=1.0).bits for _ in range(_FINGERS)]
    return Projection.fitted(np.concatenate(drawn))


def draw_finger(rng: np.random.Generator) -> Minutiae:
    """The minutiae of a drawn finger: 30 to 70, strewn over a field of ridge directions."""
    places: list[Doubles] = []
    wanted = int(rng.integers(30, 70))
    while len(places) < wanted:
        place = rng.uniform((0, 0), (_WIDTH, _HEIGHT))
        if all(np.hypot(*(place - other)) >= _APART for other in places):
            places.append(place)
    spots = np.array(places)
    flow = _flow(spots, rng) + rng.normal(0, 0.1, wanted) + np.pi * (rng.random(wanted) < _FLIPS)
    xyt = np.concatenate([spots, np.mod(flow, 2 * np.pi)[:, None]], axis=1)
    return Minutiae(xyt=read_only(xyt), quality=read_only(np.ones(wanted)))


def _flow(spots: Doubles, rng: np.random.Generator) -> Doubles:
    """Ridge directions (n,) at spots (n, 2): half the angles around the cores less those around the deltas."""
    middle = np.array([_WIDTH / 2, _HEIGHT / 2])
    loops = int(rng.integers(1, 3))
    angles = np.full(len(spots), rng.normal(0, 0.3))
    for sign in (1, -1):
        for _ in range(loops):
            spread = (30, 50) if sign > 0 else (120, 60)
            centre = middle + rng.normal(0, spread, 2) - (0, 110 if sign < 0 else 0)
            angles += sign * 0.5 * np.arctan2(spots[:, 1] - centre[1], spots[:, 0] - centre[0])
    return angles
