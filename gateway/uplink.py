"""From the outbox to the broker: one thread that sends what is fresh, what is overdue, and then the backlog.

The broker's word means nothing here: an item is done when its receipt comes. Until then it stays in the window and goes
again, with the same bytes under the same number: after a timeout, and all at once on a new connection. A queue lost at
the broker, a recognition that was away and a gateway that was killed are all mended by that alone.
"""

import threading
from collections.abc import Iterable, Sequence

import structlog
from prometheus_client import Counter, Gauge

from core import wire
from core.clock import Clock
from core.facts import Lane, Rejection
from core.mqtt import Link
from core.topics import Address, Channel
from gateway.lanes import MAX_ITEMS, Fresh, Queue, messages
from gateway.outbox import Outbox
from gateway.outbox_reader import OutboxReader
from gateway.threads import Crew
from gateway.window import Sent, Window

log = structlog.get_logger(__name__)
WINDOW = 2_048
LINGER_S = 0.002  # a message that is not full waits so long for company, but only right after another
IDLE_S = 0.5
REFUSED_S = 0.05
_CHANNELS = {Lane.LIVE: Channel.LIVE, Lane.REPLAY: Channel.REPLAY}

sent_total = Counter("anju_uplink_sent_total", "Items sent, again or not", ["lane"])
resent_total = Counter("anju_uplink_resent_total", "Items sent again", ["reason"])
window_gauge = Gauge("anju_uplink_window", "Items on their way without a receipt")
timeout_gauge = Gauge("anju_uplink_timeout_seconds", "Without a receipt for so long an item is sent again")
spoiled_total = Counter("anju_outbox_spoiled_total", "Stored items whose bytes the disk changed")


class Uplink:
    """Sends what `offer` brings and what waits in the outbox.

    Args:
        link: to the broker; nothing is handed to it while it is not connected.
        address: of the gateway, any channel.
        outbox: for its epoch and backlog, and for rows the disk spoiled.
        reader: a reading connection of this thread's own.
        clock: monotonic time.
    """

    def __init__(self, link: Link, address: Address, outbox: Outbox, reader: OutboxReader, clock: Clock) -> None:
        self._link, self._outbox, self._reader, self._clock = link, outbox, reader, clock
        self._topics = {
            lane: Address(address.estate, address.gateway, channel).topic() for lane, channel in _CHANNELS.items()
        }
        self._queue = Queue(outbox.waiting_seqs())
        self._window = Window(WINDOW)
        self._changed = threading.Condition()
        self._last_message = 0.0
        self._reconnected = False
        self._stirred = False  # something changed since the last look: look again before waiting
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self, crew: Crew) -> None:
        """Begin to send."""
        self._thread = crew.start("uplink", self._run)

    def offer(self, items: Iterable[Fresh]) -> None:
        """Items that were just stored, in the order of their numbers."""
        with self._changed:
            self._queue.offer(items)
            self._stir()

    def receipted(self, seqs: Sequence[int]) -> None:
        """The server has these; there is room for others."""
        with self._changed:
            self._window.forget(seqs, self._clock.monotonic())
            window_gauge.set(len(self._window))
            timeout_gauge.set(self._window.timeout)
            self._stir()

    def reconnected(self) -> None:
        """A new connection: everything without a receipt goes again."""
        with self._changed:
            self._reconnected = True
            self._stir()

    def drained(self) -> bool:
        """Whether nothing is left to send or to be receipted."""
        with self._changed:
            return not self._queue and not len(self._window)

    def stop(self) -> None:
        """End; what was not receipted stays in the outbox."""
        with self._changed:
            self._stopping = True
            self._stir()
        if self._thread is not None:
            self._thread.join()
        self._reader.close()

    def _stir(self) -> None:
        self._stirred = True
        self._changed.notify()

    def _run(self) -> None:
        while not self._stopping:
            with self._changed:
                self._stirred = False
            if not self._link.connected:
                self._pause(IDLE_S)
            elif not (self._send_fresh() or self._send_again() or self._send_backlog()):
                self._pause(self._patience())

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if not self._stirred:
                self._changed.wait(seconds)

    def _patience(self) -> float:
        with self._changed:
            due = self._window.next_due()
        return IDLE_S if due is None else min(IDLE_S, max(0.0, due - self._clock.monotonic()))

    def _send_fresh(self) -> bool:
        with self._changed:
            now = self._clock.monotonic()
            since = now - self._last_message
            if 0 < len(self._queue.fresh) < MAX_ITEMS and since < LINGER_S:
                self._changed.wait(LINGER_S - since)
                now = self._clock.monotonic()
            lane, items = self._queue.take_fresh(self._window, now)
            for item in items:
                self._window.sent(item.seq, item.body, item.live_until, now)
        return self._publish(lane, [(item.seq, item.body) for item in items])

    def _send_again(self) -> bool:
        with self._changed:
            now = self._clock.monotonic()
            reconnected, self._reconnected = self._reconnected, False
            items = self._window.all(now) if reconnected else self._window.due(now)
        if items:
            reason = "reconnected" if reconnected else "timeout"
            resent_total.labels(reason).inc(len(items))
            log.info("sent_again", reason=reason, count=len(items))
        for lane in Lane:
            for message in messages((seq, item.body) for seq, item in items if _lane(item, now) is lane):
                self._publish(lane, message)
        return bool(items)

    def _send_backlog(self) -> bool:
        with self._changed:
            seqs = self._queue.take_backlog(self._window)
        if not seqs:
            return False
        found, spoiled = self._reader.bodies(seqs)
        self._report_spoiled(spoiled)
        with self._changed:
            now = self._clock.monotonic()
            found = [(seq, body) for seq, body in found if seq not in self._window]
            for seq, body in found:
                self._window.sent(seq, body, 0.0, now)
        for message in messages(found):
            self._publish(Lane.REPLAY, message)
        return True

    def _publish(self, lane: Lane, items: list[tuple[int, bytes]]) -> bool:
        if not items:
            return False
        payload = wire.encode_envelope(self._outbox.epoch, items)
        if not self._link.publish(self._topics[lane], payload):
            with self._changed:  # they stay in the window and are sent again when overdue
                self._changed.wait(REFUSED_S)
        self._last_message = self._clock.monotonic()
        sent_total.labels(lane.value).inc(len(items))
        window_gauge.set(len(self._window))
        return True

    def _report_spoiled(self, seqs: Sequence[int]) -> None:
        if seqs:
            spoiled_total.inc(len(seqs))
            log.error("outbox_spoiled", seqs=list(seqs)[:20], mend="replace the gateway's disk")
            detail = "the disk changed the stored bytes"
            self._outbox.rejected([Rejection(seq=seq, reason="spoiled_on_disk", detail=detail) for seq in seqs])


def _lane(item: Sent, now: float) -> Lane:
    return Lane.LIVE if item.live_until > now else Lane.REPLAY
