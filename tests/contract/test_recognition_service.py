"""The recognition service on a broker in memory and a real SQLite: one capture's way from delivery to receipt."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from core import log, topics, wire
from core.clock import SystemClock
from core.db import Store, open_store
from core.db.migrate import migrate
from core.facts import Capture, Decision, Direction, FaceProbe, LocalDecision, Modality, Outcome
from core.live import Live
from core.mqtt import MemoryBroker, MemoryLink
from core.settings import Settings
from core.topics import Address, Channel
from core.vault import EstateKey, Vault
from recognition.service import RecognitionService, subscriptions
from recognition.tables import rejected
from simulators import embeddings
from tests import estates, factories
from tests.estates import CARD, ESTATE, GATE, GATEWAY, HOME_DOOR, PASS, PLATE

EPOCH = "a" * 32
WAIT_S = 10.0


class Bench:
    """A service under test, and a gateway's link to the same broker."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(var_dir=folder)
        self.broker = MemoryBroker()
        migrate(self.settings)
        self.key: EstateKey = Vault.open(self.settings).create(ESTATE)
        housing = open_store(self.settings, Store.HOUSING)
        with housing.begin() as connection:
            estates.write_estate(connection)
            self.centres = estates.enrol_faces(connection, self.key)
        housing.dispose()
        self.reader = open_store(self.settings, Store.RECOGNITION, read_only=True)
        down = [(Address(ESTATE, GATEWAY, c).topic(), 1) for c in (Channel.DECISION, Channel.RECEIPT, Channel.SET)]
        self.gateway = MemoryLink(self.broker, "gateway", down)
        self.gateway.start()
        service = MemoryLink(self.broker, "recognition", subscriptions(()))
        service.start()  # its session exists from now on, as it does at a broker that it ever reached
        service.stop()
        self.decisions: dict[int, Decision] = {}
        self.kept: list[int] = []
        self.refused: dict[int, str] = {}
        self.deltas: list[wire.SetDelta] = []
        self.rng = np.random.default_rng(5)

    def run(self) -> Callable[[], None]:
        """Start the service; the result stops it."""
        stop, service = threading.Event(), self.service()
        thread = threading.Thread(target=service.run, args=(stop,))
        thread.start()

        def end() -> None:
            stop.set()
            thread.join(WAIT_S)
            assert not thread.is_alive()

        return end

    def service(self) -> RecognitionService:
        """A new one on the same stores."""
        return RecognitionService(
            self.settings,
            link=MemoryLink(self.broker, "recognition", subscriptions(())),
            live=Live("redis://127.0.0.1:1/0"),  # Redis is away: nothing here may need it
            own=open_store(self.settings, Store.RECOGNITION),
            own_read=open_store(self.settings, Store.RECOGNITION, read_only=True),
            housing=open_store(self.settings, Store.HOUSING, read_only=True),
            clock=SystemClock(),
        )

    def face(self, person: int | None) -> FaceProbe:
        """A rotated probe of a person, or of a stranger."""
        drawn = (
            embeddings.draw_strangers(self.rng, 1)
            if person is None
            else embeddings.draw_pictures(self.rng, self.centres[[person]])
        )
        return factories.face_probe(self.key.rotate(drawn)[0])

    def send(self, seq: int, fact: Capture, channel: Channel = Channel.LIVE) -> bytes:
        """Publish one capture; returns the payload, to send again."""
        payload = wire.encode_envelope(EPOCH, [(seq, wire.encode_body(fact))])
        self.publish(payload, channel)
        return payload

    def publish(self, payload: bytes, channel: Channel = Channel.LIVE) -> None:
        """Publish any bytes."""
        self.gateway.publish(Address(ESTATE, GATEWAY, channel).topic(), payload)

    def until(self, condition: Callable[[], bool]) -> None:
        """Take in what comes down until the condition holds."""
        deadline = datetime.now(UTC) + timedelta(seconds=WAIT_S)
        while not condition():
            assert datetime.now(UTC) < deadline, "nothing more came"
            self._take()

    def _take(self) -> None:
        for message in self.gateway.receive(100, 0.1):
            channel = topics.parse(message.topic).channel
            if channel is Channel.DECISION:
                self.decisions.update({d.seq: d for d in wire.decode(message.payload, wire.Decisions).items})
            elif channel is Channel.RECEIPT:
                receipt = wire.decode(message.payload, wire.Receipts).receipt
                self.kept += receipt.kept
                self.refused.update({r.seq: r.reason for r in receipt.rejected})
            else:
                self.deltas.append(wire.decode(message.payload, wire.SetDelta))
            self.gateway.ack([message])

    def rows(self) -> list[sa.Row[tuple[object, ...]]]:
        """The sightings log."""
        with self.reader.connect() as connection:
            return log.read_after(connection, "s1", 0, 1000)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def running(bench: Bench) -> Iterator[Bench]:
    end = bench.run()
    yield bench
    end()


def capture(**changes: object) -> Capture:
    now = datetime.now(UTC)
    fields = {"door": GATE, "device_time": now, "taken_at": now}
    return factories.capture(**{**fields, **changes})


def test_a_tenant_is_let_in_and_a_stranger_is_not_and_both_are_recorded(running: Bench) -> None:
    running.send(1, capture(probe=running.face(0)))
    running.send(2, capture(probe=running.face(None)))
    running.until(lambda: set(running.kept) == {1, 2})
    assert (running.decisions[1].outcome, running.decisions[1].opens) == (Outcome.GRANTED, True)
    assert (running.decisions[2].outcome, running.decisions[2].opens) == (Outcome.UNRECOGNISED, False)
    tenant, stranger = running.rows()
    assert (tenant.person, tenant.outcome, tenant.pos) == ("p0", "granted", 1)
    assert (stranger.person, stranger.seen, stranger.outcome) == (None, None, "unrecognised")
    assert stranger.score is not None
    assert stranger.score < stranger.threshold


@pytest.mark.parametrize(
    ("probe", "outcome", "person", "pass_"),
    [
        (factories.card_read(CARD), "granted", "p1", None),
        (factories.card_read(PASS, kind=Modality.PASS), "granted", None, PASS),
        (factories.card_read("lost"), "unrecognised", None, None),
        (factories.plate_read(PLATE), "granted", "p0", None),
        (factories.plate_read(PLATE, agreed=False), "ambiguous", None, None),
        (factories.plate_read("桂A99999"), "unrecognised", None, None),
    ],
)
def test_credentials_and_plates(
    running: Bench, probe: object, outcome: str, person: str | None, pass_: str | None
) -> None:
    running.send(1, capture(probe=probe))
    running.until(lambda: running.kept == [1])
    (row,) = running.rows()
    assert (row.outcome, row.person, row._mapping["pass"]) == (outcome, person, pass_)
    assert running.decisions[1].opens == (outcome == "granted")


def test_a_card_shown_with_another_face_is_a_mismatch_that_opens_as_the_card_may(running: Bench) -> None:
    running.send(1, capture(probe=running.face(2), claim=factories.card_read(CARD), door=HOME_DOOR))
    running.send(2, capture(probe=running.face(1), claim=factories.card_read(CARD), door=HOME_DOOR))
    running.until(lambda: set(running.kept) == {1, 2})
    other, own = running.rows()
    assert (other.outcome, other.person, other.seen, other.home) == ("mismatch", "p1", "p2", "h1")
    assert (own.outcome, own.person, own.seen) == ("granted", "p1", None)
    assert running.decisions[1].opens


def test_the_way_out_always_opens(running: Bench) -> None:
    running.send(1, capture(probe=running.face(None), direction=Direction.OUT))
    running.until(lambda: running.kept == [1])
    assert running.decisions[1].opens
    assert running.rows()[0].person is None


def test_a_capture_seen_twice_gets_the_same_answer_and_one_row(bench: Bench) -> None:
    end = bench.run()
    again = bench.send(1, capture(probe=bench.face(0)))
    bench.until(lambda: bench.kept == [1])
    first = bench.decisions.pop(1)
    bench.publish(again)
    bench.until(lambda: bench.kept == [1, 1])
    assert (bench.decisions[1].outcome, bench.decisions[1].opens) == (first.outcome, first.opens)
    end()
    bench.decisions.clear()
    end = bench.run()  # another process, with nothing in memory
    bench.publish(again)
    bench.until(lambda: bench.kept == [1, 1, 1])
    assert (bench.decisions[1].outcome, bench.decisions[1].reason) == (first.outcome, first.reason)
    assert len(bench.rows()) == 1
    end()


def test_the_same_number_with_other_bytes_is_an_alarm(running: Bench) -> None:
    running.send(1, capture(probe=running.face(0)))
    running.until(lambda: running.kept == [1])
    running.send(1, capture(probe=running.face(1)))
    running.until(lambda: 1 in running.refused)
    assert running.refused[1] == "key_reused"
    assert len(running.rows()) == 1


def test_what_cannot_be_used_is_refused_by_number_and_kept_to_look_at(running: Bench) -> None:
    good = wire.encode_body(capture(probe=running.face(0)))
    future = wire.encode_body(capture(taken_at=datetime.now(UTC) + timedelta(hours=3)))
    running.publish(wire.encode_envelope(EPOCH, [(1, b"\x81\xa4type\xa3???"), (2, good), (3, future)]))
    running.publish(b"\x93\x02\x01\x01")  # version 2
    running.publish(b"not a message")
    running.publish(b"\x00" * (wire.MAX_MESSAGE_BYTES + 1))
    running.send(4, capture(probe=running.face(1)))
    running.until(lambda: set(running.kept) == {2, 4})
    assert running.refused == {1: "malformed", 3: "clock_ahead"}
    with running.reader.connect() as connection:
        reasons = sorted(connection.scalars(sa.select(rejected.c.reason)))
    assert reasons == ["clock_ahead", "malformed", "malformed", "oversized", "unknown_version"]


def test_a_replay_is_recorded_as_the_door_decided_and_answered_with_no_decision(running: Bench) -> None:
    taken = datetime.now(UTC) - timedelta(hours=5)
    decided = LocalDecision(
        person="p3", outcome=Outcome.GRANTED, opened=True, reason="granted", policy_version=1, policy_age_s=60
    )
    running.send(1, capture(probe=running.face(None), taken_at=taken, decided=decided), Channel.REPLAY)
    running.until(lambda: running.kept == [1])
    (row,) = running.rows()
    assert (row.person, row.outcome, row.opens, row.lane) == ("p3", "granted", True, "replay")
    assert not running.decisions


def test_a_gateway_pulls_its_sets_and_then_the_difference(running: Bench) -> None:
    running.publish(wire.encode(wire.Have(wire.VERSION, "gallery", 0, "")), Channel.PULL)
    running.until(lambda: bool(running.deltas) and running.deltas[-1].last)
    whole = running.deltas[-1]
    assert (whole.base, len(whole.put)) == (0, 8)
    housing = open_store(running.settings, Store.HOUSING)
    with housing.begin() as connection:
        gone = connection.scalars(sa.text("SELECT template FROM templates WHERE person = 'p0'")).all()
        connection.execute(sa.text("DELETE FROM templates WHERE person = 'p0'"))
        estates.note_change(connection, "gallery", "p0")
    housing.dispose()
    running.deltas.clear()

    def asked_until_newer() -> bool:
        if not running.deltas or running.deltas[-1].version == whole.version:
            running.publish(wire.encode(wire.Have(wire.VERSION, "gallery", whole.version, whole.digest)), Channel.PULL)
            return False
        return True

    running.until(asked_until_newer)
    difference = running.deltas[-1]
    assert (difference.base, difference.put, set(difference.drop)) == (whole.version, {}, set(gone))
    running.send(1, capture(probe=running.face(0)))  # withdrawn: nobody is found
    running.until(lambda: running.kept == [1])
    assert running.rows()[0].person is None
