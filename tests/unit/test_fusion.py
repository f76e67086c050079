"""Summed evidence: the absent are neutral, gait is careful only, contradictions stay facts."""

from math import fsum, inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from core.facts import Modality
from recognition.fusion import CONTRADICTION, fuse

ratio = st.floats(-20, 20) | st.just(nan)
evidence = st.dictionaries(
    st.sampled_from([Modality.FACE, Modality.FINGER, Modality.GAIT]), st.lists(ratio, min_size=3, max_size=3)
)


def arrays(drawn: dict[Modality, list[float]]) -> dict[Modality, np.ndarray]:
    return {modality: np.array(values) for modality, values in drawn.items()}


@given(evidence)
def test_the_sum_of_what_was_said(drawn: dict[Modality, list[float]]) -> None:
    fused = fuse(arrays(drawn), 3)
    for at in range(3):
        said = {modality: values[at] for modality, values in drawn.items() if not np.isnan(values[at])}
        assert fused.total[at] == pytest.approx(fsum(said.values()))
        assert fused.bold[at] == pytest.approx(fsum(v for m, v in said.items() if m is not Modality.GAIT))


@given(evidence, st.sampled_from([Modality.FACE, Modality.FINGER, Modality.GAIT]))
def test_what_says_nothing_changes_nothing(drawn: dict[Modality, list[float]], absent: Modality) -> None:
    others = {modality: values for modality, values in drawn.items() if modality is not absent}
    silent = {**others, absent: [nan] * 3}
    np.testing.assert_array_equal(fuse(arrays(silent), 3).total, fuse(arrays(others), 3).total)


@given(evidence, st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), st.floats(0.01, 20))
def test_no_gait_makes_an_answer_bolder(drawn: dict[Modality, list[float]], gait: list[float], least: float) -> None:
    """However sure gait is: whatever it would open or accuse was open or accused without it."""
    without = fuse(arrays({m: v for m, v in drawn.items() if m is not Modality.GAIT}), 3)
    with_gait = fuse(arrays({**drawn, Modality.GAIT: gait}), 3)
    assert not (with_gait.supports(least) & ~without.supports(least)).any()
    assert not (with_gait.contradicts() & ~without.contradicts()).any()


def test_gait_alone_supports_and_contradicts_nothing() -> None:
    fused = fuse({Modality.GAIT: np.array([1e3, -1e3])}, 2)
    assert not fused.supports(0.01).any()
    assert not fused.contradicts().any()


def test_gait_may_hold_back_what_the_face_says() -> None:
    fused = fuse({Modality.FACE: np.array([8.0, -8.0]), Modality.GAIT: np.array([-6.0, 6.0])}, 2)
    assert not fused.supports(5.0).any()
    assert not fused.contradicts().any()
    assert fuse({Modality.FACE: np.array([8.0, -8.0])}, 2).contradicts(CONTRADICTION).tolist() == [False, True]


@pytest.mark.parametrize(
    ("modality", "values"),
    [(Modality.CARD, [1.0]), (Modality.PLATE, [1.0]), (Modality.FACE, [inf]), (Modality.FACE, [1.0, 2.0])],
)
def test_claims_and_nonsense_are_no_evidence(modality: Modality, values: list[float]) -> None:
    with pytest.raises(InvalidValue):
        fuse({modality: np.array(values)}, 1)


def test_nobody() -> None:
    assert len(fuse({}, 0).total) == 0
    assert fuse({}, 2).total.tolist() == [0.0, 0.0]
