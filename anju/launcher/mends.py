"""Why a child keeps dying, read from its last words, and what mends it."""

from dataclasses import dataclass
from pathlib import Path

from anju.launcher.lifecycle import LastExit
from core.errors import AnjuError


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What to do, in Chinese and English."""

    zh: str
    en: str


# (what its last words hold, the mend); the first that fits is told.
_BY_WORDS = (
    (
        ("address already in use", "address in use"),
        Mend(
            zh="端口被占用：请停止占用它的程序，或重新启动以另选端口。",
            en="Its port is taken: stop the program that holds it, or start again to have another chosen.",
        ),
    ),
    (
        ("no space left", "disk full", "database or disk is full"),
        Mend(zh="磁盘已满：请清理空间。", en="The disk is full: make room."),
    ),
    (
        ("permission denied", "operation not permitted", "readonly database", "read-only file system"),
        Mend(
            zh="没有读写权限：请检查数据目录的所有者。",
            en="It may not read or write: check who owns the data directory.",
        ),
    ),
    (
        ('"registry": false',),
        Mend(zh="尚未登记任何小区：请运行anju import。", en="No estate is registered yet: run anju import."),
    ),
    (
        ("no module named", "no such file or directory"),
        Mend(zh="安装不完整：请运行make setup。", en="The installation is incomplete: run make setup."),
    ),
)
_KILLED = Mend(
    zh="进程被强行终止，常见原因是内存不足：请检查内存。",
    en="It was killed from outside, often for want of memory: check the memory.",
)
_UNKNOWN = Mend(zh="请查看其日志，并运行anju doctor。", en="Read its log, and run anju doctor.")


class ChildFailed(AnjuError):
    """A child did not come to serve, or keeps dying."""

    code = "child_failed"


def mend_for(last: LastExit | None, waiting_for: str = "") -> Mend:
    """The mend that fits how a child ended last, or what it waits for where it still runs."""
    words = (waiting_for if last is None else last.line).lower()
    for patterns, mend in _BY_WORDS:
        if any(pattern in words for pattern in patterns):
            return mend
    return _KILLED if last is not None and last.signal == "SIGKILL" else _UNKNOWN


def child_failed(name: str, last: LastExit | None, waiting_for: str, log: Path) -> ChildFailed:
    """The error that says why child `name` does not serve, where its log is and what mends it."""
    why = waiting_for or "no answer" if last is None else str(last)
    mend = mend_for(last, waiting_for)
    return ChildFailed(
        f"“{name}”未能正常运行（{why}），日志：{log}。",
        f"{name} does not serve ({why}); its log: {log}.",
        mend_zh=mend.zh,
        mend_en=mend.en,
    )
