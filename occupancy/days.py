"""Calendar days at the estate as numbers: int32 days since 1970-01-01, so that a thousand homes' days are an array.

The whole country keeps one zone, eight hours east of UTC, without daylight saving since 1991: a day number is a
division. Days before 1991-09-15 are not asked for; a property test holds this arithmetic against `core.clock`.
"""

from datetime import date

import numpy as np

from core.clock import US_PER_DAY, US_PER_SECOND
from occupancy.arrays import Indices, Int8s, Int32s, Int64s

OFFSET_US = 8 * 3600 * US_PER_SECOND
US_PER_HOUR = 3600 * US_PER_SECOND
FOREVER = np.iinfo(np.int32).max  # "until further notice"
NEVER = np.iinfo(np.int32).min  # "not yet", "none"
SATURDAY = 5
_EPOCH = date(1970, 1, 1).toordinal()


def number(day: date) -> int:
    """The number of a calendar day."""
    return day.toordinal() - _EPOCH


def until_number(day: date | None) -> int:
    """The number of an exclusive end; FOREVER for None."""
    return FOREVER if day is None else number(day)


def day_of(day_number: int) -> date:
    """The calendar day of a number."""
    return date.fromordinal(int(day_number) + _EPOCH)


def start_us(day_number: int) -> int:
    """The first microsecond of a day."""
    return int(day_number) * US_PER_DAY - OFFSET_US


def number_at(us: int) -> int:
    """The number of the day on which a moment falls."""
    return (us + OFFSET_US) // US_PER_DAY


def numbers_at(us: Int64s) -> Int32s:
    """(n,) day numbers of (n,) moments in microseconds UTC."""
    return ((us + OFFSET_US) // US_PER_DAY).astype(np.int32)


def hours_at(us: Int64s) -> Int8s:
    """(n,) hours of the day, 0 to 23, of (n,) moments in microseconds UTC."""
    return ((us + OFFSET_US) // US_PER_HOUR % 24).astype(np.int8)


def weekdays(day_numbers: int | Indices | Int32s) -> Indices:
    """Day numbers as 0 (Monday) to 6, of the same shape; day 0 was a Thursday."""
    return np.asarray((np.asarray(day_numbers, np.intp) + 3) % 7)


def add_months(day_numbers: Int32s, months: int) -> Int32s:
    """(n,) the same day of the month `months` later, or that month's last day (as `housing.leases.add_months`)."""
    days = day_numbers.astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    there = month + months
    last = (there + 1).astype("datetime64[D]") - 1
    moved = np.minimum(there.astype("datetime64[D]") + (days - month), last)
    numbers: Int32s = moved.astype(np.int64).astype(np.int32)
    return numbers
