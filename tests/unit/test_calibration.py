"""Scores to log-likelihood ratios: pooled like the slow twin, never falling, worth what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from core.facts import Modality
from recognition.arrays import Doubles
from recognition.calibration import Calibration, cllr, fit, pool
from tests import reference

scores = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=20)


def fitted(genuine: Doubles, impostor: Doubles, groups: Doubles | None = None) -> Calibration:
    return fit(genuine, impostor, model="m1", modality=Modality.FACE, groups=groups, source="drawn")


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 5)), min_size=1, max_size=14))
def test_pooling_equals_the_slow_twin(drawn: list[tuple[int, int]]) -> None:
    targets = np.array([target for target, _ in drawn], float)
    weights = np.array([weight for _, weight in drawn], float)
    values, blocks = pool(targets, weights)
    np.testing.assert_allclose(values, reference.isotonic(targets.tolist(), weights.tolist()), atol=1e-9)
    assert (np.diff(blocks) >= 0).all()
    assert all(len(set(values[blocks == block].tolist())) == 1 for block in set(blocks.tolist()))


@given(scores, scores)
def test_a_better_score_is_never_worth_less(genuine: list[float], impostor: list[float]) -> None:
    made = fitted(np.array(genuine), np.array(impostor))
    ratios = made.llr(np.linspace(-6, 6, 60))
    assert (np.diff(ratios) >= 0).all()
    most = np.log(len(genuine) + 2) + np.log(len(impostor) + 2)
    assert (np.abs(ratios) <= most).all()  # never surer than what was seen allows


@given(scores, scores)
def test_a_change_of_scale_changes_nothing(genuine: list[float], impostor: list[float]) -> None:
    plain = fitted(np.array(genuine), np.array(impostor))
    scaled = fitted(np.array(genuine) * 4 + 1, np.array(impostor) * 4 + 1)
    np.testing.assert_allclose(plain.llrs, scaled.llrs)


def test_the_ratio_of_two_known_distributions_is_found_again() -> None:
    rng = np.random.default_rng(1)
    made = fitted(rng.normal(1, 1, 4_000), rng.normal(-1, 1, 40_000))
    at = np.array([-1.5, -0.5, 0.0, 0.5, 1.5])
    np.testing.assert_allclose(made.llr(at), 2 * at, atol=0.35)  # of N(1, 1) and N(-1, 1): 2 x
    truth = cllr(2 * rng.normal(1, 1, 40_000), 2 * rng.normal(-1, 1, 40_000))
    assert made.cllr == pytest.approx(truth, abs=0.02)
    assert made.cllr_least <= made.cllr


def test_scores_that_say_nothing_are_worth_nothing() -> None:
    rng = np.random.default_rng(2)
    made = fitted(rng.normal(size=3_000), rng.normal(size=3_000))
    assert np.abs(made.llr(np.linspace(-1, 1, 9))).max() < 0.3
    assert made.cllr == pytest.approx(1, abs=0.03)
    assert made.llr(np.array([np.nan])).tolist() == [0.0]


def test_cost_of_perfect_useless_and_wrong_ratios() -> None:
    sure = np.full(3, 40.0)
    assert cllr(sure, -sure) == pytest.approx(0, abs=1e-9)
    assert cllr(np.zeros(3), np.zeros(5)) == pytest.approx(1)
    assert cllr(-sure, sure) > 50
    assert cllr(np.array([np.inf]), np.array([-np.inf])) == 0


def test_scores_of_one_person_are_never_in_both_halves() -> None:
    """Of two people the scores mean the opposite: what one teaches is wrong of the other."""
    people = np.tile(np.repeat([0.0, 1.0], 20), 2)
    genuine, impostor = np.repeat([1.0, 0.0], 20), np.repeat([0.0, 1.0], 20)
    assert fitted(genuine, impostor, groups=people).cllr > 2
    assert fitted(genuine, impostor).cllr == pytest.approx(1, abs=0.01)
    with pytest.raises(InvalidValue, match="two people"):
        fitted(genuine, impostor, groups=np.zeros(80))


@pytest.mark.parametrize(("genuine", "impostor"), [([], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 2.0])])
def test_too_little_to_calibrate_is_refused(genuine: list[float], impostor: list[float]) -> None:
    with pytest.raises(InvalidValue):
        fitted(np.array(genuine), np.array(impostor))


def test_a_calibration_that_falls_cannot_be_made() -> None:
    with pytest.raises(InvalidValue, match="fall"):
        Calibration(
            model="m", modality=Modality.FACE, scores=(0.0, 1.0), llrs=(1.0, 0.0), genuine=2, impostor=2,
            cllr=0.1, cllr_least=0.1, source="x",
        )  # fmt: skip
