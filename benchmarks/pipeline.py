"""The whole way of an event, with real processes: device link, gateways, broker, recognition, log, doors.

The embedded system starts in a temporary directory as `anju up` starts it, with a seeded estate and everybody enrolled
(SQLite, synchronous FULL; the same fsyncs as in service). Simulated devices are one more process, with a ledger of
their own. Two phases:

1. as fast as the gateways take it: `events_per_second` is the slope of the sightings log between 10 % and 90 % of the
   events, committed rows against the monotonic clock, so neither the start nor the tail flatters it;
2. at `--rate` events a second: `decision_ms` from the capture built at the gateway to the decision at its door.

`lost` and `duplicated` are of both phases, from the devices' ledger. Faces are drawn embeddings (no recogniser runs:
what a picture costs is measured by `face` and `plate`), nine in ten of people enrolled.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import sqlalchemy as sa
from numpy.typing import NDArray

from anju import demo_devices, demo_estate
from anju.demo_summary import Summary, summarise
from anju.installation import open_installation
from anju.launcher.supervisor import Supervisor
from benchmarks import publish
from core import log
from core.clock import SystemClock
from core.db import Store, open_store
from core.runtime import configure_logs
from core.settings import Settings
from simulators.runs import Estate, Load

HOMES = 500
RATE_PHASE_S = 30.0
LOOK_S = 0.1
STALLED_S = 30.0
STEADY = (0.1, 0.9)
MB = 1024 * 1024


class Watch:
    """How the log grows and what memory the processes hold, looked at ten times a second."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self._engine = open_store(settings, Store.RECOGNITION, read_only=True)
        self._supervisor = supervisor
        self.rss: dict[str, int] = {}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds of each child so far."""
        rows = self._supervisor.statuses().items()
        return {name: _cpu_s(row.pid) for name, row in rows if row.pid is not None}

    def count(self) -> int:
        """Rows of the log."""
        with self._engine.connect() as conn:
            return conn.scalar(sa.select(sa.func.count()).select_from(log.sightings)) or 0

    def until(self, rows: int) -> NDArray[np.float64]:
        """Look until the log has `rows` or stalls: (n, 2) monotonic seconds and rows."""
        seen = [(time.monotonic(), float(self.count()))]
        moved = seen[0][0]
        while seen[-1][1] < rows and seen[-1][0] - moved < STALLED_S:
            time.sleep(LOOK_S)
            seen.append((time.monotonic(), float(self.count())))
            if seen[-1][1] > seen[-2][1]:
                moved = seen[-1][0]
            if len(seen) % 10 == 0:
                self._weigh()
                _say(f"{seen[-1][1]:.0f} of {rows} rows")
        return np.array(seen)

    def _weigh(self) -> None:
        """Note the largest resident set of each child, with its own children."""
        for name, row in self._supervisor.statuses().items():
            if row.pid is not None:
                self.rss[name] = max(self.rss.get(name, 0), _resident(row.pid))

    def close(self) -> None:
        """Give the store back."""
        self._engine.dispose()


def _resident(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _say(words: str) -> None:
    """Progress, on standard error."""
    print(words, file=sys.stderr, flush=True)


def _no_bar(_what: str, _done: int, _total: int) -> None:
    """Preparing shows no bar here."""


def slope(seen: NDArray[np.float64], before: int, events: int) -> float:
    """Rows a second between 10 % and 90 % of `events` after the first `before`; 0 where they never came.

    Args:
        seen: (n, 2) float64, monotonic seconds and rows, both ascending.
        before: Rows that were there already.
        events: Rows expected on top.
    """
    low, high = (before + share * events for share in STEADY)
    if not len(seen) or seen[-1, 1] < high:
        return 0.0
    return float((high - low) / max(_passed(seen, high) - _passed(seen, low), 1e-9))


def _passed(seen: NDArray[np.float64], rows: float) -> float:
    """When the log passed `rows`: on the line between the look before and the first look at as many."""
    place = max(1, int(np.searchsorted(seen[:, 1], rows)))
    before, after = seen[place - 1], seen[place]
    share = (rows - before[1]) / max(after[1] - before[1], 1e-9)
    return float(before[0] + share * (after[0] - before[0]))


def run(events: int, rate: float, homes: int = HOMES) -> dict[str, object]:
    """All keys of the benchmark."""
    with tempfile.TemporaryDirectory(prefix="anju-pipeline-") as folder:
        settings = Settings(var_dir=Path(folder), log_level="warning", api_port=0)
        configure_logs(settings, "pipeline")
        with open_installation(settings) as installation:
            estate = demo_estate.prepare(
                installation.settings, homes=homes, faces_folder=None, clock=SystemClock(), recognise=False,
                tell=_no_bar, warn=lambda name, error: _say(f"{name}: {error}"),
            )  # fmt: skip
            _say("the estate is registered and enrolled")
            with installation.supervisor() as supervisor:
                _say("everything serves")
                return _measure(installation.settings, supervisor, estate, events, rate)


def _measure(settings: Settings, supervisor: Supervisor, estate: Estate, events: int, rate: float) -> dict[str, object]:
    watch = Watch(settings, supervisor)
    try:
        flood, seen, cpu_s = _phase(settings, watch, estate, Load(events=events))
        before = watch.count()
        paced, _, _ = _phase(settings, watch, estate, Load(events=round(rate * RATE_PHASE_S), rate=rate, seed=2))
    finally:
        watch.close()
    return {
        "events_per_second": round(slope(seen, 0, events), 1),
        "decision_ms_p50": paced.decision_ms_p50,
        "decision_ms_p99": paced.decision_ms_p99,
        "lost": flood.lost + paced.lost,
        "duplicated": flood.duplicated + paced.duplicated,
        "rss_mb": round(sum(watch.rss.values()) / MB, 1),
        "rss_mb_by_process": {name: round(size / MB, 1) for name, size in watch.rss.items()},
        "cpu_ms_per_event_by_process": {name: round(1000 * used / events, 3) for name, used in cpu_s.items()},
        "events": before,
        "rate": rate,
        "door_ms_p50": paced.door_ms_p50,
        "door_ms_p99": paced.door_ms_p99,
        "flood_decision_ms_p99": flood.decision_ms_p99,
        "decided_alone": flood.decided_alone + paced.decided_alone,
        "outcomes": paced.outcomes,
    }


def _phase(
    settings: Settings, watch: Watch, estate: Estate, load: Load
) -> tuple[Summary, NDArray[np.float64], dict[str, float]]:
    """Run one load to its end: its summary, how the log grew, and each process's processor seconds."""
    rows, idle = watch.count() + load.events, watch.cpu_s()
    with demo_devices.running(demo_devices.new_run(settings, estate, load)) as devices:
        seen = watch.until(rows)
        cpu_s = {name: used - idle.get(name, 0.0) for name, used in watch.cpu_s().items()}
        cpu_s["devices"] = _cpu_s(devices.pid)
        devices.stop()
        return summarise(settings, devices.ledger, clock=SystemClock()), seen, cpu_s


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=40_000, help="events of the first phase")
    parser.add_argument("--rate", type=float, default=200.0, help="events a second of the second phase")
    parser.add_argument("--homes", type=int, default=HOMES, help="size of the estate")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    publish(run(options.events, options.rate, options.homes), as_json=options.json)


if __name__ == "__main__":
    main()
