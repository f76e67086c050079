"""A seeded estate as real processes, with simulated devices that keep their own ledger: for trials of faults."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from anju import demo_devices, demo_estate
from anju.demo_devices import Devices
from anju.installation import Installation, open_installation
from anju.launcher.supervisor import Supervisor
from core import log
from core.clock import SystemClock
from core.db import Store, open_store
from core.errors import AnjuError
from core.settings import Settings
from simulators import ledger
from simulators.reckoning import Reckoning, reckon
from simulators.runs import Load, Run
from tests.e2e.system import WAIT_S, until

HOMES = 24
ENDLESS = 60_000


class Town:
    """One estate of `HOMES` homes over a folder, and its running children."""

    def __init__(self, installation: Installation, supervisor: Supervisor, estate: Any) -> None:
        self.settings, self.supervisor, self._estate = installation.settings, supervisor, estate
        self._running: list[Devices] = []
        self.gateways = [f"gateway-{name}" for name in installation.gateways()]

    def devices(self, rate: float) -> Devices:
        """Start devices that present faces, `rate` a second, until `finish`."""
        what = Load(events=ENDLESS, rate=rate, seed=datetime.now(UTC).microsecond)
        return self._start(demo_devices.new_run(self.settings, self._estate, what))

    def restart(self, devices: Devices) -> Devices:
        """kill -9 the devices; new ones go on from their ledger."""
        devices.kill()
        return self._start(devices.run)

    def _start(self, run: Run) -> Devices:
        self._running.append(demo_devices.start(run))
        return self._running[-1]

    def close(self) -> None:
        """End whatever devices still run."""
        for devices in self._running:
            devices.kill()

    def kill(self, name: str) -> None:
        """kill -9 a child; returns when it serves again."""
        before = self.supervisor.statuses()[name].restarts
        self.supervisor.signal(name)
        assert self.supervisor.wait_restarted(name, before + 1, WAIT_S), f"{name} did not come back"

    def progress(self, devices: Devices) -> int:
        """How many events the devices have presented so far."""
        return len(ledger.read(devices.ledger).entries) if devices.ledger.exists() else 0

    def wait_for_more(self, devices: Devices, events: int) -> None:
        """Return when the devices have presented so many more events."""
        seen = self.progress(devices)
        until(lambda: self.progress(devices) >= seen + events, what=f"{events} more events")

    def finish(self, devices: Devices) -> Reckoning:
        """Present no more, wait until all is in the log, and count."""
        self.wait_for_more(devices, 50)
        assert devices.stop() == 0, devices.log.read_text("utf-8")[-2000:]
        until(lambda: self.reckon(devices).lost == 0, what=f"the rest of {self.reckon(devices)}")
        return self.reckon(devices)

    def reckon(self, devices: Devices) -> Reckoning:
        """The devices' ledger against the sightings."""
        s = log.sightings.c
        return reckon(
            ledger.read(devices.ledger),
            [(r.device, r.device_event) for r in self.rows(Store.RECOGNITION, sa.select(s.device, s.device_event))],
        )

    def rows(self, store: Store, query: sa.Select[Any]) -> list[Any]:
        """The rows of a query."""
        engine = open_store(self.settings, store, read_only=True)
        with engine.connect() as connection:
            rows = list(connection.execute(query))
        engine.dispose()
        return rows

    def followed(self) -> bool:
        """Whether occupancy has folded the whole log."""
        last = self.rows(Store.RECOGNITION, sa.text("SELECT max(pos) FROM sightings"))[0][0]  # type: ignore[arg-type]
        cursors = self.rows(Store.OCCUPANCY, sa.text("SELECT source, pos FROM cursors"))  # type: ignore[arg-type]
        return last in {pos for source, pos in cursors if source.startswith("log")}


@contextmanager
def town(folder: Path, **outside: str) -> Iterator[Town]:
    """The estate, running; with addresses in `outside` on those parts instead of embedded ones."""
    settings = Settings(var_dir=folder, sweep_s=1.0, language="en", api_port=0, **outside)  # type: ignore[arg-type]
    with open_installation(settings, external=bool(outside)) as installation:
        estate = demo_estate.prepare(
            installation.settings, homes=HOMES, faces_folder=None, clock=SystemClock(), tell=_quiet, warn=_refused
        )
        with installation.supervisor() as supervisor:
            place = Town(installation, supervisor, estate)
            try:
                yield place
            finally:
                place.close()


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def _refused(name: str, error: AnjuError) -> None:
    raise AssertionError(f"{name}: {error}")
