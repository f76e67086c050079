"""Gateways, their devices and doors: what works, what is silent, what was refused."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.engine import Connection

from api.reading.labels import Place, places
from core.clock import to_us
from housing.registry import reading
from recognition.views import gateway_statuses

SILENT_AFTER_US = 60 * 1_000_000
CLOCK_OFF_MS = 5_000


class Device(msgspec.Struct, frozen=True):
    """A device as its gateway knows it."""

    device: str
    door: str
    working: bool
    last_seen: str | None
    clock_offset_ms: int

    @property
    def clock_off(self) -> bool:
        """Whether its clock is far enough off to be named."""
        return abs(self.clock_offset_ms) >= CLOCK_OFF_MS

    @property
    def sick(self) -> bool:
        """Whether somebody should look at it."""
        return not self.working or self.clock_off


class Gateway(msgspec.Struct, frozen=True):
    """A registered gateway and what it last said of itself (`seen_us` None: nothing yet)."""

    gateway: str
    doors: Sequence[str]
    seen_us: int | None
    silent: bool
    waiting: int
    quarantined: int
    refused: int
    sets: Mapping[str, int]
    devices: Sequence[Device]

    @property
    def state(self) -> str:
        """never, silent, trouble or well."""
        if self.seen_us is None:
            return "never"
        if self.silent:
            return "silent"
        faulty = any(device.sick for device in self.devices)
        return "trouble" if faulty or self.quarantined else "well"


class _DeviceState(msgspec.Struct):
    door: str = ""
    working: bool = True
    last_seen: str | None = None
    clock_offset_ms: int = 0


def gateways(housing: Connection, recognition: Connection, estate: str, now: datetime) -> list[Gateway]:
    """Every registered gateway of an estate, and every other that ever spoke for it."""
    registered = {row.gateway: row.doors for row in reading.gateways(housing, estate)}
    said = {row.gateway: row for row in gateway_statuses(recognition, estate)}
    found = []
    for name in sorted(registered.keys() | said.keys()):
        row = said.get(name)
        if row is None:
            found.append(Gateway(name, registered[name], None, True, 0, 0, 0, {}, ()))
            continue
        devices = [
            Device(device, state.door, state.working, state.last_seen, state.clock_offset_ms)
            for device, state in sorted(msgspec.json.decode(row.devices, type=dict[str, _DeviceState]).items())
        ]
        silent = to_us(now) - row.seen_us > SILENT_AFTER_US
        found.append(
            Gateway(
                name, registered.get(name, ()), row.seen_us, silent, row.waiting, row.quarantined, row.refused,
                json.loads(row.set_versions), devices,
            )
        )  # fmt: skip
    return found


class DoorState(msgspec.Struct, frozen=True):
    """A door, the gateway it hangs on and whether anybody can see through its readers."""

    place: Place
    gateway: str | None
    state: str  # as the gateway's, or unserved


def door_states(housing: Connection, estate: str, served: Sequence[Gateway]) -> list[DoorState]:
    """Doors of an estate; homes' own doors come last."""
    by_door = {door: gateway for gateway in served for door in gateway.doors}
    broken = {device.door for gateway in served for device in gateway.devices if not device.working}
    order = ["gate", "garage", "building", "lift", "home"]
    rows = sorted(places(housing, estate).values(), key=lambda p: (order.index(p.kind), p.door))
    return [_door_state(place, by_door.get(place.door), broken=place.door in broken) for place in rows]


def _door_state(place: Place, gateway: Gateway | None, *, broken: bool) -> DoorState:
    if gateway is None:
        return DoorState(place, None, "unserved")
    state = "trouble" if broken else ("well" if gateway.state == "trouble" else gateway.state)
    return DoorState(place, gateway.gateway, state)
