"""The whole installation as real processes, with the small estate of `tests.estates`, for end-to-end tests.

A system runs on embedded parts, or on a broker, Redis and PostgreSQL of the test's own. A client speaks to its api as a
member of staff does, over HTTP.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Row

from anju.installation import open_installation
from anju.launcher import services
from anju.launcher.supervisor import Supervisor
from core import log
from core.db import Store, open_store
from core.settings import Settings
from core.vault import EstateKey, Vault
from gateway.config import FILE as GATEWAY_FILE
from gateway.devices.base import Presented, Sent
from gateway.devices.link.frames import Down
from housing import accounts
from simulators.link import Link
from tests import estates
from tests.estates import ESTATE, GATE, GATEWAY

PASSWORD = "three grey herons"
OFFICER = "officer"
WAIT_S = 30.0
CAMERA, FOLDER = "cam-gate", "folder-gate"
GATEWAY_TOML = f"""
[gateway]
id = "{GATEWAY}"
estate = "{ESTATE}"

[[device]]
id = "{CAMERA}"
kind = "link"
door = "{GATE}"
direction = "in"
recognise = ["face", "plate"]

[[device]]
id = "{FOLDER}"
kind = "folder"
door = "{GATE}"
direction = "in"
recognise = ["face", "plate"]
path = "pictures"
"""


def until(condition: Callable[[], Any], within_s: float = WAIT_S, what: str = "it") -> Any:
    """The condition's first truthy value; fails after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen in {within_s} s"
        time.sleep(0.05)
    return value


class System:
    """Processes over one folder; starting again over the same folder keeps everything.

    Args:
        folder: The `var` of the installation.
        outside: MQTT_URL, REDIS_URL and DATABASE_URL; None for embedded parts and SQLite.
        people: Of the estate; nobody is enrolled unless `enrolled`.
    """

    def __init__(
        self, folder: Path, *, outside: Mapping[str, Any] | None = None, people: int = 4, enrolled: bool = True
    ) -> None:
        self._folder, self._outside, self._people, self._enrolled = folder, outside, people, enrolled
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        first = not (self._folder / "gateways").exists()
        wanted = Settings(var_dir=self._folder, sweep_s=1.0, language="en", api_port=0, **(self._outside or {}))
        self.installation = self._stack.enter_context(open_installation(wanted, external=self._outside is not None))
        self.settings = self.installation.settings
        self.key: EstateKey = Vault.open(self.settings).create(ESTATE)
        if first:
            self._furnish()
        self.gateway_folder = self._folder / "gateways" / GATEWAY
        self.pictures = self.gateway_folder / "pictures"
        self.supervisor: Supervisor = self._stack.enter_context(self.installation.supervisor())
        port = self.installation.ports(self.installation.gateways())[services.API]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _furnish(self) -> None:
        housing = open_store(self.settings, Store.HOUSING)
        with housing.begin() as connection:
            estates.write_estate(connection, self._people)
            if self._enrolled:
                self.centres = estates.enrol_faces(connection, self.key, self._people)
            accounts.add_user(
                connection, user=OFFICER, name="李主任", role=accounts.Role.HOUSING, estates=[ESTATE],
                password=PASSWORD, actor="test", now=datetime.now(UTC),
            )  # fmt: skip
        housing.dispose()
        folder = self._folder / "gateways" / GATEWAY
        (folder / "pictures").mkdir(parents=True)
        (folder / GATEWAY_FILE).write_text(GATEWAY_TOML, "utf-8")

    def sightings(self) -> list[Row[Any]]:
        """The sightings log."""
        engine = open_store(self.settings, Store.RECOGNITION, read_only=True)
        with engine.connect() as connection:
            rows = log.read_after(connection, self.settings.shard, 0, 1_000_000)
        engine.dispose()
        return rows

    def sighting_of(self, device_event: str, within_s: float = WAIT_S) -> Row[Any]:
        """The one sighting of a device's event, waited for."""
        found: list[Row[Any]] = until(
            lambda: [row for row in self.sightings() if row.device_event == device_event], within_s, device_event
        )
        assert len(found) == 1
        return found[0]

    def scalar(self, store: Store, query: str) -> Any:
        """One value of a store."""
        engine = open_store(self.settings, store, read_only=True)
        with engine.connect() as connection:
            value = connection.scalar(sa.text(query))
        engine.dispose()
        return value

    def staff(self) -> "Staff":
        """A signed-in housing officer."""
        return Staff(self.url)


class Staff:
    """A housing officer's program: signed in, every question with its purpose."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers={"Anju-Purpose": "door"}, timeout=30.0)
        answer = self._http.post("/session", json={"user": OFFICER, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self._http.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def get(self, path: str, **query: Any) -> Any:
        """A successful answer."""
        answer = self._http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Any answer."""
        return self._http.post(path, **body)

    def delete(self, path: str, **query: Any) -> httpx.Response:
        """Any answer."""
        return self._http.delete(path, params=query)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Camera:
    """A device on the gateway's link, driven by hand."""

    def __init__(self, system: System, device: str = CAMERA) -> None:
        self._link, self._device = Link(system.gateway_folder, [device]), device
        until(lambda: self._link.connect(time.monotonic()), what="the device link")
        self.heard: list[Down] = []

    def show(self, event: str, content: Sent, **changes: Any) -> None:
        """Present something."""
        now = datetime.now(UTC)
        fields = {"device": self._device, "device_event": event, "device_time": now, "handed_at": now}
        self._link.send([Presented(content=content, **{**fields, **changes})])

    def hear(self, kind: type[Any], event: str, within_s: float = WAIT_S) -> Any:
        """The gateway's word of `kind` about an event."""
        return until(lambda: next(self._about(kind, event), None), within_s, f"{kind.__name__} of {event}")

    def _about(self, kind: type[Any], event: str) -> Iterator[Any]:
        self._link.push()
        self.heard += self._link.pull()
        return (message for message in self.heard if isinstance(message, kind) and message.device_event == event)

    def close(self) -> None:
        """Hang up."""
        self._link.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
