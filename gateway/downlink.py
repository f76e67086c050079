"""What comes down from the server, to whoever it is for. One thread; acknowledged when it was handed on."""

import threading
from collections.abc import Sequence

import structlog
from prometheus_client import Counter

from core import topics, wire
from core.mqtt import Link, Message
from core.topics import Address, Channel
from gateway.copies import Copies
from gateway.doors import Doors
from gateway.outbox import Outbox
from gateway.threads import Crew
from gateway.uplink import Uplink

log = structlog.get_logger(__name__)
POLL_S = 0.25
MESSAGES = 256
_QOS = {Channel.DECISION: 0, Channel.RECEIPT: 1, Channel.SET: 1, Channel.WAKE: 0}

receipts_total = Counter("anju_receipts_total", "Items receipted", ["result"])
ignored_total = Counter("anju_downlink_ignored_total", "Messages from the server that were not used", ["reason"])


def subscriptions(estate: str, gateway: str) -> list[tuple[str, int]]:
    """What a gateway listens to: its own topics, a decision at most once (a late one is worth nothing)."""
    return [(Address(estate, gateway, channel).topic(), qos) for channel, qos in _QOS.items()]


class Downlink:
    """Receives until `stop`."""

    def __init__(self, link: Link, *, outbox: Outbox, uplink: Uplink, doors: Doors, copies: Copies) -> None:
        self._link, self._outbox, self._uplink, self._doors, self._copies = link, outbox, uplink, doors, copies
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, crew: Crew) -> None:
        """Begin to receive."""
        self._thread = crew.start("downlink", self._run)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            messages = self._link.receive(MESSAGES, POLL_S)
            self.handle(messages)
            self._link.ack(messages)

    def handle(self, messages: Sequence[Message]) -> None:
        """Hand on each; what cannot be read is counted and left."""
        for message in messages:
            try:
                self._handle(topics.parse(message.topic).channel, message.payload)
            except (topics.UnknownTopic, wire.WireError) as error:
                ignored_total.labels(error.code).inc()
                log.warning("downlink_ignored", topic=message.topic, code=error.code, error=str(error))

    def _handle(self, channel: Channel, payload: bytes) -> None:
        if channel is Channel.DECISION:
            decisions = wire.decode(payload, wire.Decisions)
            if self._ours(decisions.epoch):
                self._doors.decisions(decisions.items)
        elif channel is Channel.RECEIPT:
            receipts = wire.decode(payload, wire.Receipts)
            if self._ours(receipts.epoch):
                self._receipt(receipts)
        elif channel is Channel.SET:
            self._copies.take(wire.decode(payload, wire.SetDelta))
        elif channel is Channel.WAKE:
            self._copies.wake()

    def _ours(self, epoch: str) -> bool:
        """Whether it is about this outbox; what a replaced disk had sent is nobody's any more."""
        if epoch == self._outbox.epoch:
            return True
        ignored_total.labels("other_epoch").inc()
        return False

    def _receipt(self, message: wire.Receipts) -> None:
        kept, rejected = message.receipt.kept, message.receipt.rejected
        self._uplink.receipted([*kept, *(one.seq for one in rejected)])
        if kept:
            self._outbox.kept(kept)
        if rejected:
            self._outbox.rejected(rejected)
            log.error("items_rejected", count=len(rejected), reason=rejected[0].reason, detail=rejected[0].detail)
        receipts_total.labels("kept").inc(len(kept))
        receipts_total.labels("rejected").inc(len(rejected))
