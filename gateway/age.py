"""How old the local copy is, without trusting the wall clock.

Between two starts on a machine that stayed up the monotonic clock goes on, so the age is exact. After a reboot only the
wall clock says how long the machine was off; it may have been set back, so it can add to the last known age but never
take from it.
"""

from pathlib import Path

import msgspec

from core.clock import Clock, to_us

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
NEVER_S = 10.0 * 365 * 86_400  # a copy that no server ever confirmed


class Mark(msgspec.Struct, frozen=True):
    """The age at a moment, as kept on disk: both clocks of that moment, and the machine's boot it belongs to."""

    age_s: float
    monotonic_s: float
    wall_us: int
    boot: str


def age_since(mark: Mark, *, monotonic_s: float, wall_us: int, boot: str) -> float:
    """The age now, in seconds, by a mark of this boot or of another."""
    if boot and boot == mark.boot and monotonic_s >= mark.monotonic_s:
        return mark.age_s + (monotonic_s - mark.monotonic_s)
    return mark.age_s + max(0.0, (wall_us - mark.wall_us) / 1_000_000)


def boot_id() -> str:
    """What tells this boot of the machine from others; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


class CopyAge:
    """The age of a copy from the last mark on; one value is swapped, so it may be read from any thread."""

    def __init__(self, mark: Mark | None, clock: Clock, boot: str) -> None:
        self._boot = boot
        age = NEVER_S
        if mark is not None:
            age = age_since(mark, monotonic_s=clock.monotonic(), wall_us=to_us(clock.now()), boot=boot)
        self._born = clock.monotonic() - age

    def seconds(self, clock: Clock) -> float:
        """The age now."""
        return clock.monotonic() - self._born

    def confirm(self, clock: Clock) -> None:
        """The server said that the copy is what it should be."""
        self._born = clock.monotonic()

    def mark(self, clock: Clock) -> Mark:
        """What to keep on disk."""
        return Mark(self.seconds(clock), clock.monotonic(), to_us(clock.now()), self._boot)
