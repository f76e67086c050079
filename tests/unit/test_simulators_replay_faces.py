"""Faces of a replay lead to the outcome that the stream told: judged here by the recognition's own rules."""

import numpy as np
import pytest

from recognition.calibrations import CALIBRATIONS
from recognition.thresholds import TABLES
from simulators import embeddings
from simulators.likeness import BLOCK
from simulators.replay import drawn_people
from simulators.replay_faces import CLEAR, LEAD, UNLIKE, UNLIKE_OWNER, ClearFaces

PEOPLE, ROWS, SEED = 40, 1500, 5
TABLE = TABLES[embeddings.MODEL]


@pytest.fixture(scope="module")
def centres() -> np.ndarray:
    return drawn_people([f"p{number}" for number in range(PEOPLE)], SEED)[0]


@pytest.fixture(scope="module")
def templates() -> np.ndarray:
    return drawn_people([f"p{number}" for number in range(PEOPLE)], SEED)[1]


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whose face, whom else it is like, with whose card: a third each are known, strangers, and two at once."""
    rng = np.random.default_rng(1)
    person = rng.integers(0, PEOPLE, ROWS)
    like, owner = np.full(ROWS, -1), np.full(ROWS, -1)
    person[::3] = -1
    owner[::6] = rng.integers(0, PEOPLE, len(owner[::6]))
    like[1::3] = (person[1::3] + 1) % PEOPLE
    return person, like, owner


@pytest.fixture(scope="module")
def scores(centres: np.ndarray, templates: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """(ROWS, PEOPLE) the score of each face with each person."""
    drawn = ClearFaces(SEED, centres, templates, *rows).of(range(ROWS))
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1.0, atol=1e-5)
    found: np.ndarray = np.einsum("nd,ptd->npt", drawn, templates).max(axis=2)
    return found


def test_who_was_recognised_is_recognised_at_any_size_of_gallery(
    scores: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    person, like, _ = rows
    known = np.flatnonzero((person >= 0) & (like < 0))
    own = scores[known, person[known]]
    others = scores[known].copy()
    others[np.arange(len(known)), person[known]] = -1
    assert (scores[known].argmax(axis=1) == person[known]).all()
    assert own.min() >= max(CLEAR, TABLE.at(100_000).value)
    assert (own - others.max(axis=1)).min() >= LEAD > TABLE.margin


def test_a_stranger_is_nobody(scores: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    strangers = np.flatnonzero(rows[0] < 0)
    assert scores[strangers].max() < UNLIKE < TABLE.at(1).value


def test_a_stranger_with_a_card_speaks_against_its_owner(
    scores: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    with_card = np.flatnonzero(rows[2] >= 0)
    said = scores[with_card, rows[2][with_card]].astype(np.float64)
    assert said.max() < UNLIKE_OWNER
    assert CALIBRATIONS[embeddings.MODEL].llr(said).max() < -4


def test_an_ambiguous_face_is_two_peoples(scores: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    person, like, _ = rows
    between = np.flatnonzero(like >= 0)
    pair = np.sort(np.argsort(scores[between], axis=1)[:, -2:], axis=1)
    assert (pair == np.sort(np.stack([person, like], axis=1)[between], axis=1)).all()
    best = np.sort(scores[between], axis=1)
    assert best[:, -2].min() > TABLE.at(PEOPLE * 2).value
    assert (best[:, -1] - best[:, -2]).max() < TABLE.margin


def test_a_row_is_the_same_in_any_order(
    centres: np.ndarray, templates: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    asked = [BLOCK + 3, 0, 7, BLOCK - 1]
    whole = ClearFaces(SEED, centres, templates, *rows).of(range(ROWS))
    np.testing.assert_array_equal(ClearFaces(SEED, centres, templates, *rows).of(asked), whole[asked])
    assert ClearFaces(SEED, centres, templates, *rows).of([]).shape == (0, embeddings.DIM)


def test_strangers_need_nobody_enrolled() -> None:
    nobody = ClearFaces(SEED, *drawn_people([], SEED), np.full(3, -1), np.full(3, -1), np.full(3, -1))
    np.testing.assert_allclose(np.linalg.norm(nobody.of([0, 1, 2]), axis=1), 1.0, atol=1e-5)
