"""One installation: its `var`, its ports and passwords, its stores, and the children that serve it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from anju.launcher import embedded, lock, ports, services
from anju.launcher.backoff import Backoff
from anju.launcher.board import Listener
from anju.launcher.credentials import Login, keep
from anju.launcher.embedded import NATS, VALKEY
from anju.launcher.spec import ServiceSpec
from anju.launcher.supervisor import Supervisor
from core.db.migrate import migrate
from core.settings import Settings
from gateway.config import FILE as GATEWAY_FILE

PORTS_FILE, CREDENTIALS_FILE = "ports.json", "credentials.json"
_PART_PORTS = ("mqtt", NATS, VALKEY)


class Installation:
    """A `var` that this process holds, its stores migrated; nothing runs yet.

    Args:
        settings: With an absolute `var_dir`; for embedded parts their addresses are filled in.
        logins: Passwords of the embedded parts; None where the settings name outside ones.
        part_ports: Their ports.
    """

    def __init__(self, settings: Settings, logins: Mapping[str, Login] | None, part_ports: Mapping[str, int]) -> None:
        self._logins = logins
        self._part_ports = part_ports
        self._ports: dict[str, int] = {}
        self.settings = settings
        if logins is not None:
            self.settings = settings.model_copy(
                update={
                    "mqtt_url": logins[NATS].at("mqtt", part_ports["mqtt"]),
                    "redis_url": logins[VALKEY].at("redis", part_ports[VALKEY], "/0"),
                }
            )

    def gateways(self) -> list[str]:
        """The gateways that run on this machine: those with a gateway.toml under `var`."""
        return sorted(path.parent.name for path in (self.settings.var_dir / "gateways").glob(f"*/{GATEWAY_FILE}"))

    def ports(self, gateways: Sequence[str]) -> dict[str, int]:
        """The ports of the services, by the names of `services.port_names`; drawn once, for later they are in use.

        A port of the pages that the settings name is that port, taken or not; the default one may give way.
        """
        names, api = services.port_names(gateways), self.settings.api_port
        if api and "api_port" in self.settings.model_fields_set:
            self._ports[services.API] = api
        path = self.settings.var_dir / PORTS_FILE
        wanted = [name for name in names if name not in self._ports]
        self._ports |= ports.reserve(path, wanted, {services.API: api} if api else {})
        return {name: self._ports[name] for name in names}

    def pages_url(self) -> str:
        """Where the pages are opened."""
        return f"http://{self.settings.api_host}:{self.ports([])[services.API]}/"

    def parts(self) -> list[ServiceSpec]:
        """The embedded parts as children; empty where the settings name outside ones."""
        if self._logins is None:
            return []
        var, own = self.settings.var_dir, self._part_ports
        return [
            embedded.nats(var / NATS, mqtt_port=own["mqtt"], client_port=own[NATS], login=self._logins[NATS]),
            embedded.valkey(var / VALKEY, port=own[VALKEY], login=self._logins[VALKEY]),
        ]

    def supervisor(
        self,
        *,
        gateways: Sequence[str] | None = None,
        listener: Listener | None = None,
        backoff: Backoff | None = None,
    ) -> Supervisor:
        """Everything of this installation as children, not yet started: parts, services, and `gateways` (None: all)."""
        gateways = self.gateways() if gateways is None else gateways
        parts = self.parts()
        running = services.service_specs(self.settings, self.ports(gateways), gateways, [part.name for part in parts])
        return Supervisor([*parts, *running], var=self.settings.var_dir, listener=listener, backoff=backoff)


@contextmanager
def open_installation(settings: Settings, *, external: bool = False) -> Iterator[Installation]:
    """Take `settings.var_dir` for this process, draw ports and passwords for the embedded parts, migrate the stores.

    With `external` the broker, the Redis and the database of the settings are used; else the embedded ones and SQLite.

    Raises:
        AlreadyRunning: another process holds the directory.
        UnreadableCredentials, NoFreePort: as `credentials` and `ports` say.
    """
    var = settings.var_dir.resolve()
    with lock.hold(var):
        settings = settings.model_copy(update={"var_dir": var} | ({} if external else {"database_url": ""}))
        logins = None if external else keep(var / CREDENTIALS_FILE, [NATS, VALKEY])
        part_ports = {} if external else ports.reserve(var / PORTS_FILE, _PART_PORTS)
        migrate(settings)
        yield Installation(settings, logins, part_ports)
