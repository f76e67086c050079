"""The enrolled fingers of one estate, as an immutable snapshot, and the search in it.

The shape is the face gallery's: a tuple of parts, a part being a segment that never changes and the mask of its live
rows. Adding makes a small segment (and merges it with the last ones like a binary counter), revoking a new mask; a
search under way keeps what it began with.

A search looks twice: `scan` scores every live finger by its codes, `relaxation` the SHORTLIST best of them by their
cylinders. Only the second score is handed out. A finger that the first look leaves out of the shortlist cannot be
found; how often that happens to the right one is measured by `benchmarks.fingerprint`.
"""

from dataclasses import dataclass, replace

import numpy as np

from recognition.arrays import NOBODY, Bools, Doubles, Indices, Int32s, Int64s, read_only, require
from recognition.errors import BadArray, BadTemplate, DuplicateTemplate
from recognition.fingers import features, relaxation, scan
from recognition.fingers.features import Features, Probes
from recognition.fingers.scan import BLOCK_FINGERS, Block
from recognition.matches import NO_SCORE, Matches, matches, nobody

FIRST_CODES = 32  # the probe's best, for the first look
SHORTLIST = 32
FINALISTS = 8  # of them, for the looks with more and with fewer minutiae
SEGMENT_FINGERS = 8 * BLOCK_FINGERS  # what compaction makes of small parts
DEAD_SHARE = 0.2
MANY_PARTS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FingerTemplates:
    """Fingers to be added.

    Attributes:
        ids: (n,) int64, each once: the store's own numbers.
        persons: (n,) int32 handles, 0 upwards; a person may have several fingers, a finger several impressions.
        features: of n impressions, each usable.

    Raises:
        BadArray: a wrong dtype or shape.
        BadTemplate: an impression of too few minutiae, a handle below 0, an id twice.
    """

    ids: Int64s
    persons: Int32s
    features: Features

    def __post_init__(self) -> None:
        require(self.ids, np.int64, (None,), "template ids")
        require(self.persons, np.int32, (len(self.ids),), "persons")
        if len(self.features) != len(self.ids):
            raise BadArray("指纹数量与编号数量不一致。", "there must be as many fingers as ids.")
        self._refuse(~self.features.usable, "特征点太少", "has too few minutiae")
        self._refuse(self.persons < 0, "没有对应的人员", "has no person")
        unique, counts = np.unique(self.ids, return_counts=True)
        self._refuse(np.isin(self.ids, unique[counts > 1]), "重复出现", "is given twice")

    def __len__(self) -> int:
        return len(self.ids)

    def _refuse(self, bad: Bools, zh: str, en: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            first = self.ids[rows[0]]
            raise BadTemplate(
                f"指纹模板{first}{zh}（共{len(rows)}个）。",
                f"finger template {first} {en} ({len(rows)} in all).",
                mend_zh="请重新采集该手指：擦净、按平、居中。",
                mend_en="Take the finger again: clean, flat and centred.",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """Fingers that never change, ordered by their number of codes.

    Attributes:
        ids, persons, features: as in FingerTemplates.
        blocks: their codes, BLOCK_FINGERS fingers each, in the same order.
    """

    ids: Int64s
    persons: Int32s
    features: Features
    blocks: tuple[Block, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A segment and which of its rows are live, (n,) bool."""

    segment: Segment
    live: Bools

    @property
    def size(self) -> int:
        """How many are live."""
        return int(np.count_nonzero(self.live))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FingerGallery:
    """One estate's fingers of one extractor; start from `FingerGallery(model=...)`.

    Attributes:
        model: id of what extracted the minutiae; a probe of another is refused.
        parts: see the module; the order means nothing.
    """

    model: str
    parts: tuple[Part, ...] = ()

    @property
    def size(self) -> int:
        """Live templates; thresholds follow this number."""
        return sum(part.size for part in self.parts)

    @property
    def rows(self) -> int:
        """Rows held, live or dead."""
        return sum(len(part.segment) for part in self.parts)

    def persons(self) -> Int32s:
        """Handles of everybody with a live finger, ascending, each once."""
        live = [part.segment.persons[part.live] for part in self.parts]
        return np.unique(np.concatenate(live)) if live else np.empty(0, np.int32)

    def add(self, templates: FingerTemplates) -> "FingerGallery":
        """The next snapshot, with these fingers in it.

        Raises:
            DuplicateTemplate: an id is live here; nothing is added then.
        """
        if not len(templates):
            return self
        held = [part.segment.ids[part.live] for part in self.parts]
        known = np.intersect1d(templates.ids, np.concatenate(held)) if held else templates.ids[:0]
        if len(known):
            raise DuplicateTemplate(
                f"指纹模板{known[0]}等{len(known)}个已在底库中。",
                f"finger template {known[0]} ({len(known)} in all) is already in the gallery.",
                mend_zh="请先注销旧模板，或使用新的编号。",
                mend_en="Revoke the old template first, or use a new id.",
            )
        fresh, kept = _segments(templates.ids, templates.persons, templates.features), list(self.parts)
        while len(fresh) == 1 and kept and kept[-1].size <= fresh[0].size <= BLOCK_FINGERS - kept[-1].size:
            fresh = _merge([kept.pop(), fresh[0]])
        return replace(self, parts=(*kept, *fresh))

    def revoke(self, persons: Int32s) -> "FingerGallery":
        """The next snapshot without the fingers of these persons, (k,) int32; the same one where there were none."""
        require(persons, np.int32, (None,), "persons")
        return self._keeping([~np.isin(part.segment.persons, persons) for part in self.parts])

    def revoke_templates(self, ids: Int64s) -> "FingerGallery":
        """The next snapshot without the fingers of these ids, (k,) int64; the same one where none was live."""
        require(ids, np.int64, (None,), "template ids")
        return self._keeping([~np.isin(part.segment.ids, ids) for part in self.parts])

    def needs_compaction(self) -> bool:
        """Whether small parts or dead rows have piled up so that searches pay for them; cheap to ask."""
        rows = self.rows
        return len(self.parts) > MANY_PARTS or rows - self.size > DEAD_SHARE * rows

    def compact(self) -> "FingerGallery":
        """The same content in few parts and without dead rows; meant for a background thread."""
        return replace(self, parts=tuple(_merge(self.parts)))

    def _keeping(self, kept: list[Bools]) -> "FingerGallery":
        if all(bool(mask[part.live].all()) for part, mask in zip(self.parts, kept, strict=True)):
            return self
        masked = [replace(p, live=read_only(p.live & mask)) for p, mask in zip(self.parts, kept, strict=True)]
        return replace(self, parts=tuple(part for part in masked if part.live.any()))


def search(gallery: FingerGallery, probes: Probes, *, allowed: Bools | None = None) -> Matches:
    """The two best distinct persons of each probe, with their scores in [0, 1].

    Args:
        gallery: the snapshot.
        probes: of B impressions; one that is not usable comes out with `usable` False.
        allowed: (p,) bool by handle, whom to look among; beyond the mask nobody is.

    Raises:
        BadArray: a mask of a wrong dtype or shape.
    """
    if allowed is not None:
        require(allowed, np.bool_, (None,), "allowed")
    usable = probes.usable
    persons, scores = nobody(usable)
    parts = [(part.segment, live) for part in gallery.parts if (live := _live(part, allowed)).any()]
    for row in np.flatnonzero(usable) if parts else ():
        persons[row], scores[row] = _search_one(parts, probes.take(np.array([row], np.intp)))
    return matches(persons, scores, usable)


def first_look(segment: Segment, probe: Features) -> Doubles:
    """The score by codes of one probe with every finger of a segment, (n,) float64."""
    return np.concatenate([scan.scores(block, probe.codes[:FIRST_CODES]) for block in segment.blocks])


def second_look(probe: Probes, row: int, candidates: Features) -> Doubles:
    """The score of one probe with each of c >= 1 candidates, (c,) float64: the best of its looks at the FINALISTS."""
    scores = relaxation.rescore(probe.enrolled.cylinders(row), candidates.candidates())
    finalists = np.argsort(-scores, kind="stable")[:FINALISTS]
    chosen = candidates.take(finalists).candidates()
    for level in (probe.generous, probe.strict):
        if level.same(probe.enrolled, row):
            continue
        scores[finalists] = np.maximum(scores[finalists], relaxation.rescore(level.cylinders(row), chosen))
    return scores


def _search_one(parts: list[tuple[Segment, Bools]], probe: Probes) -> tuple[Int32s, Doubles]:
    codes = np.concatenate([np.where(live, first_look(segment, probe.enrolled), NO_SCORE) for segment, live in parts])
    best = np.argpartition(-codes, SHORTLIST)[:SHORTLIST] if len(codes) > SHORTLIST else np.arange(len(codes))
    best = np.sort(best[codes[best] > NO_SCORE])
    stops = np.cumsum([len(segment) for segment, _ in parts])
    persons, chosen = [], []
    for (segment, _), stop in zip(parts, stops, strict=True):
        rows = best[(best >= stop - len(segment)) & (best < stop)] - (stop - len(segment))
        if len(rows):
            persons.append(segment.persons[rows])
            chosen.append(segment.features.take(rows))
    return _two_best(np.concatenate(persons), second_look(probe, 0, features.concatenate(chosen)))


def _two_best(persons: Int32s, scores: Doubles) -> tuple[Int32s, Doubles]:
    """The two best distinct persons of candidates (c,), c >= 1; of equal scores the lower handle is first."""
    order = np.lexsort((persons, -scores))
    persons, scores = persons[order], scores[order]
    _, first = np.unique(persons, return_index=True)
    two = np.sort(first)[:2]
    found, values = np.full(2, NOBODY, np.int32), np.full(2, NO_SCORE)
    found[: len(two)], values[: len(two)] = persons[two], scores[two]
    return found, values


def _live(part: Part, allowed: Bools | None) -> Bools:
    if allowed is None:
        return part.live
    anybody = np.append(allowed, False)
    live: Bools = part.live & anybody[np.minimum(part.segment.persons, len(allowed))]
    return live


def _merge(parts: list[Part] | tuple[Part, ...]) -> list[Part]:
    """The live rows of `parts` in as few parts as can be."""
    if not parts:
        return []
    live = [np.flatnonzero(part.live) for part in parts]
    return _segments(
        np.concatenate([part.segment.ids[rows] for part, rows in zip(parts, live, strict=True)]),
        np.concatenate([part.segment.persons[rows] for part, rows in zip(parts, live, strict=True)]),
        features.concatenate([part.segment.features.take(rows) for part, rows in zip(parts, live, strict=True)]),
    )


def _segments(ids: Int64s, persons: Int32s, held: Features) -> list[Part]:
    order = np.argsort(held.counts, kind="stable")
    cut = [order[start : start + SEGMENT_FINGERS] for start in range(0, len(order), SEGMENT_FINGERS)]
    return [_part(ids[rows], persons[rows], held.take(rows)) for rows in cut]


def _part(ids: Int64s, persons: Int32s, held: Features) -> Part:
    starts = range(0, len(ids), BLOCK_FINGERS)
    rows: list[Indices] = [np.arange(start, min(start + BLOCK_FINGERS, len(ids))) for start in starts]
    blocks = tuple(scan.block(some.codes, some.counts) for some in map(held.take, rows))
    segment = Segment(ids=read_only(ids), persons=read_only(persons), features=held, blocks=blocks)
    return Part(segment=segment, live=read_only(np.ones(len(ids), np.bool_)))
