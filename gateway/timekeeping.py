"""The clocks of this gateway's devices, as they are learnt from what comes in."""

import threading
from collections import Counter as Tally
from collections.abc import Iterable
from datetime import datetime

import msgspec
from prometheus_client import Counter

from core.clock import from_us, to_us
from gateway import clocks
from gateway.clocks import DeviceClock, Placed
from gateway.devices.base import Event

clock_total = Counter("anju_device_time_total", "Device times, by what their correction rests on", ["basis"])
clamped_total = Counter("anju_device_time_clamped_total", "Events that claimed to come from the future")


class Known(msgspec.Struct):
    """What is known of a device: its clock, and when it last handed something over."""

    clock: DeviceClock = DeviceClock()
    last_seen: datetime | None = None

    @property
    def offset_ms(self) -> int:
        """Its clock minus ours."""
        return round(self.clock.offset_us / 1000)


class Timekeeping:
    """Places events in time; may be called from several threads."""

    def __init__(self, devices: Iterable[str]) -> None:
        self._known = {device: Known() for device in devices}
        self._lock = threading.Lock()

    def place(self, events: Iterable[Event], arrived: datetime) -> list[Placed]:
        """When each event was taken; the devices are this gateway's."""
        arrived_us = to_us(arrived)
        with self._lock:
            placed = [self._place(event, arrived, arrived_us) for event in events]
        for basis, count in Tally(one.basis for one in placed).items():
            clock_total.labels(basis.value).inc(count)
        clamped_total.inc(sum(one.clamped for one in placed))
        return placed

    def known(self) -> dict[str, Known]:
        """What is known of each device."""
        with self._lock:
            return {name: Known(known.clock, known.last_seen) for name, known in self._known.items()}

    def _place(self, event: Event, arrived: datetime, arrived_us: int) -> Placed:
        known = self._known[event.device]
        known.last_seen = arrived
        known.clock, placed = clocks.place(
            known.clock,
            device_us=to_us(event.device_time),
            handed_us=None if event.handed_at is None else to_us(event.handed_at),
            late=event.late,
            arrived_us=arrived_us,
        )
        return placed


def too_old(placed: Placed, arrived: datetime) -> str | None:
    """The day an event claims, where that is beyond belief."""
    return from_us(placed.taken_us).date().isoformat() if placed.too_old(to_us(arrived)) else None
