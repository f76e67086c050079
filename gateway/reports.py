"""The gateway's own reports: what doors did, and input that could not even be read. Stored soon, then sent."""

import threading
from collections.abc import Sequence

from prometheus_client import Counter

from core.clock import Clock
from core.errors import AnjuError
from core.wire import encode_body
from gateway.captures import refusal_fact
from gateway.config import Device
from gateway.devices.base import Refused
from gateway.lanes import Fresh
from gateway.outbox import Outbox
from gateway.outbox_file import Entry, Filed
from gateway.uplink import Uplink

UNREAD_A_MINUTE = 30  # reports about input without a number of its own: more are only counted

unread_total = Counter("anju_input_unread_total", "Input that could not even be read", ["reason"])


class Reports:
    """Files reports and hands them to the uplink.

    Args:
        devices: this gateway's, by id.
        live_s: so long a report counts as fresh.
    """

    def __init__(
        self, outbox: Outbox, uplink: Uplink, clock: Clock, devices: dict[str, Device], *, live_s: float
    ) -> None:
        self._outbox, self._uplink, self._clock, self._devices = outbox, uplink, clock, devices
        self._live_s = live_s
        self._lock = threading.Lock()
        self._minute, self._count = 0, 0

    def post(self, entries: Sequence[Entry]) -> None:
        """Store reports soon and send them."""
        self._outbox.post(entries, self._offer)

    def unread(self, refused: Sequence[Refused]) -> None:
        """Report input that a source could not read; without a device's number of it only so often."""
        entries = []
        for one in refused:
            unread_total.labels(one.reason).inc()
            if one.device_event or self._may_report():
                entries.append(self._entry(one))
        if entries:
            self.post(entries)

    def _entry(self, one: Refused) -> Entry:
        device = self._devices.get(one.device)
        error = AnjuError(one.zh, one.en)
        error.code = one.reason
        door = device.door if device else ""
        fact = refusal_fact(
            door=door, device=one.device, device_event=one.device_event, error=error, now=self._clock.now()
        )
        return Entry(encode_body(fact), one.device, one.device_event, door, (fact.reason, fact.detail))

    def _may_report(self) -> bool:
        minute = int(self._clock.now().timestamp()) // 60
        with self._lock:
            self._count = self._count + 1 if minute == self._minute else 1
            self._minute = minute
            return self._count <= UNREAD_A_MINUTE

    def _offer(self, filed: Sequence[Filed]) -> None:
        until = self._clock.monotonic() + self._live_s
        self._uplink.offer(Fresh(one.seq, one.body, until) for one in filed if one.fresh)
