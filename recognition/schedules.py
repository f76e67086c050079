"""Weekly hours: which minutes of the local week a right holds, as bitmaps.

The week has 10,080 minutes and begins on Monday at 00:00 local time. The offset from UTC comes with the data; the
country has one zone and no daylight saving, so it is one number for an estate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.errors import InvalidValue
from recognition.arrays import Bools, Int32s, Int64s, read_only, require

MINUTES_PER_DAY = 1_440
MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY
US_PER_MINUTE = 60_000_000
ALWAYS = 0  # the schedule every table begins with
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Hours of one weekday, half open; an end at or before the start runs into the next day.

    Attributes:
        weekday: 0 Monday to 6 Sunday.
        start: minute of the day, 0 to 1439.
        stop: minute of the day, 0 to 1440.
    """

    weekday: int
    start: int
    stop: int

    def __post_init__(self) -> None:
        in_day = 0 <= self.start < MINUTES_PER_DAY and 0 <= self.stop <= MINUTES_PER_DAY
        if not (0 <= self.weekday <= 6 and in_day):
            raise InvalidValue(
                "时段无效：星期0至6，开始0至1439分，结束0至1440分。",
                "a period is a weekday 0 to 6, a start of 0 to 1439 and a stop of 0 to 1440 minutes.",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedules:
    """The weekly schedules of an estate; build with `Schedules.of`.

    Attributes:
        open: (k, 10080) bool; row ALWAYS is all True.
        utc_offset_minutes: local time minus UTC.
    """

    open: Bools
    utc_offset_minutes: int

    @classmethod
    def of(cls, weeks: Iterable[Iterable[Period]] = (), *, utc_offset_minutes: int) -> "Schedules":
        """ALWAYS, then one schedule per item of `weeks`, from 1 on. Raises InvalidValue on an impossible offset."""
        if not -12 * 60 <= utc_offset_minutes <= 14 * 60:
            raise InvalidValue("时区偏移无效。", f"{utc_offset_minutes} minutes is not an offset from UTC.")
        rows = [np.ones(MINUTES_PER_WEEK, np.bool_), *(_bitmap(week) for week in weeks)]
        return cls(open=read_only(np.stack(rows)), utc_offset_minutes=utc_offset_minutes)

    def __len__(self) -> int:
        return len(self.open)

    def are_open(self, schedules: Int32s, at_us: Int64s) -> Bools:
        """Whether each schedule (n,) is open at its time (n,) int64 µs UTC; answers (n,) bool."""
        require(schedules, np.int32, (None,), "schedules")
        require(at_us, np.int64, (len(schedules),), "times")
        return self.open[schedules, minute_of_week(at_us, self.utc_offset_minutes)]


def minute_of_week(at_us: Int64s, utc_offset_minutes: int) -> Int64s:
    """The local minute of the week, 0 to 10079, of each time (n,) int64 µs UTC."""
    minutes = at_us // US_PER_MINUTE + utc_offset_minutes
    week: Int64s = (minutes + _EPOCH_WEEKDAY * MINUTES_PER_DAY) % MINUTES_PER_WEEK
    return week


def _bitmap(week: Iterable[Period]) -> Bools:
    bitmap = np.zeros(MINUTES_PER_WEEK, np.bool_)
    for period in week:
        start = period.weekday * MINUTES_PER_DAY + period.start
        length = (period.stop - period.start - 1) % MINUTES_PER_DAY + 1  # a stop at the start is a whole day
        bitmap[np.arange(start, start + length) % MINUTES_PER_WEEK] = True
    return bitmap
