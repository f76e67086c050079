"""The outbox with its writer's thread: shared transactions, patience where nobody waits, a disk that fills up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.facts import Rejection
from gateway import outbox as outbox_module
from gateway.outbox import Outbox, OutboxClosed, OutboxFull
from gateway.outbox_file import Entry, Filed, OutboxFile, OutboxUnwritable
from gateway.threads import Crew
from tests.contract.gateway_parts import eventually

CLOCK = SystemClock()


def event(name: str, size: int = 10) -> Entry:
    return Entry(bytes(size), "dev", name, "d-1")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.db", CLOCK, Crew(), limit=100)
    made.start()
    yield made
    made.stop()


def test_many_callers_share_transactions_and_numbers_are_told_in_order(outbox: Outbox) -> None:
    told: list[int] = []
    before = _commits()

    def store(caller: int) -> None:
        for number in range(10):
            outbox.file([event(f"{caller}-{number}")], lambda filed: told.extend(one.seq for one in filed))

    threads = [threading.Thread(target=store, args=(caller,)) for caller in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == list(range(1, 81))
    assert outbox.waiting == 80
    assert _commits() - before < 60


def _commits() -> float:
    return next(
        sample.value
        for metric in outbox_module.commit_seconds.collect()
        for sample in metric.samples
        if sample.name.endswith("_count")
    )


def test_what_is_answered_is_on_disk(tmp_path: Path, outbox: Outbox) -> None:
    outbox.file([event("a"), event("b")])
    other = OutboxFile(tmp_path / "outbox.db")  # as the next process would find it now
    assert other.waiting_seqs() == [1, 2]
    other.close()


def test_reports_and_receipts_are_done_soon_by_themselves(outbox: Outbox) -> None:
    told: list[Filed] = []
    outbox.post([Entry(b"report")], told.extend)
    assert eventually(lambda: [one.seq for one in told] == [1], 5)
    outbox.kept([1])
    assert eventually(lambda: outbox.waiting == 0, 5)
    outbox.file([event("a")])
    outbox.rejected([Rejection(seq=2, reason="malformed", detail="bad")])
    outbox.beat()
    assert eventually(lambda: (outbox.waiting, outbox.quarantined) == (0, 1), 5)


def test_a_full_outbox_refuses_in_words_and_takes_again_when_there_is_room(outbox: Outbox) -> None:
    outbox.file([event(str(number)) for number in range(100)])
    with pytest.raises(OutboxFull, match="100 events wait") as caught:
        outbox.file([event("more")])
    assert "网络" in caught.value.text("zh")
    outbox.post([Entry(b"report")])  # its own reports still go in
    assert eventually(lambda: outbox.waiting == 101)
    outbox.kept(range(1, 51))
    assert eventually(lambda: outbox.waiting == 51)
    assert outbox.file([event("more")])[0].fresh


def test_a_full_disk_refuses_devices_and_keeps_reports_until_it_can(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "RETRY_S", 0.1)
    outbox.file([event("a", 5_000)])
    database = outbox._file._db
    database.execute("PRAGMA max_page_count=1")
    told: list[Filed] = []
    outbox.post([Entry(bytes(50_000))], told.extend)
    with pytest.raises(OutboxUnwritable, match="Free space"):
        outbox.file([event("b", 50_000)])
    assert outbox.unwritable.is_set()
    outbox.kept([1])  # deletions make room, and need none
    assert eventually(lambda: outbox.waiting == 0)
    assert told == []
    database.execute("PRAGMA max_page_count=1000000")
    assert eventually(lambda: len(told) == 1)
    assert eventually(lambda: not outbox.unwritable.is_set())
    assert outbox.file([event("b")])[0].fresh


def test_reports_beyond_what_memory_may_hold_are_counted(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "POSTED_MAX", 2)
    lost = outbox_module.reports_lost_total.labels("disk_unwritable")._value.get()
    outbox.post([Entry(b"x")] * 3)
    assert outbox_module.reports_lost_total.labels("disk_unwritable")._value.get() == lost + 3


def test_the_end_writes_what_waits_and_refuses_what_comes_later(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", CLOCK, Crew(), limit=100)
    outbox.start()
    outbox.post([Entry(b"report")])
    outbox.stop()
    with pytest.raises(OutboxClosed):
        outbox.file([event("late")])
    again = OutboxFile(tmp_path / "outbox.db")
    assert again.waiting == 1
    again.close()


def test_a_writer_that_dies_leaves_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew()
    outbox = Outbox(tmp_path / "outbox.db", CLOCK, crew, limit=100)
    died: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: died.append(told.exc_value))

    def unforeseen(filed: list[Filed]) -> None:
        raise RuntimeError(len(filed))

    outbox.start()
    with pytest.raises(OutboxClosed):
        outbox.file([event("a")], unforeseen)
    assert crew.failed.wait(5)
    with pytest.raises(OutboxClosed):
        outbox.file([event("b")])
    assert eventually(lambda: [type(error) for error in died] == [RuntimeError])
    outbox.stop()
