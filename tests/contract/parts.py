"""Real parts for tests: a broker, a Valkey and a PostgreSQL of the run's own, started by the launcher's own code.

Fixtures (loaded by tests/conftest.py, usable everywhere but in tests/unit):

- `mqtt_url`: one broker for the run. Shared: a test uses an estate name of its own.
- `redis_url`: one Valkey for the run, emptied before each test.
- `postgres_url`: an empty database of the test's own on one server for the run.
- `make_broker`, `make_valkey`: a fresh `Part` each call, for tests that stop, kill or wipe theirs.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from anju.launcher.credentials import new_login
from anju.launcher.embedded import nats, valkey
from anju.launcher.ports import free_port
from anju.launcher.postgres import Cluster, create_database, drop_database, make_cluster, postgres
from anju.launcher.spec import ServiceSpec
from anju.launcher.supervisor import Supervisor


class Part:
    """A part that a test starts, stops, kills and starts again.

    Args:
        spec: The part.
        url: Where it serves.
        directory: Its own directory; what it keeps lies there.
    """

    def __init__(self, spec: ServiceSpec, url: str, directory: Path) -> None:
        self.spec = spec
        self.url = url
        self.directory = directory
        self._supervisor: Supervisor | None = None

    def start(self) -> "Part":
        """Start it; returns once it serves."""
        self._supervisor = Supervisor([self.spec], var=self.directory / "run")
        self._supervisor.__enter__()  # left by stop or kill
        return self

    def stop(self) -> None:
        """Stop it cleanly; nothing happens where it does not run."""
        self._end(kill=False)

    def kill(self) -> None:
        """kill -9, and it stays dead until `start`."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self._supervisor is not None:
            self._supervisor.stop(kill=kill)
            self._supervisor = None


def _broker(directory: Path) -> Part:
    login, port = new_login(), free_port()
    spec = nats(directory, mqtt_port=port, client_port=free_port(frozenset({port})), login=login)
    return Part(spec, login.at("mqtt", port), directory)


def _valkey(directory: Path) -> Part:
    login, port = new_login(), free_port()
    return Part(valkey(directory, port=port, login=login), login.at("redis", port, "/0"), directory)


def _factory(make: Callable[[Path], Part], directory: Path) -> Iterator[Callable[[], Part]]:
    made: list[Part] = []

    def start() -> Part:
        made.append(make(directory / f"part{len(made)}"))
        return made[-1].start()

    yield start
    for part in made:
        part.stop()


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[[], Part]]:
    """Starts a broker of the test's own."""
    yield from _factory(_broker, tmp_path / "brokers")


@pytest.fixture
def make_valkey(tmp_path: Path) -> Iterator[Callable[[], Part]]:
    """Starts a Valkey of the test's own."""
    yield from _factory(_valkey, tmp_path / "valkeys")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """The broker of the run."""
    part = _broker(tmp_path_factory.mktemp("broker")).start()
    yield part
    part.stop()


@pytest.fixture
def mqtt_url(broker: Part) -> str:
    """mqtt://user:password@127.0.0.1:port of the run's broker."""
    return broker.url


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """The Valkey of the run."""
    part = _valkey(tmp_path_factory.mktemp("valkey")).start()
    yield part
    part.stop()


@pytest.fixture
def redis_url(valkey_server: Part) -> str:
    """redis://user:password@127.0.0.1:port/0 of the run's Valkey, empty."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@contextmanager
def reachable_directory() -> Iterator[Path]:
    """A temporary directory that other users may pass through: `nobody` runs PostgreSQL for root."""
    directory = Path(tempfile.mkdtemp(prefix="anju-postgres-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """The PostgreSQL server of the run."""
    with reachable_directory() as directory:
        cluster = make_cluster(directory / "cluster", port=free_port(), login=new_login())
        part = Part(postgres(cluster), cluster.url(), directory).start()
        yield cluster
        part.stop()


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """postgresql://user:password@127.0.0.1:port/name of an empty database that is dropped after the test."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    yield create_database(postgres_cluster, name)
    drop_database(postgres_cluster, name)
