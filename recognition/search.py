"""Exact 1:N search: the two best distinct persons of every probe.

A scan gives every row a cheap score, `bounds` says how far that can be from the true cosine, and the few rows that
could matter are scored again in float64 and merged. The answer is that of a float64 loop over all pairs, whatever the
order of rows, the batch, the kernels or the BLAS. Large segments carry a sketch, which is scanned instead of the
vectors; small ones, and those whose sketch cannot tell rows apart, are scanned in float32 by blocks.

A decision needs less than the two best. Whoever stands below the threshold by more than the margin changes nothing, so
`floor` leaves them out, and far fewer rows need a second look.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import NOBODY, Bools, Doubles, Floats, Indices, Int32s, require, spans
from recognition.bounds import slack
from recognition.errors import ModelMismatch
from recognition.gallery import FaceGallery
from recognition.matches import Matches, matches, nobody
from recognition.segments import Part, Segment, are_unit
from recognition.sketch import BAND, Sketch, bars

PROBES_AT_ONCE = 256
SCORES_AT_ONCE = 2**18  # float32: the block of scores is 1 MB and stays in a core's cache
ROWS_AT_ONCE = 2**16
RESCORED_AT_ONCE = 4_096  # pairs, 32 MB in float64 at 1024-d
SEEDS = 8  # rows looked at first where nothing is known of a probe yet
_FOLD = 64  # numpy's maximum over a short last axis is slow: take it over 64 rows at a time first

_UNSCORED = -2.0  # below every cosine
_DEAD = -4.0  # below _UNSCORED by more than any slack


Sketched = list[tuple[Sketch, Part, Bools]]


@dataclass(slots=True)
class _Best:
    """The two best so far of each probe: handles (B, 2) int32 and exact scores (B, 2) float64."""

    persons: Int32s
    scores: Doubles
    floor: float

    def floors(self, probe: slice | Indices) -> Doubles:
        """Scores under which nobody can change the answer to these probes, (b,)."""
        return np.maximum(self.scores[probe, 1], self.floor)


def search(
    gallery: FaceGallery, probes: Floats, *, model: str, allowed: Bools | None = None, floor: float | None = None
) -> Matches:
    """Find the two best distinct persons of each probe.

    Args:
        gallery: the snapshot.
        probes: (B, d) float32, rows of unit norm, rotated like the gallery; B may be 0. A row that is not a finite unit
            vector is answered with NOBODY and `usable` False.
        model: the model the probes come from.
        allowed: (p,) bool by person handle: search only these people (of one building, one door); a handle of p or more
            is not allowed. None: everybody.
        floor: leave out whoever scores below; what is at or above it is exact. With `threshold.value -
            threshold.margin`, `policy.identify` decides as it would on the whole answer. None: leave out nobody.

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
    parts = _searched(gallery, allowed)
    rows = np.flatnonzero(usable)
    for start in range(0, len(rows) if parts else 0, PROBES_AT_ONCE):
        chunk = rows[start : start + PROBES_AT_ONCE]
        best = _search_chunk(parts, probes[chunk], _UNSCORED if floor is None else floor)
        found = (best.persons != NOBODY) & (best.scores >= best.floor)
        persons[chunk] = np.where(found, best.persons, persons[chunk])
        scores[chunk] = np.where(found, best.scores, scores[chunk])
    return matches(persons, scores, usable)


def _searched(gallery: FaceGallery, allowed: Bools | None) -> list[tuple[Part, Bools]]:
    """Parts with which of their rows count, (n,) bool; parts where none does are left out."""
    if allowed is None:
        return [(part, part.live) for part in gallery.parts]
    masked = [(part, _masked(part, allowed)) for part in gallery.parts]
    return [(part, live) for part, live in masked if live.any()]


def _masked(part: Part, allowed: Bools) -> Bools:
    persons = part.segment.persons
    known = np.searchsorted(persons, len(allowed))  # persons ascend: beyond this row nobody is in the mask
    live = part.live.copy()
    live[:known] &= allowed[persons[:known]]
    live[known:] = False
    return live


def _search_chunk(parts: list[tuple[Part, Bools]], probes: Floats, floor: float) -> _Best:
    best = _Best(np.full((len(probes), 2), NOBODY, np.int32), np.full((len(probes), 2), _UNSCORED), floor)
    plain = [(part, live) for part, live in parts if part.segment.sketch is None]
    _scan_vectors(plain, probes, best, slice(None))
    for sketched in _by_axes(parts):
        step = sketched[0][0].probes_at_once
        for start in range(0, len(probes), step):
            few = slice(start, start + step)
            blind = _scan_sketches(sketched, probes[few], best, few)
            _scan_vectors(blind, probes[few], best, few)
    return best


def _by_axes(parts: list[tuple[Part, Bools]]) -> list[Sketched]:
    """The sketched parts, by what they are projected on: as a rule one group."""
    groups: dict[int, Sketched] = {}
    for part, live in parts:
        if part.segment.sketch is not None:
            groups.setdefault(id(part.segment.sketch.axes), []).append((part.segment.sketch, part, live))
    return list(groups.values())


def _scan_vectors(parts: list[tuple[Part, Bools]], probes: Floats, best: _Best, few: slice) -> None:
    """Fold every row of these parts into `best` of the probes (b, d) that stand at `few`."""
    if not parts:
        return
    height = min(ROWS_AT_ONCE, SCORES_AT_ONCE // len(probes))
    buffer = np.empty((height, len(probes)), np.float32)
    places = np.arange(len(best.persons))[few]
    for part, live in parts:
        whole = part.size == len(live) and live is part.live
        for start in range(0, len(live), height):
            rows = slice(start, start + height)
            dead = np.empty(0, np.intp) if whole else np.flatnonzero(~live[rows])
            vectors, persons = part.segment.vectors[rows], part.segment.persons[rows]
            probe, row = _search_block(vectors, persons, dead, probes, buffer, best.floors(few))
            _fold(probes, part.segment, live, probe, row + start, best, places)


def _search_block(
    vectors: Floats, persons: Int32s, dead: Indices, probes: Floats, buffer: Floats, floors: Doubles
) -> tuple[Indices, Indices]:
    """Pairs (probe, row) of a block of rows (n, d) that may matter; `buffer` (height >= n, B) is written over."""
    scores = buffer[: len(vectors)]
    np.matmul(vectors, probes.T, out=scores)
    scores[dead] = _DEAD
    margin = slack(vectors.shape[1])
    hot = np.flatnonzero(_peaks(scores) >= floors - margin)
    if not len(hot):
        return hot, hot
    columns = np.ascontiguousarray(scores.T[hot])
    floor = np.maximum(floors[hot], _second(columns, persons) - margin) - margin
    floor = np.nextafter(floor.astype(np.float32), np.float32(_DEAD))  # never rounded up
    probe, row = np.divmod(np.flatnonzero(columns >= floor[:, None]), len(vectors))  # one axis: faster than nonzero
    return hot[probe], row


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


def _scan_sketches(parts: Sketched, probes: Floats, best: _Best, few: slice) -> list[tuple[Part, Bools]]:
    """Fold what the sketches of these parts, all on the same axes, let through; the parts they cannot tell come back.

    One probe takes two products a row in about the time of one; more probes take one each, unless nothing is known of
    how low to look.
    """
    sketches = [sketch for sketch, _, _ in parts]
    target = sketches[0].aim(probes, fine=len(probes) == 1 or best.floor == _UNSCORED)
    buffer = np.empty(2 * len(probes) * max(len(sketch.order) + BAND for sketch in sketches), np.int32)
    places = np.arange(len(best.persons))[few]
    floors, ahead = np.full(len(probes), np.nan), None
    blind: list[tuple[Part, Bools]] = []
    for number, (sketch, part, live) in enumerate(parts):
        products = sketch.products(target, buffer)
        if (best.floors(few) == _UNSCORED).any():
            _fold(probes, part.segment, live, *sketch.seeds(products, SEEDS), best, places)
        if (best.floors(few) != floors).any():
            floors = best.floors(few)
            ahead = bars(sketches[number:], target, floors)
        bar = ahead.pop(0) if ahead else None
        pairs = None if bar is None else sketch.candidates(products, bar)
        if pairs is None:
            blind.append((part, live))
        elif len(pairs[0]):
            _fold(probes, part.segment, live, *pairs, best, places)
    return blind


def _fold(
    probes: Floats, segment: Segment, live: Bools, probe: Indices, row: Indices, best: _Best, places: Indices
) -> None:
    """Score the live ones of pairs (probe, row) exactly and merge them into `best`, where they stand at `places`."""
    vectors, persons = segment.vectors, segment.persons
    probe, row = probe[live[row]], row[live[row]]
    for start in range(0, len(row), RESCORED_AT_ONCE):
        pairs = slice(start, start + RESCORED_AT_ONCE)
        left, right = probe[pairs], row[pairs]
        floors = best.floors(places)
        near = _near(probes, vectors, left, right) >= floors[left] - slack(vectors.shape[1])
        left, right = left[near], right[near]
        if not len(left):
            continue
        hot, owner = np.unique(left, return_inverse=True)
        at = places[hot]
        exact = _exact(probes, vectors, left, right)
        best.persons[at], best.scores[at] = _merge(best.persons[at], best.scores[at], owner, persons[right], exact)


def _near(probes: Floats, vectors: Floats, probe: Indices, row: Indices) -> Floats:
    """Cosines in float32, (m,), of the pairs (probe, row), in the order of their probes."""
    if len(probes) == 1:
        alone: Floats = vectors[row] @ probes[0]
        return alone
    near = np.empty(len(row), np.float32)
    ends = np.searchsorted(probe, np.arange(len(probes) + 1))
    for place in np.flatnonzero(np.diff(ends)):
        pairs = slice(ends[place], ends[place + 1])
        near[pairs] = vectors[row[pairs]] @ probes[place]
    return near


def _exact(probes: Floats, vectors: Floats, probe: Indices, row: Indices) -> Doubles:
    """Cosines in float64, (m,), of the pairs (probe, row); the same for a pair wherever it stands."""
    left, right = probes[probe].astype(np.float64), vectors[row].astype(np.float64)
    exact: Doubles = np.einsum("ij,ij->i", left, right)
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
