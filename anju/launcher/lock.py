"""One launcher per `var`: an advisory lock that the kernel lets go with the process, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anju.launcher.files import make_private_dir
from core.errors import AnjuError

NAME = "anju.lock"


class AlreadyRunning(AnjuError):
    """Another launcher holds this `var`."""

    code = "already_running"


@contextmanager
def hold(var: Path) -> Iterator[None]:
    """Hold `var` for the length of the block; raises AlreadyRunning where another process does."""
    path = make_private_dir(var) / NAME
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _already_running(var, os.pread(handle, 32, 0).decode("ascii", "replace").strip()) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)  # the file stays: removing it would let two processes lock two files of one name


def _already_running(var: Path, pid: str) -> AlreadyRunning:
    return AlreadyRunning(
        f"数据目录{var}正由另一个启动器（进程{pid}）使用。",
        f"The data directory {var} is in use by another launcher (process {pid}).",
        mend_zh="请先停止它，或用--var另选目录。",
        mend_en="Stop that one first, or choose another directory with --var.",
    )
