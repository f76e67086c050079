"""The second look: cylinders compared bit by bit, then made to agree with each other (LSS-R).

Cappelli, Ferrara, Maltoni 2010 (see `cylinders`), sections III and IV. The similarity of two cylinders is one minus the
distance of their bits over the sum of their lengths, where both say something. Of the best pairs of minutiae, each is
then raised or lowered by how well it fits the others: same distance, same turn between the directions, same place
around each other. The score is the mean of the pairs that kept most of what they had.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Bools, Doubles, Floats, Indices, Int64s
from recognition.fingers.cylinders import CELLS, LAYERS, Cylinders, wrap

LEAST_COMMON = 0.6  # min_ME: share of cells in which both cylinders must say something
MOST_TURN = np.pi / 2  # delta_theta: two impressions are turned against each other by less
LEAST_PAIRS, MOST_PAIRS = 4, 12  # min_np, max_np: the pairs a score is the mean of
_PAIRS_AT, _PAIRS_SLOPE = 20.0, 0.4  # mu_P, tau_P: by the smaller number of cylinders
_ROUNDS, _OWN = 5, 0.5  # n_rel, w_R
# mu and tau of the three sigmoids: distances (pixels), directions, and places around each other (radians)
_DISTANCE, _TURN, _PLACE = (5.0, -8 / 5), (np.pi / 12, -30.0), (np.pi / 12, -30.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """The cylinders of C impressions, one impression after the other.

    Attributes:
        xyt: (r, 3) float32.
        bits: (r, BITS) bool.
        valid: (r, CELLS) bool.
        counts: (C,) int64, cylinders of each impression; they sum to r, and may be 0.
    """

    xyt: Floats
    bits: Bools
    valid: Bools
    counts: Int64s


def pairs_of(left: int, right: Int64s) -> Int64s:
    """n_P: how many pairs the score of an impression of `left` cylinders with others of `right` (C,) rests on."""
    least = np.minimum(left, right)
    share = 1 / (1 + np.exp(-_PAIRS_SLOPE * (least - _PAIRS_AT)))
    return LEAST_PAIRS + np.rint(share * (MOST_PAIRS - LEAST_PAIRS)).astype(np.int64)


def rescore(probe: Cylinders, candidates: Candidates) -> Doubles:
    """The score of the probe with each candidate, (C,) float64 in [0, 1]; 0 where either has no cylinder."""
    counts = candidates.counts
    if not len(counts) or not len(probe) or not counts.any():
        return np.zeros(len(counts))
    widest = int(counts.max())
    place = np.arange(widest) < counts[:, None]  # (C, widest)
    table = np.zeros((len(counts), widest, len(probe)), np.float32)
    table[place] = similarities(probe, candidates).T
    spots = np.zeros((len(counts), widest, 3), np.float32)
    spots[place] = candidates.xyt
    most = min(len(probe), widest)
    flat = table.reshape(len(counts), -1)
    best = np.argpartition(flat, flat.shape[1] - most, axis=1)[:, -most:]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(flat, best, 1), axis=1, kind="stable"), 1)
    kept = np.arange(most) < np.minimum(len(probe), counts)[:, None]  # the n_R best pairs of each candidate
    before = np.where(kept, np.take_along_axis(flat, best, 1), 0.0).astype(np.float64)
    theirs, ours = np.divmod(best, len(probe))
    left = probe.xyt[ours].astype(np.float64)
    right = np.take_along_axis(spots, theirs[..., None], 1).astype(np.float64)
    return _mean_of_best(before, relax(before, left, right), pairs_of(len(probe), counts))


def similarities(probe: Cylinders, candidates: Candidates) -> Floats:
    """How alike each cylinder of the probe is to each of the candidates', (n, r) float32 in [0, 1]."""
    ours, theirs = probe.bits.astype(np.float32), candidates.bits.astype(np.float32)
    our_cells, their_cells = probe.valid.astype(np.float32), candidates.valid.astype(np.float32)
    both = ours @ theirs.T
    left = _by_cell(ours) @ their_cells.T  # our set bits where they say something
    right = our_cells @ _by_cell(theirs).T
    distance = np.sqrt(np.maximum(left + right - 2 * both, 0))
    lengths = np.sqrt(left) + np.sqrt(right)
    turns = wrap(probe.xyt[:, None, 2].astype(np.float64) - candidates.xyt[None, :, 2])
    comparable = (our_cells @ their_cells.T >= LEAST_COMMON * CELLS) & (lengths > 0) & (np.abs(turns) <= MOST_TURN)
    alike: Floats = np.where(comparable, 1 - distance / np.maximum(lengths, 1e-6), 0).astype(np.float32)
    return alike


def relax(before: Doubles, left: Doubles, right: Doubles) -> Doubles:
    """The similarities (C, k) of pairs after relaxation.

    Args:
        before: (C, k), the best first; 0 stands for no pair.
        left, right: (C, k, 3), the minutiae of each pair.
    """
    fit = (
        _sigmoid(np.abs(_apart(left) - _apart(right)), _DISTANCE)
        * _sigmoid(np.abs(wrap(_turns(left) - _turns(right))), _TURN)
        * _sigmoid(np.abs(wrap(_around(left) - _around(right))), _PLACE)
    )
    real = before > 0
    fit *= real[:, :, None] & real[:, None, :] & ~np.eye(before.shape[1], dtype=np.bool_)
    others = np.maximum(real.sum(axis=1, keepdims=True) - 1, 1)
    after = before
    for _ in range(_ROUNDS):
        after = _OWN * after + (1 - _OWN) / others * np.matmul(fit, after[:, :, None])[:, :, 0]
    return after


def _mean_of_best(before: Doubles, after: Doubles, pairs: Int64s) -> Doubles:
    """The mean of `pairs` (C,) of the relaxed similarities (C, k): of those that kept most of what they had."""
    kept = np.where(before > 0, after / np.where(before > 0, before, 1.0), -1.0)
    order: Indices = np.argsort(-kept, axis=1, kind="stable")
    chosen = np.arange(before.shape[1]) < pairs[:, None]
    total: Doubles = (np.take_along_axis(after, order, 1) * chosen).sum(axis=1)
    return total / pairs


def _by_cell(bits: Floats) -> Floats:
    """Set bits of each cell, (n, CELLS), of bits (n, BITS)."""
    counted: Floats = bits.reshape(-1, LAYERS) @ np.ones(LAYERS, np.float32)  # BLAS: a sum over six is slow
    return counted.reshape(len(bits), CELLS)


def _sigmoid(values: Doubles, form: tuple[float, float]) -> Doubles:
    mu, tau = form
    falling: Doubles = 1 / (1 + np.exp(np.clip(-tau * (values - mu), -60, 60)))
    return falling


def _apart(spots: Doubles) -> Doubles:
    dx, dy = np.moveaxis(spots[:, :, None, :2] - spots[:, None, :, :2], -1, 0)
    apart: Doubles = np.sqrt(dx * dx + dy * dy)
    return apart


def _turns(spots: Doubles) -> Doubles:
    return spots[:, :, None, 2] - spots[:, None, :, 2]


def _around(spots: Doubles) -> Doubles:
    """Where each minutia lies as seen from each other one's direction, radians."""
    dx, dy = np.moveaxis(spots[:, None, :, :2] - spots[:, :, None, :2], -1, 0)
    seen: Doubles = spots[:, :, None, 2] - np.arctan2(dy, dx)
    return seen
