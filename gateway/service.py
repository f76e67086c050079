"""The gateway service: makes the parts, starts them in the order in which they depend on each other, ends them in the
other, and beats the heart in between.

Threads: device-link, link-pictures, folder-*, video-*, frames-* bring events; outbox makes them safe; uplink sends;
downlink receives; doors decides alone; copies keeps the local copy; fire watches the fire input. The queues between
them are bounded, and each says what happens when it is full.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog

from core.clock import Clock
from core.errors import AnjuError
from core.mqtt import Link
from core.runtime import Check
from core.settings import Settings
from core.topics import Address, Channel
from core.vault import EstateKey
from gateway.age import CopyAge, boot_id
from gateway.alone import Alone
from gateway.config import Config, Device, Kind
from gateway.contents import Contents
from gateway.copies import Copies
from gateway.devices.base import Answer, DoorMove, Event, Refused, Relay, Source
from gateway.devices.folder import FolderSource
from gateway.devices.folder_memory import FolderMemory
from gateway.devices.frames import Frames
from gateway.devices.link.relay import LinkRelay
from gateway.devices.link.server import LinkServer
from gateway.devices.relays import RelayBoard, SimulatedRelay
from gateway.devices.video import VideoSource
from gateway.doors import Doors
from gateway.downlink import Downlink
from gateway.fire import Fire
from gateway.health import Health
from gateway.held_sets import SetStore
from gateway.intake import Intake
from gateway.outbox import Outbox
from gateway.outbox_file import Entry
from gateway.outbox_reader import OutboxReader
from gateway.pictures import Looks, Pictures
from gateway.reports import Reports
from gateway.threads import Crew
from gateway.timekeeping import Timekeeping
from gateway.uplink import Uplink

log = structlog.get_logger(__name__)
TICK_S = 0.2
SETTLE_S = 3.0  # at a start: so long for the broker and the first pull, before devices are let in
DRAIN_S = 2.0  # at the end: so long for receipts
MakeLink = Callable[[Callable[[], None]], Link]


class GatewayFailed(AnjuError):
    """A part of the gateway died of something unforeseen; its trace is in the log."""

    code = "gateway_failed"


class GatewayService:
    """One gateway.

    Args:
        folder: where it keeps everything that is its own.
        make_link: makes the link to the broker, given what to call whenever a connection stands.
        looks: sets of recognisers, as many as pictures may be recognised at once; empty where no device needs any.
    """

    def __init__(
        self,
        settings: Settings,
        config: Config,
        key: EstateKey,
        *,
        folder: Path,
        make_link: MakeLink,
        looks: Sequence[Looks],
        clock: Clock,
    ) -> None:
        self._folder, self._config, self._clock = folder, config, clock
        self._crew = Crew()
        self._devices = {device.id: device for device in config.devices}
        address = Address(config.estate, config.gateway, Channel.LIVE)
        patience_s = settings.decide_alone_ms / 1000
        self._link = make_link(self._connected)
        self._outbox = Outbox(folder / "outbox.db", clock, self._crew, limit=settings.outbox_max)
        self._uplink = Uplink(self._link, address, self._outbox, OutboxReader(folder / "outbox.db"), clock)
        store = SetStore(folder / "copies.db", key)
        age = CopyAge(store.mark(), clock, boot_id())
        self._alone = Alone(clock, age, key, max_age_s=settings.policy_max_age_h * 3600.0)
        self._copies = Copies(store, key, self._link, address, clock, alone=self._alone, age=age)
        board = RelayBoard(self._relays())
        self._fire = Fire(folder, config.doors, board)
        self._reports = Reports(self._outbox, self._uplink, clock, self._devices, live_s=patience_s)
        self._doors = Doors(
            board, self._alone, clock, fire=self._fire.on, post=self._post, held_back=self._copies.held_back,
            patience_s=patience_s,
        )  # fmt: skip
        self._downlink = Downlink(
            self._link, outbox=self._outbox, uplink=self._uplink, doors=self._doors, copies=self._copies
        )
        timekeeping = Timekeeping(self._devices)
        self._contents = Contents(key, Pictures(looks))
        self._intake = Intake(
            self._devices, clock, contents=self._contents, timekeeping=timekeeping, outbox=self._outbox,
            uplink=self._uplink, doors=self._doors, alone=self._alone, away=lambda: not self._link.connected,
            fire=self._fire.on,
        )  # fmt: skip
        self._server = LinkServer(
            config.of_kind(Kind.LINK), self, self._crew, port=settings.device_port, picture_threads=max(1, len(looks))
        )
        self._sources: list[Source] = [self._server, *self._folders(), *self._videos()]
        self._health = Health(
            self._link, address, clock, devices=self._devices, sources=lambda: self._sources, timekeeping=timekeeping,
            outbox=self._outbox, copies=self._copies,
        )  # fmt: skip
        for zh, en in config.notes:
            log.warning("config_note", zh=zh, en=en)

    @property
    def port(self) -> int:
        """Where the device link listens."""
        return self._server.port

    def checks(self) -> Mapping[str, Check]:
        """The outbox takes events and no part has died; the broker may be away, a gateway works without it."""
        return {
            "outbox": lambda: not self._outbox.unwritable.is_set(),
            "threads": lambda: not self._crew.failed.is_set(),
        }

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; raises GatewayFailed when a part has died."""
        try:
            self._start()
            while not stop.wait(TICK_S) and not self._crew.failed.is_set():
                self._health.beat()
        finally:
            self._end()
        if self._crew.failed.is_set():
            raise GatewayFailed("网关的一个部件意外停止，详见日志。", "A part of the gateway died; see the log.")

    # What the device link needs

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        """See Sink."""
        return self._intake.present(batch)

    def unread(self, refused: Sequence[Refused]) -> None:
        """Report input that could not be read."""
        self._reports.unread(refused)

    def fire(self, on: bool) -> None:
        """The fire input of the link."""
        self._fire.signal(on)

    def _start(self) -> None:
        self._fire.start(self._crew)  # first: it needs nothing else
        self._outbox.start()
        self._copies.start(self._crew)
        self._doors.start(self._crew)
        self._uplink.start(self._crew)
        self._link.start()
        self._downlink.start(self._crew)
        self._copies.settled.wait(SETTLE_S)
        for source in self._sources:
            source.start()
        write_port(self._folder, self.port)
        log.info("gateway_ready", epoch=self._outbox.epoch, port=self.port, waiting=self._outbox.waiting)

    def _end(self) -> None:
        """Let nothing more in, serve who waits, say what was done, then close."""
        for source in self._sources:
            source.stop()
        self._doors.stop()
        self._drain()
        self._uplink.stop()
        self._downlink.stop()
        self._copies.stop()
        self._fire.stop()
        with contextlib.suppress(AnjuError):
            self._outbox.beat()
        self._outbox.stop()
        self._link.stop()

    def _drain(self) -> None:
        """Give receipts a moment; what has none is sent again after the next start."""
        until = self._clock.monotonic() + DRAIN_S
        waiter = threading.Event()
        while self._link.connected and not self._uplink.drained() and self._clock.monotonic() < until:
            waiter.wait(0.02)

    def _connected(self) -> None:
        """In the link's thread, whenever a connection stands."""
        self._copies.connected()
        self._uplink.reconnected()

    def _post(self, entries: Sequence[Entry]) -> None:
        self._reports.post(entries)

    def _tell(self, moves: Sequence[tuple[str, DoorMove]]) -> list[bool]:
        return self._server.tell(moves)

    def _relays(self) -> dict[str, Relay]:
        """A door with a device on the link has its strike there, any other a simulated one."""
        linked: dict[str, list[str]] = {}
        for device in self._config.of_kind(Kind.LINK).values():
            linked.setdefault(device.door, []).append(device.id)
        relay, simulated = LinkRelay(linked, self._tell), SimulatedRelay()
        return {door: relay if door in linked else simulated for door in self._config.doors}

    def _folders(self) -> list[FolderSource]:
        return [
            FolderSource(
                device, FolderMemory(self._folder / "folders.db", device.id), self._intake, self._clock, self._crew
            )
            for device in self._config.of_kind(Kind.FOLDER).values()
        ]

    def _videos(self) -> list[VideoSource]:
        def source(device: Device) -> VideoSource:
            frames = Frames(device.id, device.url, self._clock)
            return VideoSource(device, frames, self._contents.frame, self._intake, self._clock, self._crew)

        return [source(device) for device in self._config.of_kind(Kind.VIDEO).values()]


def write_port(folder: Path, port: int) -> None:
    """Say in link.json where the device link listens; written whole or not at all."""
    temporary = folder / ".link.json.new"
    temporary.write_bytes(msgspec.json.encode({"port": port, "pid": os.getpid()}))
    temporary.replace(folder / "link.json")
