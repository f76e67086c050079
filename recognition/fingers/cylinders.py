"""Minutia Cylinder-Code: what the neighbourhood of each minutia looks like, in bits.

Cappelli, Ferrara, Maltoni, "Minutia Cylinder-Code: a new representation and matching technique for fingerprint
recognition", IEEE TPAMI 32(12), 2010. A cylinder stands on each minutia, turned to its direction: SIDE x SIDE cells
over the ground, LAYERS over the difference of directions. A cell's value sums what each neighbour contributes by
distance and by direction; a bit says whether it is large enough. Cells too far from where minutiae were found say
nothing.

The sum is separable. In the cylinder's own frame the Gaussian of a distance is a product of one of x and one of y, so
that 2 x SIDE exponentials a neighbour do instead of SIDE x SIDE. The paper cuts the Gaussian off at three deviations;
we do not: what lies beyond is a twentieth of BIT at most.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf  # type: ignore[import-untyped]

from recognition.arrays import Bools, Doubles, Floats, read_only
from recognition.fingers.minutiae import Minutiae

RADIUS = 70.0  # pixels at 500 dpi
SIDE, LAYERS = 16, 6
SPREAD = 28 / 3  # sigma_s, pixels
TURN_SPREAD = 2 * np.pi / 9  # sigma_d, radians
MARGIN = 50.0  # omega: a cell this far outside the hull of the minutiae still says something, pixels
LEAST_VALID = 0.75  # min_VC: share of cells that must say something
LEAST_NEIGHBOURS = 2  # min_M
BIT = 0.01  # a cell is set at this value; the paper's 0.005 does a little worse with this extractor

_STEP = 2 * RADIUS / SIDE
_CENTRES = (np.arange(SIDE) + 0.5) * _STEP - RADIUS
_INSIDE = _CENTRES[:, None] ** 2 + _CENTRES[None, :] ** 2 <= RADIUS**2  # [y, x]
_CELL_Y, _CELL_X = _CENTRES[np.nonzero(_INSIDE)[0]], _CENTRES[np.nonzero(_INSIDE)[1]]
CELLS = len(_CELL_X)  # of the ground; 208 of 256 lie inside the circle
BITS = CELLS * LAYERS
_LAYER_TURNS = -np.pi + (np.arange(LAYERS) + 0.5) * 2 * np.pi / LAYERS
_PEAK = 1 / (SPREAD * np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cylinders:
    """The cylinders of one impression; only minutiae with enough neighbourhood have one.

    Attributes:
        xyt: (m, 3) float32, their minutiae, as in Minutiae.
        bits: (m, BITS) bool, cell by cell, the layers of a cell together; False where a cell says nothing.
        valid: (m, CELLS) bool, which cells say something.
    """

    xyt: Floats
    bits: Bools
    valid: Bools

    def __len__(self) -> int:
        return len(self.xyt)


def wrap(angles: Doubles) -> Doubles:
    """Angles brought to [-pi, pi]."""
    wrapped: Doubles = angles - 2 * np.pi * np.rint(angles / (2 * np.pi))
    return wrapped


def build(minutiae: Minutiae, *, quality: float) -> Cylinders:
    """The cylinders of the minutiae of this quality or better; none where there are too few of them."""
    xyt = minutiae.at_least(quality).xyt
    if len(xyt) <= LEAST_NEIGHBOURS:
        return _cylinders(xyt[:0], np.zeros((0, BITS), np.bool_), np.zeros((0, CELLS), np.bool_))
    values, valid = cell_values(xyt), said_cells(xyt)
    apart = np.hypot(*(xyt[:, None, :2] - xyt[None, :, :2]).transpose(2, 0, 1))
    neighbours = (apart <= RADIUS + 3 * SPREAD).sum(axis=1) - 1
    kept = (valid.mean(axis=1) >= LEAST_VALID) & (neighbours >= LEAST_NEIGHBOURS)
    bits = (values >= BIT) & valid[:, :, None]
    return _cylinders(xyt[kept], bits[kept].reshape(-1, BITS), valid[kept])


def cell_values(xyt: Doubles) -> Doubles:
    """C_m(i, j, k) before the sigmoid, (n, CELLS, LAYERS), of n >= 1 minutiae, as if every cell said something."""
    along, across = _own_frames(xyt)
    weight_x = np.exp(-((_CENTRES - along[..., None]) ** 2) / (2 * SPREAD**2))  # (n, n, SIDE)
    weight_y = np.exp(-((_CENTRES - across[..., None]) ** 2) / (2 * SPREAD**2)) * _PEAK
    turns = wrap(xyt[:, None, 2] - xyt[None, :, 2])
    share = _turn_share(wrap(_LAYER_TURNS - turns[..., None]))  # (n, n, LAYERS)
    share[np.arange(len(xyt)), np.arange(len(xyt))] = 0.0  # a minutia is no neighbour of its own
    loads = (weight_x[..., None] * share[:, :, None, :]).reshape(len(xyt), len(xyt), SIDE * LAYERS)
    ground = np.matmul(weight_y.transpose(0, 2, 1), loads).reshape(len(xyt), SIDE, SIDE, LAYERS)
    inside: Doubles = ground[:, _INSIDE, :]
    return inside


def said_cells(xyt: Doubles) -> Bools:
    """Which cells (n, CELLS) bool lie inside the hull of the n >= 1 minutiae, or within MARGIN of it."""
    cos, sin = np.cos(xyt[:, 2:]), np.sin(xyt[:, 2:])
    x = xyt[:, :1] + cos * _CELL_X - sin * _CELL_Y
    y = xyt[:, 1:2] + sin * _CELL_X + cos * _CELL_Y
    hull = convex_hull(xyt[:, :2])
    inside, near = np.ones(x.shape, np.bool_), np.zeros(x.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        dx, dy = bx - ax, by - ay
        inside &= dx * (y - ay) >= dy * (x - ax)
        share = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0.0, 1.0)
        near |= (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2 <= MARGIN**2
    return near | inside if len(hull) > 2 else near  # two points have no inside


def convex_hull(points: Doubles) -> Doubles:
    """Corners (h, 2) of the convex hull of points (n, 2), counter-clockwise, h <= n (Andrew's monotone chain)."""
    ordered = sorted(set(map(tuple, points.tolist())))

    def chain(row: list[tuple[float, float]]) -> list[tuple[float, float]]:
        corners: list[tuple[float, float]] = []
        for px, py in row:
            while len(corners) > 1:
                (ax, ay), (bx, by) = corners[-2:]
                if (bx - ax) * (py - ay) - (by - ay) * (px - ax) > 0:
                    break
                corners.pop()
            corners.append((px, py))
        return corners

    lower, upper = chain(ordered), chain(ordered[::-1])
    return np.array([*lower[:-1], *upper[:-1]] or ordered)


def _own_frames(xyt: Doubles) -> tuple[Doubles, Doubles]:
    """Where each minutia t lies along and across the direction of each minutia m, both (m, t)."""
    dx, dy = xyt[None, :, 0] - xyt[:, None, 0], xyt[None, :, 1] - xyt[:, None, 1]
    cos, sin = np.cos(xyt[:, 2:]), np.sin(xyt[:, 2:])
    return cos * dx + sin * dy, cos * dy - sin * dx


def _turn_share(turns: Doubles) -> Doubles:
    """The integral of the directional Gaussian over a layer, its middle `turns` away."""
    half, scale = np.pi / LAYERS, TURN_SPREAD * np.sqrt(2)
    share: Doubles = 0.5 * (erf((turns + half) / scale) - erf((turns - half) / scale))
    return share


def _cylinders(xyt: Doubles, bits: Bools, valid: Bools) -> Cylinders:
    return Cylinders(xyt=read_only(xyt.astype(np.float32)), bits=read_only(bits), valid=read_only(valid))
