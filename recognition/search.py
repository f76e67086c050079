"""Exact 1:N search: the two best distinct persons of every probe.

A block of rows is scored with one float32 matrix product. Rounding moves a score by at most `slack`, so whoever could
be among the two best stands no further than that below the two best known; those few rows are scored again in float64
and merged. The answer is that of a float64 loop over all pairs, whatever the order of the rows, the size of the batch
or the BLAS, and most blocks cost the product and one maximum. A faster scan (integers, fewer axes) is the same plan
with a wider slack.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import NOBODY, Bools, Doubles, Floats, Indices, Int32s, require, spans
from recognition.errors import ModelMismatch
from recognition.gallery import FaceGallery
from recognition.matches import Matches, matches, nobody
from recognition.segments import UNIT_TOLERANCE, Part, are_unit

PROBES_AT_ONCE = 256
SCORES_AT_ONCE = 2**18  # float32: the block of scores is 1 MB and stays in a core's cache
ROWS_AT_ONCE = 2**16
RESCORED_AT_ONCE = 4_096  # rows in float64, 32 MB at 1024-d; more than a few only where faces are duplicated
_FOLD = 64  # numpy's maximum over a short last axis is slow: take it over 64 rows at a time first

_UNSCORED = -2.0  # below every cosine
_DEAD = -4.0  # below _UNSCORED by more than any slack


@dataclass(slots=True)
class _Best:
    """The two best so far of each probe: handles (B, 2) int32 and exact scores (B, 2) float64."""

    persons: Int32s
    scores: Doubles


def search(gallery: FaceGallery, probes: Floats, *, model: str, allowed: Bools | None = None) -> Matches:
    """Find the two best distinct persons of each probe.

    Args:
        gallery: the snapshot.
        probes: (B, d) float32, rows of unit norm, rotated like the gallery; B may be 0. A row that is not a finite unit
            vector is answered with NOBODY and `usable` False.
        model: the model the probes come from.
        allowed: (p,) bool by person handle: search only these people (of one building, one door); a handle of p or more
            is not allowed. None: everybody.

    Returns:
        Matches of length B; scores are cosines.

    Raises:
        ModelMismatch: the gallery holds another model.
        BadArray: probes or mask of a wrong dtype or shape.
    """
    if model != gallery.model:
        raise ModelMismatch(gallery=gallery.model, offered=model)
    require(probes, np.float32, (None, gallery.dim), "probes")
    if allowed is not None:
        require(allowed, np.bool_, (None,), "allowed")
    usable = are_unit(probes)
    persons, scores = nobody(usable)
    parts = [(part, live) for part in gallery.parts if (live := _live(part, allowed)).any()]
    rows = np.flatnonzero(usable)
    for start in range(0, len(rows) if parts else 0, PROBES_AT_ONCE):
        chunk = rows[start : start + PROBES_AT_ONCE]
        best = _search_chunk(parts, probes[chunk])
        found = best.persons != NOBODY
        persons[chunk] = best.persons
        scores[chunk] = np.where(found, best.scores, scores[chunk])
    return matches(persons, scores, usable)


def slack(dim: int) -> float:
    """Most by which a float32 dot product of two unit vectors differs from the exact one, summed in any order.

    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1: |error| <= γ_d·|x|·|y| with
    γ_d = d·u / (1 - d·u), u = 2**-24; both norms are 1 within about UNIT_TOLERANCE.
    """
    rounding = dim * 2.0**-24
    return rounding / (1 - rounding) * (1 + 2 * UNIT_TOLERANCE) ** 2


def _live(part: Part, allowed: Bools | None) -> Bools:
    if allowed is None:
        return part.live
    persons = part.segment.persons
    known = np.searchsorted(persons, len(allowed))  # persons ascend: beyond this row nobody is in the mask
    live = part.live.copy()
    live[:known] &= allowed[persons[:known]]
    live[known:] = False
    return live


def _search_chunk(parts: list[tuple[Part, Bools]], probes: Floats) -> _Best:
    best = _Best(np.full((len(probes), 2), NOBODY, np.int32), np.full((len(probes), 2), _UNSCORED))
    height = min(ROWS_AT_ONCE, SCORES_AT_ONCE // len(probes))
    buffer = np.empty((height, len(probes)), np.float32)
    for part, live in parts:
        whole = part.size == len(live) and live is part.live
        for start in range(0, len(live), height):
            rows = slice(start, start + height)
            dead = np.empty(0, np.intp) if whole else np.flatnonzero(~live[rows])
            _search_block(part.segment.vectors[rows], part.segment.persons[rows], dead, probes, buffer, best)
    return best


def _search_block(vectors: Floats, persons: Int32s, dead: Indices, probes: Floats, buffer: Floats, best: _Best) -> None:
    """Fold a block of rows (n, d) into `best`; `buffer` (height >= n, B) is written over."""
    scores = buffer[: len(vectors)]
    np.matmul(vectors, probes.T, out=scores)
    scores[dead] = _DEAD
    margin = slack(vectors.shape[1])
    hot = np.flatnonzero(_peaks(scores) >= best.scores[:, 1] - margin)
    if not len(hot):
        return
    columns = np.ascontiguousarray(scores.T[hot])
    floor = np.maximum(best.scores[hot, 1], _second(columns, persons) - margin) - margin
    floor = np.nextafter(floor.astype(np.float32), np.float32(_DEAD))  # never rounded up
    probe, row = np.divmod(np.flatnonzero(columns >= floor[:, None]), len(vectors))  # one axis: faster than nonzero
    exact = _exact(probes[hot], vectors, probe, row)
    best.persons[hot], best.scores[hot] = _merge(best.persons[hot], best.scores[hot], probe, persons[row], exact)


def _peaks(scores: Floats) -> Floats:
    """The best score of each probe, (B,), in scores (n, B)."""
    folded = len(scores) - len(scores) % _FOLD
    peaks: Floats = scores[folded:].max(axis=0, initial=_DEAD)
    if folded:
        rows = scores[:folded].reshape(-1, _FOLD * scores.shape[1]).max(axis=0)
        np.maximum(peaks, rows.reshape(_FOLD, -1).max(axis=0), out=peaks)
    return peaks


def _second(columns: Floats, persons: Int32s) -> Floats:
    """The best score of anybody but the best person, (H,), in columns (H, n); `_DEAD` where there is nobody else."""
    best = persons[columns.argmax(axis=1)]
    probe, row = spans(np.searchsorted(persons, best, "left"), np.searchsorted(persons, best, "right"))
    kept = columns[probe, row]
    columns[probe, row] = _DEAD
    second: Floats = columns.max(axis=1)
    columns[probe, row] = kept
    return second


def _exact(probes: Floats, vectors: Floats, probe: Indices, row: Indices) -> Doubles:
    """Cosines in float64, (m,), of the pairs (probe, row); the same for a pair wherever it stands."""
    exact = np.empty(len(row), np.float64)
    for start in range(0, len(row), RESCORED_AT_ONCE):
        pairs = slice(start, start + RESCORED_AT_ONCE)
        left, right = probes[probe[pairs]].astype(np.float64), vectors[row[pairs]].astype(np.float64)
        exact[pairs] = np.einsum("ij,ij->i", left, right)
    return exact


def _merge(
    persons: Int32s, scores: Doubles, probe: Indices, more_persons: Int32s, more_scores: Doubles
) -> tuple[Int32s, Doubles]:
    """The two best distinct persons of what is known (H, 2) and of more candidates (m,), each of `probe` in [0, H)."""
    each = np.arange(len(persons))
    owner = np.concatenate([np.repeat(each, 2), probe])
    person = np.concatenate([persons.ravel(), more_persons])
    score = np.concatenate([scores.ravel(), more_scores])
    order = np.lexsort((person, -score, owner))
    owner, person, score = owner[order], person[order], score[order]
    first = np.searchsorted(owner, each)
    # Whoever is not the best: at least one entry a probe, as what is known holds two distinct persons or NOBODY.
    other = np.flatnonzero(person != person[first][owner])
    second = other[np.searchsorted(owner[other], each)]
    pair = np.stack([first, second], axis=1)
    return person[pair], score[pair]
