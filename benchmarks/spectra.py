"""Synthetic face embeddings whose scores look like a real network's.

A person is a centre, a picture the centre and some noise, scaled to unit length. Per principal axis the mean, the total
and the within-person standard deviation were measured on LFW: SFace (128-d; 8,534 pictures of 4,437 people) and a 512-d
face network (13,232 pictures of 5,748 people). A lognormal factor on each picture's noise gives the heavy lower tail of
real genuine scores. The axes are turned at random: no search finds them ready made.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognition.modalities.face import unit

FILES = {
    128: Path(__file__).parents[1] / "simulators" / "data" / "sface_spectrum.csv",
    512: Path(__file__).parent / "data" / "network_512_spectrum.csv",
}
NOISE_SIGMA = 0.35
ISOTROPIC_NOISE = 0.75  # within-person over between-person deviation: genuine scores like SFace's
AT_ONCE = 50_000
Floats = NDArray[np.float32]


class Population:
    """People drawn from a spectrum, `real` or `isotropic`; the same for a seed."""

    def __init__(self, dim: int, spectrum: str, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._turn = np.linalg.qr(self._rng.standard_normal((dim, dim)))[0].astype(np.float32)
        if spectrum == "real":
            mean, total, within = np.loadtxt(FILES[dim], delimiter=",", skiprows=1, unpack=True)
            between = np.sqrt(np.maximum(total**2 - within**2, 0.0))
        else:
            mean, between, within = np.zeros(dim), np.ones(dim), np.full(dim, ISOTROPIC_NOISE)
        self._mean, self._between, self._within = (a.astype(np.float32) for a in (mean, between, within))

    def centres(self, count: int) -> Floats:
        """The centres of `count` new people, (count, d)."""
        drawn: Floats = (
            self._mean + self._rng.standard_normal((count, len(self._mean)), dtype=np.float32) * self._between
        )
        return drawn

    def pictures(self, centres: Floats) -> Floats:
        """One picture of each centre, (n, d) rows of unit norm."""
        noise = self._rng.standard_normal(centres.shape, dtype=np.float32) * self._within
        factor = np.exp(NOISE_SIGMA * self._rng.standard_normal((len(centres), 1), dtype=np.float32))
        return unit((centres + factor * noise) @ self._turn)

    def gallery(self, templates: int, kept: int) -> tuple[Floats, Floats]:
        """Two pictures a person, side by side, (templates, d), and the centres of the first `kept` people."""
        vectors = np.empty((templates, len(self._mean)), np.float32)
        first = np.empty((0, len(self._mean)), np.float32)
        for start in range(0, templates, AT_ONCE):
            stop = min(start + AT_ONCE, templates)
            centres = self.centres((stop - start + 1) // 2)
            vectors[start:stop] = self.pictures(np.repeat(centres, 2, axis=0)[: stop - start])
            first = np.concatenate([first, centres[: kept - len(first)]])
        return vectors, first


def directions(rng: np.random.Generator, count: int, dim: int) -> Floats:
    """Random directions, (count, d) rows of unit norm."""
    return unit(rng.standard_normal((count, dim), dtype=np.float32))


def beside(rng: np.random.Generator, rows: Floats, scores: NDArray[np.float64]) -> Floats:
    """Probes with planted cosines: (n, k, d) rows and (n, k) scores give (n, d) of unit norm.

    Each probe is what its k rows determine and, for the rest of its length, a random direction orthogonal to them.
    """
    wide = rows.astype(np.float64)
    gram = np.einsum("nkd,nld->nkl", wide, wide)
    fixed = np.einsum("nk,nkd->nd", np.linalg.solve(gram, scores[:, :, None])[..., 0], wide)
    free = directions(rng, len(rows), rows.shape[2]).astype(np.float64)
    inside = np.linalg.solve(gram, np.einsum("nkd,nd->nk", wide, free)[:, :, None])[..., 0]
    free -= np.einsum("nk,nkd->nd", inside, wide)
    left = np.sqrt(np.maximum(1 - np.einsum("nd,nd->n", fixed, fixed), 0.0))
    return unit((fixed + free * (left / np.linalg.norm(free, axis=1))[:, None]).astype(np.float32))
