"""Minutiae are sealed before they leave a gateway: nothing on the wire or on its disk shows them."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import pytest

from core.facts import FingerProbe
from core.mqtt import MemoryBroker
from core.vault import SealBroken
from gateway.devices.base import Scanned
from recognition.fingers.sealing import opened, probe_place
from tests.contract.finger_files import MODEL, record, shown_in, there
from tests.contract.gateway_parts import (
    DeviceClient,
    Server,
    configure,
    eventually,
    key_of,
    memory_server,
    paho_server,
    port_of,
    running,
)

pytestmark = there
FINGER = "iso-probe"


class Tap:
    """Passes bytes on between a client and the broker, and keeps them: what somebody on the network would see."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.packets: list[bytes] = []
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="tap")]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The broker's address through the tap."""
        login = self._to.netloc.rpartition("@")[0]
        host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        return urlunsplit(self._to._replace(netloc=f"{login}@{host}" if login else host))

    def close(self) -> None:
        """End it."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            _hang_up(sock)
        for thread in self._threads:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection((self._to.hostname or "", self._to.port or 0))
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._pass, args=(one, other), name="tap"))
                self._threads[-1].start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                self.packets.append(data)
                other.sendall(data)
        except OSError:
            pass  # either end hung up
        _hang_up(other)


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tapped(tmp_path: Path, mqtt_url: str) -> Iterator[tuple[Server, Tap, Path]]:
    folder = configure(tmp_path)
    server, tap = paho_server(mqtt_url, tmp_path).start(), Tap(mqtt_url)
    yield server, tap, folder
    tap.close()
    server.stop()


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_no_minutiae_leave_the_gateway_in_the_open(tapped: tuple[Server, Tap, Path], tmp_path: Path) -> None:
    server, tap, folder = tapped
    finger, device = record(FINGER), DeviceClient()
    server.forgetful = True  # the outbox keeps it, for a look at the disk
    with running(tmp_path, tap.url):
        device.connect(port_of(folder))
        device.present([Scanned(model=MODEL, record=finger, quality=0.8)])
        assert eventually(lambda: len(server.captures()) == 1 and not device.unsafe)
        device.close()
    (capture,) = server.captures()
    wire, disk = b"".join(tap.packets), on_disk(folder)
    assert isinstance(capture.probe, FingerProbe)
    assert capture.probe.sealed in wire  # the tap saw the packet in question
    assert capture.probe.sealed in disk
    assert not shown_in(wire, finger)
    assert not shown_in(disk, finger)
    assert shown_in(wire.replace(capture.probe.sealed, finger), finger)  # and the look would have found them
    assert opened(key_of(tmp_path), [capture]) == {0: finger}


@pytest.mark.parametrize("change", [{"door": "d-2"}, {"device": "dev-2"}])
def test_a_record_moved_into_another_capture_does_not_open(
    tmp_path: Path, mqtt_url: str, change: dict[str, str]
) -> None:
    folder = configure(tmp_path)
    server, device = memory_server(MemoryBroker(), tmp_path).start(), DeviceClient()
    with running(tmp_path, server.broker):
        device.connect(port_of(folder))
        device.present([Scanned(model=MODEL, record=record(FINGER))])
        assert eventually(lambda: len(server.captures()) == 1)
        device.close()
    server.stop()
    (capture,) = server.captures()
    assert opened(key_of(tmp_path), [msgspec.structs.replace(capture, **change)]) == {}
    assert isinstance(capture.probe, FingerProbe)
    with pytest.raises(SealBroken):
        key_of(tmp_path).open(capture.probe.sealed, probe_place("laurel", door="d-1", device="dev-1", model="other"))


def test_bytes_that_are_no_record_are_refused_in_words(tmp_path: Path) -> None:
    folder = configure(tmp_path)
    server, device = memory_server(MemoryBroker(), tmp_path).start(), DeviceClient()
    with running(tmp_path, server.broker):
        device.connect(port_of(folder))
        device.present([Scanned(model=MODEL, record=b"FMR\0" + bytes(20))])
        assert eventually(lambda: len(server.refusals()) == 1)
        device.close()
    server.stop()
    assert server.refusals()[0].reason == "finger_record_unknown"
    assert server.captures() == []
