"""The outbox as threads use it: one writer thread commits for all of them.

Whatever waits when the last transaction ended goes into the next, so the cost of reaching the disk is shared, and a
quiet gateway waits for nobody. What somebody waits for (a device's event) is committed at once. The gateway's own
reports and the deletions after receipts wait up to LAZY_S for company: losing a deletion only means one more receipt.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram

from core.clock import Clock
from core.errors import AnjuError
from core.facts import Rejection
from gateway.outbox_file import Entry, Filed, OutboxFile, OutboxUnwritable
from gateway.threads import Crew

log = structlog.get_logger(__name__)
LAZY_S = 0.05
RETRY_S = 1.0
ENTRIES_MAX = 2_048  # in one transaction
POSTED_MAX = 50_000  # reports kept in memory while the disk is full

commit_seconds = Histogram(
    "anju_outbox_commit_seconds", "One transaction of the outbox",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0),
)  # fmt: skip
waiting_gauge = Gauge("anju_outbox_waiting", "Events without a receipt")
full_gauge = Gauge("anju_outbox_full", "1 while devices are refused because too much waits for a receipt")
unwritable_gauge = Gauge("anju_outbox_unwritable", "1 while the outbox cannot be written")
failures_total = Counter("anju_outbox_failures_total", "Transactions of the outbox that failed")
reports_lost_total = Counter("anju_outbox_reports_lost_total", "The gateway's own reports given up", ["reason"])

Then = Callable[[list[Filed]], None]


class OutboxFull(AnjuError):
    """As many events wait for the server as the gateway may hold."""

    code = "outbox_full"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"网关已有 {limit} 条事件等待上传，暂不接收新事件，请设备保留。",
            f"{limit} events wait for the server; the gateway takes no more for now, devices keep theirs.",
            mend_zh="请检查网关与服务器之间的网络。",
            mend_en="Check the network between gateway and server.",
        )


class OutboxClosed(AnjuError):
    """The gateway is stopping."""

    code = "gateway_stopping"

    def __init__(self) -> None:
        super().__init__("网关正在停止，请设备稍后重发。", "The gateway is stopping; send again later.")


class _Filing(msgspec.Struct, frozen=True):
    """Entries of one caller. `answer` None: nobody waits."""

    entries: Sequence[Entry]
    then: Then | None
    answer: "Future[list[Filed]] | None"


class _Work(msgspec.Struct):
    """What the next transaction holds."""

    urgent: list[_Filing] = msgspec.field(default_factory=list)
    posted: list[_Filing] = msgspec.field(default_factory=list)
    kept: list[int] = msgspec.field(default_factory=list)
    rejected: list[Rejection] = msgspec.field(default_factory=list)
    beat: bool = False

    @property
    def lazy(self) -> bool:
        return bool(self.posted or self.kept or self.rejected or self.beat)


class Outbox:
    """Opens the outbox at `path` and, from `start` on, writes it.

    Args:
        limit: Undelivered events held; over it devices are refused.
    """

    def __init__(self, path: Path, clock: Clock, crew: Crew, *, limit: int) -> None:
        self._file, self._clock, self._crew, self._limit = OutboxFile(path), clock, crew, limit
        self.path = path
        self.epoch = self._file.epoch
        self.last_beat = self._file.last_beat()
        self._work = _Work()
        self._lazy_since = 0.0
        self._changed = threading.Condition()
        self._closing = self._full = False
        self._thread: threading.Thread | None = None
        self.unwritable = threading.Event()
        waiting_gauge.set(self._file.waiting)

    @property
    def waiting(self) -> int:
        """Events without a receipt."""
        return self._file.waiting

    @property
    def quarantined(self) -> int:
        """Rows in quarantine."""
        return self._file.quarantined

    @property
    def refused(self) -> int:
        """Inputs that could not become captures since this epoch began."""
        return self._file.refused

    def waiting_seqs(self) -> list[int]:
        """The numbers of all that waits; before `start` only."""
        return self._file.waiting_seqs()

    def start(self) -> None:
        """Begin to write."""
        self._thread = self._crew.start("outbox", self._run)

    def file(self, entries: Sequence[Entry], then: Then | None = None) -> list[Filed]:
        """Store entries; returns when they are safe on disk.

        `then` is called with the same list right after the commit, in the writer's thread and in the order of commits.

        Raises:
            OutboxFull, OutboxUnwritable, OutboxClosed: nothing was stored.
        """
        if self._is_full(len(entries)):
            raise OutboxFull(self._limit)
        answer: Future[list[Filed]] = Future()
        self._add(lambda work: work.urgent.append(_Filing(entries, then, answer)))
        return answer.result()

    def post(self, entries: Sequence[Entry], then: Then | None = None) -> None:
        """Store the gateway's own reports soon; while the disk cannot be written they wait in memory."""
        with self._changed:
            crowd = sum(len(filing.entries) for filing in self._work.posted)
        if crowd + len(entries) > POSTED_MAX:
            reports_lost_total.labels("disk_unwritable").inc(len(entries))
            log.error("reports_lost", count=len(entries), mend="free space on the gateway's disk")
            return
        self._add(lambda work: work.posted.append(_Filing(entries, then, None)))

    def kept(self, seqs: Iterable[int]) -> None:
        """Forget what the server has, soon."""
        self._add(lambda work: work.kept.extend(seqs))

    def rejected(self, rejections: Iterable[Rejection]) -> None:
        """Move what the server refused for good into quarantine, soon."""
        self._add(lambda work: work.rejected.extend(rejections))

    def beat(self) -> None:
        """Mark that the gateway lives, soon."""

        def mark(work: _Work) -> None:
            work.beat = True

        self._add(mark)

    def stop(self) -> None:
        """Write what waits, then close; callers from now on are refused."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._file.close()

    def _is_full(self, more: int) -> bool:
        full = self._file.waiting + more > self._limit
        if full and not self._full:
            log.error("outbox_full", waiting=self._file.waiting, mend="check the network between gateway and server")
        self._full = full
        full_gauge.set(full)
        return full

    def _add(self, add: Callable[[_Work], None]) -> None:
        with self._changed:
            if self._closing:
                raise OutboxClosed
            if not self._work.lazy:
                self._lazy_since = time.monotonic()
            add(self._work)
            self._changed.notify()

    def _run(self) -> None:
        try:
            while (work := self._next()) is not None:
                self._write(work)
        finally:
            with self._changed:
                self._closing = True
                left = self._work.urgent
            for filing in left:
                _fail(filing, OutboxClosed())

    def _next(self) -> _Work | None:
        """What to commit now: at once where somebody waits, else when it has waited for company; None at the end."""
        with self._changed:
            while not self._work.urgent:
                patience = self._lazy_since + LAZY_S - time.monotonic()
                if self._closing or (self._work.lazy and patience <= 0):
                    break
                self._changed.wait(patience if self._work.lazy else None)
            if self._closing and not self._work.urgent and not self._work.lazy:
                return None
            work, self._work = self._work, _Work()
            count = 0
            for place, filing in enumerate(work.urgent, 1):
                count += len(filing.entries)
                if count >= ENTRIES_MAX and place < len(work.urgent):
                    self._work.urgent, work.urgent = work.urgent[place:], work.urgent[:place]
                    break
            return work

    def _write(self, work: _Work) -> None:
        try:
            self._commit(work)
        except OutboxUnwritable as error:
            failures_total.inc()
            if not self.unwritable.is_set():
                log.error("outbox_unwritable", error=str(error))  # noqa: TRY400 - told in words
            self.unwritable.set()
            unwritable_gauge.set(1)
            for filing in work.urgent:
                _fail(filing, error)
            self._put_back(work)
        else:
            self.unwritable.clear()
            unwritable_gauge.set(0)
        finally:
            for filing in work.urgent:
                _fail(filing, OutboxClosed())
        waiting_gauge.set(self._file.waiting)

    def _commit(self, work: _Work) -> None:
        filings = work.urgent + work.posted
        entries = [entry for filing in filings for entry in filing.entries]
        with commit_seconds.time():
            filed = self._file.commit(
                entries=entries, kept=work.kept, rejected=work.rejected, beat=work.beat, now=self._clock.now()
            )
        start = 0
        for filing in filings:
            mine = filed[start : start + len(filing.entries)]
            start += len(mine)
            if filing.then is not None:
                filing.then(mine)
            if filing.answer is not None:
                filing.answer.set_result(mine)

    def _put_back(self, work: _Work) -> None:
        """What nobody waits for is tried again, deletions first by themselves: they make room."""
        try:
            self._commit(_Work(kept=work.kept, rejected=work.rejected))
            work.kept, work.rejected = [], []
        except OutboxUnwritable:
            failures_total.inc()
        with self._changed:
            if self._closing:
                lost = sum(len(filing.entries) for filing in work.posted)
                reports_lost_total.labels("disk_unwritable").inc(lost)
                return
            self._work.posted[:0] = work.posted
            self._work.kept[:0] = work.kept
            self._work.rejected[:0] = work.rejected
            self._lazy_since = time.monotonic() + RETRY_S - LAZY_S


def _fail(filing: _Filing, error: AnjuError) -> None:
    """Tell whoever still waits."""
    if filing.answer is not None and not filing.answer.done():
        filing.answer.set_exception(error)
