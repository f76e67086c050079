"""One child process: its log file, its launch under the tether, its end together with all of its process group."""

import asyncio
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

from anju.launcher import tether
from anju.launcher.lifecycle import LastExit
from anju.launcher.spec import ServiceSpec
from core.clock import SystemClock

LOG_MAX_BYTES = 32 << 20
_TAIL_BYTES = 4096
_LINE_MAX = 300


async def launch(spec: ServiceSpec, log: Path) -> Process:
    """Start `spec` in a session of its own (Ctrl-C reaches the launcher alone), its output appended to `log`.

    A program that cannot be started shows as a child that exits at once (see `tether`).
    """
    uid, gid = ("-", "-") if spec.user is None else (str(spec.user.uid), str(spec.user.gid))
    with open(log, "ab", opener=_private) as output:  # noqa: ASYNC230 - Path.open takes no opener
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), uid, gid),
            *spec.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **spec.env},
            cwd=spec.cwd,
            start_new_session=True,
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def signal_group(process: Process, number: signal.Signals) -> None:
    """Send a signal to the child's whole process group, as far as it still exists."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # gone meanwhile: that is what was wanted


def last_exit(process: Process, log: Path, launched_at: int) -> LastExit:
    """How an ended child ended, with the last line it wrote since `launched_at` (the log's size before its launch)."""
    code = process.returncode
    if code is None:
        raise ValueError("the child still runs")
    name = signal.Signals(-code).name if code < 0 else None
    return LastExit(
        at=SystemClock().now().isoformat(timespec="milliseconds"),
        code=code if code >= 0 else None,
        signal=name,
        line=readable(last_line(log, launched_at))[:_LINE_MAX],
    )


def last_line(log: Path, since: int) -> str:
    """The last line with text in `log` after offset `since`, of its last 4 kB; empty where there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since if since <= size else 0, size - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def readable(line: str) -> str:
    """What a line of a log says: of a structured one its `error`, if it tells one; else the line as it is."""
    try:
        row = json.loads(line)
    except ValueError:
        return line
    error = row.get("error") if isinstance(row, dict) else None
    return error if isinstance(error, str) else line


def rotate(log: Path) -> None:
    """Keep a log bounded: past 32 MB its text moves to NAME.1 and the file starts anew.

    Copied and emptied, not renamed: a running child goes on writing to the file it has open (in append mode).
    """
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def size_of(log: Path) -> int:
    """Bytes in `log`; 0 where there is none."""
    return log.stat().st_size if log.exists() else 0
