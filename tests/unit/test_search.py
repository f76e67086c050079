"""Exact search against the slow twin, in every shape of gallery and batch."""

from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition import search as module
from recognition.arrays import NOBODY, Bools, Doubles, Floats, Int32s
from recognition.bounds import slack
from recognition.errors import BadArray, ModelMismatch
from recognition.gallery import FaceGallery
from recognition.matches import NO_SCORE, Matches
from recognition.modalities.face import unit
from recognition.search import search
from recognition.segments import Templates
from tests import reference

MODEL = "test-model"


class Case(NamedTuple):
    """Rows to enrol and probes to look for."""

    persons: Int32s
    vectors: Floats
    probes: Floats

    def gallery(self, batches: int = 1) -> FaceGallery:
        gallery = FaceGallery.empty(model=MODEL, dim=self.vectors.shape[1])
        for rows in np.array_split(np.arange(len(self.persons)), batches):
            gallery = gallery.add(
                Templates(ids=rows.astype(np.int64), persons=self.persons[rows], vectors=self.vectors[rows])
            )
        return gallery

    def find(self, batches: int = 1) -> Matches:
        return search(self.gallery(batches), self.probes, model=MODEL)


def directions(rng: np.random.Generator, count: int, dim: int) -> Floats:
    return unit(rng.standard_normal((count, dim)).astype(np.float32))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small galleries with what makes ranking hard: duplicates, look-alikes a rounding error apart, opposites."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dim = draw(st.sampled_from([64, 65, 100]))
    rows = draw(st.integers(0, 30))
    pool = directions(rng, draw(st.integers(1, 8)), dim)
    noise = draw(st.sampled_from([0.0, 1e-8, 1e-7, 1e-3, 0.1]))
    drawn = pool[rng.integers(0, len(pool), rows)]
    vectors = unit((drawn + noise * rng.standard_normal((rows, dim))).astype(np.float32))
    persons = rng.integers(0, draw(st.integers(1, 12)), rows).astype(np.int32)
    count = draw(st.integers(0, 6))
    probes = np.concatenate([pool, -pool, directions(rng, 4, dim)])[rng.integers(0, 2 * len(pool) + 4, count)]
    return Case(persons, vectors, probes)


def slow(case: Case) -> tuple[Int32s, Doubles]:
    rows = case.vectors.astype(np.float64).tolist()
    pairs = [
        reference.two_best(case.persons.tolist(), rows, probe) for probe in case.probes.astype(np.float64).tolist()
    ]
    table = np.array(pairs, np.float64).reshape(-1, 2, 2)
    return table[..., 0].astype(np.int32), table[..., 1]


def same(fast: Matches, persons: Int32s, scores: Doubles) -> None:
    np.testing.assert_allclose(fast.scores, scores, rtol=0, atol=1e-14)
    apart = np.abs(scores[:, 0] - scores[:, 1]) > 1e-14  # closer than float64 tells apart: either order is right
    np.testing.assert_array_equal(fast.persons[apart], persons[apart])


def identical(one: Matches, other: Matches) -> None:
    np.testing.assert_array_equal(one.persons, other.persons)
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.usable, other.usable)


@given(cases())
def test_equals_the_slow_twin(case: Case) -> None:
    same(case.find(), *slow(case))


@given(cases(), st.integers(1, 5), st.integers(1, 40), st.integers(1, 7))
def test_blocks_change_nothing(case: Case, batches: int, scores_at_once: int, probes_at_once: int) -> None:
    with mock.patch.multiple(
        module, SCORES_AT_ONCE=scores_at_once + 8, PROBES_AT_ONCE=probes_at_once, RESCORED_AT_ONCE=3, _FOLD=4
    ):
        blocked = case.find(batches)
    identical(blocked, case.find())


@given(cases(), st.integers(0, 2**32 - 1))
def test_permuting_rows_changes_nothing(case: Case, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(case.persons))
    identical(Case(case.persons[order], case.vectors[order], case.probes).find(), case.find())


@given(cases())
def test_one_by_one_is_the_batch(case: Case) -> None:
    gallery, batch = case.gallery(), case.find()
    for place in range(len(case.probes)):
        alone = search(gallery, case.probes[place : place + 1], model=MODEL)
        np.testing.assert_array_equal(alone.persons[0], batch.persons[place])
        np.testing.assert_array_equal(alone.scores[0], batch.scores[place])


@pytest.mark.parametrize("dim", [64, 128, 513, 1024])
def test_each_template_finds_itself(dim: int) -> None:
    vectors = directions(np.random.default_rng(dim), 400, dim)
    persons = np.arange(400, dtype=np.int32)
    found = Case(persons, vectors, vectors).find()
    np.testing.assert_array_equal(found.persons[:, 0], persons)
    np.testing.assert_allclose(found.scores[:, 0], 1.0, rtol=0, atol=1e-6)
    assert (found.persons[:, 1] != persons).all()


@pytest.mark.parametrize("count", [1, 32, 256, 300])
def test_large_batches_over_several_blocks(count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = directions(rng, 70_000, 64)
    persons = rng.integers(0, 30_000, len(vectors)).astype(np.int32)
    near = vectors[rng.integers(0, len(vectors), count)] + 0.1 * rng.standard_normal((count, 64))
    probes = unit(near.astype(np.float32))
    fast = Case(persons, vectors, probes).find(batches=2)
    scores = vectors.astype(np.float64) @ probes.T.astype(np.float64)
    order = np.argsort(persons, kind="stable")
    ends = np.flatnonzero(np.diff(persons[order], prepend=-1))
    by_person = np.maximum.reduceat(scores[order], ends)
    names = persons[order][ends]
    ranked = np.argsort(-by_person, axis=0, kind="stable")[:2].T
    np.testing.assert_array_equal(fast.persons, names[ranked])
    np.testing.assert_allclose(fast.scores, np.take_along_axis(by_person.T, ranked, axis=1), rtol=0, atol=1e-14)


def test_empty_gallery() -> None:
    case = Case(np.empty(0, np.int32), np.empty((0, 64), np.float32), directions(np.random.default_rng(0), 3, 64))
    found = case.find()
    assert (found.persons == NOBODY).all()
    assert (found.scores == NO_SCORE).all()
    assert found.usable.all()


def test_one_person_has_no_second() -> None:
    vectors = directions(np.random.default_rng(1), 5, 64)
    found = Case(np.full(5, 7, np.int32), vectors, vectors[:2]).find()
    np.testing.assert_array_equal(found.persons, [[7, NOBODY], [7, NOBODY]])
    assert (found.scores[:, 1] == NO_SCORE).all()


def test_the_only_person_is_found_even_opposite() -> None:
    vectors = directions(np.random.default_rng(2), 1, 64)
    found = Case(np.array([3], np.int32), vectors, -vectors).find()
    np.testing.assert_array_equal(found.persons, [[3, NOBODY]])
    assert found.scores[0, 0] == pytest.approx(-1.0, abs=1e-6)


def test_all_revoked() -> None:
    case = Case(np.arange(4, dtype=np.int32), *(directions(np.random.default_rng(3), 4, 64),) * 2)
    found = search(case.gallery().revoke(case.persons), case.probes, model=MODEL)
    assert (found.persons == NOBODY).all()


def test_no_probes() -> None:
    case = Case(np.zeros(3, np.int32), directions(np.random.default_rng(4), 3, 64), np.empty((0, 64), np.float32))
    found = case.find()
    assert found.persons.shape == found.scores.shape == (0, 2)
    assert len(found) == len(found.usable) == 0


def test_twins_tie_in_the_order_of_their_handles() -> None:
    vector = directions(np.random.default_rng(5), 1, 64)
    found = Case(np.array([9, 4, 6], np.int32), np.repeat(vector, 3, axis=0), vector).find()
    np.testing.assert_array_equal(found.persons, [[4, 6]])
    assert found.scores[0, 0] == found.scores[0, 1]


def test_a_flood_of_duplicates() -> None:
    rng = np.random.default_rng(6)
    vectors = np.repeat(directions(rng, 2, 64), [20_000, 1], axis=0)
    persons = np.append(np.full(20_000, 5), 1).astype(np.int32)
    found = Case(persons, vectors, vectors[:40]).find()
    assert (found.persons == [5, 1]).all()


def test_float32_alone_would_rank_look_alikes_wrongly() -> None:
    """Without the slack the near ties come out wrong: the twin test above has teeth."""
    rng = np.random.default_rng(7)
    base = directions(rng, 1, 128)
    vectors = unit((base + 2e-8 * rng.standard_normal((2_000, 128))).astype(np.float32))
    case = Case(np.arange(2_000, dtype=np.int32), vectors, directions(rng, 64, 128))
    scores = case.probes.astype(np.float64) @ vectors.T.astype(np.float64)
    found = case.find()
    np.testing.assert_allclose(found.scores, -np.sort(-scores, axis=1)[:, :2], rtol=0, atol=1e-15)
    with mock.patch.object(module, "slack", return_value=0.0):
        assert (case.find().scores != found.scores).any()


@pytest.mark.parametrize("dim", [64, 128, 512, 1024])
def test_slack_bounds_the_rounding_of_a_product(dim: int) -> None:
    rng = np.random.default_rng(dim)
    one, other = directions(rng, 200, dim), directions(rng, 200, dim)
    other[:100] = one[:100]
    exact = one.astype(np.float64) @ other.T.astype(np.float64)
    assert np.abs(one @ other.T - exact).max() <= slack(dim) < 1e-4


def test_unusable_probes_are_marked_and_disturb_nobody() -> None:
    rng = np.random.default_rng(8)
    vectors = directions(rng, 6, 64)
    probes = vectors.copy()
    probes[0, 3], probes[1, 0], probes[2] = np.nan, np.inf, 0.0
    probes[3] *= 1.01
    probes[4] = 3e38
    found = Case(np.arange(6, dtype=np.int32), vectors, probes).find()
    np.testing.assert_array_equal(found.usable, [False] * 5 + [True])
    assert (found.persons[:5] == NOBODY).all()
    assert (found.scores[:5] == NO_SCORE).all()
    assert found.persons[5, 0] == 5


@given(cases(), st.integers(0, 14), st.integers(0, 2**14 - 1))
def test_a_mask_is_a_gallery_of_the_allowed(case: Case, length: int, bits: int) -> None:
    allowed: Bools = np.array([bits >> bit & 1 for bit in range(length)], np.bool_)
    inside = np.array([person < length and bool(allowed[person]) for person in case.persons], np.bool_)
    narrowed = search(case.gallery(), case.probes, model=MODEL, allowed=allowed)
    identical(narrowed, Case(case.persons[inside], case.vectors[inside], case.probes).find())


def test_another_model_is_refused() -> None:
    case = Case(np.zeros(1, np.int32), *(directions(np.random.default_rng(9), 1, 64),) * 2)
    with pytest.raises(ModelMismatch) as caught:
        search(case.gallery(), case.probes, model="other-model")
    assert "other-model" in caught.value.text("zh")
    assert caught.value.mend_en


@pytest.mark.parametrize(
    "probes",
    [np.zeros((2, 65), np.float32), np.zeros((2, 64), np.float64), np.zeros(64, np.float32)],
    ids=["dimension", "dtype", "one axis"],
)
def test_probes_of_another_shape_are_refused(probes: Floats) -> None:
    with pytest.raises(BadArray, match="probes must be float32 of shape n×64"):
        search(FaceGallery.empty(model=MODEL, dim=64), probes, model=MODEL)


def test_a_mask_of_another_dtype_is_refused() -> None:
    with pytest.raises(BadArray, match="allowed"):
        search(
            FaceGallery.empty(model=MODEL, dim=64),
            np.zeros((0, 64), np.float32),
            model=MODEL,
            allowed=np.ones(3, np.int32),
        )


def test_answers_cannot_be_written_to() -> None:
    case = Case(np.zeros(1, np.int32), *(directions(np.random.default_rng(10), 1, 64),) * 2)
    with pytest.raises(ValueError, match="read-only"):
        case.find().persons[0, 0] = 4


@settings(max_examples=20)
@given(cases())
def test_the_gallery_is_not_touched(case: Case) -> None:
    gallery = case.gallery()
    before = [part.segment.vectors.copy() for part in gallery.parts]
    search(gallery, case.probes, model=MODEL)
    for part, vectors in zip(gallery.parts, before, strict=True):
        np.testing.assert_array_equal(part.segment.vectors, vectors)
