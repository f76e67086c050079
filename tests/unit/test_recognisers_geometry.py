"""Alignment of faces, flattening of plates, surroundings for liveness: geometry without networks."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.recognisers.alignment import TEMPLATE, align, similarity
from gateway.recognisers.liveness import surroundings
from gateway.recognisers.plate_detector import CROP, area, flatten
from gateway.recognisers.plate_reader import WIDTH, line_tensor

ANGLES = st.floats(-np.pi, np.pi)


@given(ANGLES, st.floats(0.05, 20.0), st.floats(-500, 500), st.floats(-500, 500))
def test_a_similarity_is_found_again(angle: float, scale: float, x: float, y: float) -> None:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[c, -s, x], [s, c, y]])
    points = TEMPLATE @ matrix[:, :2].T + matrix[:, 2]
    assert similarity(TEMPLATE, points) == pytest.approx(matrix, abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=5, max_size=5))
def test_no_other_similarity_comes_nearer(rows: list[tuple[float, float]]) -> None:
    points = np.array(rows)
    found = similarity(points, TEMPLATE)

    def miss(matrix: NDArray[np.float64]) -> float:
        return float(((points @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE) ** 2).sum())

    best = miss(found)
    for step in (np.array([[1e-3, 0, 0], [0, 1e-3, 0]]), np.array([[0, -1e-3, 0], [1e-3, 0, 0]]), np.eye(2, 3, 2)):
        assert min(miss(found + step), miss(found - step)) >= best - 1e-6


def test_points_in_one_place_only_shift() -> None:
    matrix = similarity(np.full((5, 2), 30.0), TEMPLATE)
    assert matrix[:, :2] == pytest.approx(np.eye(2))
    assert matrix @ [30.0, 30.0, 1.0] == pytest.approx(TEMPLATE.mean(axis=0))


def test_a_face_already_in_place_is_cut_out_unchanged() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    crop = align(picture, (TEMPLATE + np.array([40.0, 20.0])).astype(np.float32))
    assert np.abs(crop.astype(int) - picture[20:132, 40:152]).max() <= 2


@given(st.floats(1, 100), st.floats(1, 100), ANGLES)
def test_the_area_of_a_turned_rectangle_is_its_sides_product(width: float, height: float, angle: float) -> None:
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quads = np.stack([corners @ turn.T, corners[::-1] @ turn.T]).astype(np.float32)
    assert area(quads) == pytest.approx(width * height, rel=1e-3)


def test_a_plate_in_perspective_comes_back_flat() -> None:
    width, height = 440, 140
    plate = np.zeros((height, width, 3), np.uint8)
    plate[:, : width // 2] = (200, 60, 20)
    plate[: height // 2, width // 2 :] = (20, 200, 60)
    quad = np.array([[200, 150], [420, 130], [424, 200], [204, 226]], np.float32)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    scene = cv2.warpPerspective(plate, cv2.getPerspectiveTransform(source, quad), (640, 480)).astype(np.uint8)
    (flat,) = flatten(scene, quad[None])
    assert flat.shape == (CROP[1], CROP[0], 3)
    inside = np.s_[8:-8, 8:-8]
    expected = cv2.resize(plate, CROP)[inside].astype(int)
    assert np.abs(flat[inside].astype(int) - expected).mean() < 12  # the rim is widened, so edges move a little


def test_no_plates_make_no_crops() -> None:
    none = np.zeros((0, 4, 2), np.float32)
    assert flatten(np.zeros((10, 10, 3), np.uint8), none).shape == (0, CROP[1], CROP[0], 3)
    assert area(none).shape == (0,)


@given(st.integers(0, 60), st.integers(0, 400), st.sampled_from([32, 48]))
def test_any_crop_becomes_a_line_of_the_readers_size(height: int, width: int, wanted: int) -> None:
    line = line_tensor(np.full((height, width, 3), 255, np.uint8), wanted)
    assert line.shape == (3, wanted, WIDTH)
    assert line.dtype == np.float32
    filled = min(WIDTH, max(1, round(wanted * width / height))) if height and width else 0
    assert (line[:, :, :filled] == 1).all()
    assert not line[:, :, filled:].any()


def test_surroundings_are_centred_on_the_face_and_repeat_the_border() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, 50:] = 200
    crop = surroundings(picture, np.array([40, 40, 20, 20], np.float32), 3.0, (60, 60))
    assert crop.shape == (60, 60, 3)
    assert crop[30, 10].tolist() == [0, 0, 0]
    assert crop[30, 50].tolist() == [200, 200, 200]
    outside = surroundings(picture, np.array([95, 95, 20, 20], np.float32), 2.0, (32, 32))
    assert (outside == 200).all()
