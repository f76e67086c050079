"""The api's own process parts: its port, its recogniser, its probes."""

import socket
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from anju.api_service import ApiService, FaceEncoder, PortTaken, face_encoder
from core.clock import SystemClock
from core.runtime import HealthServer
from core.settings import Settings
from gateway.recognisers.images import UnreadableImage
from gateway.recognisers.model_files import ModelMissing
from recognition.enrolment import PictureRefused
from tests.api_client import furnished_in
from tests.api_server import api_server


@pytest.fixture(scope="module")
def encoder() -> FaceEncoder:
    return FaceEncoder()


def picture(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


def test_a_picture_without_a_face_is_refused_in_words(encoder: FaceEncoder) -> None:
    with pytest.raises(PictureRefused, match="No face was found") as refused:
        encoder.encode(picture(np.full((240, 320, 3), 127, np.uint8)))
    assert "没有找到人脸" in refused.value.text("zh")


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_in_words(encoder: FaceEncoder, data: bytes) -> None:
    with pytest.raises(UnreadableImage):
        encoder.encode(data)


def test_without_its_models_the_api_still_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_self: FaceEncoder) -> None:
        raise ModelMissing("模型缺失。", "A model is missing.")

    monkeypatch.setattr(FaceEncoder, "__init__", missing)
    assert face_encoder() is None


def test_a_port_that_is_taken_is_told_with_the_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(var_dir=tmp_path, api_port=taken.getsockname()[1])
        with pytest.raises(PortTaken) as refused:
            ApiService(settings, None, SystemClock())
    assert "ANJU_API_PORT" in refused.value.text("en")


def test_the_probes_say_what_answers(tmp_path: Path, redis_url: str) -> None:
    with api_server(furnished_in(tmp_path, redis_url=redis_url)) as server:
        health = HealthServer(0, server.service.checks())
        health.start()
        try:
            ready = httpx.get(f"http://127.0.0.1:{health.port}/health/ready").json()
            metrics = httpx.get(f"http://127.0.0.1:{health.port}/metrics").text
        finally:
            health.stop()
    assert ready == {"ready": True, "checks": dict.fromkeys(("http", "housing", "recognition", "occupancy"), True)}
    assert "anju_api_requests_total" in metrics


def test_before_it_serves_it_is_not_ready(tmp_path: Path) -> None:
    service = ApiService(furnished_in(tmp_path, api_port=0), None, SystemClock())
    try:
        assert not any(check() for check in service.checks().values())
    finally:
        service.close()
