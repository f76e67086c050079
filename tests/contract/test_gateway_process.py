"""`python -m gateway` as a process on a real broker: killed, restarted, cut off. The device's ledger counts."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from anju.launcher.ports import free_port
from core.facts import Modality
from gateway.devices.base import Shown
from tests.contract.gateway_parts import (
    GATEWAY,
    DeviceClient,
    Server,
    configure,
    eventually,
    paho_server,
    port_of,
)
from tests.contract.parts import Part

ROOT = Path(__file__).parents[2]
CARD = Shown(kind=Modality.CARD, credential="c-1")


class Process:
    """A gateway that a test starts, kills and starts again."""

    def __init__(self, var: Path, url: str, *, health_port: int = 0) -> None:
        self.folder = configure(var)
        self._environment = {
            **os.environ, "ANJU_VAR_DIR": str(var), "MQTT_URL": url, "ANJU_HEALTH_PORT": str(health_port),
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, device: DeviceClient) -> None:
        """Start it and connect the device."""
        (self.folder / "link.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "gateway", "--gateway", GATEWAY]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL)
        assert eventually((self.folder / "link.json").exists, 40)
        device.connect(port_of(self.folder))

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(20)


@pytest.fixture
def device() -> Iterator[DeviceClient]:
    made = DeviceClient()
    yield made
    made.close()


@pytest.fixture
def server(tmp_path: Path, mqtt_url: str) -> Iterator[Server]:
    configure(tmp_path)
    made = paho_server(mqtt_url, tmp_path).start()
    yield made
    made.stop()


def test_killed_again_and_again_it_loses_and_doubles_nothing(
    tmp_path: Path, mqtt_url: str, server: Server, device: DeviceClient
) -> None:
    process = Process(tmp_path, mqtt_url)
    process.start(device)
    sent = 0
    for _ in range(3):
        before = len(server.captures())
        for _ in range(20):
            device.present([None] * 10)
        assert eventually(partial(more_than, server, before))  # in the middle of it
        process.end(signal.SIGKILL)
        device.present([None] * 5)  # while it is dead
        sent += 205
        process.start(device)
    assert eventually(lambda: not device.unsafe)
    assert eventually(lambda: len(server.captures()) == sent)
    assert process.end() == 0
    events = server.events()
    assert (len(events), max(events.values()), server.clashes) == (sent, 1, 0)
    assert len({epoch for _, epoch, _ in server.kept}) == 1


def more_than(server: Server, count: int) -> bool:
    return len(server.captures()) > count


def test_it_survives_a_broker_that_is_killed_and_wiped(
    tmp_path: Path, make_broker: Callable[[], Part], device: DeviceClient
) -> None:
    broker = make_broker()
    process = Process(tmp_path, broker.url)
    server = paho_server(broker.url, tmp_path).start()
    process.start(device)
    try:
        device.present([None] * 50)
        assert eventually(lambda: len(server.captures()) > 10)
        server.leave()
        device.present([None] * 200)
        assert eventually(lambda: not device.unsafe)
        broker.kill()
        for stored in sorted((broker.directory).rglob("*.blk")):
            stored.unlink()
        device.present([CARD] * 5)  # with no broker at all
        assert eventually(lambda: not device.unsafe)
        broker.start()
        server.come_back()
        assert eventually(lambda: len(server.captures()) == 255, 60)
        assert eventually(lambda: len(server.acts()) == 255, 60)
    finally:
        status = process.end()
        server.stop()
    assert status == 0
    assert set(server.events().values()) == {1}
    assert server.clashes == 0


def test_it_ends_cleanly_and_says_how_it_is(
    tmp_path: Path, mqtt_url: str, server: Server, device: DeviceClient
) -> None:
    port = free_port()
    process = Process(tmp_path, mqtt_url, health_port=port)
    process.start(device)
    device.present([None] * 10)
    assert eventually(lambda: len(server.acts()) == 10)

    def read(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            text: str = answer.read().decode()
        return text

    assert '"ready": true' in read("/health/ready")
    metrics = read("/metrics")
    assert "anju_presented_total 10.0" in metrics
    assert 'anju_door_acts_total{by="server",opened="true"} 10.0' in metrics
    assert process.end() == 0


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "gateway.toml").unlink(), "wrong_gateway_config"),
        (lambda folder: (folder / "gateway.toml").write_text("[gateway"), "wrong_gateway_config"),
        (lambda folder: next((folder.parents[1] / "keys" / "estates").iterdir()).unlink(), "key_missing"),
    ],
)
def test_it_says_in_words_why_it_cannot_start(tmp_path: Path, spoil: Callable[[Path], None], told: str) -> None:
    folder = configure(tmp_path)
    spoil(folder)
    ended = subprocess.run(
        [sys.executable, "-m", "gateway", "--gateway", GATEWAY],
        cwd=ROOT,
        env={**os.environ, "ANJU_VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
