"""One embedded part by itself (`anju part nats`): what containers run, configured as the launcher does it."""

import re
import sys
from urllib.parse import SplitResult, urlsplit

from anju.launcher import probes
from anju.launcher.credentials import Login
from anju.launcher.embedded import NATS, VALKEY, nats, valkey
from anju.launcher.ports import LOOPBACK
from anju.launcher.spec import NotReady, Probe, ServiceSpec
from core.errors import AnjuError
from core.settings import Settings

NATS_CLIENT_PORT = 4222  # of a protocol that nobody uses here; on loopback
# Safe in a URL and in both programs' configuration files, and no number to their parsers.
USER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{15,127}")


class UnusablePart(AnjuError):
    """A part cannot be run as the settings name it."""

    code = "unusable_part"


def command_of(name: str, settings: Settings, *, listen: str) -> tuple[str, ...]:
    """The command line of a part, its configuration written under `var`; raises UnusablePart."""
    return _spec(name, settings, listen).argv


def health(what: str, settings: Settings) -> int:
    """0 where the service of this container (its health port) or a part (its address) serves; else 1, and why."""
    try:
        _probe(what, settings)()
    except (NotReady, OSError) as error:
        sys.stderr.write(f"{what}: {error}\n")
        return 1
    return 0


def _probe(what: str, settings: Settings) -> Probe:
    if what == "service":
        return probes.http_ok(f"http://{LOOPBACK}:{settings.health_port}/health/ready")
    if what == NATS:
        return probes.mqtt(settings.mqtt_url)
    if what == VALKEY:
        return probes.live(settings.redis_url)
    raise _unknown(what)


def _spec(name: str, settings: Settings, listen: str) -> ServiceSpec:
    var = settings.var_dir.resolve()
    var.mkdir(parents=True, exist_ok=True)
    if name == NATS:
        url = urlsplit(settings.mqtt_url)
        login, port = _login(url, "MQTT_URL"), url.port or 1883
        return nats(var / NATS, mqtt_port=port, client_port=NATS_CLIENT_PORT, login=login, host=listen)
    if name == VALKEY:
        url = urlsplit(settings.redis_url)
        return valkey(var / VALKEY, port=url.port or 6379, login=_login(url, "REDIS_URL"), host=listen)
    raise _unknown(name)


def _login(url: SplitResult, setting: str) -> Login:
    if not USER.fullmatch(url.username or "") or not PASSWORD.fullmatch(url.password or ""):
        raise UnusablePart(
            f"{setting}中的用户名或密码无法使用。",
            f"The user or password in {setting} cannot be used.",
            mend_zh="密码须以字母开头，由16至128个字母、数字、“_”、“.”或“-”组成。",
            mend_en="A password begins with a letter and has 16 to 128 letters, digits, '_', '.' or '-'.",
        )
    return Login(user=url.username or "", password=url.password or "")


def _unknown(name: str) -> UnusablePart:
    return UnusablePart(
        f"没有名为“{name}”的部件，可选：{NATS}、{VALKEY}。", f"There is no part {name!r}; choose {NATS} or {VALKEY}."
    )
