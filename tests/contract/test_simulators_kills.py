"""kill -9 of every part under load, the devices too: by the devices' own ledger nothing is lost and nothing doubled."""

import threading
from pathlib import Path

import pytest

from anju import demo_devices, demo_estate
from anju.demo_summary import summarise
from anju.installation import open_installation
from anju.launcher.services import gateway_child
from core.clock import SystemClock
from core.errors import AnjuError
from core.settings import Settings
from simulators.ledger import read
from simulators.runs import Estate, Load

EVENTS, RATE = 3_000, 120.0
WITHIN_S = 60.0
GATEWAY = "qingxi-gw-gates"


def _prepared(settings: Settings) -> Estate:
    def warn(name: str, error: AnjuError) -> None:
        raise AssertionError(f"{name}: {error}")

    return demo_estate.prepare(
        settings, homes=120, faces_folder=None, clock=SystemClock(), tell=lambda *_: None, warn=warn, recognise=False
    )


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_over_kills_of_every_part(tmp_path: Path) -> None:
    with open_installation(Settings(var_dir=tmp_path, api_port=0, log_level="warning")) as installation:
        run = demo_devices.new_run(
            installation.settings, _prepared(installation.settings), Load(events=EVENTS, rate=RATE)
        )
        with installation.supervisor() as supervisor:
            devices = demo_devices.start(run)
            try:
                for name in (gateway_child(GATEWAY), "recognition", "nats", "occupancy", "valkey"):
                    before = supervisor.statuses()[name].restarts
                    supervisor.signal(name)
                    assert supervisor.wait_restarted(name, before + 1, WITHIN_S), name
                    if name == "recognition":
                        devices.kill()
                        devices = demo_devices.start(run)
                _presented_all(devices.ledger)
                assert devices.stop() == 0, "something was never acknowledged"
            finally:
                devices.kill()
            summary = summarise(installation.settings, devices.ledger, clock=SystemClock())
    assert (summary.captures, summary.sightings) == (EVENTS, EVENTS)
    assert (summary.lost, summary.duplicated, summary.opened_twice) == (0, 0, 0)


def _presented_all(ledger: Path) -> None:
    clock = SystemClock()
    until = clock.monotonic() + EVENTS / RATE + WITHIN_S
    waiter = threading.Event()
    while len(read(ledger).entries) < EVENTS:
        assert clock.monotonic() < until, "the devices did not come to their end"
        waiter.wait(0.5)
