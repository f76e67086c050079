"""The api on a real port, served as its process serves it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from anju.api_service import ApiService
from core.clock import Clock, SystemClock
from core.settings import Settings
from recognition.enrolment import PictureEncoder
from tests.console import PASSWORD

WITHIN_S = 20.0


class Server:
    """A running api."""

    def __init__(self, service: ApiService) -> None:
        self.service = service
        self.url = f"http://127.0.0.1:{service.port}"
        self._clients: list[httpx.Client] = []

    def close(self) -> None:
        """Hang up everywhere."""
        for client in self._clients:
            client.close()

    def client(self, user: str, purpose: str = "") -> httpx.Client:
        """A signed-in program."""
        client = httpx.Client(base_url=self.url, timeout=WITHIN_S)
        self._clients.append(client)
        answer = client.post("/api/v1/session", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        if purpose:
            client.headers["Anju-Purpose"] = purpose
        return client


@contextmanager
def api_server(
    settings: Settings, encoder: PictureEncoder | None = None, clock: Clock | None = None, *, port: int = 0
) -> Iterator[Server]:  # fmt: skip
    """An api on `port` (0: a free one) until the end of the block; it must then end by itself, open feeds included."""
    service = ApiService(settings.model_copy(update={"api_port": port}), encoder, clock or SystemClock())
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,), name="api")
    thread.start()
    server = Server(service)
    try:
        deadline = time.monotonic() + WITHIN_S
        while not all(check() for check in service.checks().values()):
            assert time.monotonic() < deadline, {name: check() for name, check in service.checks().items()}
            time.sleep(0.02)
        yield server
    finally:
        stop.set()
        thread.join(WITHIN_S)
        server.close()
    assert not thread.is_alive(), "the api did not end"


class Feed:
    """An open feed, read in a thread of its own."""

    def __init__(self, client: httpx.Client, path: str) -> None:
        self._client, self._path = client, path
        self._lock = threading.Condition()
        self._events: list[tuple[str, str, str]] = []
        self.status = 0
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="feed-client", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            with self._client.stream("GET", self._path, timeout=None) as answer:
                self.status = answer.status_code
                fields: dict[str, list[str]] = {}
                for line in answer.iter_lines():
                    if line:
                        name, _, value = line.partition(": ")
                        fields.setdefault(name, []).append(value)
                        continue
                    if "event" in fields:
                        self._keep(fields)
                    with self._lock:
                        self._events += [("", "", "")]  # a beat, or the beginning
                        self._lock.notify_all()
                    fields = {}
        except httpx.TransportError:
            pass  # the server, or the test, hung up
        finally:
            self.ended.set()

    def _keep(self, fields: dict[str, list[str]]) -> None:
        with self._lock:
            self._events.append((fields["event"][0], "\n".join(fields["data"]), "".join(fields.get("id", []))))

    def wait_open(self) -> None:
        """Return once the server answers."""
        self._wait(lambda: len(self._events) > 0)

    def wait(self, kind: str, count: int = 1) -> list[tuple[str, str]]:
        """(data, id) of the first `count` events of a kind."""
        self._wait(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[:count]

    def of(self, kind: str) -> list[tuple[str, str]]:
        """What came of a kind so far."""
        return [(data, identity) for name, data, identity in self._events if name == kind]

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._lock:
            assert self._lock.wait_for(condition, WITHIN_S), f"{self._path}: {self._events[-5:]}"
