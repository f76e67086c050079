"""Faces: embeddings compared by their cosine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.facts import FaceProbe, Modality
from recognition.arrays import Bools, Floats, read_only
from recognition.errors import ModelMismatch
from recognition.gallery import FaceGallery
from recognition.matches import Matches
from recognition.search import search
from recognition.segments import Templates

_SMALLEST_NORM = 1e-6  # below it a vector has no direction worth the name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embeddings:
    """B face probes of one model: vectors (B, d) float32 with rows of unit norm, or zero where a probe is unusable."""

    model: str
    vectors: Floats


def unit(vectors: Floats) -> Floats:
    """Rows (n, d) float32 scaled to unit norm; a row that is not finite or has no length becomes zero."""
    wide = vectors.astype(np.float64)
    finite = np.isfinite(wide).all(axis=1)
    wide[~finite] = 0.0
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > _SMALLEST_NORM)
    rounded: Floats = scaled.astype(np.float32)
    return rounded


class FaceMatcher:
    """The face modality over FaceGallery."""

    modality = Modality.FACE

    def encode(self, gallery: FaceGallery, probes: Sequence[FaceProbe]) -> Embeddings:
        """Read the little-endian float32 of each probe and scale it to unit norm (it left the gateway so already)."""
        other = next((probe.model for probe in probes if probe.model != gallery.model), None)
        if other is not None:
            raise ModelMismatch(gallery=gallery.model, offered=other)
        length = 4 * gallery.dim
        blank = bytes(length)
        raw = b"".join(probe.embedding if len(probe.embedding) == length else blank for probe in probes)
        vectors = np.frombuffer(raw, np.dtype("<f4")).reshape(len(probes), gallery.dim)
        return Embeddings(model=gallery.model, vectors=read_only(unit(vectors)))

    def add(self, gallery: FaceGallery, templates: Templates) -> FaceGallery:
        """See FaceGallery.add."""
        return gallery.add(templates)

    def search(self, gallery: FaceGallery, probes: Embeddings, *, allowed: Bools | None = None) -> Matches:
        """See recognition.search."""
        return search(gallery, probes.vectors, model=probes.model, allowed=allowed)
