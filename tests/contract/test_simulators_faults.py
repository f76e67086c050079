"""Bad input on purpose, against the real gateway and the real recognition service: told in words, counted, survived."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import to_us
from core.facts import Modality
from core.mqtt import MemoryBroker
from gateway.devices.base import DoorMove, Refused, Stored
from gateway.pictures import looks_for
from gateway.recognisers.manifest import load_manifest
from recognition.tables import rejected
from simulators import faults
from simulators.faults import BrokerFault, LinkFault
from simulators.link import Link
from tests.contract import gateway_parts as parts
from tests.contract.test_recognition_service import EPOCH, Bench
from tests.estates import GATE

NOW_US = to_us(datetime.now(UTC))
DEVICE = parts.LINK_DEVICE + 'recognise = ["face"]\n'
LINK = faults.on_the_link("dev-1", NOW_US)
BROKER = faults.at_the_broker(GATE, "cam", EPOCH, NOW_US)


class Rig:
    """A gateway in this process between a server in memory and a device that sends whatever it is told."""

    def __init__(self, folder: Path, server: parts.Server) -> None:
        self.server = server
        self.link = Link(folder, ["dev-1"])
        self.stored: list[str] = []
        self.refused: list[Refused] = []

    def send(self, frame: bytes) -> None:
        """Send bytes over a connection that stands."""
        assert parts.eventually(lambda: self.link.connected or self.link.connect(time.monotonic()))
        self.link.send_raw(frame)

    def heard(self) -> None:
        """Take in what the gateway said."""
        for message in self.link.pull():
            if isinstance(message, Stored):
                self.stored.append(message.device_event)
            elif isinstance(message, Refused):
                self.refused.append(message)
            else:
                assert isinstance(message, DoorMove)

    def settles(self, fault: LinkFault) -> bool:
        """Whether everything that the fault expects has been said."""

        def said() -> bool:
            self.heard()
            refused = {answer.device_event for answer in self.refused if not answer.again}
            return set(fault.stored) <= set(self.stored) and set(fault.refused) <= refused

        return parts.eventually(said)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    var, broker = tmp_path_factory.mktemp("gateway"), MemoryBroker()
    folder = parts.configure(var, DEVICE)
    server = parts.memory_server(broker, var).start()
    with parts.running(var, broker, looks=[looks_for(load_manifest(), (Modality.FACE,))]):
        made = Rig(folder, server)
        yield made
        made.link.drop()
    server.stop()


@pytest.mark.parametrize("fault", LINK, ids=[fault.name for fault in LINK])
def test_the_gateway_survives_every_fault_of_a_device(rig: Rig, fault: LinkFault) -> None:
    for frame in fault.frames:
        rig.send(frame)
    assert rig.settles(fault)
    for answer in rig.refused:
        assert answer.zh
        assert answer.en
    assert parts.eventually(lambda: set(fault.stored) <= set(rig.server.events()))
    assert all(rig.server.events()[event] == 1 for event in fault.stored)
    assert not set(fault.refused) & set(rig.server.events())


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("recognition"))
    end = made.run()
    yield made
    end()


@pytest.mark.parametrize("fault", BROKER, ids=[fault.name for fault in BROKER])
def test_recognition_survives_every_fault_at_the_broker(bench: Bench, fault: BrokerFault) -> None:
    before = _dead(bench)
    for payload in fault.payloads:
        bench.publish(payload)
    bench.until(lambda: set(fault.kept) <= set(bench.kept) and set(fault.rejected) <= set(bench.refused))
    assert parts.eventually(lambda: _dead(bench) >= before + fault.dead)
    kept = [row.seq for row in bench.rows()]
    assert all(kept.count(seq) == 1 for seq in fault.kept)


def _dead(bench: Bench) -> int:
    """Payloads that could not be used as a whole."""
    with bench.reader.connect() as connection:
        query = sa.select(sa.func.count()).select_from(rejected).where(rejected.c.seq.is_(None))
        return connection.scalar(query) or 0
