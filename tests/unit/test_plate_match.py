"""Plates and the registry of modalities: the same text wins, what is near is weighed and never an identity."""

from math import exp, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.facts import FaceProbe, Modality, PlateRead
from gateway.recognisers.plate_grammar import CHARACTERS
from recognition import plate_confusions, policy
from recognition.arrays import NOBODY, Int32s
from recognition.errors import BadArray, BadPlate, ModelMismatch
from recognition.gallery import FaceGallery
from recognition.judge import PLATE_THRESHOLD
from recognition.matches import NO_SCORE, Matches
from recognition.modalities import MATCHERS
from recognition.modalities.face import FaceMatcher, unit
from recognition.modalities.plate import (
    SAME_PLATE,
    WIDTH,
    PlateGallery,
    PlateMatcher,
    Plates,
    Reads,
    encode_plates,
    near_plates,
    normalise,
)
from recognition.policy import Status
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
    return MATCHER.search(held, Reads.plain(encode_plates(texts)))


def read(text: str) -> PlateRead:
    return PlateRead(model="reader", text=text, agreed=True, confidences=(), plate_kind="blue")


@given(registers, st.lists(plates, max_size=8))
def test_equals_the_slow_twin(registered: list[tuple[str, int]], reads: list[str]) -> None:
    found = find(gallery(registered), *reads)
    for at, text in enumerate(reads):
        owners = reference.plate_owners(registered, text)
        ranked = [(owner, SAME_PLATE) for owner in owners] or nearest(registered, text, [nan] * len(text))
        first, second = [*ranked, (NOBODY, NO_SCORE), (NOBODY, NO_SCORE)][:2]
        assert found.persons[at].tolist() == [first[0], second[0]]
        assert found.scores[at].tolist() == pytest.approx([first[1], second[1]], abs=1e-12)
    assert found.usable.all()


def nearest(registered: list[tuple[str, int]], text: str, confidences: list[float]) -> list[tuple[int, float]]:
    """The nearest persons by the slow twin, with their scores."""
    best: dict[int, int] = {}
    for plate, person in registered:
        distance = reference.plate_distance(plate, text, confidences)
        if distance is not None:
            best[person] = min(distance, best.get(person, distance))
    ranked = sorted((distance, person) for person, distance in best.items())
    return [(person, exp(-distance / 1000)) for distance, person in ranked]


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
    reads = Reads.plain(encode_plates([plate]))
    narrowed = MATCHER.search(gallery(registered), reads, allowed=np.array(mask, np.bool_))
    np.testing.assert_array_equal(narrowed.persons, find(gallery(inside), plate).persons)
    np.testing.assert_array_equal(narrowed.scores, find(gallery(inside), plate).scores)


@pytest.mark.parametrize("text", ["桂A12345", "桂A·12345", " 桂a 12345 ", "桂Ａ１２３４５", "桂A-12345", "桂A•12345"])
def test_spellings_of_one_plate(text: str) -> None:
    assert normalise(text) == "桂A12345"
    assert find(gallery([("桂A12345", 3)]), text).persons[0, 0] == 3


@pytest.mark.parametrize("text", ["桂A1234", "桂A123450", "桂B12345", "贵A12345", "桂A1234S", "桂AI2345"])
def test_another_plate_is_another_plate(text: str) -> None:
    found = find(gallery([("桂A12345", 3)]), text)
    assert (found.scores < SAME_PLATE).all()
    identities = policy.identify(found, PLATE_THRESHOLD)
    assert (identities.status.tolist(), identities.persons.tolist()) == ([Status.UNKNOWN], [NOBODY])
    assert (identities.candidates == NOBODY).all()


SERIAL = "0DQ8B2Z5SX"


@st.composite
def misread_plates(draw: st.DrawFn) -> tuple[list[tuple[str, int]], str, list[float]]:
    """Registered plates that differ little, a read a few edits from one of them, and its confidences."""
    tails = st.text(alphabet=SERIAL, min_size=4, max_size=6)
    stem = draw(tails)
    cities = st.sampled_from(["桂C", "苏C", "桂I"])
    registered = draw(
        st.lists(st.tuples(st.builds(str.__add__, cities, tails | st.just(stem)), st.integers(0, 5)), max_size=8)
    )
    read = list(draw(cities) + stem)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(read) - 1))
        read[at : at + 1] = draw(st.text(alphabet=SERIAL + "桂苏I", max_size=2))
        read = read or ["桂"]
    sure = draw(st.lists(st.floats(0, 1) | st.just(nan), min_size=len(read), max_size=len(read)))
    return registered, "".join(read), sure


@given(misread_plates())
@settings(max_examples=400)
def test_near_plates_equal_the_slow_twin(case: tuple[list[tuple[str, int]], str, list[float]]) -> None:
    registered, text, sure = case
    if any(plate == text for plate, _ in registered):
        registered = [entry for entry in registered if entry[0] != text]
    confidences = np.full((1, WIDTH), nan)
    confidences[0, : min(len(sure), WIDTH)] = sure[:WIDTH]
    found = MATCHER.search(gallery(registered), Reads(codes=encode_plates([text]), confidences=confidences))
    first, second = [*nearest(registered, text, sure), (NOBODY, NO_SCORE), (NOBODY, NO_SCORE)][:2]
    assert found.persons.tolist() == [[first[0], second[0]]]
    assert found.scores[0].tolist() == pytest.approx([first[1], second[1]], abs=1e-12)


@pytest.mark.parametrize(
    ("likely", "unlikely"),
    [("桂C0000Q", "桂C0000X"), ("桂C8000B", "桂C8000X"), ("桂C2000Z", "桂C2000X"), ("桂C5000S", "桂C5000X")],
)
def test_a_common_confusion_is_nearer_than_another(likely: str, unlikely: str) -> None:
    read = likely[:-1] + likely[2]
    found = find(gallery([(likely, 1), (unlikely, 2)]), read)
    assert found.persons[0, 0] == 1
    assert near_plates(found).tolist() == [1]


def test_provinces_that_look_alike_are_nearer_than_others() -> None:
    found = find(gallery([("桂C12345", 1), ("粤C12345", 2)]), "苏C12345")
    assert found.persons[0, 0] == 1


def test_a_sure_character_weighs_more_than_a_doubtful_one() -> None:
    held = gallery([("桂C12345", 1)])
    doubtful, sure = (
        PlateRead(model="reader", text="桂C12346", agreed=False, confidences=(0.99,) * 6 + (last,), plate_kind="x")
        for last in (0.4, 0.9999)
    )
    scores = MATCHER.search(held, MATCHER.encode(held, [doubtful, sure, read("桂C12346")])).scores[:, 0]
    assert scores[0] > scores[2] > scores[1]


@pytest.mark.parametrize(("text", "person"), [("桂C008B5", 1), ("桂C000B5", NOBODY)])
def test_two_doubtful_characters_may_be_misread_at_once_but_not_three(text: str, person: int) -> None:
    held = gallery([("桂CDD8B5", 1), ("桂CDDDB5", 2)])
    reads = Reads(codes=encode_plates([text]), confidences=np.full((1, WIDTH), 0.3))
    assert MATCHER.search(held, reads).persons[0, 0] == person
    assert (reference.plate_distance("桂CDD8B5", text, [0.3] * 7) is None) == (person == NOBODY)


def test_how_many_plates_are_near() -> None:
    held = gallery([("桂C1234D", 1), ("桂C1234Q", 2), ("桂C55555", 3), ("桂C9999D", 4)])
    assert near_plates(find(held, "桂C12340", "桂C55555", "桂C9999D", "桂C99990", "京X88888")).tolist() == [
        2,
        0,
        0,
        1,
        0,
    ]


def test_a_plate_too_long_for_the_index_is_matched_as_a_whole() -> None:
    held = gallery([("桂C1234567", 1)])
    assert find(held, "桂C1234567", "桂C1234561").persons[:, 0].tolist() == [1, NOBODY]


def test_the_alphabet_is_that_of_the_grammar_and_misreadings_are_shares() -> None:
    assert sorted(plate_confusions.ALPHABET) == sorted(CHARACTERS)
    shares = plate_confusions.misread()
    off = shares - np.diag(np.diag(shares))
    np.testing.assert_allclose(off.sum(axis=1), 1)
    assert (shares > 0).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_a_surer_character_is_wrong_less_often(confidences: list[float]) -> None:
    rates = plate_confusions.wrong_rate(np.sort(np.array(confidences)))
    assert (np.diff(rates) <= 0).all()
    assert ((rates > 0) & (rates < 1)).all()


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
        Reads.plain(np.zeros((1, WIDTH - 1), np.uint32))
    with pytest.raises(BadArray, match="confidences"):
        Reads(codes=encode_plates(["桂A12345"]), confidences=np.zeros((1, WIDTH - 1)))


def test_every_modality_is_registered_under_its_own_name() -> None:
    assert set(MATCHERS) == {Modality.FACE, Modality.FINGER, Modality.GAIT, Modality.PLATE}
    assert all(matcher.modality is name for name, matcher in MATCHERS.items())


def test_plates_from_the_wire() -> None:
    matcher = MATCHERS[Modality.PLATE]
    held = matcher.add(PlateGallery(), Plates(codes=encode_plates(["桂A12345"]), persons=handles(4)))
    found = matcher.search(held, matcher.encode(held, [read("桂A·12345"), read("京B67890")]))
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
