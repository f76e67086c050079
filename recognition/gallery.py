"""The enrolled faces of one estate, as an immutable snapshot.

A key domain is an estate: its embeddings are rotated by its own key, so galleries of two estates are never searched
together. A gallery is a tuple of parts. A part is a segment (rows that never change, ordered by person) and its
tombstones (which rows are still live). Adding makes a small new segment, revoking a new mask of one byte a row;
everything else is shared with the snapshot before, so a search under way keeps what it began with, and a service swaps
one reference. A revoked row is out of every search at once; its numbers leave memory with `compact` and the last search
on an older snapshot. `docs/adr/0006-gallery-snapshots.md` gives the reasons.
"""

from dataclasses import dataclass, replace

import numpy as np

from recognition import segments
from recognition.arrays import Indices, Int32s, Int64s, require
from recognition.errors import DuplicateTemplate
from recognition.segments import Part, Templates, check_dim

# Adding merges the last parts like a binary counter, up to this many rows: a row is copied at most 12 times, one
# addition copies at most 8 MB (512-d), and a search meets at most a dozen small parts.
MERGE_ROWS = 4_096
# More parts than this, or this share of dead rows, and compaction is worth its copy.
MANY_PARTS = 32
DEAD_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceGallery:
    """One estate's templates of one model; build with `FaceGallery.empty`, then `add`.

    Attributes:
        model: id of the embedding model; a probe of another is refused.
        dim: components of an embedding, 64 to 1024.
        parts: see the module; the order means nothing.
    """

    model: str
    dim: int
    parts: tuple[Part, ...] = ()

    @classmethod
    def empty(cls, *, model: str, dim: int) -> "FaceGallery":
        """A gallery without templates. Raises BadArray if `dim` is outside 64 to 1024."""
        check_dim(dim)
        return cls(model=model, dim=dim)

    @property
    def size(self) -> int:
        """Live templates; thresholds follow this number."""
        return sum(part.size for part in self.parts)

    @property
    def rows(self) -> int:
        """Rows held, live or dead."""
        return sum(len(part.segment) for part in self.parts)

    def persons(self) -> Int32s:
        """Handles of everybody with a live template, ascending, each once."""
        live = [part.segment.persons[part.live] for part in self.parts]
        return np.unique(np.concatenate(live)) if live else np.empty(0, np.int32)

    def templates(self) -> Int64s:
        """Ids of the live templates, ascending."""
        live = [part.segment.sorted_ids[part.live[part.segment.by_id]] for part in self.parts]
        return np.sort(np.concatenate(live)) if live else np.empty(0, np.int64)

    def add(self, templates: Templates) -> "FaceGallery":
        """The next snapshot, with `templates` in it.

        Raises:
            BadArray: embeddings of another dimension.
            DuplicateTemplate: an id is live here; nothing is added then. The id of a revoked template may come back.
        """
        templates.require_dim(self.dim)
        if not len(templates):
            return self
        known = np.concatenate([part.live_ids(templates.ids) for part in self.parts] or [np.empty(0, np.int64)])
        if len(known):
            raise DuplicateTemplate(
                f"模板{known[0]}等{len(known)}个已在底库中。",
                f"template {known[0]} ({len(known)} in all) is already in the gallery.",
                mend_zh="请先注销旧模板，或使用新的编号。",
                mend_en="Revoke the old template first, or use a new id.",
            )
        fresh = segments.build(templates, segments.axes_of(self.parts))
        tail, kept = [Part.whole(segment) for segment in fresh], list(self.parts)
        while len(tail) == 1 and kept and kept[-1].size <= tail[0].size <= MERGE_ROWS - kept[-1].size:
            tail = segments.merge([kept.pop(), tail[0]])
        return replace(self, parts=(*kept, *tail))

    def revoke(self, persons: Int32s) -> "FaceGallery":
        """The next snapshot without the templates of these persons, (k,) int32; the same one where there were none."""
        require(persons, np.int32, (None,), "persons")
        return self._without([part.rows_of_persons(persons) for part in self.parts])

    def revoke_templates(self, ids: Int64s) -> "FaceGallery":
        """The next snapshot without the templates of these ids, (k,) int64; the same one where none was live."""
        require(ids, np.int64, (None,), "template ids")
        return self._without([part.rows_of_ids(ids) for part in self.parts])

    def needs_compaction(self) -> bool:
        """Whether small parts or dead rows have piled up so that searches pay for them; cheap to ask.

        A withdrawal asks for compaction on its own: `rows > size` says that revoked rows are still in memory.
        """
        rows = self.rows
        return len(self.parts) > MANY_PARTS or rows - self.size > DEAD_SHARE * rows

    def compact(self) -> "FaceGallery":
        """The same content in few parts and without dead rows, so that nothing revoked is left in memory.

        Small parts are merged, large ones with dead rows rewritten one by one, large ones without are shared. Takes
        time in proportion to the rows that move; meant for a background thread. Additions and revocations made
        meanwhile to the old snapshot are not in the result: the caller applies them again before it swaps.
        """
        axes = segments.axes_of(self.parts)
        rewritten = [new for part in self.parts if part.is_large for new in segments.merge([part], axes)]
        merged = segments.merge([part for part in self.parts if not part.is_large], axes)
        return replace(self, parts=(*rewritten, *merged))

    def _without(self, rows: list[Indices]) -> "FaceGallery":
        parts = tuple(part.without(dead) for part, dead in zip(self.parts, rows, strict=True))
        if all(new is old for new, old in zip(parts, self.parts, strict=True)):
            return self
        return replace(self, parts=tuple(part for part in parts if part.size))
