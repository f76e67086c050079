"""Pictures through a gateway with the real recognisers, and every kind of picture that is none."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.facts import FaceProbe, Modality, PlateRead
from core.mqtt import MemoryBroker
from gateway.devices.base import Picture
from gateway.pictures import Looks, looks_for
from gateway.recognisers.manifest import load_manifest
from simulators.plate_numbers import PlateKind
from simulators.scenes import draw_scene, jpeg
from tests.contract.gateway_parts import (
    LINK_DEVICE,
    DeviceClient,
    Server,
    configure,
    eventually,
    memory_server,
    port_of,
    running,
)

LINK = LINK_DEVICE + 'recognise = ["face", "plate"]\n'
BLIND = '[[device]]\nid = "blind"\nkind = "link"\ndoor = "d-1"\n'
FOLDER = '[[device]]\nid = "folder"\nkind = "folder"\ndoor = "d-2"\npath = "pictures"\nrecognise = ["plate"]\n'
VIDEO = (
    '[[device]]\nid = "video"\nkind = "video"\ndoor = "d-3"\nurl = "film.avi"\nrecognise = ["plate"]\ncooldown_s = 60\n'
)
FACES = Path(__file__).parents[3] / "shared" / "data" / "faces"


@pytest.fixture(scope="module")
def looks() -> list[Looks]:
    return [looks_for(load_manifest(), (Modality.FACE, Modality.PLATE))]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    configure(tmp_path, LINK, BLIND, FOLDER, VIDEO)
    made = memory_server(MemoryBroker(), tmp_path).start()
    yield made
    made.stop()


@pytest.fixture
def scene() -> np.ndarray:
    return draw_scene(np.random.default_rng(3), "桂C12345", PlateKind.BLUE)


def folder_of(var: Path) -> Path:
    return var / "gateways" / "gw-01"


def plates(server: Server, device: str) -> list[str]:
    return [
        capture.probe.text
        for capture in server.captures()
        if capture.device == device and isinstance(capture.probe, PlateRead)
    ]


def is_read(server: Server, device: str) -> bool:
    return plates(server, device) == ["桂C12345"]


def test_a_plate_is_read_whichever_way_its_picture_comes(
    tmp_path: Path, server: Server, looks: list[Looks], scene: np.ndarray
) -> None:
    pictures = folder_of(tmp_path) / "pictures"
    pictures.mkdir()
    (pictures / "car.jpg").write_bytes(jpeg(scene))
    writer = cv2.VideoWriter(str(folder_of(tmp_path) / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (640, 480))
    for _ in range(20):
        writer.write(scene)
    writer.release()
    device = DeviceClient()
    with running(tmp_path, server.broker, looks=looks):
        device.connect(port_of(folder_of(tmp_path)))
        device.present([Picture(image=jpeg(scene))])
        for name in ("dev-1", "folder", "video"):
            assert eventually(partial(is_read, server, name)), name
        assert eventually(lambda: len(server.acts()) == 3)
        device.close()
    by_device = {capture.device: capture for capture in server.captures()}
    assert {capture.recogniser for capture in by_device.values()} == {by_device["folder"].recogniser}
    assert by_device["folder"].recogniser != "simulated"
    assert by_device["folder"].door == "d-2"
    assert len(server.captures()) == 3
    kept = b"".join(path.read_bytes() for path in folder_of(tmp_path).glob("*.db*"))
    assert jpeg(scene)[200:300] not in kept  # no image is kept


def png(width: int, height: int) -> bytes:
    done, data = cv2.imencode(".png", np.zeros((height, width, 3), np.uint8))
    assert done
    return data.tobytes()


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", "image_no_bytes"),
        (b"this is no picture", "image_not_a_picture"),
        (png(64, 64)[:60], "image_damaged"),
        (png(64, 64), "no_face"),
        (bytes(17 * 1024 * 1024), "oversized"),
    ],
)
def test_a_picture_that_is_none_is_refused_in_words_and_told(
    tmp_path: Path, server: Server, looks: list[Looks], image: bytes, reason: str
) -> None:
    device = DeviceClient()
    with running(tmp_path, server.broker, looks=looks):
        device.connect(port_of(folder_of(tmp_path)))
        device.present([Picture(image=image)])
        assert eventually(lambda: [one.reason for one in server.refusals()] == [reason])
        assert eventually(lambda: [one.reason for one in device.refused] == [reason])
        assert eventually(lambda: bool(server.health) and server.health[-1].refused == 1)
        device.close()
    assert not device.refused[0].again
    assert "。" in device.refused[0].zh
    assert server.captures() == []


def test_a_device_that_recognises_nothing_is_told_so(tmp_path: Path, server: Server, looks: list[Looks]) -> None:
    device = DeviceClient(["blind"])
    with running(tmp_path, server.broker, looks=looks):
        device.connect(port_of(folder_of(tmp_path))).present([Picture(image=png(64, 64))])
        assert eventually(lambda: [one.reason for one in server.refusals()] == ["no_recogniser"])
        device.close()


@pytest.mark.real_data
@pytest.mark.skipif(not FACES.is_dir(), reason="the labelled faces (../shared/data/faces) are not there")
def test_a_face_leaves_the_gateway_as_a_rotated_probe(tmp_path: Path, server: Server, looks: list[Looks]) -> None:
    picture = sorted(FACES.rglob("*.jpg"))[0].read_bytes()
    device = DeviceClient()
    with running(tmp_path, server.broker, looks=looks):
        device.connect(port_of(folder_of(tmp_path))).present([Picture(image=picture)])
        assert eventually(lambda: len(server.captures()) == 1)
        device.close()
    (capture,) = server.captures()
    assert isinstance(capture.probe, FaceProbe)
    sent = np.frombuffer(capture.probe.embedding, "<f4")
    assert abs(float(np.linalg.norm(sent)) - 1) < 1e-5
    assert capture.recogniser == capture.probe.model
    assert hashlib.sha256(picture).hexdigest() not in capture.device_event
