"""Simulated embeddings score like SFace's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import embeddings

PEOPLE = 4_000


@pytest.fixture(scope="module")
def centres() -> embeddings.Embeddings:
    return embeddings.draw_centres(7, PEOPLE)


@pytest.fixture(scope="module")
def pictures(centres: embeddings.Embeddings) -> tuple[embeddings.Embeddings, embeddings.Embeddings]:
    rng = np.random.default_rng(1)
    return embeddings.draw_pictures(rng, centres), embeddings.draw_pictures(rng, centres)


def test_genuine_scores_have_the_median_and_the_lower_tail_of_sface(
    pictures: tuple[embeddings.Embeddings, embeddings.Embeddings],
) -> None:
    scores = np.einsum("nd,nd->n", *pictures)
    assert np.median(scores) == pytest.approx(0.67, abs=0.01)
    assert np.quantile(scores, 0.01) == pytest.approx(0.34, abs=0.025)


def test_impostor_scores_have_the_mean_and_the_deviation_of_sface(
    pictures: tuple[embeddings.Embeddings, embeddings.Embeddings],
) -> None:
    scores = (pictures[0] @ pictures[1].T)[~np.eye(PEOPLE, dtype=np.bool_)]
    assert scores.mean() == pytest.approx(0.09, abs=0.005)
    assert scores.std() == pytest.approx(0.09, abs=0.005)


def test_strangers_score_like_impostors(centres: embeddings.Embeddings) -> None:
    scores = (
        embeddings.draw_strangers(np.random.default_rng(2), 500)
        @ embeddings.draw_strangers(np.random.default_rng(3), 500).T
    )
    assert scores.mean() == pytest.approx(0.09, abs=0.02)
    assert scores.std() == pytest.approx(0.09, abs=0.02)


def test_twins_are_hardly_told_apart() -> None:
    twins = np.full(400, -1)
    twins[0::2], twins[1::2] = np.arange(1, 400, 2), np.arange(0, 400, 2)
    centres = embeddings.draw_centres(3, 400, twins)
    rng = np.random.default_rng(4)
    one, other = embeddings.draw_pictures(rng, centres[0::2]), embeddings.draw_pictures(rng, centres[1::2])
    assert np.median(np.einsum("nd,nd->n", one, other)) == pytest.approx(0.67, abs=0.04)


def test_a_seed_gives_the_same_people_however_many_are_asked_for() -> None:
    assert np.array_equal(embeddings.draw_centres(5, 10), embeddings.draw_centres(5, 50)[:10])
    assert not np.array_equal(embeddings.draw_centres(5, 10), embeddings.draw_centres(6, 10))


def test_enrolment_takes_two_pictures_of_the_same_person(centres: embeddings.Embeddings) -> None:
    enrolled = embeddings.enrolment_pictures(7, centres[:300])
    assert enrolled.shape == (300, 2, 128)
    assert np.median(np.einsum("nd,nd->n", enrolled[:, 0], enrolled[:, 1])) == pytest.approx(0.67, abs=0.03)
    assert np.array_equal(enrolled, embeddings.enrolment_pictures(7, centres[:300]))


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 40), seed=st.integers(0, 2**32))
def test_pictures_are_unit_float32_rows(count: int, seed: int) -> None:
    drawn = embeddings.draw_pictures(np.random.default_rng(seed), embeddings.draw_centres(seed, count))
    assert drawn.shape == (count, 128)
    assert drawn.dtype == np.float32
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
