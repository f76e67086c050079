"""The few axes that hold nearly all of a gallery, and the rest of each vector as one number.

Embeddings of a network fill fewer dimensions than they have: 128 axes hold 97 % of a 512-d face network. Vectors are
projected on the axes that matter; what is left, the tail, is known by its norm alone. The axes are turned at random
among themselves, so that every coordinate is about as large as any other: what a quantiser with one step wants.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Doubles, Floats, read_only
from recognition.bounds import projection_slack

SAMPLE_ROWS = 16_384
COLUMNS = 128  # the step in which axes are kept: a cache line of four-bit integers
TAIL_ENERGY = 0.05  # most of a gallery's energy that may be left to the tails
_SEED = 1  # of the turn among the axes; any would do


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Axes to project on.

    Attributes:
        matrix: (d, m) float32; m may exceed the axes kept, then they are spread over more columns (scores stay).
        complete: whether nothing is left to tails.
    """

    matrix: Floats
    complete: bool

    @property
    def rounding(self) -> float:
        """See bounds.projection_slack."""
        return projection_slack(*self.matrix.shape)

    def project(self, vectors: Floats) -> tuple[Floats, Doubles]:
        """Coordinates (n, m) float32 of unit vectors (n, d), and the norms of their tails or more, (n,) float64."""
        coordinates: Floats = vectors @ self.matrix
        if self.complete:
            return coordinates, np.zeros(len(vectors))
        energy = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", coordinates, coordinates)
        tails: Doubles = np.sqrt(np.maximum(energy.astype(np.float64), 0.0) + 2 * self.rounding)
        return coordinates, tails

    def suits(self, vectors: Floats) -> bool:
        """Whether these rows, (n, d), leave little to the tails."""
        return self.complete or _energy_left(self.matrix, _sample(vectors)) <= TAIL_ENERGY


def fit(vectors: Floats) -> Axes:
    """The axes of rows (n, d), n at least 1: as many cache lines of columns as leave TAIL_ENERGY at most."""
    sample = _sample(vectors)
    values, basis = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    values, basis = np.maximum(values[::-1], 0.0), basis[:, ::-1]
    dim = len(values)
    left = 1 - np.cumsum(values) / values.sum()
    enough = int(np.searchsorted(-left, -TAIL_ENERGY)) + 1
    columns = COLUMNS * -(-min(enough, dim) // COLUMNS)
    kept = min(columns, dim)
    turn = np.linalg.qr(np.random.default_rng(_SEED).standard_normal((columns, columns)))[0]
    return Axes(read_only(np.ascontiguousarray(basis[:, :kept] @ turn[:kept], np.float32)), kept == dim)


def _sample(vectors: Floats) -> Floats:
    return vectors[:: -(-len(vectors) // SAMPLE_ROWS)]


def _energy_left(matrix: Floats, sample: Floats) -> float:
    return float(1 - np.square(sample @ matrix).sum(dtype=np.float64) / np.square(sample).sum(dtype=np.float64))
