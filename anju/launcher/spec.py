"""What is to run: a child process, told as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals

# Returns when the child serves; raises NotReady (it says: not yet) or OSError (no answer). Runs in a worker thread.
Probe = Callable[[], None]


class NotReady(Exception):
    """The child answered, but does not serve yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUser:
    """An existing user of this machine, to run a program that refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A child process and how to know, stop and order it.

    Args:
        name: Its name in logs, in the state file and of its log file.
        argv: Program and arguments.
        env: Added to the launcher's own environment.
        probe: Says when it serves; without one it serves as soon as it runs.
        needs: Names of the children that it starts after, and that stop only after it.
        needs_within_s: How long it waits for them; then it starts all the same (a door does not wait for a page).
        stop_signal: Asks it to finish cleanly.
        grace_s: How long it may take to do so before it is killed.
        ready_within_s: How long it may give no answer at all before it is killed and started again.
        user: Whom to run it as; None stays what the launcher is.
        cwd: Working directory; None keeps the launcher's.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold passwords
    probe: Probe | None = None
    needs: tuple[str, ...] = ()
    needs_within_s: float = 15.0
    stop_signal: Signals = SIGTERM
    grace_s: float = 10.0
    ready_within_s: float = 60.0
    user: SystemUser | None = None
    cwd: Path | None = None


def check_order(specs: Sequence[ServiceSpec]) -> None:
    """Raise ValueError unless names are unique and every `needs` points at an earlier child (so there is no cycle)."""
    seen: set[str] = set()
    for spec in specs:
        unknown = set(spec.needs) - seen
        if spec.name in seen or unknown:
            raise ValueError(f"child {spec.name!r}: named twice, or needs {sorted(unknown)} not listed before it")
        seen.add(spec.name)
