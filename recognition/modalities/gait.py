"""Gait, a pilot: energy images of walks, brought to few dimensions, compared by their cosine.

The scores are for `fusion` alone. There is no gait probe among the facts, so no capture carries one, the judge knows
none and no door can be asked to open for one. Nothing here has a measured error rate: there are no labelled walks.

A gait energy image is the mean of a walk's aligned silhouettes (Han and Bhanu 2006). `Projection` brings it to few
dimensions by principal axes and then by the axes that part people best (Fisher's discriminant; the "fisherface" order
of Belhumeur et al. 1997). It is fitted on a site's own walks, of people who agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from core.errors import InvalidValue
from core.facts import Modality
from recognition.arrays import Bools, Floats, Int32s, read_only, require
from recognition.errors import BadArray, ModelMismatch
from recognition.matches import Matches, matches, nobody

HEIGHT, WIDTH = 64, 44  # pixels of an energy image, as in the literature
KEPT = 0.99  # share of the variance that the principal axes keep
_RIDGE = 1e-3  # of the mean variance within people: few walks a person leave directions without any
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """From energy images to vectors.

    Attributes:
        mean: (HEIGHT * WIDTH,) float32.
        axes: (HEIGHT * WIDTH, k) float32.
    """

    mean: Floats
    axes: Floats

    def __post_init__(self) -> None:
        require(self.mean, np.float32, (HEIGHT * WIDTH,), "mean")
        require(self.axes, np.float32, (HEIGHT * WIDTH, None), "axes")

    @classmethod
    def fit(cls, images: Floats, persons: Int32s) -> "Projection":
        """Fit to energy images (n, HEIGHT, WIDTH) float32 of persons (n,) int32.

        Raises:
            BadArray: a wrong dtype or shape.
            InvalidValue: fewer than two people, or nobody with two walks.
        """
        require(images, np.float32, (None, HEIGHT, WIDTH), "energy images")
        require(persons, np.int32, (len(images),), "persons")
        names, place, walks = np.unique(persons, return_inverse=True, return_counts=True)
        if len(names) < 2 or walks.max() < 2:
            raise InvalidValue(
                "步态投影至少需要两个人，且其中有人走过两次。",
                "a gait projection needs at least two people, and somebody with two walks.",
            )
        flat = images.reshape(len(images), -1).astype(np.float64)
        mean = flat.mean(axis=0)
        _, spread, directions = np.linalg.svd(flat - mean, full_matrices=False)
        share = np.cumsum(spread**2) / np.sum(spread**2)
        most = max(1, len(images) - len(names))  # more axes leave no spread within people to divide by
        principal = directions[: min(int(np.searchsorted(share, KEPT)) + 1, most)].T
        axes = principal @ _discriminant((flat - mean) @ principal, place, walks)
        return cls(mean=read_only(mean.astype(np.float32)), axes=read_only(axes.astype(np.float32)))

    @property
    def model(self) -> str:
        """The model id: another fit is another model, and its vectors are not compared with this one's."""
        return "gei-lda-" + blake2b(self.mean.tobytes() + self.axes.tobytes(), digest_size=6).hexdigest()

    def encode(self, images: Floats) -> Floats:
        """Vectors (n, k) float32 of unit norm of energy images (n, HEIGHT, WIDTH) float32; zero for the mean image."""
        require(images, np.float32, (None, HEIGHT, WIDTH), "energy images")
        centred: Floats = images.reshape(len(images), HEIGHT * WIDTH) - self.mean
        points: Floats = centred @ self.axes
        return unit(points)


def _discriminant(
    points: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    place: np.ndarray[tuple[int], np.dtype[np.intp]],
    walks: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Fisher's axes (m, k) of points (n, m), k below the number of people: spread between people over that within."""
    people, width = len(walks), points.shape[1]
    centres = np.zeros((people, width))
    np.add.at(centres, place, points)
    centres /= walks[:, None]
    inner = points - centres[place]
    within = inner.T @ inner / len(points)
    within += np.eye(width) * (_RIDGE * np.trace(within) / width + _SMALLEST)
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    _, _, between = np.linalg.svd((centres * np.sqrt(walks)[:, None]) @ whiten, full_matrices=False)
    return np.asarray(whiten @ between[: people - 1].T)


def unit(vectors: Floats) -> Floats:
    """Rows (n, k) scaled to unit norm; a row that is not finite or has no length becomes zero."""
    wide = vectors.astype(np.float64)
    wide[~np.isfinite(wide).all(axis=1)] = 0.0
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > _SMALLEST)
    return np.asarray(scaled, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class GaitProbe:
    """A walk as a vector (k,) float32 of unit norm, by the model that made it. Not a fact: it does not travel."""

    model: str
    vector: Floats = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walks:
    """Walks to be added: persons (n,) int32 handles, vectors (n, k) float32 of unit norm."""

    persons: Int32s
    vectors: Floats

    def __post_init__(self) -> None:
        require(self.persons, np.int32, (None,), "persons")
        require(self.vectors, np.float32, (len(self.persons), None), "walks")
        if (self.persons < 0).any():
            raise BadArray("步态模板没有对应的人员。", "a walk has no person.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GaitGallery:
    """The enrolled walks of one model: an immutable snapshot, persons ascending."""

    model: str
    persons: Int32s
    vectors: Floats

    @classmethod
    def empty(cls, *, model: str, dim: int) -> "GaitGallery":
        """Without anybody; `dim` is the model's."""
        return cls(model=model, persons=np.empty(0, np.int32), vectors=np.empty((0, dim), np.float32))


class GaitMatcher:
    """The gait modality over GaitGallery: every pair, as there are few walks in a pilot."""

    modality = Modality.GAIT

    def encode(self, gallery: GaitGallery, probes: Sequence[GaitProbe]) -> Floats:
        """Vectors (B, k) float32, zero where a walk cannot be compared; raises ModelMismatch."""
        vectors = np.zeros((len(probes), gallery.vectors.shape[1]), np.float32)
        for row, probe in zip(vectors, probes, strict=True):
            if probe.model != gallery.model:
                raise ModelMismatch(gallery=gallery.model, offered=probe.model)
            if probe.vector.shape == row.shape:
                row[:] = probe.vector
        return unit(vectors)

    def add(self, gallery: GaitGallery, templates: Walks) -> GaitGallery:
        """The next snapshot, with these walks; raises BadArray where they have other dimensions."""
        require(templates.vectors, np.float32, (None, gallery.vectors.shape[1]), "walks")
        persons = np.concatenate([gallery.persons, templates.persons])
        order = np.argsort(persons, kind="stable")
        vectors = np.concatenate([gallery.vectors, templates.vectors])[order]
        return GaitGallery(model=gallery.model, persons=read_only(persons[order]), vectors=read_only(vectors))

    def search(self, gallery: GaitGallery, probes: Floats, *, allowed: Bools | None = None) -> Matches:
        """The two best distinct persons of each probe (B, k); a zero row is not usable."""
        require(probes, np.float32, (None, gallery.vectors.shape[1]), "probes")
        usable = (probes != 0).any(axis=1)
        found, scores = nobody(usable)
        kept = np.ones(len(gallery.persons), np.bool_)
        if allowed is not None:
            require(allowed, np.bool_, (None,), "allowed")
            kept = np.append(allowed, False)[np.minimum(gallery.persons, len(allowed))]
        names, starts = np.unique(gallery.persons[kept], return_index=True)
        if len(names):
            cosines = probes.astype(np.float64) @ gallery.vectors[kept].T.astype(np.float64)
            best = np.maximum.reduceat(cosines, starts, axis=1)
            order = np.argsort(-best, axis=1, kind="stable")[:, :2]  # equal scores: the lower handle first
            count = order.shape[1]
            found[usable, :count] = names[order][usable]
            scores[usable, :count] = np.take_along_axis(best, order, axis=1)[usable]
        return matches(found, scores, usable)
