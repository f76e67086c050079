"""What the gateway says of itself every few seconds, and the time before this start in which it did not run.

A heartbeat is marked in the outbox's file. At a start the last mark and the start itself bound the time in which nobody
looked: `blind_from` may be up to one heartbeat early, never late.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from core import wire
from core.clock import Clock
from core.facts import DeviceHealth, GatewayHealth
from core.mqtt import Link
from core.topics import Address, Channel
from gateway.config import Device
from gateway.copies import Copies
from gateway.devices.base import DeviceState, Source
from gateway.outbox import Outbox
from gateway.timekeeping import Timekeeping

BEAT_S = 5.0


class Health:
    """Composes and publishes the gateway's word about itself.

    Args:
        sources: for whether their devices work.
    """

    def __init__(
        self,
        link: Link,
        address: Address,
        clock: Clock,
        *,
        devices: dict[str, Device],
        sources: Callable[[], Iterable[Source]],
        timekeeping: Timekeeping,
        outbox: Outbox,
        copies: Copies,
    ) -> None:
        self._link, self._clock, self._devices, self._sources = link, clock, devices, sources
        self._topic = Address(address.estate, address.gateway, Channel.HEALTH).topic()
        self._timekeeping, self._outbox, self._copies = timekeeping, outbox, copies
        self._started_at = clock.now()
        self._blind_from = blind_from(outbox.last_beat, self._started_at)
        self._beat_at = float("-inf")

    def beat(self) -> None:
        """Mark and publish, if it is time again."""
        now = self._clock.monotonic()
        if now - self._beat_at >= BEAT_S:
            self._beat_at = now
            self._outbox.beat()
            health = wire.Health(v=wire.VERSION, health=self.now())
            self._link.publish(self._topic, wire.encode(health), qos=0)

    def now(self) -> GatewayHealth:
        """The state at this moment."""
        return GatewayHealth(
            at=self._clock.now(),
            started_at=self._started_at,
            blind_from=self._blind_from,
            blind_until=None if self._blind_from is None else self._started_at,
            waiting=self._outbox.waiting,
            quarantined=self._outbox.quarantined,
            refused=self._outbox.refused,
            sets=self._copies.versions(),
            devices=self._device_health(),
        )

    def _device_health(self) -> dict[str, DeviceHealth]:
        states: dict[str, DeviceState] = {}
        for source in self._sources():
            states.update(source.states())
        known = self._timekeeping.known()
        return {
            name: DeviceHealth(
                door=device.door,
                working=name in states and states[name].working,
                last_seen=known[name].last_seen,
                clock_offset_ms=known[name].offset_ms,
            )
            for name, device in self._devices.items()
        }


def blind_from(last_beat: datetime | None, started_at: datetime) -> datetime | None:
    """Since when nobody looked, for a start at `started_at`; None for a first start, or where clocks say nonsense."""
    return last_beat if last_beat is not None and last_beat < started_at else None
