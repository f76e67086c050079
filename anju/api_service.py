"""The api as a process: the recogniser of `gateway` handed to its enrolment, uvicorn around the application."""

import socket
import sys
import threading
from collections.abc import Mapping

import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from core.clock import Clock, SystemClock
from core.db import Store
from core.errors import AnjuError
from core.runtime import Check, serve
from core.settings import Settings, load_settings
from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest
from recognition.enrolment import Advice, EncodedPicture, PictureEncoder, PictureRefused

log = structlog.get_logger(__name__)
DRAIN_S = 5
BACKLOG = 512


class PortTaken(AnjuError):
    """The address of the pages is in use, or not this machine's."""

    code = "port_taken"


class FaceEncoder:
    """The face recogniser as enrolment wants it. The networks belong to one thread at a time."""

    def __init__(self) -> None:
        self._recogniser = FaceRecogniser(load_manifest())
        self._lock = threading.Lock()

    def encode(self, picture: bytes) -> EncodedPicture:
        """The one face of a picture; raises UnreadableImage, or PictureRefused where there is none or several."""
        decoded = decode(picture)
        with self._lock:
            reading = self._recogniser.read(decoded)
        if reading.face is None:
            raise PictureRefused(
                "照片中没有找到人脸。", "No face was found in the picture.",
                mend_zh="请使用正面、清晰、光线均匀的照片。",
                mend_en="Use a clear picture from the front in even light.",
            )  # fmt: skip
        if reading.count > 1:
            raise PictureRefused(
                f"照片中有{reading.count}张人脸，无法确定是哪一位。",
                f"There are {reading.count} faces in the picture.",
                mend_zh="请使用只有本人的照片。", mend_en="Use a picture of this person alone.",
            )  # fmt: skip
        face = reading.face
        reasons = tuple(Advice(r.id, {"value": r.value, "limit": r.limit}) for r in face.reasons)
        return EncodedPicture(embedding=face.embedding, model=face.model, quality=face.quality, reasons=reasons)


def face_encoder() -> PictureEncoder | None:
    """The encoder; None, told in the log, where its models are missing: pages work, enrolment says what to do."""
    try:
        return FaceEncoder()
    except AnjuError as error:
        log.warning("enrolment_unavailable", code=error.code, error=str(error))
        return None


def bound(settings: Settings) -> socket.socket:
    """The listening socket; raises PortTaken."""
    address = (settings.api_host, settings.api_port)
    try:
        return socket.create_server(address, backlog=BACKLOG, reuse_port=False)
    except OSError as error:
        raise PortTaken(
            f"无法在 {address[0]}:{address[1]} 提供页面：{error.strerror}。",
            f"The pages cannot be served at {address[0]}:{address[1]}: {error.strerror}.",
            mend_zh="请停止占用该端口的程序，或更改 ANJU_API_PORT。",
            mend_en="Stop the program that holds the port, or set another ANJU_API_PORT.",
        ) from error


class ApiService:
    """uvicorn in a thread of its own; the main thread keeps the signals.

    Args:
        settings: Where to listen, and the installation behind it.
        encoder: For enrolment; None where this process has no models.
        clock: Where `now` comes from.
    """

    def __init__(self, settings: Settings, encoder: PictureEncoder | None, clock: Clock) -> None:
        self._socket = bound(settings)
        self.app: FastAPI = create_app(settings, encoder=encoder, clock=clock)
        config = uvicorn.Config(
            self.app, log_config=None, access_log=False, server_header=False, lifespan="on",
            timeout_graceful_shutdown=DRAIN_S, timeout_keep_alive=30,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="http")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def checks(self) -> Mapping[str, Check]:
        """It serves, and every store answers. Redis may be away: the feed then looks into the stores by itself."""
        stores = {str(store): (lambda store=store: self._answers(store)) for store in Store}
        return {"http": lambda: self._server.started, **stores}

    def _answers(self, store: Store) -> bool:
        return self._server.started and bool(self.app.state.context.answers(store))

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`; open feeds end first, so that what is being answered can drain."""
        self._thread.start()
        while not stop.wait(0.5):
            if not self._thread.is_alive():
                raise RuntimeError("the HTTP server ended by itself")
        if self._server.started:
            self.app.state.context.hub.stop()
        self._server.should_exit = True
        self._thread.join()
        self.close()


def main() -> int:
    """Run until told to stop; returns the exit status."""
    settings = load_settings()
    return serve("api", settings, lambda: ApiService(settings, face_encoder(), SystemClock()))


if __name__ == "__main__":
    sys.exit(main())
