"""How long to wait before a dead child is started again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential delays with jitter.

    Args:
        first_s: Upper bound of the first delay; short, because a door waits.
        cap_s: Upper bound of every delay.
        stable_s: A child that has served this long is healthy again: its failures are forgotten.
        loop_after: Failures in a row from which on a child is reported as a crash loop.
    """

    first_s: float = 0.2
    cap_s: float = 30.0
    stable_s: float = 30.0
    loop_after: int = 5

    def delay_s(self, failures: int, jitter: float) -> float:
        """Seconds to wait after the `failures`-th failure in a row (from 1); `jitter` in [0, 1] spreads the upper half.

        Never less than half of the exponential bound: children that died together come back apart, and none hammers.
        """
        bound = min(self.cap_s, self.first_s * 2.0 ** min(failures - 1, 62))
        return bound * (0.5 + 0.5 * jitter)

    def is_loop(self, failures: int) -> bool:
        """Whether so many failures in a row are a crash loop."""
        return failures >= self.loop_after
