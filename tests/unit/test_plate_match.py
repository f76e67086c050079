"""Plates and the registry of modalities: exact text, no guesses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.facts import FaceProbe, Modality, PlateRead
from recognition.arrays import NOBODY, Int32s
from recognition.errors import BadArray, BadPlate, ModelMismatch
from recognition.gallery import FaceGallery
from recognition.matches import NO_SCORE, Matches
from recognition.modalities import MATCHERS
from recognition.modalities.face import FaceMatcher, unit
from recognition.modalities.plate import (
    SAME_PLATE,
    WIDTH,
    PlateGallery,
    PlateMatcher,
    Plates,
    encode_plates,
    normalise,
)
from recognition.segments import Templates
from tests import reference

MATCHER = PlateMatcher()
plates = st.text(alphabet="桂京AB01", min_size=1, max_size=3)
registers = st.lists(st.tuples(plates, st.integers(0, 4)), max_size=15)


def handles(*values: int) -> Int32s:
    return np.array(values, np.int32)


def gallery(registered: list[tuple[str, int]]) -> PlateGallery:
    return PlateGallery().add(
        Plates(codes=encode_plates(text for text, _ in registered), persons=handles(*(p for _, p in registered)))
    )


def find(held: PlateGallery, *texts: str) -> Matches:
    return MATCHER.search(held, encode_plates(texts))


def read(text: str) -> PlateRead:
    return PlateRead(model="reader", text=text, agreed=True, confidences=(), plate_kind="blue")


@given(registers, st.lists(plates, max_size=8))
def test_equals_the_slow_twin(registered: list[tuple[str, int]], reads: list[str]) -> None:
    found = find(gallery(registered), *reads)
    for at, text in enumerate(reads):
        owners = reference.plate_owners(registered, text)
        assert found.persons[at].tolist() == [*owners, NOBODY, NOBODY][:2]
        assert found.scores[at].tolist() == [*[SAME_PLATE] * len(owners), NO_SCORE, NO_SCORE][:2]
    assert found.usable.all()


@given(registers, st.integers(0, 15), st.integers(0, 2**32 - 1))
def test_order_and_grouping_mean_nothing(registered: list[tuple[str, int]], cut: int, seed: int) -> None:
    mixed = [registered[n] for n in np.random.default_rng(seed).permutation(len(registered))]
    rest = mixed[cut:] + registered[:2]  # some of them twice
    twice = gallery(mixed[:cut]).add(
        Plates(codes=encode_plates(text for text, _ in rest), persons=handles(*(p for _, p in rest)))
    )
    whole = gallery(registered)
    np.testing.assert_array_equal(twice.codes, whole.codes)
    np.testing.assert_array_equal(twice.persons, whole.persons)
    assert len(whole) == len(set(registered))


@given(registers, st.integers(0, 4), plates)
def test_revoked_is_never_added(registered: list[tuple[str, int]], person: int, plate: str) -> None:
    whole = gallery(registered)
    without_person = gallery([entry for entry in registered if entry[1] != person])
    without_plate = gallery([entry for entry in registered if entry[0] != plate])
    for one, other in (
        (whole.revoke(handles(person)), without_person),
        (whole.revoke_plates(encode_plates([plate])), without_plate),
    ):
        np.testing.assert_array_equal(one.codes, other.codes)
        np.testing.assert_array_equal(one.persons, other.persons)


@given(registers, plates, st.lists(st.booleans(), max_size=6))
def test_a_mask_is_a_gallery_of_the_allowed(registered: list[tuple[str, int]], plate: str, mask: list[bool]) -> None:
    inside = [entry for entry in registered if entry[1] < len(mask) and mask[entry[1]]]
    narrowed = MATCHER.search(gallery(registered), encode_plates([plate]), allowed=np.array(mask, np.bool_))
    np.testing.assert_array_equal(narrowed.persons, find(gallery(inside), plate).persons)


@pytest.mark.parametrize("text", ["桂A12345", "桂A·12345", " 桂a 12345 ", "桂Ａ１２３４５", "桂A-12345", "桂A•12345"])
def test_spellings_of_one_plate(text: str) -> None:
    assert normalise(text) == "桂A12345"
    assert find(gallery([("桂A12345", 3)]), text).persons[0, 0] == 3


@pytest.mark.parametrize("text", ["桂A1234", "桂A123450", "桂B12345", "贵A12345", "桂A1234S"])
def test_another_plate_is_another_plate(text: str) -> None:
    assert find(gallery([("桂A12345", 3)]), text).persons.tolist() == [[NOBODY, NOBODY]]


def test_nothing_is_guessed() -> None:
    assert find(gallery([("桂A10345", 3)]), "桂AI0345", "桂A1O345").persons[:, 0].tolist() == [NOBODY, NOBODY]


def test_a_read_that_cannot_be_a_plate_is_marked() -> None:
    found = find(gallery([("桂A12345", 3)]), "", " · ", "桂" * (WIDTH + 1), "桂A12345")
    assert found.usable.tolist() == [False, False, False, True]
    assert found.persons[:, 0].tolist() == [NOBODY, NOBODY, NOBODY, 3]


def test_a_long_read_is_not_cut_to_a_plate() -> None:
    full = "1" * WIDTH
    assert find(gallery([(full, 3)]), full, full + "1").persons[:, 0].tolist() == [3, NOBODY]


def test_a_plate_of_two_owners_is_answered_with_both() -> None:
    found = find(gallery([("桂A12345", 9), ("桂A12345", 2), ("桂A12345", 5)]), "桂A12345")
    assert found.persons.tolist() == [[2, 5]]
    assert found.scores.tolist() == [[SAME_PLATE, SAME_PLATE]]


def test_empty_cases() -> None:
    assert find(PlateGallery(), "桂A12345").persons.tolist() == [[NOBODY, NOBODY]]
    assert find(gallery([("桂A12345", 3)])).persons.shape == (0, 2)
    assert len(gallery([])) == len(PlateGallery().revoke(handles(1))) == 0


def test_registered_plates_must_be_plates() -> None:
    with pytest.raises(BadPlate, match="plate 2 of the list") as caught:
        gallery([("桂A12345", 1), ("·", 2)])
    assert caught.value.mend_zh
    with pytest.raises(BadArray, match="no person"):
        gallery([("桂A12345", NOBODY)])
    with pytest.raises(BadArray, match="plates"):
        MATCHER.search(PlateGallery(), np.zeros((1, WIDTH - 1), np.uint32))


def test_every_modality_is_registered_under_its_own_name() -> None:
    assert set(MATCHERS) == {Modality.FACE, Modality.FINGER, Modality.PLATE}
    assert all(matcher.modality is name for name, matcher in MATCHERS.items())


def test_plates_from_the_wire() -> None:
    matcher = MATCHERS[Modality.PLATE]
    held = matcher.add(PlateGallery(), Plates(codes=encode_plates(["桂A12345"]), persons=handles(4)))
    found = matcher.search(held, matcher.encode(held, [read("桂A·12345"), read("京A12345")]))
    assert found.persons[:, 0].tolist() == [4, NOBODY]


def face(values: np.ndarray, model: str = "test-model") -> FaceProbe:
    return FaceProbe(model=model, embedding=values.astype("<f4").tobytes())


def enrolled() -> FaceGallery:
    vectors = unit(np.random.default_rng(0).standard_normal((3, 64)).astype(np.float32))
    empty = FaceGallery.empty(model="test-model", dim=64)
    return FaceMatcher().add(empty, Templates(ids=np.arange(3), persons=handles(5, 6, 7), vectors=vectors))


def test_faces_from_the_wire() -> None:
    matcher, held = FaceMatcher(), enrolled()
    own = held.parts[0].segment.vectors
    broken = own[0].copy()
    broken[5] = np.nan
    probes = [face(own[2] * 30), face(np.ones(128)), face(broken), face(np.zeros(64)), face(own[0])]
    found = matcher.search(held, matcher.encode(held, probes))
    assert found.usable.tolist() == [True, False, False, False, True]
    assert found.persons[:, 0].tolist() == [7, NOBODY, NOBODY, NOBODY, 5]
    assert len(matcher.search(held, matcher.encode(held, []))) == 0


def test_faces_of_another_model_are_refused() -> None:
    held = enrolled()
    with pytest.raises(ModelMismatch, match="other"):
        FaceMatcher().encode(held, [face(np.ones(64)), face(np.ones(64), "other")])


@given(st.lists(st.floats(width=32), min_size=64, max_size=64))
def test_unit_rows_are_unit_or_zero(values: list[float]) -> None:
    row = unit(np.array([values], np.float32))
    assert np.isfinite(row).all()
    assert abs(float(np.linalg.norm(row.astype(np.float64))) - 1) < 1e-6 or not row.any()
