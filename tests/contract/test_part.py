"""`anju part` and `anju health`, as containers run them: one process that becomes the part, and a check beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from anju.launcher.ports import free_port
from anju.launcher.spec import ServiceSpec
from anju.launcher.supervisor import Supervisor
from anju.part import UnusablePart, command_of, health
from core.settings import Settings
from tests.contract.parts import Part

PASSWORD = "k" + "0" * 47
PROGRAMS = {"nats": "nats-server", "valkey": "valkey-server"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a container."""
    return {
        "ANJU_VAR_DIR": str(tmp_path / "var"),
        "MQTT_URL": f"mqtt://anju:{PASSWORD}@127.0.0.1:{free_port()}",
        "REDIS_URL": f"redis://anju:{PASSWORD}@127.0.0.1:{free_port()}/0",
    }


@pytest.fixture(params=sorted(PROGRAMS))
def running(request: pytest.FixtureRequest, env: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, Supervisor]]:
    """A part as a container runs it; it serves once `anju health` says so."""
    name: str = request.param
    argv = (sys.executable, "-m", "anju.cli", "part", name, "--listen", "127.0.0.1")

    def probe() -> None:
        asked = (sys.executable, "-m", "anju.cli", "health", name)
        said = subprocess.run(asked, env=os.environ | env, capture_output=True, text=True, check=False, timeout=30)
        if said.returncode:
            raise OSError(said.stderr)

    with Supervisor([ServiceSpec(name=name, argv=argv, env=env, probe=probe)], var=tmp_path / "run") as supervisor:
        yield name, supervisor


def test_the_process_becomes_the_part_and_ends_cleanly(running: tuple[str, Supervisor]) -> None:
    name, supervisor = running
    pid = supervisor.statuses()[name].pid
    assert pid is not None
    assert psutil.Process(pid).name() == PROGRAMS[name]
    supervisor.stop()
    last = supervisor.statuses()[name].last_exit
    assert last is not None
    assert last.code == 0


def test_health_says_why_not(broker: Part, capsys: pytest.CaptureFixture[str]) -> None:
    base = Settings()
    assert health("nats", base.model_copy(update={"mqtt_url": broker.url})) == 0
    assert health("nats", base.model_copy(update={"mqtt_url": broker.url.replace("anju:", "anju:x")})) == 1
    assert "not authorised" in capsys.readouterr().err
    nobody = base.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}", "health_port": free_port()})
    assert (health("valkey", nobody), health("service", nobody)) == (1, 1)
    assert "refused" in capsys.readouterr().err


@pytest.mark.parametrize(
    "login", ["", "anju@", "anju:short@", f"anju:{'1' * 40}@", "anju:k0000000000000000%22@", f"a%20b:{PASSWORD}@"]
)
def test_a_part_without_a_proper_password_is_refused_and_nothing_is_written(login: str, tmp_path: Path) -> None:
    settings = Settings().model_copy(update={"mqtt_url": f"mqtt://{login}broker:1883", "var_dir": tmp_path / "var"})
    with pytest.raises(UnusablePart, match="MQTT_URL"):
        command_of("nats", settings, listen="127.0.0.1")
    assert not list(tmp_path.rglob("*.conf"))


def test_a_part_nobody_knows_is_refused_with_the_list() -> None:
    with pytest.raises(UnusablePart, match="choose nats or valkey"):
        health("sauna", Settings())
