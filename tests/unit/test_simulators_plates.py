"""Drawn plates: what they are made of, and that the real recogniser reads them."""

import numpy as np
import pytest

from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest
from gateway.recognisers.plates import PlateRecogniser
from simulators.plate_numbers import PlateKind, draw_plates
from simulators.plates import draw_plate
from simulators.scenes import draw_scene, jpeg

READ = 30  # of the 100 that docs/adr/0010-simulators.md measures


@pytest.mark.parametrize(
    ("text", "kind", "width"),
    [("苏E12345", PlateKind.BLUE, 440), ("桂C12345", PlateKind.YELLOW, 440), ("苏ED12345", PlateKind.GREEN, 480)],
)
def test_a_plate_has_the_size_of_its_kind_and_ink_on_it(text: str, kind: PlateKind, width: int) -> None:
    plate = draw_plate(text, kind)
    assert plate.shape == (140, width, 3)
    assert plate.dtype == np.uint8
    assert plate.std() > 30


def test_another_number_looks_different() -> None:
    assert not np.array_equal(draw_plate("苏E12345", PlateKind.BLUE), draw_plate("苏E12346", PlateKind.BLUE))


@pytest.mark.parametrize(("text", "kind"), [("苏E1234", PlateKind.BLUE), ("苏E12345", PlateKind.GREEN)])
def test_a_number_that_does_not_fit_the_plate_is_refused(text: str, kind: PlateKind) -> None:
    with pytest.raises(ValueError, match="characters"):
        draw_plate(text, kind)


def test_a_scene_is_drawn_again_from_the_same_seed() -> None:
    first, again = (draw_scene(np.random.default_rng(5), "苏E12345", PlateKind.BLUE) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == (480, 640, 3)


def test_the_real_recogniser_reads_at_least_nine_of_ten() -> None:
    recogniser = PlateRecogniser(load_manifest())
    rng = np.random.default_rng(11)
    kinds = rng.integers(0, 3, size=READ)
    plates = draw_plates(rng, kinds)
    exact = agreed_wrong = agreed = 0
    for text, kind in zip(plates.tolist(), kinds.tolist(), strict=True):
        found = recogniser.read(decode(jpeg(draw_scene(rng, text, PlateKind(kind))))).plates
        exact += bool(found) and found[0].text == text
        agreed += bool(found) and found[0].agreed
        agreed_wrong += bool(found) and found[0].agreed and found[0].text != text
    assert exact >= 0.9 * READ
    assert agreed >= 0.7 * READ
    assert agreed_wrong == 0
