"""Loopback ports: chosen once, kept in a file, chosen again (and said) when somebody else took one meanwhile."""

import random
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from anju.launcher.files import read_json_object, write_json
from core.errors import AnjuError

LOOPBACK = "127.0.0.1"
# Below the ephemeral range of Linux (32768-60999): no outgoing connection sits on a port kept for the next start.
FIRST, LAST = 20_000, 29_999
TRIES = 200

_log = structlog.get_logger(__name__)


class NoFreePort(AnjuError):
    """No port could be found for a part."""

    code = "no_free_port"


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(avoid: frozenset[int] = frozenset(), *, draw: Callable[[], int] | None = None) -> int:
    """A port nobody listens on and `avoid` does not hold; raises NoFreePort after 200 draws."""
    draw = draw or (lambda: random.SystemRandom().randint(FIRST, LAST))
    for _ in range(TRIES):
        port = draw()
        if port not in avoid and is_free(port):
            return port
    raise NoFreePort(
        f"在本机{FIRST}至{LAST}之间找不到空闲端口。",
        f"No free port found on this machine between {FIRST} and {LAST}.",
        mend_zh="请关闭占用端口的程序后重试。",
        mend_en="Stop the programs that hold them and try again.",
    )


def reserve(path: Path, names: Sequence[str], preferred: Mapping[str, int] | None = None) -> dict[str, int]:
    """The port of each of `names`: the one kept in `path`, else the preferred one, else a fresh one, as far as free.

    What was kept for other names stays in the file, so that a part switched off for a while finds its port again.
    """
    preferred = preferred or {}
    kept = _read(path)
    ports: dict[str, int] = {}
    for name in names:
        before = kept.get(name)
        taken = frozenset(ports.values()) | frozenset(port for other, port in kept.items() if other != name)
        wanted = before or preferred.get(name)
        if wanted is not None and wanted not in ports.values() and is_free(wanted):
            ports[name] = wanted
            continue
        ports[name] = free_port(taken)
        if wanted is not None:
            _log.warning("port_taken", part=name, taken=wanted, instead=ports[name])
    if kept | ports != kept:
        write_json(path, kept | ports)
    return ports


def _read(path: Path) -> dict[str, int]:
    try:
        kept = read_json_object(path)
    except ValueError as error:  # a damaged file costs new ports, not a start
        _log.warning("ports_unreadable", path=str(path), error=str(error))
        return {}
    return {name: port for name, port in kept.items() if isinstance(port, int) and 0 < port < 65_536}
