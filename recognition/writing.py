"""The thread that makes batches safe: commit, then receipts, then MQTT's acknowledgement, in arrival order."""

import queue
import threading
import time
from collections.abc import Sequence

import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.exc import OperationalError

from core import wire
from core.facts import Receipt, Rejection
from core.live import WAKE_LOG, Live
from core.mqtt import Link, Message
from core.topics import Address, Channel
from recognition.answering import Answers, Place
from recognition.store import Batch, FenceLost, ShardWriter

log = structlog.get_logger(__name__)
MAX_WAITING = 64  # micro-batches; over it intake waits, and the broker holds what comes
GATHER_S = 0.02
RETRY_S = (0.1, 0.3, 1.0, 3.0)

commit_seconds = Histogram("anju_commit_seconds", "One transaction of the sightings log")
commit_failures_total = Counter("anju_commit_failures_total", "Transactions that failed and were tried again")
waiting_gauge = Gauge("anju_commit_waiting", "Micro-batches decided and not yet committed")
receipts_unsent_total = Counter(
    "anju_receipts_unsent_total", "Receipts the link could not take; the gateway asks again"
)


class Work(msgspec.Struct, frozen=True):
    """Deliveries and what they led to."""

    messages: Sequence[Message]
    answers: Answers


class Writing:
    """Commits in batches: what comes within GATHER_S goes into one transaction, up to `commit_max` rows.

    Nobody at a door waits for it: decisions went out before. A disk does some hundred flushes a second and gateways on
    the same machine need theirs, so a receipt rather waits for company.
    """

    def __init__(self, writer: ShardWriter, link: Link, live: Live, *, commit_max: int) -> None:
        self._writer, self._link, self._live, self._commit_max = writer, link, live, commit_max
        self._queue: queue.Queue[Work | None] = queue.Queue(MAX_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writing")
        self.failed = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, work: Work) -> bool:
        """Hand over a micro-batch, waiting while the queue is full; False once writing has failed for good."""
        while not self.failed.is_set():
            try:
                self._queue.put(work, timeout=0.5)
            except queue.Full:
                continue
            waiting_gauge.set(self._queue.qsize())
            return True
        return False

    def drain(self) -> None:
        """Commit what waits, then end."""
        self._stop.set()
        while not self.failed.is_set():
            try:
                self._queue.put(None, timeout=0.5)
                break
            except queue.Full:
                continue
        self._thread.join()

    def _run(self) -> None:
        try:
            while (works := self._next()) is not None:
                self._write(works)
        except FenceLost as error:
            log.error("fence_lost", error=str(error))  # noqa: TRY400 - told in words
        finally:
            self.failed.set()

    def _next(self) -> list[Work] | None:
        """What waits, as much as fits one transaction; None at the end."""
        first = self._queue.get()
        if first is None:
            return None
        works, rows = [first], len(first.answers.batch)
        until = time.monotonic() + GATHER_S
        while rows < self._commit_max:
            try:
                more = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            works.append(more)
            rows += len(more.answers.batch)
        return works

    def _write(self, works: list[Work]) -> None:
        batch = Batch()
        for work in works:
            batch.extend(work.answers.batch)
        if len(batch) and not self._commit(batch):
            return  # nothing was acknowledged: the broker and the gateways still have it all
        self._receipts([work.answers for work in works])
        for work in works:
            self._link.ack(work.messages)
        if batch.sightings:
            self._live.publish(WAKE_LOG, b"1")
        waiting_gauge.set(self._queue.qsize())

    def _commit(self, batch: Batch) -> bool:
        """Try until it is committed or the service stops; a database that is away is waited for."""
        attempt = 0
        while True:
            try:
                with commit_seconds.time():
                    self._writer.append(batch)
            except OperationalError as error:
                commit_failures_total.inc()
                log.warning("commit_failed", error=str(error.orig), attempt=attempt + 1)
                if self._stop.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)]):
                    return False
                attempt += 1
            else:
                return True

    def _receipts(self, committed: Sequence[Answers]) -> None:
        """One receipt a gateway and epoch for everything that was committed together."""
        kept: dict[Place, list[int]] = {}
        rejected: dict[Place, list[Rejection]] = {}
        for answers in committed:
            for place, seqs in answers.kept.items():
                kept.setdefault(place, []).extend(seqs)
            for place, refused in answers.rejected.items():
                rejected.setdefault(place, []).extend(refused)
        for place in kept.keys() | rejected.keys():
            self._receipt(place, kept.get(place, []), rejected.get(place, []))

    def _receipt(self, place: Place, kept: list[int], rejected: list[Rejection]) -> None:
        address, epoch = place
        receipt = Receipt(kept=tuple(kept), rejected=tuple(rejected))
        topic = Address(address.estate, address.gateway, Channel.RECEIPT).topic()
        if not self._link.publish(topic, wire.encode(wire.Receipts(wire.VERSION, epoch, receipt))):
            receipts_unsent_total.inc()
