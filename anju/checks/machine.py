"""The machine: Python, the data directory, the disk's honesty about flushing, the clock."""

import ctypes
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from anju.checks.row import Row, fine, missing, wrong

GIB = 1 << 30
LEAST_FREE_BYTES = 2 * GIB  # a month of sightings of a large estate, and the broker's queue
FSYNC_FOR_S = 0.4
LEAST_FSYNC_PER_S = 20.0  # a batch holds up to 512 sightings, so 20 commits a second still carry 10,000 events
BORN = datetime(2026, 1, 1, tzinfo=UTC)  # no clock of this program has ever rightly shown less
DIES = datetime(2100, 1, 1, tzinfo=UTC)
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Row:
    """Python 3.11 or 3.12: one package of model weights refuses later ones."""
    detail = ".".join(map(str, version))
    if version[:2] in {(3, 11), (3, 12)}:
        return fine("python", detail)
    zh, en = "请使用Python 3.11或3.12，再运行make setup。", "Use Python 3.11 or 3.12, then make setup."
    return wrong("python", detail, zh, en)


def directory(var: Path) -> Row:
    """Whether `var` (or the place where it will be made) can be written, and how much room is left."""
    place = _existing(var)
    try:
        with tempfile.NamedTemporaryFile(dir=place) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return wrong(
            "var",
            f"{place}: {error.strerror}",
            "请检查目录的所有者和权限，或用--var另选。",
            "Check who owns it, or choose another with --var.",
        )
    free = shutil.disk_usage(place).free
    detail = f"{var.resolve()}, {free / GIB:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return wrong(
            "var",
            detail,
            f"请清理磁盘，至少留出{LEAST_FREE_BYTES // GIB} GiB。",
            f"Make room: at least {LEAST_FREE_BYTES // GIB} GiB.",
        )
    return fine("var", detail)


def fsync(var: Path, *, for_s: float = FSYNC_FOR_S) -> Row:
    """How many times a second the disk under `var` says that data are safe."""
    data, count = os.urandom(4096), 0
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(var), buffering=0) as file:
            start = time.perf_counter()
            while (took := time.perf_counter() - start) < for_s:
                file.write(data)
                os.fdatasync(file.fileno())
                count += 1
    except OSError as error:
        return wrong("fsync", str(error.strerror), "请检查磁盘。", "Check the disk.")
    rate = count / took
    if rate < LEAST_FSYNC_PER_S:
        return wrong(
            "fsync",
            f"{rate:.0f}/s",
            "磁盘太慢：请把数据目录放到固态硬盘上。",
            "The disk is slow: put the data directory on an SSD.",
        )
    return fine("fsync", f"{rate:.0f}/s")


def clock(now: datetime, *, synchronised: bool | None) -> Row:
    """Whether the clock can be right: evidence carries it, and leases end by it."""
    detail = now.isoformat(timespec="seconds")
    if not BORN <= now < DIES:
        return wrong("clock", detail, "系统时间明显错误：请校准时间。", "The clock is plainly wrong: set it.")
    if synchronised is None:
        return fine("clock", f"{detail}, synchronisation unknown")
    if not synchronised:
        return missing(
            "clock",
            f"{detail}, not synchronised",
            "请启用时间同步（例如chrony）。",
            "Turn on time synchronisation, for example chrony.",
        )
    return fine("clock", f"{detail}, synchronised")


def synchronised() -> bool | None:
    """Whether the kernel says that its clock follows a reference; None where it does not say (not Linux)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    status = libc.adjtimex(ctypes.create_string_buffer(512))  # struct timex with modes = 0: only asks
    return None if status < 0 else status != _TIME_ERROR


def _existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    path = path.resolve()
    return next(place for place in (path, *path.parents) if place.exists())
