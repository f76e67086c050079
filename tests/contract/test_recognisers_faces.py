"""The real face models on a real face (NASA's portrait of Eileen Collins, public domain, in scikit-image)."""

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import face as benchmark
from benchmarks import read_labels
from gateway.recognisers.alignment import align
from gateway.recognisers.base import FaceFound, Recogniser
from gateway.recognisers.faces import FaceOutcome, FaceRecogniser
from gateway.recognisers.images import Picture, UnreadableImage, decode
from gateway.recognisers.manifest import load_manifest
from gateway.recognisers.model_files import locate

FACES = Path(__file__).parents[3] / "shared" / "data" / "faces"
LOWEST_THRESHOLD = 0.42  # a little under what the benchmark chooses


@pytest.fixture(scope="module")
def portrait() -> Picture:
    spec = find_spec("skimage")
    assert spec
    assert spec.submodule_search_locations
    return decode((Path(spec.submodule_search_locations[0]) / "data" / "astronaut.png").read_bytes())


@pytest.fixture(scope="module")
def recogniser() -> FaceRecogniser:
    return FaceRecogniser(load_manifest())


def blurred(picture: Picture, sigma: float) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)


def darkened(picture: Picture, gain: float) -> Picture:
    return (picture * gain).astype(np.uint8)


def smaller(picture: Picture, factor: float) -> Picture:
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8)


def face_in(recogniser: FaceRecogniser, picture: Picture) -> FaceFound:
    face = recogniser.read(picture).face
    assert face
    return face


def test_the_face_is_found_where_it_is(recogniser: FaceRecogniser, portrait: Picture) -> None:
    reading = recogniser.read(portrait)
    assert (reading.outcome, reading.count) == (FaceOutcome.FOUND, 1)
    face = face_in(recogniser, portrait)
    left, top, width, height = face.box
    assert 160 < left < 200
    assert 40 < top < 80
    assert 70 < width < 110
    assert 95 < height < 130
    assert face.points.shape == (5, 2)
    assert (face.points >= face.box[:2]).all()
    assert (face.points <= face.box[:2] + face.box[2:]).all()
    assert face.points[0, 0] < face.points[1, 0]
    assert face.score > 0.9


def test_the_embedding_is_a_unit_vector_that_no_log_shows(recogniser: FaceRecogniser, portrait: Picture) -> None:
    face = face_in(recogniser, portrait)
    assert face.embedding.shape == (128,)
    assert face.embedding.dtype == np.float32
    assert np.linalg.norm(face.embedding) == pytest.approx(1.0, abs=1e-6)
    assert "embedding" not in repr(face)
    assert face.model == "sface-2021dec-int8bq"
    assert face.liveness is None


def test_our_alignment_is_what_the_network_was_made_for(recogniser: FaceRecogniser, portrait: Picture) -> None:
    network = cv2.FaceRecognizerSF.create(str(locate(load_manifest().face_embedding)), "")
    face = face_in(recogniser, portrait)
    row = np.concatenate([face.box, face.points.ravel(), [face.score]]).astype(np.float32)
    theirs = network.alignCrop(portrait, row)
    assert np.abs(theirs.astype(int) - align(portrait, face.points)).max() <= 3
    vector = network.feature(theirs).ravel()
    assert float(vector @ face.embedding / np.linalg.norm(vector)) > 0.999


def test_the_same_person_scores_high_under_other_light_size_and_side(
    recogniser: FaceRecogniser, portrait: Picture
) -> None:
    face = face_in(recogniser, portrait)
    others = (darkened(portrait, 0.4), smaller(portrait, 0.5), portrait[:, ::-1].copy(), blurred(portrait, 1.0))
    scores = [float(face_in(recogniser, other).embedding @ face.embedding) for other in others]
    assert min(scores) > 0.6


def test_a_good_portrait_has_full_quality_and_no_reason(recogniser: FaceRecogniser, portrait: Picture) -> None:
    face = face_in(recogniser, portrait)
    assert face.quality > 0.9
    assert face.reasons == ()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: blurred(p, 6.0), "blurred"),
        (lambda p: darkened(p, 0.12), "too_dark"),
        (lambda p: smaller(p, 0.25), "too_small"),
        (lambda p: np.clip(p * 1.3 + 90.0, 0, 255).astype(np.uint8), "too_bright"),
    ],
)
def test_a_spoilt_portrait_says_what_is_wrong(
    recogniser: FaceRecogniser, portrait: Picture, spoil: object, message: str
) -> None:
    assert callable(spoil)
    face = face_in(recogniser, spoil(portrait))
    assert message in {reason.id for reason in face.reasons}
    assert face.quality < face_in(recogniser, portrait).quality / 2


def test_quality_falls_as_blur_grows(recogniser: FaceRecogniser, portrait: Picture) -> None:
    qualities = [face_in(recogniser, blurred(portrait, sigma)).quality for sigma in (0.5, 3.0, 6.0, 9.0)]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[-1] < 0.1


def test_of_several_faces_the_largest_stands_at_the_door(recogniser: FaceRecogniser, portrait: Picture) -> None:
    behind = smaller(portrait, 0.5)
    scene = np.zeros((512, 800, 3), np.uint8)
    scene[:256, :256] = behind
    scene[:, 288:] = portrait
    reading = recogniser.read(scene)
    assert reading.count == 2
    assert reading.face
    assert reading.face.box[0] > 288


def test_a_large_picture_is_searched_small_and_cut_out_large(recogniser: FaceRecogniser, portrait: Picture) -> None:
    large = cv2.resize(portrait, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    face = face_in(recogniser, large)
    before = face_in(recogniser, portrait)
    assert face.points / 4 == pytest.approx(
        before.points, abs=7.0
    )  # the detector wavers by a sixth of the eye distance
    assert float(face.embedding @ before.embedding) > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (2, 4000), (4000, 2), (10, 10), (96, 96), (480, 640)])
def test_no_face_is_an_outcome_and_no_error(recogniser: FaceRecogniser, shape: tuple[int, int]) -> None:
    for picture in (np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, np.uint8)):
        reading = recogniser.read(picture)
        assert (reading.outcome, reading.count, reading.face) == (FaceOutcome.NO_FACE, 0, None)
        assert recogniser.recognise(picture) == []


@pytest.mark.parametrize("array", [np.zeros((0, 5, 3), np.uint8), np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3))])
def test_what_is_no_picture_is_refused(recogniser: FaceRecogniser, array: NDArray[np.uint8]) -> None:
    with pytest.raises(UnreadableImage):
        recogniser.read(array)


def test_it_is_a_recogniser_with_one_probe(recogniser: FaceRecogniser, portrait: Picture) -> None:
    as_protocol: Recogniser = recogniser
    (probe,) = as_protocol.recognise(portrait)
    assert (probe.modality, probe.model) == (as_protocol.modality, as_protocol.model)


def test_one_instance_a_thread_gives_what_one_alone_gives(recogniser: FaceRecogniser, portrait: Picture) -> None:
    pictures = [portrait, smaller(portrait, 0.6), portrait[:, ::-1].copy()]
    expected = [face_in(recogniser, picture).embedding for picture in pictures]

    def all_of_them(_: int) -> list[NDArray[np.float32]]:
        own = FaceRecogniser(load_manifest())
        return [face_in(own, picture).embedding for picture in pictures * 2]

    with ThreadPoolExecutor(3) as threads:
        for embeddings in threads.map(all_of_them, range(3)):
            assert all(np.array_equal(*pair) for pair in zip(embeddings, expected * 2, strict=True))


@pytest.mark.real_data
@pytest.mark.skipif(not FACES.is_dir(), reason="the labelled faces (../shared/data/faces) are not there")
def test_people_are_told_apart(recogniser: FaceRecogniser) -> None:
    labels = read_labels(FACES, ("file", "person", "role"))
    names = list(dict.fromkeys(row["person"] for row in labels if row["role"] == "probe"))[:12]
    known = [row for row in labels if row["person"] in names]
    strangers = [row for row in labels if row["role"] == "impostor"][:12]
    rows = known + strangers
    encoded = benchmark.encode([FACES / row["file"] for row in rows], recogniser)
    assert encoded.found.all()
    person = np.array([row["person"] for row in rows])
    role = np.array([row["role"] for row in rows])
    people, best = benchmark.best_by_person(encoded, role == "enrol", person)
    probes = role == "probe"
    right = (people[best[probes].argmax(axis=1)] == person[probes]) & (best[probes].max(axis=1) > LOWEST_THRESHOLD)
    assert right.sum() >= probes.sum() - 1  # the whole set: 0.9 % missed
    assert (best[role == "impostor"].max(axis=1) < LOWEST_THRESHOLD).all()
