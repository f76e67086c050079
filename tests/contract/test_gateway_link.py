"""The device link over TCP: many connections, bad input, slow readers, pictures beside events."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from core.facts import Modality
from gateway.config import Device, Kind
from gateway.devices.base import Answer, DoorMove, Event, Picture, Refused, Shown, Stored
from gateway.devices.link import connection
from gateway.devices.link.frames import MAX_FRAME_BYTES, Hello, encode
from gateway.devices.link.relay import LinkRelay
from gateway.devices.link.server import PICTURES_WAITING, LinkServer
from gateway.threads import Crew
from tests.contract.gateway_parts import DeviceClient, eventually

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
CARD = Shown(kind=Modality.CARD, credential="c-1")
NAMES = ("dev-1", "dev-2", "dev-3")


class Sink:
    """Stores in memory; pictures wait for `gate`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.refused: list[Refused] = []
        self.fires: list[bool] = []
        self.gate = threading.Event()
        self.gate.set()

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        if any(isinstance(event.content, Picture) for event in batch):
            self.gate.wait(20)
        self.batches.append([event.device_event for event in batch])
        return [Stored(device=event.device, device_event=event.device_event) for event in batch]

    def unread(self, refused: Sequence[Refused]) -> None:
        self.refused += refused

    def fire(self, on: bool) -> None:
        self.fires.append(on)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def server(sink: Sink) -> Iterator[LinkServer]:
    devices = {name: Device(id=name, kind=Kind.LINK, door="d-1") for name in NAMES}
    made = LinkServer(devices, sink, Crew())
    made.start()
    yield made
    sink.gate.set()
    made.stop()


@pytest.fixture
def device(server: LinkServer) -> Iterator[DeviceClient]:
    made = DeviceClient().connect(server.port)
    yield made
    made.close()


def test_events_of_many_devices_share_batches_and_each_is_answered(server: LinkServer, sink: Sink) -> None:
    clients = [DeviceClient([f"x-{number}"]).connect(server.port) for number in range(20)]
    for number, client in enumerate(clients):
        for _ in range(5):
            client.present([CARD] * 10, prefix=f"{number}-")
    assert eventually(lambda: all(not client.unsafe for client in clients))
    for client in clients:
        client.close()
    assert sum(len(batch) for batch in sink.batches) == 1_000
    assert all(set(client.stored.values()) == {1} for client in clients)


def test_an_event_never_waits_behind_a_picture(server: LinkServer, sink: Sink, device: DeviceClient) -> None:
    sink.gate.clear()
    (picture,) = device.present([Picture(image=b"x" * 100_000)])
    (card,) = device.present([CARD])
    assert eventually(lambda: device.stored[card] == 1)
    assert device.stored[picture] == 0
    sink.gate.set()
    assert eventually(lambda: device.stored[picture] == 1)


def test_too_many_pictures_stay_with_their_device(server: LinkServer, sink: Sink, device: DeviceClient) -> None:
    sink.gate.clear()
    device.present([Picture(image=b"x")] * (PICTURES_WAITING + 10))
    assert eventually(lambda: len(device.refused) >= 9)
    assert {(one.reason, one.again) for one in device.refused} == {("busy", True)}
    sink.gate.set()
    kept = len(device.refused)
    assert eventually(lambda: len(device.stored) == PICTURES_WAITING + 10 - kept)


def test_one_bad_message_is_refused_alone(sink: Sink, device: DeviceClient) -> None:
    good = msgspec.to_builtins(
        {"type": "present", "device": "dev-1", "device_event": "g", "device_time": NOW, "content": CARD}
    )
    bad = {**good, "device_event": "b", "content": {"type": "retina"}}
    body = msgspec.msgpack.encode([bad, good])
    device.send_bytes(struct.pack(">I", len(body)) + body)
    assert eventually(lambda: device.stored["g"] == 1)
    assert eventually(lambda: [(one.device_event, one.reason) for one in device.refused] == [("b", "malformed")])
    assert [one.device_event for one in sink.refused] == ["b"]


def test_rubbish_in_a_frame_is_told_and_the_connection_lives(sink: Sink, device: DeviceClient) -> None:
    device.send_bytes(struct.pack(">I", 7) + b"rubbish")
    assert eventually(lambda: [one.reason for one in device.refused] == ["malformed"])
    device.present([CARD])
    assert eventually(lambda: not device.unsafe)
    assert len(sink.refused) == 1


def test_a_frame_over_its_size_is_told_and_ends_the_connection(
    server: LinkServer, sink: Sink, device: DeviceClient
) -> None:
    device.send_bytes(struct.pack(">I", MAX_FRAME_BYTES + 1))
    assert device.closed.wait(20)
    assert [one.reason for one in device.refused] == ["oversized"]
    assert [one.reason for one in sink.refused] == ["oversized"]
    device.connect(server.port).present([CARD])
    assert eventually(lambda: not device.unsafe)


def test_a_connection_cut_in_the_middle_of_a_frame(server: LinkServer, sink: Sink, device: DeviceClient) -> None:
    device.send_bytes(encode([])[:2])
    device.close()
    assert eventually(lambda: not server.states()["dev-1"].working)
    assert sink.batches == []


def test_the_fire_input(sink: Sink, device: DeviceClient) -> None:
    device.fire(True)
    device.fire(False)
    assert eventually(lambda: sink.fires == [True, False])


def test_a_device_works_while_it_is_connected(server: LinkServer) -> None:
    assert not server.states()["dev-2"].working
    client = DeviceClient(["dev-2"]).connect(server.port)
    assert eventually(lambda: server.states()["dev-2"].working)
    client.close()
    assert eventually(lambda: not server.states()["dev-2"].working)
    assert server.states()["dev-2"].note


def move(door: str = "d-1", device: str = "", event: str = "") -> DoorMove:
    return DoorMove(door=door, device=device, device_event=event, opened=True, reason="granted")


def test_doors_move_by_the_device_that_presented_or_by_all_of_the_door(server: LinkServer) -> None:
    one, two = (DeviceClient([name]).connect(server.port) for name in ("dev-1", "dev-2"))
    assert eventually(lambda: server.states()["dev-1"].working and server.states()["dev-2"].working)
    relay = LinkRelay({"d-1": ("dev-1", "dev-2"), "d-3": ("dev-3",)}, server.tell)
    moves = [move(device="dev-2", event="e"), move(device="camera"), move("d-3"), move("d-9")]
    assert relay.move(moves) == [True, True, False, False]
    assert eventually(lambda: [one.device_event for one in two.moves] == ["e", ""])
    assert eventually(lambda: len(one.moves) == 1)
    for client in (one, two):
        client.close()


def test_a_device_that_does_not_read_is_cut_off_and_nobody_else_waits(
    server: LinkServer, monkeypatch: pytest.MonkeyPatch, device: DeviceClient
) -> None:
    monkeypatch.setattr(connection, "UNSENT_MAX", 64 * 1024)
    deaf = socket.create_connection(("127.0.0.1", server.port))
    deaf.sendall(encode([Hello(devices=("dev-3",))]))
    assert eventually(lambda: server.states()["dev-3"].working)
    with deaf:
        cut_off(server)
    device.present([CARD])
    assert eventually(lambda: not device.unsafe)


def cut_off(server: LinkServer) -> None:
    many = [("dev-3", move(device="dev-3"))] * 5_000
    for _ in range(200):
        if not all(server.tell(many)):
            break
    else:
        pytest.fail("it was never cut off")
    assert eventually(lambda: not server.states()["dev-3"].working)
