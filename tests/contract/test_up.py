"""`anju up` as a process: started, killed in parts, stopped by a signal, started again with everything kept."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from anju.launcher.lifecycle import State
from anju.launcher.ports import free_port
from anju.launcher.postgres import Cluster

ROOT = Path(__file__).parents[2]
WITHIN_S = 60.0
# The real command line, with one tiny service instead of ours.
COMMAND = """
import signal
import sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have them ignore it
from anju import cli
from anju.launcher.services import SERVICES, Service
SERVICES.clear()
SERVICES["tiny"] = Service(name="tiny", module="tests.contract.tiny_service", needs=("nats", "valkey"))
sys.argv = ["anju", *sys.argv[1:]]
cli.main()
"""


class Launcher:
    """`anju up` over one data directory."""

    def __init__(self, var: Path, *options: str, **env: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANJU_", "MQTT_", "REDIS_"))}
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "up", "--var", str(var), *options],
            cwd=ROOT,
            env=clean | {"ANJU_LANGUAGE": "en"} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self._output = self.process.stdout
        self.said = ""

    def wait_said(self, words: str) -> str:
        """Read what it says until a line holds `words`; that line."""
        for line in self._output:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"{words!r} was never said:\n{self.said}")

    def state(self) -> dict[str, Any]:
        """Its children by the state file."""
        found: dict[str, Any] = json.loads((self.var / "supervisor.json").read_text())["children"]
        return found

    def wait_restarted(self, name: str) -> None:
        """Return once a child serves again after its first restart."""
        deadline = time.monotonic() + WITHIN_S
        while not ((row := self.state()[name])["restarts"] == 1 and row["state"] == State.SERVING):
            assert time.monotonic() < deadline, row
            time.sleep(0.02)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal it and wait for its end; its exit status."""
        self.process.send_signal(number)
        self.said += self._output.read()
        return self.process.wait(WITHIN_S)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launcher]]:
    """Starts `anju up`; what still runs after the test is killed."""
    running: list[Launcher] = []

    def start(*options: str, **env: str) -> Launcher:
        running.append(Launcher(tmp_path / "var", *options, **env))
        return running[-1]

    yield start
    for launcher in running:
        if launcher.process.poll() is None:
            launcher.process.kill()
        launcher.process.communicate()


def pids(state: dict[str, Any]) -> list[int]:
    return [row["pid"] for row in state.values()]


def gone(numbers: list[int]) -> bool:
    """Whether all these processes end in time."""
    alive = [psutil.Process(number) for number in numbers if psutil.pid_exists(number)]
    return psutil.wait_procs(alive, WITHIN_S)[1] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_serves_until_a_signal_and_leaves_nothing_running(
    launch: Callable[..., Launcher], number: signal.Signals
) -> None:
    launcher = launch()
    launcher.wait_said("Ctrl-C stops everything.")
    for name in ("nats", "valkey", "tiny"):
        assert f"{name} serves" in launcher.said
    assert re.search(r"Open http://127\.0\.0\.1:\d+/", launcher.said)
    state = launcher.state()
    assert {row["state"] for row in state.values()} == {State.SERVING}
    assert launcher.end(number) == 0
    assert gone(pids(state))
    assert launcher.said.index("tiny has stopped") < launcher.said.index("nats has stopped")
    ends = {name: row["last_exit"]["code"] for name, row in launcher.state().items()}
    assert ends == {"nats": 0, "valkey": 0, "tiny": 0}


def test_everything_is_kept_over_a_restart_and_closed_to_others(launch: Callable[..., Launcher]) -> None:
    kept = []
    for _ in range(2):
        launcher = launch()
        launcher.wait_said("Ctrl-C stops everything.")
        kept.append({name: (launcher.var / name).read_text() for name in ("ports.json", "credentials.json")})
        assert launcher.end() == 0
    assert kept[0] == kept[1]
    assert stat.S_IMODE(launcher.var.stat().st_mode) == 0o700
    assert stat.S_IMODE((launcher.var / "credentials.json").stat().st_mode) == 0o600
    assert (launcher.var / "db" / "housing.db").exists()


def test_a_part_and_a_service_that_are_killed_come_back(launch: Callable[..., Launcher]) -> None:
    launcher = launch()
    launcher.wait_said("Ctrl-C stops everything.")
    for name in ("nats", "tiny"):
        psutil.Process(launcher.state()[name]["pid"]).kill()
        launcher.wait_restarted(name)
    launcher.end()
    assert launcher.said.count("died (signal SIGKILL") == 2
    assert launcher.said.count("nats serves") == 2


def test_a_killed_launcher_leaves_nothing_running_and_another_can_start(launch: Callable[..., Launcher]) -> None:
    first = launch()
    first.wait_said("Ctrl-C stops everything.")
    state = first.state()
    first.end(signal.SIGKILL)
    assert gone(pids(state))
    second = launch()
    second.wait_said("Ctrl-C stops everything.")
    assert second.end() == 0


def test_two_launchers_do_not_share_a_directory(launch: Callable[..., Launcher]) -> None:
    first = launch()
    first.wait_said("Ctrl-C stops everything.")
    second = launch()
    said = second.wait_said("is in use by another launcher")
    assert str(first.process.pid) in said
    assert second.process.wait(WITHIN_S) == 2
    assert first.end() == 0


def test_a_service_that_cannot_serve_is_told_with_its_mend_while_the_others_go_on(
    launch: Callable[..., Launcher],
) -> None:
    launcher = launch("--external", MQTT_URL="http://nonsense", REDIS_URL="redis://127.0.0.1:1")
    said = launcher.wait_said("tiny does not serve")
    assert "exit code 2" in said
    assert "MQTT_URL" in said
    launcher.wait_said("Ctrl-C stops everything.")
    assert launcher.end() == 0


@pytest.mark.postgres
def test_outside_parts_are_used_where_they_are_named(
    launch: Callable[..., Launcher], mqtt_url: str, redis_url: str, postgres_url: str, postgres_cluster: Cluster
) -> None:
    launcher = launch(
        "--external", MQTT_URL=mqtt_url, REDIS_URL=redis_url, DATABASE_URL=postgres_url, ANJU_API_PORT=str(free_port())
    )
    launcher.wait_said("Ctrl-C stops everything.")
    assert set(launcher.state()) == {"tiny"}
    assert not (launcher.var / "db").exists()
    assert not (launcher.var / "credentials.json").exists()
    assert launcher.end() == 0
