"""kill -9 of the real process between and inside batches leaves exactly what an undisturbed run leaves."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import to_us
from core.settings import Settings
from occupancy.tables import alerts, cursors, dirty, findings, home_days, presence
from tests.contract.occupancy_estates import SHARD, Stores, at

FIRST = date(2026, 3, 2)
HOMES, MEMBERS, ROWS, PIECES = 60, 3, 15_000, 5
WITHIN_S = 100.0
ROOT = Path(__file__).parents[2]


def history(seed: int) -> list[dict[str, Any]]:
    """A month of comings and goings, a tenth of it days late; home h0 is never seen."""
    rng, rows = random.Random(seed), []
    for n in range(ROWS):
        person = rng.randrange(MEMBERS, HOMES * MEMBERS)
        home, own = f"h{person // MEMBERS}", rng.random() < 0.4
        day = FIRST + timedelta(n * 28 // ROWS - (rng.random() < 0.1) * rng.randrange(3))
        rows.append({
            "person": f"p{person}", "taken_us": at(day, rng.uniform(6, 23)),
            "direction": "in" if rng.random() < 0.6 else "out",
            "door": f"{home}-door" if own else "gate", "home": home if own else None,
        })  # fmt: skip
    return rows


@contextmanager
def stores_in(var: Path, redis_url: str) -> Iterator[Stores]:
    """An estate whose gateway never falls silent; its log is still empty."""
    var.mkdir()
    stores = Stores(Settings(var_dir=var, redis_url=redis_url))
    stores.found(homes=HOMES, members=MEMBERS)
    stores.heard(to_us(datetime.now(UTC) + timedelta(days=1)))
    yield stores
    stores.close()


@contextmanager
def service(stores: Stores) -> Iterator[subprocess.Popen[bytes]]:
    """The real process; killed at the end, if it still lives."""
    settings = stores.settings
    env = dict(os.environ) | {
        "ANJU_VAR_DIR": str(settings.var_dir), "REDIS_URL": settings.redis_url, "ANJU_SWEEP_S": "0.3",
        "ANJU_HEALTH_PORT": "0", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with (settings.var_dir / "service.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "occupancy"], env=env, stderr=log, cwd=settings.var_dir)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait(process: subprocess.Popen[bytes], done: Callable[[], bool], within_s: float = WITHIN_S) -> bool:
    """Until `done` or the time is over, while the process lives; returns whether it was done."""
    deadline = time.monotonic() + within_s
    while not (finished := done()) and time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
        assert process.poll() is None, "the service ended by itself"
    return finished


def folded(stores: Stores) -> int:
    return next((row["pos"] for row in stores.rows(cursors) if row["source"] == f"log:{SHARD}"), 0)


def settled(stores: Stores) -> bool:
    return folded(stores) == ROWS and not stores.rows(dirty) and len(stores.rows(alerts)) >= HOMES


def content(stores: Stores) -> dict[str, list[dict[str, Any]]]:
    """What must be the same: everything but ids, times of writing, and how sure it was at a stage's first evening.

    The service that is killed sees the log grow, so what it says on the way is said of less.
    """
    volatile = {"finding", "alert", "updated_us", "first_known_us", "opened_us", "refreshed_us"}
    keys = {presence: "subject", home_days: "day", findings: "kind", alerts: "kind", cursors: "source"}
    return {
        table.name: [
            {name: _bare(name, value) for name, value in row.items() if name not in volatile}
            for row in stores.rows(table, *(["home"] if "home" in table.c else []), key)
        ]
        for table, key in keys.items()
    }


def _bare(name: str, value: Any) -> Any:
    return [(step["stage"], step["on"]) for step in json.loads(value)] if name == "stages" else value


@pytest.mark.timeout(400)
def test_kill_9_anywhere_leaves_exact_state(tmp_path: Path, redis_url: str) -> None:
    rows, rng = history(seed=3), random.Random(5)
    piece = ROWS // PIECES
    with stores_in(tmp_path / "calm", redis_url) as calm:
        calm.seen(rows)
        with service(calm) as process:
            assert wait(process, lambda: settled(calm))
            process.terminate()
            assert process.wait(30) == 0
        expected = content(calm)
    with stores_in(tmp_path / "killed", redis_url) as killed:
        for n in range(PIECES):
            killed.seen(rows[n * piece : (n + 1) * piece])
            before = folded(killed)
            with service(killed) as process:
                assert wait(process, lambda: folded(killed) > before)  # noqa: B023 - asked at once
                wait(process, lambda: False, within_s=rng.uniform(0, 0.6))  # the kill falls anywhere
        with service(killed) as process:
            wait(process, lambda: settled(killed) and content(killed) == expected)
        assert content(killed) == expected
        assert len(killed.rows(alerts)) == len({row["finding"] for row in killed.rows(alerts)}) == HOMES


@pytest.mark.timeout(300)
def test_it_stops_cleanly_on_a_signal_and_starts_again(tmp_path: Path, redis_url: str) -> None:
    rows = history(seed=4)
    with stores_in(tmp_path / "stopped", redis_url) as stores:
        stores.seen(rows[: ROWS // 2])
        with service(stores) as process:
            assert wait(process, lambda: folded(stores) == ROWS // 2)
            process.terminate()
            assert process.wait(30) == 0
        stores.seen(rows[ROWS // 2 :])
        with service(stores) as process:
            assert wait(process, lambda: settled(stores))
