"""Snapshots: what a gallery holds after any history, and what the snapshots before it still hold."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import InvalidValue
from recognition import gallery as gallery_module
from recognition import segments
from recognition.arrays import NOBODY, Floats, Int32s
from recognition.errors import BadArray, BadTemplate, DuplicateTemplate
from recognition.gallery import FaceGallery
from recognition.handles import Handles
from recognition.modalities.face import unit
from recognition.search import search
from recognition.segments import Templates

MODEL, DIM = "test-model", 64


def faces(seed: int, count: int, dim: int = DIM) -> Floats:
    return unit(np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32))


def templates(first: int, persons: list[int], seed: int = 0) -> Templates:
    ids = np.arange(first, first + len(persons), dtype=np.int64)
    return Templates(ids=ids, persons=np.array(persons, np.int32), vectors=faces(seed + first, len(persons)))


def content(gallery: FaceGallery) -> dict[int, tuple[int, bytes]]:
    """Live templates by id: their person and their vector."""
    held = {}
    for part in gallery.parts:
        for row in np.flatnonzero(part.live):
            segment = part.segment
            held[int(segment.ids[row])] = (int(segment.persons[row]), segment.vectors[row].tobytes())
    return held


def handles(*values: int) -> Int32s:
    return np.array(values, np.int32)


class History(RuleBasedStateMachine):
    """Any order of adding, revoking and compacting holds what a plain dict holds; old snapshots never change."""

    @initialize()
    def start(self) -> None:
        self.small = mock.patch.multiple(segments, SEGMENT_ROWS=6), mock.patch.multiple(gallery_module, MERGE_ROWS=4)
        for patch in self.small:
            patch.start()
        self.gallery = FaceGallery.empty(model=MODEL, dim=DIM)
        self.held: dict[int, tuple[int, bytes]] = {}
        self.next_id = 0
        self.old: list[tuple[FaceGallery, dict[int, tuple[int, bytes]]]] = []

    def teardown(self) -> None:
        for patch in getattr(self, "small", ()):
            patch.stop()

    def _now(self, gallery: FaceGallery) -> None:
        self.old.append((self.gallery, dict(self.held)))
        self.gallery = gallery

    @rule(persons=st.lists(st.integers(0, 5), max_size=9))
    def add(self, persons: list[int]) -> None:
        fresh = templates(self.next_id, persons)
        self._now(self.gallery.add(fresh))
        for number, person, vector in zip(fresh.ids.tolist(), persons, fresh.vectors, strict=True):
            self.held[number] = (person, vector.tobytes())
        self.next_id += len(persons)

    @rule(persons=st.lists(st.integers(0, 6), max_size=3))
    def revoke(self, persons: list[int]) -> None:
        self._now(self.gallery.revoke(handles(*persons)))
        self.held = {number: held for number, held in self.held.items() if held[0] not in persons}

    @rule(ids=st.lists(st.integers(0, 40), max_size=4))
    def revoke_templates(self, ids: list[int]) -> None:
        self._now(self.gallery.revoke_templates(np.array(ids, np.int64)))
        self.held = {number: held for number, held in self.held.items() if number not in ids}

    @rule()
    def compact(self) -> None:
        self._now(self.gallery.compact())
        assert all(part.size == len(part.segment) for part in self.gallery.parts)

    @invariant()
    def holds_what_it_should(self) -> None:
        if hasattr(self, "gallery"):
            assert content(self.gallery) == self.held
            assert self.gallery.size == len(self.held) <= self.gallery.rows
            assert self.gallery.templates().tolist() == sorted(self.held)
            assert self.gallery.persons().tolist() == sorted({person for person, _ in self.held.values()})
            assert all((np.diff(part.segment.persons) >= 0).all() for part in self.gallery.parts)

    @invariant()
    def the_past_stands(self) -> None:
        for gallery, held in getattr(self, "old", []):
            assert content(gallery) == held


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(0, 5))
def test_add_then_revoke_is_never_added(persons: list[int], gone: int) -> None:
    whole = templates(0, persons)
    probes = np.concatenate([whole.vectors, faces(99, 2)])
    after = FaceGallery.empty(model=MODEL, dim=DIM).add(whole).revoke(handles(gone))
    rest = whole.persons != gone
    kept = Templates(ids=whole.ids[rest], persons=whole.persons[rest], vectors=whole.vectors[rest])
    never = FaceGallery.empty(model=MODEL, dim=DIM).add(kept)
    for gallery in (after, after.compact()):
        found, wanted = (search(one, probes, model=MODEL) for one in (gallery, never))
        np.testing.assert_array_equal(found.persons, wanted.persons)
        np.testing.assert_array_equal(found.scores, wanted.scores)


def test_a_change_shares_the_rows() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(templates(0, [1, 2, 3, 4]))
    revoked = gallery.revoke(handles(2))
    assert revoked.parts[0].segment is gallery.parts[0].segment
    added = gallery.add(templates(10, [5]))
    assert added.parts[0] is gallery.parts[0]


def test_a_change_that_changes_nothing_is_the_same_snapshot() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(templates(0, [1, 2]))
    assert gallery.add(templates(9, [])) is gallery
    assert gallery.revoke(handles(7)) is gallery
    assert gallery.revoke(handles()) is gallery
    assert gallery.revoke_templates(np.array([-5, 99], np.int64)) is gallery


def test_a_part_without_live_rows_is_let_go() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(templates(0, [1, 2])).revoke(handles(1, 2))
    assert gallery.parts == ()
    assert gallery.rows == 0


def test_one_of_two_pictures_is_revoked() -> None:
    both = templates(0, [1, 1])
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(both).revoke_templates(np.array([0], np.int64))
    found = search(gallery, both.vectors, model=MODEL)
    assert found.scores[0, 0] < 0.9 < found.scores[1, 0]
    assert (found.persons[:, 0] == 1).all()


def test_a_revoked_id_may_come_back_and_a_live_one_may_not() -> None:
    first = templates(0, [1, 2])
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(first)
    with pytest.raises(DuplicateTemplate, match="template 1") as caught:
        gallery.add(templates(1, [3, 3]))
    assert "1" in caught.value.zh
    assert caught.value.mend_zh
    back = gallery.revoke_templates(np.array([1], np.int64)).add(templates(1, [3]))
    assert back.templates().tolist() == [0, 1]
    assert back.persons().tolist() == [1, 3]


def test_one_by_one_leaves_few_parts() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM)
    most = 0
    for number in range(600):
        gallery = gallery.add(templates(number, [number % 50]))
        most = max(most, len(gallery.parts))
    assert gallery.size == gallery.rows == 600
    assert most <= 10  # the binary digits of 600


def test_compaction_is_asked_for_and_keeps_whole_segments() -> None:
    with mock.patch.object(segments, "SEGMENT_ROWS", 8):
        gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(templates(0, list(range(24))))
        assert [len(part.segment) for part in gallery.parts] == [8, 8, 8]
        assert not gallery.needs_compaction()
        holed = gallery.revoke(handles(*range(8, 14)))
        assert holed.needs_compaction()
        compacted = holed.revoke(handles(20)).compact()
        assert compacted.rows == compacted.size == 17
        assert compacted.parts[0] is gallery.parts[0]  # large and without dead rows: shared
        assert [len(part.segment) for part in compacted.parts] == [8, 7, 2]
        assert not compacted.needs_compaction()


def test_many_parts_ask_for_compaction() -> None:
    with mock.patch.object(gallery_module, "MERGE_ROWS", 1):
        gallery = FaceGallery.empty(model=MODEL, dim=DIM)
        for number in range(gallery_module.MANY_PARTS + 1):
            assert not gallery.needs_compaction()
            gallery = gallery.add(templates(number, [number]))
    assert gallery.needs_compaction()
    assert len(gallery.compact().parts) == 1


def test_an_empty_gallery() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM)
    assert gallery.size == gallery.rows == len(gallery.persons()) == len(gallery.templates()) == 0
    assert gallery.compact().parts == ()
    assert not gallery.needs_compaction()


def test_the_callers_arrays_stay_the_callers() -> None:
    mine = templates(0, [1])
    wanted = mine.vectors.copy()
    gallery = FaceGallery.empty(model=MODEL, dim=DIM).add(mine)
    mine.vectors[:] = 0
    segment = gallery.parts[0].segment
    np.testing.assert_array_equal(segment.vectors, wanted)
    with pytest.raises(ValueError, match="read-only"):
        segment.vectors[0, 0] = 1
    assert segment.vectors.flags.c_contiguous
    assert segment.vectors.dtype == np.float32


@pytest.mark.parametrize("dim", [0, 63, 1025])
def test_dimensions_outside_the_supported_are_refused(dim: int) -> None:
    with pytest.raises(BadArray, match="64 to 1024"):
        FaceGallery.empty(model=MODEL, dim=dim)


def test_templates_of_another_dimension_are_refused() -> None:
    other = Templates(ids=np.arange(1), persons=handles(0), vectors=faces(0, 1, 128))
    with pytest.raises(BadArray, match="1×64"):
        FaceGallery.empty(model=MODEL, dim=DIM).add(other)


def bad_row(value: float) -> Floats:
    vectors = faces(0, 3)
    vectors[1] *= value
    return vectors


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1.001, 1e30])
def test_a_template_that_is_no_unit_vector_is_refused(value: float) -> None:
    with pytest.raises(BadTemplate, match="template 11 is not a finite vector of unit norm"):
        Templates(ids=np.arange(10, 13), persons=handles(0, 1, 2), vectors=bad_row(value))


def test_a_template_without_a_person_is_refused() -> None:
    with pytest.raises(BadTemplate, match="template 2 has no person"):
        Templates(ids=np.arange(3), persons=handles(0, 1, NOBODY), vectors=faces(0, 3))


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(BadTemplate, match=r"template 4 is given twice \(2 in all\)"):
        Templates(ids=np.array([4, 5, 4]), persons=handles(0, 1, 2), vectors=faces(0, 3))


@pytest.mark.parametrize(
    ("ids", "persons"),
    [
        (np.arange(3, dtype=np.int32), np.zeros(3, np.int32)),
        (np.arange(3), np.zeros(3, np.int64)),
        (np.arange(2), np.zeros(3, np.int32)),
    ],
    ids=["ids", "persons", "lengths"],
)
def test_templates_of_another_shape_are_refused(ids: np.ndarray, persons: np.ndarray) -> None:
    with pytest.raises(BadArray, match="must be int"):
        Templates(ids=ids, persons=persons, vectors=faces(0, 3))


def test_revoking_needs_the_right_dtype() -> None:
    gallery = FaceGallery.empty(model=MODEL, dim=DIM)
    with pytest.raises(BadArray):
        gallery.revoke(np.array([1], np.int64))
    with pytest.raises(BadArray):
        gallery.revoke_templates(np.array([1.0]))


@given(st.lists(st.text(min_size=1), max_size=30), st.lists(st.text(min_size=1), max_size=10))
def test_handles_are_one_to_one_and_stay(first: list[str], second: list[str]) -> None:
    table = Handles(first)
    before = table.lookup(first)
    given_now = table.intern(second)
    np.testing.assert_array_equal(table.lookup(first), before)
    assert table.ids(before) == first
    assert table.ids(given_now) == second
    assert len(table) == len({*first, *second})
    assert sorted({*before.tolist(), *given_now.tolist()}) == list(range(len(table)))


def test_handles_of_strangers() -> None:
    table = Handles(["a"])
    assert table.lookup(["b", "a"]).tolist() == [NOBODY, 0]
    assert table.ids(handles(NOBODY, 0)) == ["", "a"]
    with pytest.raises(InvalidValue):
        table.intern([""])
