"""Enrolled people who are too alike: all pairs, each once, as the slow twin finds them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition import look_alikes as module
from recognition.arrays import Floats, Int32s
from recognition.gallery import FaceGallery
from recognition.look_alikes import look_alikes
from recognition.modalities.face import unit
from recognition.segments import Templates
from tests import reference


def gallery(persons: Int32s, vectors: Floats, cut: int = 0) -> FaceGallery:
    held = FaceGallery.empty(model="m", dim=64)
    for part in (slice(0, cut), slice(cut, None)):
        ids = np.arange(len(persons), dtype=np.int64)[part]
        if len(ids):
            held = held.add(Templates(ids=ids, persons=persons[part], vectors=vectors[part]))
    return held


def drawn(seed: int, count: int) -> tuple[Int32s, Floats]:
    """Templates about a few centres, so that many are alike."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((3, 64))
    vectors = centres[rng.integers(0, 3, count)] + 0.7 * rng.standard_normal((count, 64))
    return rng.integers(0, 8, count).astype(np.int32), unit(vectors.astype(np.float32))


@given(st.integers(0, 10_000), st.integers(0, 30), st.floats(0.2, 0.9), st.integers(0, 30), st.booleans())
@settings(max_examples=60)
def test_equals_the_slow_twin(seed: int, count: int, threshold: float, cut: int, small_blocks: bool) -> None:
    persons, vectors = drawn(seed, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 7 if small_blocks else module.BLOCK)
        found = look_alikes(gallery(persons, vectors, cut), threshold)
    expected = reference.alike_pairs(persons.tolist(), vectors.astype(float).tolist(), threshold)
    assert {tuple(pair) for pair in found.persons.tolist()} == set(expected)
    for pair, score in zip(found.persons.tolist(), found.scores.tolist(), strict=True):
        assert score == pytest.approx(expected[pair[0], pair[1]], abs=1e-12)
    assert (np.diff(found.scores) <= 0).all()


@given(st.integers(0, 10_000), st.integers(0, 7))
@settings(max_examples=30)
def test_asked_of_some_it_tells_their_pairs_alone(seed: int, person: int) -> None:
    held = gallery(*drawn(seed, 24))
    whole = look_alikes(held, 0.4)
    some = look_alikes(held, 0.4, of=np.array([person], np.int32))
    assert some.persons.tolist() == [pair for pair in whole.persons.tolist() if person in pair]


def test_two_templates_of_one_person_are_no_pair_and_the_revoked_are_gone() -> None:
    vector = unit(np.ones((1, 64), np.float32))
    held = gallery(np.array([3, 3, 5], np.int32), np.repeat(vector, 3, axis=0))
    assert look_alikes(held, 0.99).persons.tolist() == [[3, 5]]
    assert len(look_alikes(held.revoke(np.array([5], np.int32)), 0.99)) == 0
    assert look_alikes(FaceGallery.empty(model="m", dim=64), 0.5).persons.shape == (0, 2)
