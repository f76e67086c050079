"""The outbox's file against a model: whatever comes in whatever order, and whenever the process dies."""

import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.facts import Rejection
from gateway import outbox_file
from gateway.outbox_file import Entry, OutboxFile, OutboxUnwritable
from gateway.outbox_reader import OutboxReader

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def event(name: str, body: bytes = b"body", device: str = "dev") -> Entry:
    return Entry(body, device, name, "d-1")


class OutboxMachine(RuleBasedStateMachine):
    """Stores, receipts, rejections and kills against a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "outbox.db"

    @initialize()
    def open(self) -> None:
        self.file = OutboxFile(self.path)
        self.epoch = self.file.epoch
        self.waiting: dict[int, bytes] = {}
        self.seen: set[str] = set()
        self.last = 0
        self.set_aside = 0

    @rule(names=st.lists(st.sampled_from("abcdefgh"), max_size=5), report=st.booleans())
    def store(self, names: list[str], report: bool) -> None:
        entries = [event(name, name.encode()) for name in names] + [Entry(b"report")] * report
        filed = self.file.commit(entries=entries, now=NOW)
        for entry, one in zip(entries, filed, strict=True):
            if entry.device_event in self.seen:
                assert not one.fresh
                continue
            self.last += 1
            assert one.seq == self.last
            self.waiting[one.seq] = entry.body
            if entry.device_event:
                self.seen.add(entry.device_event)

    @rule(seqs=st.lists(st.integers(1, 30), max_size=5))
    def receipt(self, seqs: list[int]) -> None:
        self.file.commit(kept=seqs, now=NOW)
        for seq in seqs:
            self.waiting.pop(seq, None)

    @rule(seq=st.integers(1, 30))
    def rejection(self, seq: int) -> None:
        self.file.commit(rejected=[Rejection(seq=seq, reason="malformed", detail="bad")], now=NOW)
        self.set_aside += self.waiting.pop(seq, None) is not None

    @rule(names=st.lists(st.sampled_from("ijkl"), max_size=3))
    def fail(self, names: list[str]) -> None:
        self.file._db.execute("PRAGMA max_page_count=1")  # as a full disk: what fits no page fails
        try:
            self.file.commit(entries=[event(name, bytes(100_000)) for name in names], now=NOW)
            assert not names or self.seen.issuperset(names)
        except OutboxUnwritable:
            assert names
        finally:
            self.file._db.execute("PRAGMA max_page_count=1000000")

    @rule()
    def beat(self) -> None:
        self.file.commit(beat=True, now=NOW)
        assert self.file.last_beat() == NOW

    @rule()
    def killed(self) -> None:
        """The process is gone without a word; the next one opens what is on disk."""
        left = self.file
        self.file = OutboxFile(self.path)
        left.close()
        assert self.file.epoch == self.epoch

    @invariant()
    def counts(self) -> None:
        assert self.file.waiting == len(self.waiting)
        assert self.file.waiting_seqs() == sorted(self.waiting)
        assert self.file.quarantined == self.set_aside

    @invariant()
    def bodies(self) -> None:
        reader = OutboxReader(self.path)
        found, spoiled = reader.bodies(sorted(self.waiting))
        reader.close()
        assert (dict(found), spoiled) == (self.waiting, [])

    def teardown(self) -> None:
        self.file.close()
        self.folder.cleanup()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=25, stateful_step_count=25)  # every step reaches the disk


def test_numbers_go_on_after_everything_was_delivered(tmp_path: Path) -> None:
    file = OutboxFile(tmp_path / "outbox.db")
    file.commit(entries=[event("a"), event("b")], now=NOW)
    file.commit(kept=[1, 2], now=NOW)
    file.close()
    again = OutboxFile(tmp_path / "outbox.db")
    assert again.commit(entries=[event("a"), event("c")], now=NOW)[1].seq == 3
    again.close()


def test_a_new_file_is_a_new_epoch(tmp_path: Path) -> None:
    one, two = OutboxFile(tmp_path / "one.db"), OutboxFile(tmp_path / "two.db")
    assert one.epoch != two.epoch
    assert one.last_beat() is None
    for file in (one, two):
        file.close()


@pytest.mark.parametrize("spoil", ["header", "middle"])
def test_a_broken_file_is_set_aside_and_a_new_epoch_begins(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "outbox.db"
    file = OutboxFile(path)
    file.commit(entries=[event(str(number), bytes(2000)) for number in range(50)], now=NOW)
    epoch = file.epoch
    file.close()
    content = bytearray(path.read_bytes())
    place = 0 if spoil == "header" else 4096 * 3
    content[place : place + 2048] = b"\xff" * 2048
    path.write_bytes(content)
    again = OutboxFile(path)
    assert again.epoch != epoch
    assert again.waiting == 0
    assert again.set_aside is not None
    assert again.set_aside.read_bytes() == bytes(content)
    again.close()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutboxUnwritable, match="devices keep their events"):
        OutboxFile(tmp_path / "file" / "outbox.db")


def test_bytes_that_the_disk_changed_are_found(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    file = OutboxFile(path)
    file.commit(entries=[event("a", b"good"), event("b", b"evil")], now=NOW)
    other = sqlite3.connect(path)
    other.execute("UPDATE outbox SET body = x'00' WHERE seq = 2")
    other.commit()
    other.close()
    reader = OutboxReader(path)
    assert reader.bodies([1, 2, 3]) == ([(1, b"good")], [2])
    reader.close()
    file.close()


def test_refused_input_is_counted_and_shown_once(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    file = OutboxFile(path)
    refused = Entry(b"report", "cam", "e-1", "d-1", ("no_face", "没有人脸 / no face"))
    for _ in range(2):
        file.commit(entries=[refused], now=NOW)
    assert (file.refused, file.quarantined, file.waiting) == (1, 1, 1)
    file.commit(rejected=[Rejection(seq=1, reason="clock_ahead", detail="set the clock")], now=NOW)
    file.close()
    again = OutboxFile(path)
    assert (again.refused, again.quarantined) == (1, 2)
    reader = OutboxReader(path)
    newest, oldest = reader.quarantine()
    assert (newest.kind, newest.reason, newest.seq) == ("rejected", "clock_ahead", 1)
    assert (oldest.kind, oldest.reason, oldest.device, oldest.device_event) == ("input", "no_face", "cam", "e-1")
    assert oldest.at == NOW
    assert reader.knows("cam", "e-1")
    assert not reader.knows("cam", "e-2")
    reader.close()
    again.close()


def test_what_is_remembered_is_bounded_by_days(tmp_path: Path) -> None:
    file = OutboxFile(tmp_path / "outbox.db")
    file.commit(entries=[event("old")], now=NOW)
    late = NOW + timedelta(days=outbox_file.SEEN_DAYS)
    file.commit(entries=[event("new")], beat=True, now=late)
    assert not file.commit(entries=[event("old")], now=late)[0].fresh
    later = late + timedelta(days=1)
    file.commit(beat=True, now=later)
    assert [one.fresh for one in file.commit(entries=[event("old"), event("new")], now=later)] == [True, False]
    file.close()


def test_what_is_remembered_is_bounded_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_file, "SEEN_MAX", 10)
    monkeypatch.setattr(outbox_file, "QUARANTINE_MAX", 5)
    file = OutboxFile(tmp_path / "outbox.db")
    entries = [Entry(b"x", "dev", str(number), "", ("no_face", "")) for number in range(30)]
    file.commit(entries=entries, beat=True, now=NOW)
    again = file.commit(entries=[event("19"), event("20")], now=NOW)
    assert [one.fresh for one in again] == [True, False]
    assert file.quarantined == 5
    assert file.waiting == 31  # what waits for a receipt is never trimmed
    file.close()
