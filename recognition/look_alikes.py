"""Enrolled people whose templates are alike enough to be one person: a report for staff, never an identity at a door.

Such a pair is one person enrolled twice, two who look alike (twins), or pictures of the wrong person. Doors meet it
with the margin rule of `policy`; here it is found when people are enrolled, so that somebody can look. Pure and exact.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Doubles, Int32s, read_only
from recognition.gallery import FaceGallery

BLOCK = 2_048  # rows compared at a time: 16 MB of products
_ROUNDING = 1e-4  # more than float32 products of unit vectors of up to 1,024 values can be off


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of people, the most alike first.

    Attributes:
        persons: (n, 2) int32 handles, the lower one first; each pair once.
        scores: (n,) float64, the best cosine of any template of the one with any of the other.
    """

    persons: Int32s
    scores: Doubles

    def __len__(self) -> int:
        return len(self.scores)


def look_alikes(gallery: FaceGallery, threshold: float, *, of: Int32s | None = None) -> Pairs:
    """All pairs of enrolled people with a score at or above `threshold`.

    Args:
        gallery: the snapshot.
        threshold: as at a door; see `thresholds`.
        of: (k,) int32 handles: only pairs with one of these people, such as those enrolled today. None: all.
    """
    live = [part.live for part in gallery.parts]
    vectors = np.concatenate(
        [part.segment.vectors[rows] for part, rows in zip(gallery.parts, live, strict=True)]
        or [np.empty((0, gallery.dim), np.float32)]
    )
    persons = np.concatenate(
        [part.segment.persons[rows] for part, rows in zip(gallery.parts, live, strict=True)] or [np.empty(0, np.int32)]
    )
    asked = np.arange(len(persons)) if of is None else np.flatnonzero(np.isin(persons, of))
    best: dict[tuple[int, int], float] = {}
    for start in range(0, len(asked), BLOCK):
        rows = asked[start : start + BLOCK]
        near = vectors[rows] @ vectors.T >= threshold - _ROUNDING
        near &= persons[rows][:, None] != persons
        one, other = np.nonzero(near)
        scores = np.einsum("ij,ij->i", vectors[rows[one]].astype(np.float64), vectors[other].astype(np.float64))
        for a, b, score in zip(persons[rows[one]].tolist(), persons[other].tolist(), scores.tolist(), strict=True):
            if score >= threshold:
                pair = (min(a, b), max(a, b))
                best[pair] = max(best.get(pair, score), score)
    ranked = sorted(best.items(), key=lambda entry: (-entry[1], entry[0]))
    return Pairs(
        persons=read_only(np.array([pair for pair, _ in ranked], np.int32).reshape(-1, 2)),
        scores=read_only(np.array([score for _, score in ranked], np.float64)),
    )
