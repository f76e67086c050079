"""Rows of a gallery: immutable segments ordered by person, and parts of them that are live."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognition.arrays import Bools, Floats, Indices, Int32s, Int64s, UInt16s, read_only, require, spans
from recognition.axes import Axes
from recognition.bounds import UNIT_TOLERANCE
from recognition.errors import BadArray, BadTemplate
from recognition.sketch import BAND, Sketch, sketch

MIN_DIM, MAX_DIM = 64, 1024
# Most rows of a segment: the unit that compaction leaves alone (32 MB at 128-d, 128 MB at 512-d); a row's number fits
# 16 bits.
SEGMENT_ROWS = 65_536


def check_dim(dim: int) -> None:
    """Raise BadArray unless an embedding may have this many components."""
    if not MIN_DIM <= dim <= MAX_DIM:
        raise BadArray(
            f"特征维数{dim}无效，应在{MIN_DIM}至{MAX_DIM}之间。",
            f"an embedding of {dim} components is not supported: {MIN_DIM} to {MAX_DIM}.",
        )


def are_unit(vectors: Floats) -> Bools:
    """Which rows of (n, d) float32 are finite and of unit norm, (n,) bool."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", vectors, vectors)
        unit: Bools = np.abs(squares - 1.0) <= 2 * UNIT_TOLERANCE
    return unit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Templates:
    """Templates to be added.

    Attributes:
        ids: (n,) int64, each once: the store's own numbers.
        persons: (n,) int32 handles, 0 upwards; a person may have several templates.
        vectors: (n, d) float32, rows of unit norm.

    Raises:
        BadArray: a wrong dtype, shape or dimension.
        BadTemplate: a row that is not a finite unit vector, a handle below 0, an id twice.
    """

    ids: Int64s
    persons: Int32s
    vectors: Floats

    def __post_init__(self) -> None:
        require(self.ids, np.int64, (None,), "template ids")
        require(self.persons, np.int32, (len(self.ids),), "persons")
        require(self.vectors, np.float32, (len(self.ids), None), "vectors")
        check_dim(self.vectors.shape[1])
        self._refuse(~are_unit(self.vectors), "不是单位长度的有限向量", "is not a finite vector of unit norm")
        self._refuse(self.persons < 0, "没有对应的人员", "has no person")
        unique, counts = np.unique(self.ids, return_counts=True)
        self._refuse(np.isin(self.ids, unique[counts > 1]), "重复出现", "is given twice")

    def __len__(self) -> int:
        return len(self.ids)

    def require_dim(self, dim: int) -> None:
        """Raise BadArray unless the vectors have `dim` components."""
        require(self.vectors, np.float32, (len(self.ids), dim), "vectors")

    def _refuse(self, bad: Bools, zh: str, en: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            first = self.ids[rows[0]]
            raise BadTemplate(
                f"模板{first}{zh}（共{len(rows)}个）。",
                f"template {first} {en} ({len(rows)} in all).",
                mend_zh="请重新登记该人员。",
                mend_en="Enrol the person again.",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """Rows that never change.

    Attributes:
        vectors: (n, d) float32, C-contiguous, rows of unit norm.
        persons: (n,) int32 handles, ascending: a person's rows stand together.
        sorted_ids: (n,) int64 template ids, ascending, each once.
        by_id: (n,) uint16, the row of each of `sorted_ids`.
        sketch: what a scan reads instead of the vectors, or None where the segment is small or a sketch does not pay.
    """

    vectors: Floats
    persons: Int32s
    sorted_ids: Int64s
    by_id: UInt16s
    sketch: Sketch | None

    def __len__(self) -> int:
        return len(self.persons)

    @property
    def ids(self) -> Int64s:
        """Template ids in the order of the rows, (n,) int64; copied out."""
        ids = np.empty(len(self), np.int64)
        ids[self.by_id] = self.sorted_ids
        return ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A segment and which of its rows are live.

    Attributes:
        live: (n,) bool; False marks a revoked row.
        size: how many are live.
    """

    segment: Segment
    live: Bools
    size: int

    @classmethod
    def whole(cls, segment: Segment) -> "Part":
        """The segment with every row live."""
        return cls(segment=segment, live=read_only(np.ones(len(segment), np.bool_)), size=len(segment))

    @property
    def is_large(self) -> bool:
        """Whether compaction leaves this part by itself instead of merging it with others."""
        return self.size >= SEGMENT_ROWS // 2

    def rows_of_persons(self, persons: Int32s) -> Indices:
        """Rows, live or not, of these handles."""
        low = np.searchsorted(self.segment.persons, persons, "left")
        return spans(low, np.searchsorted(self.segment.persons, persons, "right"))[1]

    def rows_of_ids(self, ids: Int64s) -> Indices:
        """Rows, live or not, of these template ids."""
        rows: Indices = self.segment.by_id[self._places(ids)].astype(np.intp)
        return rows

    def live_ids(self, ids: Int64s) -> Int64s:
        """Those of `ids` that are live here."""
        places = self._places(ids)
        alive: Int64s = self.segment.sorted_ids[places[self.live[self.segment.by_id[places]]]]
        return alive

    def without(self, rows: Indices) -> "Part":
        """This part with these rows dead; itself where none of them was live."""
        if not self.live[rows].any():
            return self
        live = self.live.copy()
        live[rows] = False
        return replace(self, live=read_only(live), size=int(np.count_nonzero(live)))

    def _places(self, ids: Int64s) -> Indices:
        """Where those of `ids` that are here stand among the sorted ids."""
        known = self.segment.sorted_ids
        place = np.searchsorted(known, ids)
        inside = place < len(known)
        place = place[inside]
        found: Indices = place[known[place] == ids[inside]]
        return found


def build(templates: Templates, axes: Axes | None = None) -> list[Segment]:
    """Segments of at most SEGMENT_ROWS rows that hold these templates; none where there are none. Copies.

    Large ones are sketched, on `axes` where these suit.
    """
    return _cut(templates.vectors, templates.persons, templates.ids, axes)


def merge(parts: Sequence[Part], axes: Axes | None = None) -> list[Part]:
    """The live rows of `parts`, copied into as few parts as can be; a lone part without dead rows is kept as it is.

    Large results are sketched, on `axes` where these suit.
    """
    parts = [part for part in parts if part.size]
    if not parts or (len(parts) == 1 and parts[0].size == len(parts[0].segment)):
        return list(parts)
    vectors = np.concatenate([part.segment.vectors[part.live] for part in parts])
    persons = np.concatenate([part.segment.persons[part.live] for part in parts])
    ids = np.concatenate([part.segment.ids[part.live] for part in parts])
    return [Part.whole(segment) for segment in _cut(vectors, persons, ids, axes)]


def axes_of(parts: Sequence[Part]) -> Axes | None:
    """The axes of the first part that is sketched."""
    return next((part.segment.sketch.axes for part in parts if part.segment.sketch), None)


def _cut(vectors: Floats, persons: Int32s, ids: Int64s, axes: Axes | None) -> list[Segment]:
    order = np.argsort(persons, kind="stable")
    cut: list[Segment] = []
    segments = max(-(-len(order) // SEGMENT_ROWS), 1)
    rows = min(-(-len(order) // (segments * BAND)) * BAND, SEGMENT_ROWS)  # about equal, and in whole bands
    for start in range(0, len(order), max(rows, 1)):
        cut.append(_segment(vectors, persons, ids, order[start : start + rows], axes))
        axes = cut[-1].sketch.axes if cut[-1].sketch else axes  # one set of axes for all that it suits
    return cut


def _segment(vectors: Floats, persons: Int32s, ids: Int64s, rows: Indices, axes: Axes | None) -> Segment:
    by_id = np.argsort(ids[rows])
    own = np.ascontiguousarray(vectors[rows])
    return Segment(
        vectors=read_only(own),
        persons=read_only(persons[rows]),
        sorted_ids=read_only(ids[rows][by_id]),
        by_id=read_only(by_id.astype(np.uint16)),
        sketch=sketch(own, axes),
    )
