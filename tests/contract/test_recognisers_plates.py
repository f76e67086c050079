"""The real plate models on drawn scenes, and on real ones where they are there."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.plate import read_crops
from benchmarks.plate_data import labelled
from gateway.recognisers.base import Recogniser
from gateway.recognisers.images import Picture, UnreadableImage, decode
from gateway.recognisers.manifest import load_manifest
from gateway.recognisers.plate_detector import flatten
from gateway.recognisers.plate_reader import BATCH
from gateway.recognisers.plates import FLOOR, PlateRecogniser
from simulators.plate_numbers import PlateKind as Drawn
from simulators.plates import draw_plate
from simulators.scenes import draw_scene

PLATES = Path(__file__).parents[3] / "shared" / "data" / "plates"
there = pytest.mark.skipif(not PLATES.is_dir(), reason="the labelled plates (../shared/data/plates) are not there")


@pytest.fixture(scope="module")
def recogniser() -> PlateRecogniser:
    return PlateRecogniser(load_manifest())


def scene(text: str, kind: Drawn, seed: int = 3) -> Picture:
    return draw_scene(np.random.default_rng(seed), text, kind)


@pytest.mark.parametrize(
    ("text", "kind", "typed"),
    [
        ("桂C12345", Drawn.BLUE, "standard"),
        ("桂CD61L8", Drawn.YELLOW, "standard"),
        ("桂AD12345", Drawn.GREEN, "new_energy"),
    ],
)
def test_a_drawn_plate_is_found_read_and_typed(recogniser: PlateRecogniser, text: str, kind: Drawn, typed: str) -> None:
    readings = recogniser.read(scene(text, kind))
    (plate,) = readings.plates
    assert readings.unreadable == ()
    assert (plate.text, plate.kind) == (text, typed)
    assert plate.confidences.shape == (len(text),)
    assert plate.quality == pytest.approx(float(plate.confidences.min()))
    assert plate.agreed <= (plate.quality >= FLOOR)
    assert plate.model == "clp-rec-v2+ppocr-rec-v4"
    assert plate.liveness is None


def test_the_corners_are_the_plates_in_order(recogniser: PlateRecogniser) -> None:
    (plate,) = recogniser.read(scene("桂C12345", Drawn.BLUE)).plates
    left_top, right_top, right_bottom, left_bottom = plate.quad
    assert left_top[0] < right_top[0]
    assert left_bottom[0] < right_bottom[0]
    assert left_top[1] < left_bottom[1]
    assert right_top[1] < right_bottom[1]


def test_all_plates_of_a_scene_are_read_the_largest_first(recogniser: PlateRecogniser) -> None:
    street = np.full((480, 1280, 3), 90, np.uint8)
    street[:, 640:] = scene("苏E12345", Drawn.BLUE)
    far = scene("桂C67890", Drawn.BLUE)
    street[120:360, 100:420] = far[::2, ::2]
    texts = [plate.text for plate in recogniser.read(street).plates]
    assert texts == ["苏E12345", "桂C67890"]


def test_a_sign_that_is_no_plate_is_reported_unreadable_or_not_at_all(recogniser: PlateRecogniser) -> None:
    readings = recogniser.read(scene("桂CI2O45", Drawn.BLUE))
    assert all(not set(plate.text) & {"I", "O"} for plate in readings.plates)
    assert all(not plate.agreed or plate.text == "桂C12045" for plate in readings.plates)


@pytest.mark.parametrize("shape", [(1, 1), (2, 4000), (4000, 2), (63, 65), (480, 640)])
def test_a_scene_without_a_plate_gives_none(recogniser: PlateRecogniser, shape: tuple[int, int]) -> None:
    for picture in (np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, np.uint8)):
        readings = recogniser.read(picture)
        assert (readings.plates, readings.unreadable) == ((), ())


def test_what_is_no_picture_is_refused(recogniser: PlateRecogniser) -> None:
    with pytest.raises(UnreadableImage):
        recogniser.read(np.zeros((0, 0, 3), np.uint8))


def test_a_batch_reads_as_each_crop_alone(recogniser: PlateRecogniser) -> None:
    rng = np.random.default_rng(4)
    texts = [f"桂C{number}" for number in rng.integers(10_000, 99_999, BATCH + 2)]
    crops = [draw_plate(text, Drawn.BLUE) for text in texts]
    together = recogniser.read_crops(crops)
    alone = [recogniser.read_crops([crop])[0] for crop in crops]
    assert [(a.text, b.text) for a, b in together] == [(a.text, b.text) for a, b in alone]
    for one, other in zip(together, alone, strict=True):
        for line, same in zip(one, other, strict=True):
            assert line.confidences == pytest.approx(same.confidences, abs=1e-3)
    assert recogniser.read_crops([]) == []


def test_empty_crops_are_read_as_nothing(recogniser: PlateRecogniser) -> None:
    ((first, second),) = recogniser.read_crops([np.zeros((0, 0, 3), np.uint8)])
    assert (first.text, second.text) == ("", "")


def test_it_is_a_recogniser(recogniser: PlateRecogniser) -> None:
    as_protocol: Recogniser = recogniser
    (probe,) = as_protocol.recognise(scene("桂C12345", Drawn.BLUE))
    assert (probe.modality, probe.model) == (as_protocol.modality, as_protocol.model)


@pytest.mark.real_data
@there
def test_real_scenes_are_read_exactly_and_none_is_invented(recogniser: PlateRecogniser) -> None:
    _, scenes = labelled(PLATES)
    exact = false_reads = 0
    for file, label in scenes:
        texts = [plate.text for plate in recogniser.read(decode((PLATES / file).read_bytes())).plates]
        exact += bool(label) and texts == [label]
        false_reads += not label and bool(texts)
    assert exact >= 17
    assert false_reads == 0


@pytest.mark.real_data
@there
def test_real_corners_are_near_the_labelled_ones(recogniser: PlateRecogniser) -> None:
    row = next(line for line in (PLATES / "labels.csv").read_text("utf-8").splitlines() if "scene_013" in line)
    corners = np.array([[float(v) for v in pair.split(",")] for pair in row.split('"')[1].split(" ")])
    picture = decode((PLATES / "scenes" / "scene_013.jpg").read_bytes())
    (plate,) = recogniser.read(picture).plates
    assert np.abs(plate.quad - corners).max() < 10
    assert flatten(picture, plate.quad[None]).shape == (1, 48, 168, 3)


@pytest.mark.real_data
@there
def test_real_crops_are_read(recogniser: PlateRecogniser) -> None:
    crops = labelled(PLATES)[0][::5]
    reads = read_crops(PLATES, crops, recogniser)
    right = sum(read.text == read.label for read in reads)
    assert right >= 0.96 * len(reads)  # the whole set: 98.8 %
