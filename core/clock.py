"""Time: where it is read (only here and in services), and how it is written down.

Inside facts time is an aware `datetime` in UTC. In tables and arrays it is `int64` microseconds since 1970-01-01 UTC
(`us`), the same on SQLite, PostgreSQL and in numpy. Calendar questions (which day, which lease month) are asked in the
estate's zone.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from core.errors import InvalidValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_SECOND = 1_000_000
US_PER_DAY = 86_400 * US_PER_SECOND
CHINA = ZoneInfo("Asia/Shanghai")  # one zone for the whole country, no daylight saving since 1991
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """A source of time; services hold one, pure functions take `now`."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to move: for tests and replays."""

    def __init__(self, now: datetime) -> None:
        self._now = require_aware(now, "now")
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        """Move both clocks forward."""
        self._now += by
        self._monotonic += by.total_seconds()


def require_aware(value: datetime, what: str) -> datetime:
    """Return `value` if it carries an offset, else raise InvalidValue."""
    if value.tzinfo is None:
        raise InvalidValue(f"{what}缺少时区。", f"{what} has no UTC offset.")
    return value


def to_us(value: datetime) -> int:
    """Microseconds since the epoch, exact (no float on the way)."""
    return (require_aware(value, "time") - EPOCH) // _MICROSECOND


def from_us(value: int) -> datetime:
    """The aware UTC datetime of `value` microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=value)


def local_day(value: datetime, zone: ZoneInfo = CHINA) -> date:
    """The calendar day at the estate on which `value` falls."""
    return require_aware(value, "time").astimezone(zone).date()


def day_start_us(day: date, zone: ZoneInfo = CHINA) -> int:
    """The first microsecond of a calendar day at the estate."""
    return to_us(datetime(day.year, day.month, day.day, tzinfo=zone))
