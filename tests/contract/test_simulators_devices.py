"""Simulated devices against a device link that breaks, refuses and restarts: nothing is lost, nothing doubled."""

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from gateway.devices.base import DoorMove, Presented, Refused, Stored
from gateway.devices.link.frames import FrameBuffer, Hello, decode_up, encode
from simulators.devices import Fleet
from simulators.ledger import read
from simulators.load import LoadPlan
from simulators.reckoning import reckon
from tests.factories import small_world

EVENTS = 3_000
GIVE_UP_S = 60.0


class FlakyGateway:
    """A device link that stores events, and misbehaves as `mishap` says after each frame it has stored."""

    def __init__(self, folder: Path, mishap: Callable[[], str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.kept: Counter[tuple[str, str]] = Counter()
        self.contents: dict[tuple[str, str], bytes] = {}
        self.devices: set[str] = set()
        self._folder, self._mishap = folder, mishap
        self._stopping = threading.Event()
        self._listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _listen(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        (self._folder / "link.json").write_text(json.dumps({"port": self._server.getsockname()[1]}))

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.1)
                try:
                    ended = self._talk(connection)
                except ConnectionError:
                    continue  # the devices were killed
                if ended == "restart":
                    self._server.close()
                    self._listen()
        self._server.close()

    def _talk(self, connection: socket.socket) -> str:
        frames = FrameBuffer()
        while not self._stopping.is_set():
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return ""
            for body in frames.feed(data):
                mishap = self._mishap()
                answers = [answer for message in decode_up(body) for answer in self._answer(message, mishap)]
                if mishap in {"drop", "restart"}:
                    return mishap  # stored, never acknowledged
                if answers:
                    connection.sendall(encode(answers))
        return ""

    def _answer(self, message: object, mishap: str) -> Iterator[Stored | Refused | DoorMove]:
        if isinstance(message, Hello):
            self.devices |= set(message.devices)
        if not isinstance(message, Presented):
            return
        key = (message.device, message.device_event)
        if mishap == "busy":
            yield Refused(device=key[0], device_event=key[1], reason="busy", zh="忙", en="busy", again=True)
            return
        content = encode([message])[-200:]
        if key in self.kept:
            assert self.contents[key] == content, "the same serial came with another content"
        else:
            self.kept[key] += 1
            self.contents[key] = content
            yield DoorMove(door="d", device=key[0], device_event=key[1], opened=True, reason="granted")
        yield Stored(device=key[0], device_event=key[1])

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()


RunAgainst = Callable[..., tuple[Path, list[FlakyGateway]]]


@pytest.fixture
def run_against(tmp_path: Path) -> RunAgainst:
    def run(mishap: Callable[[], str], *, restarts: int = 0) -> tuple[Path, list[FlakyGateway]]:
        plan, book = LoadPlan(small_world(homes=110), EVENTS), tmp_path / "book"
        gateways = [FlakyGateway(tmp_path / "gateways" / name, mishap) for name in plan.gateways]
        try:
            for part in range(1, restarts + 1):
                _run(Fleet(plan, tmp_path, book, "r1"), EVENTS * part // (restarts + 1)).abandon()
            _run(Fleet(plan, tmp_path, book, "r1"), EVENTS).close()
        finally:
            for gateway in gateways:
                gateway.stop()
        return book, gateways

    return run


def _run(fleet: Fleet, enough: int) -> Fleet:
    """Work until so many are presented (all: until all are answered)."""
    clock = SystemClock()
    until = clock.monotonic() + GIVE_UP_S

    def done() -> bool:
        if clock.monotonic() > until:
            return True
        return fleet.idle if enough == EVENTS else _presented(fleet) >= enough

    fleet.run(done)
    return fleet


def _presented(fleet: Fleet) -> int:
    return EVENTS - sum(len(post.rows) for post in fleet.posts)


def _seen(gateways: list[FlakyGateway]) -> list[tuple[str, str]]:
    return [key for gateway in gateways for key in gateway.kept.elements()]


def test_every_event_arrives_once_over_a_sound_link(run_against: RunAgainst) -> None:
    book, gateways = run_against(lambda: "")
    result = reckon(read(book), _seen(gateways))
    assert (result.presented, result.stored, result.lost, result.duplicated) == (EVENTS, EVENTS, 0, 0)
    assert (result.opened_twice, result.untold, result.unknown) == (0, 0, 0)


def test_nothing_is_lost_over_a_link_that_breaks_refuses_and_restarts(run_against: RunAgainst) -> None:
    draw = random.Random(1)
    book, gateways = run_against(lambda: draw.choices(["", "drop", "busy", "restart"], [0.9, 0.04, 0.04, 0.02])[0])
    result = reckon(read(book), _seen(gateways))
    assert (result.presented, result.stored, result.lost, result.duplicated) == (EVENTS, EVENTS, 0, 0)


def test_devices_that_are_killed_go_on_from_their_ledger(run_against: RunAgainst) -> None:
    draw = random.Random(2)
    book, gateways = run_against(lambda: draw.choices(["", "drop"], [0.95, 0.05])[0], restarts=2)
    result = reckon(read(book), _seen(gateways))
    assert (result.presented, result.stored, result.lost, result.duplicated) == (EVENTS, EVENTS, 0, 0)


def test_all_devices_of_a_gateway_say_hello(run_against: RunAgainst) -> None:
    _, gateways = run_against(lambda: "")
    assert min(len(gateway.devices) for gateway in gateways) > 3
