"""A finger's whole way: enrolled under consent, shown at a device, decided by recognition or by the gateway alone.

The real recognition service and the real gateway on a broker in memory, with real stores; the device keeps a ledger of
its own. Fingers are the ISO records of SourceAFIS, presented as a reader of another maker would, under the thresholds
that the site measured for it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import log, sets
from core.clock import SystemClock
from core.db import Store, fold_wal, open_store
from core.db.migrate import migrate
from core.facts import Modality
from core.live import Live
from core.mqtt import Link, MemoryBroker, MemoryLink
from core.settings import Settings
from core.vault import EstateKey, Vault
from gateway.config import load_config
from gateway.devices.base import DoorMove, Scanned
from gateway.downlink import subscriptions as gateway_subscriptions
from gateway.service import GatewayService
from housing.registry import reading, writing
from housing.registry.kinds import Purpose
from recognition import threshold_files
from recognition.enrolment import Enrolled
from recognition.finger_enrolment import Impression, ImpressionRefused, enrol_finger
from recognition.service import RecognitionService, subscriptions
from recognition.threshold_files import FOLDER, Measured
from recognition.thresholds import LEADER, Measurement, ThresholdTable
from tests import estates
from tests.contract.finger_files import MODEL, record, shown_in, there
from tests.contract.gateway_parts import DeviceClient, _Standing, eventually, port_of
from tests.estates import ESTATE, GATE, GATEWAY

pytestmark = there
PERSON, OTHER = "p1", "p2"
DEVICE = f'[[device]]\nid = "dev-1"\nkind = "link"\ndoor = "{GATE}"\ndirection = "in"\n'
TABLE = ThresholdTable(
    model=MODEL, rows=(Measurement(templates=1, people=1, threshold=0.05, fpir=0.0, fnir=0.0, source="this test"),),
    margin=LEADER.margin, margin_source=LEADER.margin_source,
)  # fmt: skip
TABLES = {MODEL: TABLE}


class Site:
    """An estate with a desk for enrolment, its services and one reader at the gate."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.settings = Settings(var_dir=var, decide_alone_ms=5_000)
        migrate(self.settings)
        self.key: EstateKey = Vault.open(self.settings).create(ESTATE)
        self.housing = open_store(self.settings, Store.HOUSING)
        with self.housing.begin() as connection:
            estates.write_estate(connection)
        threshold_files.write(Measured(thresholds=TABLE), var / FOLDER / "reader.json")
        self.folder = var / "gateways" / GATEWAY
        self.folder.mkdir(parents=True)
        head = f'[gateway]\nid = "{GATEWAY}"\nestate = "{ESTATE}"\n'
        (self.folder / "gateway.toml").write_text(head + DEVICE, encoding="utf-8")
        self.broker = MemoryBroker()
        self.recognition_link = MemoryLink(self.broker, "recognition", subscriptions(()))
        self.gateway_link: MemoryLink | None = None
        self.gateway: GatewayService | None = None
        self.log = open_store(self.settings, Store.RECOGNITION, read_only=True)
        self.device = DeviceClient()

    def close(self) -> None:
        self.device.close()
        self.housing.dispose()
        self.log.dispose()

    def consent(self, person: str, modality: Modality = Modality.FINGER) -> None:
        self._write(lambda connection: writing.give_consent(
            connection, person=person, purpose=Purpose.DOOR, modality=modality, text_version="1", actor="desk",
            now=datetime.now(UTC),
        ))  # fmt: skip

    def enrol(self, person: str, *names: str) -> Enrolled:
        impressions = [Impression(record=record(name), model=MODEL, quality=0.9) for name in names]
        with self.housing.begin() as connection:
            return enrol_finger(
                connection, self.key, estate=ESTATE, person=person, impressions=impressions, actor="desk",
                now=datetime.now(UTC), tables=TABLES,
            )  # fmt: skip

    def withdraw(self, person: str) -> None:
        self._write(lambda connection: writing.withdraw_consent(
            connection, person=person, purpose=Purpose.DOOR, modality=Modality.FINGER, actor="desk",
            now=datetime.now(UTC),
        ))  # fmt: skip
        fold_wal(self.housing)

    def _write(self, what: Callable[[Connection], object]) -> None:
        with self.housing.begin() as connection:
            what(connection)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both services run and the reader is connected."""
        recognition = RecognitionService(
            self.settings, link=self.recognition_link, live=Live("redis://127.0.0.1:1/0"),
            own=open_store(self.settings, Store.RECOGNITION),
            own_read=open_store(self.settings, Store.RECOGNITION, read_only=True),
            housing=open_store(self.settings, Store.HOUSING, read_only=True), clock=SystemClock(),
        )  # fmt: skip
        self.gateway = GatewayService(
            self.settings, load_config(self.folder, GATEWAY), self.key, folder=self.folder, make_link=self._make_link,
            looks=(), clock=SystemClock(),
        )  # fmt: skip
        stop = threading.Event()
        threads = [threading.Thread(target=service.run, args=(stop,)) for service in (recognition, self.gateway)]
        try:
            threads[0].start()
            assert eventually(lambda: all(check() for check in recognition.checks().values()))
            threads[1].start()
            assert eventually((self.folder / "link.json").exists)
            self.device.connect(port_of(self.folder))
            yield
        finally:
            self.device.close()
            stop.set()
            for thread in threads:
                if thread.is_alive():
                    thread.join()

    def _make_link(self, connected: Callable[[], None]) -> Link:
        inner = MemoryLink(self.broker, GATEWAY, gateway_subscriptions(ESTATE, GATEWAY))
        self.gateway_link = _Standing(inner, connected)
        return self.gateway_link

    def show(self, name: str) -> DoorMove:
        """Show a finger; what the door did about it."""
        known = len(self.device.moves)
        self.device.present([Scanned(model=MODEL, record=record(name), quality=0.9)])
        assert eventually(lambda: len(self.device.moves) > known)
        return self.device.moves[-1]

    def sightings(self, count: int) -> list[sa.Row[tuple[object, ...]]]:
        """The log once it holds so many."""

        def rows() -> list[sa.Row[tuple[object, ...]]]:
            with self.log.connect() as connection:
                return log.read_after(connection, "s1", 0, 100)

        assert eventually(lambda: len(rows()) >= count)
        return rows()

    def gateway_fingers(self) -> set[str]:
        """Keys of the fingers that the gateway holds a copy of."""
        assert self.gateway is not None
        rows = self.gateway._copies._held[sets.GALLERY].rows
        return {key for key in rows if sets.split_kind(key)[0] == sets.FINGER}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_an_enrolled_finger_unlocks_the_door_and_an_impostors_does_not(site: Site) -> None:
    site.consent(PERSON)
    site.enrol(PERSON, "iso-matching")
    with site.running():
        own, impostor = site.show("iso-probe"), site.show("iso-nonmatching")
        granted, stranger = site.sightings(2)
    assert (own.opened, own.reason, own.door) == (True, "granted", GATE)
    assert (impostor.opened, impostor.reason) == (False, "under_threshold")
    assert (granted.outcome, granted.person, granted.modality, granted.model) == ("granted", PERSON, "finger", MODEL)
    assert granted.score > granted.threshold
    assert (stranger.outcome, stranger.person, stranger.seen) == ("unrecognised", None, None)
    assert stranger.score < stranger.threshold


def test_a_withdrawn_finger_is_unrecognised_everywhere_and_leaves_no_byte(site: Site) -> None:
    site.consent(PERSON)
    site.enrol(PERSON, "iso-matching")
    site.consent(OTHER)
    site.enrol(OTHER, "iso-nonmatching")
    with site.housing.connect() as connection:
        mine = next(row for row in reading.templates(connection, ESTATE, "finger") if row.person == PERSON)
    with site.running():
        assert site.show("iso-probe").opened
        assert eventually(lambda: len(site.gateway_fingers()) == 2)
        site.withdraw(PERSON)
        assert eventually(lambda: len(site.gateway_fingers()) == 1)
        gone, other = site.show("iso-probe"), site.show("iso-nonmatching")
        assert site.gateway_link is not None
        site.gateway_link.stop()
        alone = site.show("iso-probe")
        *_, row, _ = site.sightings(3)
    assert (gone.opened, gone.reason) == (False, "under_threshold")
    assert (other.opened, other.reason) == (True, "granted")
    assert (alone.opened, alone.reason) == (False, "alone_under_threshold")
    assert (row.outcome, row.person) == ("unrecognised", None)
    everything = b"".join(file.read_bytes() for file in site.var.rglob("*") if file.is_file())
    assert mine.sealed not in everything
    assert mine.template.encode() not in b"".join(f.read_bytes() for f in site.folder.rglob("*") if f.is_file())


def test_a_gateway_cut_off_decides_about_fingers_by_its_copy(site: Site) -> None:
    site.consent(PERSON)
    site.enrol(PERSON, "iso-matching")
    with site.running():
        assert eventually(lambda: len(site.gateway_fingers()) == 1)
        assert site.gateway_link is not None
        site.gateway_link.stop()
        own, impostor = site.show("iso-probe"), site.show("iso-nonmatching")
        site.gateway_link.start()
        granted, stranger = site.sightings(2)
    assert (own.opened, own.reason) == (True, "alone_granted")
    assert (impostor.opened, impostor.reason) == (False, "alone_under_threshold")
    assert (granted.outcome, granted.person, granted.lane) == ("granted", PERSON, "replay")
    assert (stranger.outcome, stranger.person) == ("unrecognised", None)


def test_minutiae_are_sealed_wherever_they_rest(site: Site) -> None:
    site.consent(PERSON)
    site.enrol(PERSON, "iso-matching")
    with site.running():
        assert site.show("iso-probe").opened
        assert eventually(lambda: len(site.gateway_fingers()) == 1)
        site.sightings(1)
        disk = b"".join(file.read_bytes() for file in site.var.rglob("*") if file.is_file())
    assert not shown_in(disk, record("iso-probe"))
    assert not shown_in(disk, record("iso-matching"))
    assert shown_in(disk + record("iso-matching"), record("iso-matching"))


def test_consent_to_a_face_is_none_to_a_finger(site: Site) -> None:
    site.consent(PERSON, Modality.FACE)
    with pytest.raises(writing.ConsentMissing):
        site.enrol(PERSON, "iso-matching")
    with site.housing.connect() as connection:
        assert reading.templates(connection, ESTATE, "finger") == []


def test_impressions_of_two_fingers_are_refused_by_number_and_whole(site: Site) -> None:
    site.consent(PERSON)
    with pytest.raises(ImpressionRefused) as mixed:
        site.enrol(PERSON, "iso-probe", "iso-nonmatching")
    assert mixed.value.number == 2
    with site.housing.connect() as connection:
        assert reading.templates(connection, ESTATE, "finger") == []


def test_one_impression_is_taken_and_another_asked_for(site: Site) -> None:
    site.consent(PERSON)
    (advice,) = site.enrol(PERSON, "iso-matching").advice
    assert (advice.message, "two impressions" in advice.text("en")) == ("enrol_another_impression", True)
    site.consent(OTHER)
    both = site.enrol(OTHER, "iso-matching", "iso-probe")
    assert (len(both.templates), both.advice) == (2, ())
