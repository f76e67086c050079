"""The local copy on a live link: pulled, brought up to date, never behind at the first match."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core import sets, wire
from core.clock import SystemClock
from core.facts import Modality
from core.mqtt import MemoryBroker, MemoryLink
from core.topics import Channel
from gateway.devices.base import Shown
from gateway.held_sets import SetStore
from tests.contract.gateway_parts import (
    MODEL,
    DeviceClient,
    Server,
    configure,
    drawn,
    eventually,
    key_of,
    memory_server,
    port_of,
    running,
)

CLOCK = SystemClock()
ALWAYS = sets.encode_row((sets.RightRow(from_us=0, until_us=None),))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    configure(tmp_path)
    made = memory_server(MemoryBroker(), tmp_path)
    made.rows = {
        sets.GALLERY: {"t1": template(tmp_path, 1)},
        sets.RIGHTS: {sets.right_key("anna", "d-1"): ALWAYS},
        sets.ACCESS: {sets.door_key("d-1"): sets.encode_row(sets.DoorRow())},
    }
    yield made.start()
    made.stop()


def template(var: Path, number: int) -> bytes:
    raw = np.frombuffer(drawn(number).embedding, "<f4")
    rotated = key_of(var).rotate((raw / np.linalg.norm(raw))[np.newaxis])[0]
    row = sets.GalleryRow(person="anna", modality=Modality.FACE, model=MODEL, embedding=rotated.astype("<f4").tobytes())
    return sets.encode_row(row)


class Alone:
    """A gateway whose server can be cut off, and a device that shows Anna's face."""

    def __init__(self, var: Path, server: Server) -> None:
        self.var, self.server = var, server
        self.folder = var / "gateways" / "gw-01"
        self.device = DeviceClient()

    def reasons(self, count: int) -> list[str]:
        assert eventually(lambda: len(self.device.moves) >= count)
        return [move.reason for move in self.device.moves]

    def show_anna(self) -> None:
        self.device.number = 0
        self.device.present([drawn(1)], prefix=f"{len(self.device.moves)}-")


@pytest.fixture
def alone(tmp_path: Path, server: Server) -> Iterator[Alone]:
    made = Alone(tmp_path, server)
    yield made
    made.device.close()


def test_a_gateway_pulls_before_it_takes_anybody_and_then_decides_alone(alone: Alone, server: Server) -> None:
    links: list[MemoryLink] = []
    with running(alone.var, server.broker, links=links):
        alone.device.connect(port_of(alone.folder))
        links[0].stop()
        alone.show_anna()
        assert alone.reasons(1) == ["alone_granted"]
        alone.device.close()
    with running(alone.var, MemoryBroker()):  # started again, without any server
        alone.device.connect(port_of(alone.folder))
        alone.show_anna()
        assert alone.reasons(2)[1:] == ["alone_granted"]
        alone.device.close()


def test_a_withdrawn_template_is_gone_before_the_first_match_after_a_reconnect(alone: Alone, server: Server) -> None:
    links: list[MemoryLink] = []
    server.silent = True  # it decides nothing: the gateway does
    with running(alone.var, server.broker, links=links, decide_alone_ms=200):
        alone.device.connect(port_of(alone.folder))
        links[0].stop()
        server.rows[sets.GALLERY], server.version = {}, 2  # withdrawn while the gateway is cut off
        alone.show_anna()
        assert alone.reasons(1) == ["alone_granted"]  # nothing to honour yet
        links[0].start()
        alone.show_anna()
        assert alone.reasons(2)[1:] == ["alone_no_template_of_model"]
        alone.device.close()
    store = SetStore(alone.folder / "copies.db", key_of(alone.var))
    assert store.load()[sets.GALLERY].rows == {}
    store.close()
    on_disk = b"".join(path.read_bytes() for path in alone.folder.glob("copies.db*"))
    assert b"t1" not in on_disk


def test_a_wake_up_brings_the_next_version_at_once(alone: Alone, server: Server) -> None:
    with running(alone.var, server.broker) as service:
        assert service._copies.settled.wait(20)
        server.rows[sets.GALLERY]["t2"], server.version = template(alone.var, 2), 2
        server.wake()
        assert eventually(lambda: service._copies.versions() == dict.fromkeys(sets.NAMES, 2), 5)


def test_drift_is_seen_and_the_set_asked_for_anew(alone: Alone, server: Server) -> None:
    with running(alone.var, server.broker) as service:
        assert service._copies.settled.wait(20)
        asked = len(server.asked)
        wrong = wire.SetDelta(
            v=wire.VERSION, name=sets.GALLERY, base=1, version=2, digest="0" * 32, put={}, drop=("t1",), last=True
        )
        server.down(Channel.SET, wire.encode(wrong))
        assert eventually(lambda: [(one.version, one.digest) for one in server.asked[asked:]] == [(0, "")])
        assert eventually(lambda: service._copies.versions()[sets.GALLERY] == 1)
        server.down(Channel.SET, wire.encode(wire.SetDelta(wire.VERSION, "colours", 0, 1, "", {}, (), True)))
        assert service._copies.versions() == dict.fromkeys(sets.NAMES, 1)


def test_a_server_that_never_answers_locks_nobody_out(alone: Alone) -> None:
    with running(alone.var, MemoryBroker(), decide_alone_ms=200):  # a broker, and nobody behind it
        alone.device.connect(port_of(alone.folder))
        alone.device.present([Shown(kind=Modality.CARD, credential="c")])
        assert alone.reasons(1) == ["alone_no_copy"]
        alone.device.close()


def test_pulling_does_not_hold_up_the_doors(alone: Alone, server: Server) -> None:
    server.rows[sets.RIGHTS] = {sets.right_key(f"p{number}", "d-1"): ALWAYS for number in range(20_000)}
    server.version = 2
    slow = threading.Event()
    with running(alone.var, server.broker) as service:
        alone.device.connect(port_of(alone.folder))
        for _ in range(20):
            alone.device.present([drawn(1)])
            slow.wait(0.02)
        assert eventually(lambda: len(server.acts()) == 20)
        assert eventually(service._copies.settled.is_set)
        alone.device.close()
    assert {act.reason for act in server.acts()} == {"granted"}
    assert max(act.decision_ms for act in server.acts()) < 1_500
    assert service._copies.versions()[sets.RIGHTS] == 2
