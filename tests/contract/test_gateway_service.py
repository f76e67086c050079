"""A whole gateway between a device and a server: nothing lost, nothing doubled, doors served."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core import sets, wire
from core.clock import to_us
from core.facts import Capture, Direction, DoorActed, FaceProbe, Lane, Modality, Outcome, Receipt
from core.mqtt import MemoryBroker, MemoryLink
from core.topics import Channel
from gateway.devices.base import Drawn, Shown
from gateway.outbox_reader import OutboxReader
from gateway.service import GatewayService
from tests.contract.gateway_parts import (
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

CARD = Shown(kind=Modality.CARD, credential="c-1")


class Scene:
    """A gateway, its server, its device."""

    def __init__(self, var: Path, folder: Path, broker: MemoryBroker, server: Server) -> None:
        self.var, self.folder, self.broker, self.server = var, folder, broker, server
        self.links: list[MemoryLink] = []
        self.device = DeviceClient()

    @contextmanager
    def gateway(self, *, decide_alone_ms: int = 1_500) -> Iterator[GatewayService]:
        """The gateway runs, the device is connected."""
        self.links.clear()
        with running(self.var, self.broker, links=self.links, decide_alone_ms=decide_alone_ms) as service:
            self.device.connect(port_of(self.folder))
            yield service
            self.device.close()

    def settled(self, count: int) -> bool:
        """Whether all of the device's events are stored and at the server."""
        return eventually(lambda: not self.device.unsafe and len(self.server.captures()) == count)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    folder = configure(tmp_path)
    broker = MemoryBroker()
    server = memory_server(broker, tmp_path)
    made = Scene(tmp_path, folder, broker, server.start())
    yield made
    made.device.close()
    server.stop()


def anna(scene: Scene) -> None:
    """The server's sets know one card and one door."""
    scene.server.rows = {
        sets.GALLERY: {},
        sets.RIGHTS: {sets.right_key("anna", "d-1"): sets.encode_row((sets.RightRow(from_us=0, until_us=None),))},
        sets.ACCESS: {
            sets.door_key("d-1"): sets.encode_row(sets.DoorRow()),
            sets.credential_key(Modality.CARD, "c-1"): sets.encode_row(
                sets.CredentialRow(person="anna", from_us=0, until_us=None)
            ),
        },
    }


def test_an_event_is_stored_decided_acted_reported_and_receipted(scene: Scene) -> None:
    with scene.gateway():
        names = scene.device.present([None] * 20)
        assert scene.settled(20)
        assert eventually(lambda: len(scene.server.acts()) == 20)
        assert eventually(lambda: [move.device_event for move in scene.device.moves] == names)
        assert eventually(lambda: scene.server.health[-1].waiting == 0 if scene.server.health else False)
    assert set(scene.device.stored.values()) == {1}
    assert {capture.recogniser for capture in scene.server.captures()} == {"simulated"}
    assert all(act.opened and act.reason == "granted" and act.decision_ms < 1500 for act in scene.server.acts())
    assert (scene.server.again, scene.server.clashes, scene.server.lanes(Capture)) == (0, 0, {Lane.LIVE})
    reader = OutboxReader(scene.folder / "outbox.db")
    assert reader.bodies(range(1, 41)) == ([], [])
    reader.close()


def test_an_event_offered_again_is_stored_once_before_and_after_delivery(scene: Scene) -> None:
    with scene.gateway():
        scene.device.present([None, CARD])
        assert scene.settled(2)
        scene.device.number = 0
        scene.device.present([None, CARD])
        assert eventually(lambda: set(scene.device.stored.values()) == {2})
    events = scene.server.events()
    with scene.gateway():  # everything was delivered long ago
        scene.device.number = 0
        scene.device.present([None, CARD])
        assert eventually(lambda: not scene.device.unsafe)
        scene.device.present([None])
        assert eventually(lambda: len(scene.server.captures()) == 3)
    assert scene.server.events() == {**events, "e000003": 1}


def test_what_the_server_did_not_receipt_comes_again_with_the_same_bytes(scene: Scene) -> None:
    scene.server.forgetful = True
    with scene.gateway():
        scene.device.present([None] * 5)
        assert eventually(lambda: len(scene.server.captures()) == 5)
        assert eventually(lambda: scene.server.again >= 5)
        scene.server.forgetful = False
        assert eventually(lambda: scene.server.health[-1].waiting == 0)
    assert scene.server.clashes == 0
    assert set(scene.server.events().values()) == {1}


def test_events_that_nobody_took_go_on_after_a_restart_in_the_replay_lane(scene: Scene) -> None:
    scene.server.leave()
    with scene.gateway():
        scene.device.present([None] * 30)
        assert eventually(lambda: not scene.device.unsafe)
    scene.broker.wipe()  # what the broker held is gone, too
    scene.server.come_back()
    with scene.gateway():
        assert eventually(lambda: len(scene.server.captures()) == 30)
        assert eventually(lambda: len(scene.server.acts()) == 30)
    assert set(scene.server.events().values()) == {1}
    assert scene.server.lanes(Capture) == scene.server.lanes(DoorActed) == {Lane.REPLAY}
    assert {act.reason for act in scene.server.acts()} == {"alone_no_copy"}


def test_a_broker_that_loses_its_queue_loses_nothing(scene: Scene) -> None:
    with scene.gateway():
        scene.server.leave()
        scene.device.present([None] * 300)
        assert eventually(lambda: not scene.device.unsafe)
        scene.broker.wipe()
        scene.server.come_back()
        scene.device.present([None] * 10)
        assert scene.settled(310)
    assert set(scene.server.events().values()) == {1}
    assert scene.server.clashes == 0


def test_a_replaced_disk_loses_nothing_and_swallows_nothing(scene: Scene) -> None:
    with scene.gateway():
        scene.device.present([None] * 10)
        assert scene.settled(10)
    for path in scene.folder.glob("outbox.db*"):
        path.unlink()
    with scene.gateway():
        scene.device.present([None] * 10)
        assert scene.settled(20)
    assert set(scene.server.events().values()) == {1}
    keys = list(scene.server.kept)
    assert len({epoch for _, epoch, _ in keys}) == 2
    assert scene.server.clashes == 0


def test_receipts_and_decisions_of_another_epoch_change_nothing(scene: Scene) -> None:
    scene.server.forgetful = scene.server.silent = True
    with scene.gateway(decide_alone_ms=30_000):
        scene.device.present([None])
        assert eventually(lambda: len(scene.server.captures()) == 1)
        seq = next(seq for _, _, seq in scene.server.kept)
        other = "0" * 32
        decision = scene.server.decision(seq, scene.server.captures()[0])
        scene.server.down(Channel.DECISION, wire.encode(wire.Decisions(wire.VERSION, other, (decision,))))
        receipt = Receipt(kept=(seq,))
        scene.server.down(Channel.RECEIPT, wire.encode(wire.Receipts(wire.VERSION, other, receipt)))
        scene.server.down(Channel.RECEIPT, b"rubbish")
        epoch = next(epoch for _, epoch, _ in scene.server.kept)
        scene.server.down(Channel.DECISION, wire.encode(wire.Decisions(wire.VERSION, epoch, (decision,))))
        assert eventually(lambda: len(scene.device.moves) == 1)
        assert eventually(lambda: scene.server.again > 0)  # it was not forgotten


def test_what_the_server_rejects_goes_to_quarantine(scene: Scene) -> None:
    scene.server.reject = lambda fact: getattr(fact, "device_event", "") == "e000002"
    with scene.gateway():
        scene.device.present([None] * 3)
        assert eventually(lambda: bool(scene.server.health) and scene.server.health[-1].quarantined == 1)
    reader = OutboxReader(scene.folder / "outbox.db")
    (row,) = reader.quarantine()
    reader.close()
    assert (row.kind, row.reason, row.detail) == ("rejected", "clock_ahead", "set the gateway's clock")


def test_a_server_that_is_away_is_decided_without_and_told_afterwards(scene: Scene) -> None:
    anna(scene)
    with scene.gateway():
        assert eventually(lambda: len(scene.server.asked) >= 3)
        (link,) = scene.links
        link.stop()  # the broker is gone
        scene.device.present([CARD, Shown(kind=Modality.CARD, credential="c-2")])
        assert eventually(lambda: len(scene.device.moves) == 2)
        assert [(move.opened, move.reason) for move in scene.device.moves] == [
            (True, "alone_granted"),
            (False, "alone_credential_unknown"),
        ]
        link.start()
        assert scene.settled(2)
        assert eventually(lambda: len(scene.server.acts()) == 2)
    granted, unknown = (capture.decided for capture in scene.server.captures())
    assert granted is not None
    assert unknown is not None
    assert (granted.outcome, granted.opened, granted.reason, granted.person) == (
        Outcome.GRANTED, True, "granted", "anna",
    )  # fmt: skip
    assert (granted.policy_version, unknown.outcome) == (1, Outcome.UNRECOGNISED)
    assert scene.server.lanes(Capture) == {Lane.REPLAY}  # nobody waits for them any more


def test_a_server_that_does_not_answer_is_decided_without_and_the_capture_keeps_its_bytes(scene: Scene) -> None:
    anna(scene)
    scene.server.silent = True
    with scene.gateway(decide_alone_ms=300):
        assert eventually(lambda: len(scene.server.asked) >= 3)
        scene.device.present([CARD])
        assert eventually(lambda: [move.reason for move in scene.device.moves] == ["alone_granted"])
        assert eventually(lambda: [act.reason for act in scene.server.acts()] == ["alone_granted"])
        (capture,) = scene.server.captures()
        late = scene.server.decision(next(iter(scene.server.kept))[2], capture)
        epoch = next(iter(scene.server.kept))[1]
        scene.server.down(Channel.DECISION, wire.encode(wire.Decisions(wire.VERSION, epoch, (late,))))
        scene.device.present([CARD])
        assert eventually(lambda: len(scene.server.acts()) == 2)
    assert capture.decided is None
    assert len(scene.device.moves) == 2  # the late decision opened nothing


def test_the_way_out_opens_at_once_whatever_was_shown_and_whoever_is_away(scene: Scene) -> None:
    with scene.gateway():
        scene.links[0].stop()
        scene.device.present([Drawn(model="m", embedding=b"rubbish")], direction=Direction.OUT)
        assert eventually(lambda: [move.reason for move in scene.device.moves] == ["exit"])


def test_fire_opens_every_door_and_holds_it(scene: Scene) -> None:
    with scene.gateway():
        scene.links[0].stop()
        start = datetime.now(UTC)
        scene.device.fire(True)
        assert eventually(lambda: any(move.reason == "fire" and move.hold for move in scene.device.moves))
        assert datetime.now(UTC) - start < timedelta(seconds=2)
        scene.device.present([Shown(kind=Modality.CARD, credential="nobody")])
        assert eventually(lambda: any(move.device_event and move.reason == "fire" for move in scene.device.moves))
        scene.device.fire(False)
        assert eventually(lambda: scene.device.moves[-1].reason == "fire_reset")


def test_input_without_sense_is_refused_for_good_told_and_counted(scene: Scene) -> None:
    with scene.gateway():
        good, bad = scene.device.present([None, Drawn(model="m", embedding=bytes(8))])
        scene.device.present([CARD], door="d-9")
        scene.device.present([CARD], device="nobody")
        assert scene.settled(1)
        assert eventually(lambda: len(scene.server.refusals()) == 3)
        assert eventually(lambda: bool(scene.server.health) and scene.server.health[-1].refused == 3)
    reasons = {refused.device_event: (refused.reason, refused.again) for refused in scene.device.refused}
    assert reasons[bad] == ("bad_embedding", False)
    assert Counter(refused.reason for refused in scene.server.refusals()) == {
        "bad_embedding": 1, "wrong_door": 1, "unknown_device": 1,
    }  # fmt: skip
    assert list(scene.server.events()) == [good]
    assert "特征" in scene.server.refusals()[0].detail


def test_a_device_hours_off_is_corrected_and_shown(scene: Scene) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=8)
    with scene.gateway():
        scene.device.present([CARD], device_time=ahead, handed_at=ahead)
        scene.device.present([CARD], device_time=ahead - timedelta(hours=30), handed_at=ahead, late=True)
        assert scene.settled(2)
        hours_8 = 8 * 3_600_000
        assert eventually(
            lambda: (
                bool(scene.server.health)
                and abs(scene.server.health[-1].devices["dev-1"].clock_offset_ms - hours_8) < 5_000
            )
        )
    live, late = scene.server.captures()
    now_us = to_us(datetime.now(UTC))
    assert abs(now_us - to_us(live.taken_at)) < 30_000_000
    assert abs(now_us - to_us(late.taken_at) - 30 * 3_600_000_000) < 30_000_000
    assert live.device_time == ahead
    assert len(scene.server.acts()) == 1  # nobody waits for the late one


def test_time_without_the_gateway_is_told_as_blind(scene: Scene) -> None:
    with scene.gateway():
        assert eventually(lambda: bool(scene.server.health))
        first = scene.server.health[-1]
    with scene.gateway():
        assert eventually(lambda: scene.server.health[-1].started_at > first.started_at)
        second = scene.server.health[-1]
    assert first.blind_from is None
    assert second.blind_from is not None
    assert second.blind_until == second.started_at
    assert first.at <= second.blind_from <= second.started_at


def test_a_full_outbox_leaves_events_with_their_devices_and_serves_the_door(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna(scene)
    with scene.gateway() as service:
        assert eventually(lambda: len(scene.server.asked) >= 3)
        scene.server.leave()
        monkeypatch.setattr(service._outbox, "_limit", 3)
        scene.device.present([CARD] * 3)
        assert eventually(lambda: not scene.device.unsafe)
        (name,) = scene.device.present([CARD])
        assert eventually(lambda: [one.reason for one in scene.device.refused] == ["outbox_full"])
        (refused,) = scene.device.refused
        assert (refused.device_event, refused.again) == (name, True)
        assert "网络" in refused.zh
        assert eventually(lambda: any(move.device_event == name and move.opened for move in scene.device.moves))
        scene.server.come_back()
        assert eventually(lambda: bool(scene.server.health) and scene.server.health[-1].waiting == 0)
        scene.device.connect(port_of(scene.folder))  # it offers again what it kept
        assert scene.settled(4)
    assert set(scene.server.events().values()) == {1}


def test_a_disk_that_cannot_be_written_leaves_events_with_their_devices(scene: Scene) -> None:
    with scene.gateway() as service:
        scene.device.present([None])
        assert scene.settled(1)
        database = service._outbox._file._db
        database.execute("PRAGMA max_page_count=1")  # as a full disk: the file cannot grow
        scene.device.present([None] * 400)
        assert eventually(lambda: any(one.reason == "outbox_unwritable" for one in scene.device.refused))
        assert all(one.again for one in scene.device.refused)
        assert not service.checks()["outbox"]()
        database.execute("PRAGMA max_page_count=1000000")
        scene.device.connect(port_of(scene.folder))
        assert scene.settled(401)
        assert service.checks()["outbox"]()
    assert set(scene.server.events().values()) == {1}


def test_embeddings_leave_the_gateway_rotated_only(scene: Scene) -> None:
    with scene.gateway():
        scene.device.present([None])
        assert scene.settled(1)
    (capture,) = scene.server.captures()
    assert isinstance(capture.probe, FaceProbe)
    raw = np.frombuffer(drawn(1).embedding, "<f4")
    sent = np.frombuffer(capture.probe.embedding, "<f4")
    unit = (raw / np.linalg.norm(raw))[np.newaxis]
    np.testing.assert_allclose(key_of(scene.var).rotate(unit)[0], sent, atol=1e-6)
    assert abs(float(unit[0] @ sent)) < 0.5
    stored = b"".join(path.read_bytes() for path in scene.folder.glob("*.db*"))
    assert raw.tobytes() not in stored
    assert unit.astype("<f4").tobytes() not in stored
