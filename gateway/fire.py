"""The fire input: on it every door of the gateway opens and stays open until a person resets it (F1).

It needs nothing but this process: no server, broker or database. The state is a file in the gateway's folder: it is on
while the file is there. The device link may set it (a wired input), anybody on the spot may by creating the file, and
only removing the file or a reset over the link ends it, so a fire outlasts a restart. Where the disk does not take the
file the doors open all the same.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from prometheus_client import Gauge

from gateway.devices.base import DoorMove, Relay
from gateway.threads import Crew

log = structlog.get_logger(__name__)
FILE = "fire"
LOOK_S = 0.25
AGAIN_S = 2.0  # the doors are told again so often, for devices that come back

fire_gauge = Gauge("anju_fire", "1 while the fire signal holds all doors open")


class Fire:
    """Watches the input and holds the doors.

    Args:
        folder: of the gateway.
        doors: all doors of the gateway.
        relay: the board that drives them.
    """

    def __init__(self, folder: Path, doors: Sequence[str], relay: Relay) -> None:
        self._file, self._doors, self._relay = folder / FILE, tuple(doors), relay
        self._on = threading.Event()
        self._unsaved = False  # the signal came over the link and the disk did not take it
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def on(self) -> bool:
        """Whether the doors are held open."""
        return self._on.is_set()

    def start(self, crew: Crew) -> None:
        """Look at once, then keep looking."""
        self.look()
        self._thread = crew.start("fire", self._run)

    def stop(self) -> None:
        """End the watching; the doors stay as they are."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def signal(self, on: bool) -> None:
        """The device link says that the input is on, or was reset: doors first, the file after."""
        if on:
            self._hold("link")
            self._unsaved = not _try(lambda: self._file.touch(mode=0o644))
        else:
            self._unsaved = False
            _try(lambda: self._file.unlink(missing_ok=True))
            self.look()

    def look(self) -> None:
        """Follow the file."""
        if self._file.exists() or self._unsaved:
            self._hold("file")
        elif self._on.is_set():
            self._on.clear()
            fire_gauge.set(0)
            log.warning("fire_reset")
            self._tell(opened=False, reason="fire_reset")

    def _hold(self, source: str) -> None:
        if self._on.is_set():
            return
        self._on.set()
        fire_gauge.set(1)
        self._tell(opened=True, reason="fire")
        log.critical("fire", source=source, doors=len(self._doors))

    def _tell(self, *, opened: bool, reason: str) -> None:
        self._relay.move([DoorMove(door=door, opened=opened, reason=reason, hold=opened) for door in self._doors])

    def _run(self) -> None:
        since = 0.0
        while not self._stop.wait(LOOK_S):
            self.look()
            since = since + LOOK_S if self.on() else 0.0
            if since >= AGAIN_S:
                since = 0.0
                self._tell(opened=True, reason="fire")


def _try(act: Callable[[], None]) -> bool:
    try:
        act()
    except OSError as error:
        log.error("fire_file_failed", error=str(error), mend="free space on the gateway's disk")  # noqa: TRY400
        return False
    return True
