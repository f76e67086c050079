"""The parts: programs of wheels, models, what a running launcher says, and outside servers."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from anju.checks.row import Row, fine, missing, wrong
from anju.launcher import probes
from anju.launcher.embedded import MissingBinary, nats_binary, valkey_binary
from anju.launcher.lifecycle import LastExit, State
from anju.launcher.mends import mend_for
from anju.launcher.spec import NotReady, Probe
from anju.launcher.supervisor import STATE_FILE
from core.settings import Settings
from gateway.__main__ import SITE_MODELS
from gateway.recognisers import model_files
from gateway.recognisers.manifest import WrongManifest, load_manifest

VERSION_WITHIN_S = 10.0


def programs() -> list[Row]:
    """The embedded broker and Redis: there, and able to run here."""
    return [program("nats-server", nats_binary), program("valkey-server", valkey_binary)]


def program(name: str, find: Callable[[], Path]) -> Row:
    """One program: asked for its version."""
    try:
        asked = [str(find()), "--version"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=VERSION_WITHIN_S).stdout
    except MissingBinary as error:
        return missing(name, error.en, error.mend_zh, error.mend_en)
    except (OSError, subprocess.SubprocessError) as error:
        return wrong(
            name,
            str(error),
            "该程序无法在本机运行：请检查处理器架构和目录是否禁止执行。",
            "It does not run here: check the processor, and whether its directory forbids execution.",
        )
    return fine(name, said.strip().partition("\n")[0])


def models(site: Path | None = None) -> list[Row]:
    """Every model of the manifest, and of a site's own, by its SHA-256. One not in use and not there is no fault."""
    try:
        states = model_files.survey(load_manifest(site))
    except WrongManifest as error:
        return [wrong("models", error.en, error.mend_zh, error.mend_en)]
    return [_model(state) for state in states if state.in_use or state.state is not model_files.State.MISSING]


def all_models(var: Path) -> list[Row]:
    """The models that ship, and those of every gateway of this machine that has its own."""
    sites = sorted((var / "gateways").glob(f"*/{SITE_MODELS}"))
    rows = [row for site in (None, *sites) for row in models(site)]
    return list(dict.fromkeys(rows))


def _model(state: model_files.ModelState) -> Row:
    name = f"model {state.id}"
    if state.state is model_files.State.FINE:
        return fine(name, state.task)
    make = missing if state.state is model_files.State.MISSING else wrong
    return make(name, state.task, state.zh, state.en)


def children(var: Path) -> list[Row]:
    """What the state file of a launcher says of its children; nothing where none has run here."""
    path = var / STATE_FILE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        rows = [_child(row) for row in state["children"].values()]
        ended = all(row["state"] == State.STOPPED for row in state["children"].values())
        return rows if ended or _runs(int(state["pid"])) else [_killed_launcher(int(state["pid"]), state["started"])]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [wrong("launcher", f"{path}: {error}", "请删除该文件后重新启动。", "Delete the file and start again.")]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return True


def _killed_launcher(pid: int, started: str) -> Row:
    zh = "启动器被强行终止（可能断电或内存不足）：请查看系统日志，然后重新启动。"
    en = "It was killed (power, or want of memory): read the system's log, then start it again."
    return wrong("launcher", f"process {pid}, started {started}, is gone", zh, en)


def _child(row: dict[str, object]) -> Row:
    name, state = f"child {row['name']}", str(row["state"])
    last = LastExit(**row["last_exit"]) if isinstance(row["last_exit"], dict) else None
    detail = f"{state}, restarts {row['restarts']}" + (f", last exit {last}" if last else "")
    if last is None or (state in {State.SERVING, State.STOPPED} and not row["crash_loop"]):
        return fine(name, detail)
    mend = mend_for(last)
    return wrong(name, detail, mend.zh, mend.en)


def outside(settings: Settings) -> list[Row]:
    """Broker, Redis and database, each where the settings name one."""
    named = settings.model_fields_set
    rows = []
    if "mqtt_url" in named:
        rows.append(server("broker", settings.mqtt_url, probes.mqtt, "MQTT_URL"))
    if "redis_url" in named:
        rows.append(server("redis", settings.redis_url, probes.live, "REDIS_URL"))
    if settings.database_url:
        rows.append(server("database", settings.database_url, probes.database, "DATABASE_URL"))
    return rows


def server(name: str, url: str, probe: Callable[[str], Probe], setting: str) -> Row:
    """One outside server, asked in its own protocol; the row does not show its password."""
    parts = urlsplit(url)
    try:
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        probe(url)()
    except (NotReady, OSError, ValueError) as error:
        return wrong(
            name,
            f"{parts.hostname}: {error}",
            f"请检查{setting}以及该服务器是否在运行。",
            f"Check {setting}, and whether that server runs.",
        )
    return fine(name, place)
