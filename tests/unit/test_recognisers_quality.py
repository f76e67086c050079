"""Face quality: a better measure never makes a worse score; poses come back; every reason has its words."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.recognisers.quality import HEAD, FaceMeasures, judge, luminance, measure, pose, sharpness

GOOD = FaceMeasures(
    detection=0.93, eye_distance=40.0, yaw=0.0, pitch=0.0, roll=0.0, sharpness=0.5, brightness=120.0, glare=0.0
)
BAD = {
    "face_unclear": {"detection": 0.7},
    "too_small": {"eye_distance": 9.0},
    "look_straight": {"yaw": -40.0},
    "hold_upright": {"roll": 60.0},
    "blurred": {"sharpness": 0.02},
    "too_dark": {"brightness": 20.0},
    "too_bright": {"brightness": 235.0},
    "glare": {"glare": 0.4},
}
MEASURES = st.builds(
    FaceMeasures,
    detection=st.floats(0.5, 1.0),
    eye_distance=st.floats(0.0, 100.0),
    yaw=st.floats(-90.0, 90.0),
    pitch=st.floats(-90.0, 90.0),
    roll=st.floats(-180.0, 180.0),
    sharpness=st.floats(0.0, 2.0),
    brightness=st.floats(0.0, 255.0),
    glare=st.floats(0.0, 1.0),
)
# Where each measure is best, so that any step towards it is an improvement.
BEST = {
    "detection": 1.0,
    "eye_distance": 200.0,
    "yaw": 0.0,
    "pitch": 0.0,
    "roll": 0.0,
    "sharpness": 3.0,
    "brightness": 130.0,
    "glare": 0.0,
}


@given(MEASURES, st.sampled_from(sorted(BEST)), st.floats(0.0, 1.0))
def test_a_better_measure_never_makes_a_worse_score_nor_a_new_reason(
    measures: FaceMeasures, name: str, step: float
) -> None:
    value = getattr(measures, name)
    better = replace(measures, **{name: value + (BEST[name] - value) * step})
    before, after = judge(measures), judge(better)
    assert after.score >= before.score - 1e-12
    assert {reason.id for reason in after.reasons} <= {reason.id for reason in before.reasons}


@given(MEASURES)
def test_the_score_is_a_share_and_every_reason_speaks_both_languages(measures: FaceMeasures) -> None:
    quality = judge(measures)
    assert 0.0 <= quality.score <= 1.0
    assert len({reason.id for reason in quality.reasons}) == len(quality.reasons)
    for reason in quality.reasons:
        assert reason.text("zh")
        assert reason.text("en").isascii()


def test_a_good_face_has_full_marks_and_no_reason() -> None:
    quality = judge(GOOD)
    assert (quality.score, quality.reasons) == (1.0, ())


@pytest.mark.parametrize(("message", "change"), BAD.items())
def test_each_shortcoming_is_named_with_its_value_and_limit(message: str, change: dict[str, float]) -> None:
    quality = judge(replace(GOOD, **change))
    (reason,) = quality.reasons
    assert reason.id == message
    assert reason.value == abs(next(iter(change.values())))
    assert quality.score < 1.0


def test_the_worst_reason_comes_first_and_a_turn_and_a_nod_are_one() -> None:
    quality = judge(replace(GOOD, yaw=35.0, pitch=-39.0, glare=0.3))
    assert [reason.id for reason in quality.reasons] == ["look_straight", "glare"]
    assert quality.reasons[0].value == 39.0


def seen(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """The five points of the head turned by these angles (degrees), 40 pixels between the eyes, far away."""
    y, p, r = np.radians([-yaw, pitch, roll])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    lean = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    projected: NDArray[np.float64] = (HEAD @ (lean @ nod @ turn).T)[:, :2] * 40 + [300, 200]
    return projected


@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(-80, 80))
def test_the_pose_of_a_turned_head_comes_back(yaw: float, pitch: float, roll: float) -> None:
    assert pose(seen(yaw, pitch, roll)) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_the_signs_are_as_described() -> None:
    right, down, clockwise = seen(20, 0, 0), seen(0, 20, 0), seen(0, 0, 20)
    assert right[2, 0] > right[:2, 0].mean()  # the nose moves to the picture's right
    assert down[2, 1] - down[:2, 1].mean() > seen(0, 0, 0)[2, 1] - seen(0, 0, 0)[:2, 1].mean()
    assert clockwise[1, 1] > clockwise[0, 1]  # the right eye sinks


def test_points_without_extent_have_no_pose() -> None:
    assert pose(np.full((5, 2), 7.0)) == (0.0, 0.0, 0.0)


def textured(seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 255, (112, 112, 3))
    return blurred(noise.astype(np.uint8), 1.5)


def blurred(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)


def test_blur_lowers_sharpness_and_exposure_does_not() -> None:
    picture = textured()
    sharp = [sharpness(luminance(blurred(picture, sigma))) for sigma in (0.5, 1.0, 2.0, 4.0)]
    assert sharp == sorted(sharp, reverse=True)
    assert sharp[-1] < sharp[0] / 4
    half = sharpness(luminance(picture) / np.float32(2))
    assert half == pytest.approx(sharpness(luminance(picture)), rel=1e-3)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (4, 4), (5, 3)])
def test_light_too_small_to_have_an_edge_has_no_sharpness(shape: tuple[int, int]) -> None:
    assert sharpness(np.ones(shape, np.float32)) == 0.0


def test_measures_are_of_the_face_given() -> None:
    grey = np.full((112, 112, 3), 100, np.uint8)
    grey[60:, 24:88] = 255
    measures = measure(seen(0, 0, 0).astype(np.float32), 0.9, grey)
    assert measures.eye_distance == pytest.approx(40.0, abs=0.01)
    assert measures.glare == pytest.approx(48 / 72)
    assert measures.brightness == pytest.approx((24 * 100 + 48 * 255) / 72)
    assert measures.detection == 0.9
