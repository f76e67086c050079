"""Days on which nobody's rhythm says anything: the public holidays, and the weeks around Spring Festival (O3).

The calendar is the State Council's yearly notice. Before a year's notice is known, the days stand in that the
regulation on public holidays (全国年节及纪念日放假办法, as of 2025) fixes by themselves, and the lunar new year.
"""

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import numpy as np

from occupancy import days
from occupancy.arrays import Bools

AROUND_SPRING = 7  # days before and after, when half the country travels
_SPRING = "Spring Festival"
_FIXED = {(1, 1): "New Year's Day", **dict.fromkeys([(5, 1), (5, 2)], "Labour Day"),
          **dict.fromkeys([(10, 1), (10, 2), (10, 3)], "National Day")}  # fmt: skip
LUNAR_NEW_YEARS = [
    date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11),
    date(2033, 1, 31), date(2034, 2, 19), date(2035, 2, 8), date(2036, 1, 28), date(2037, 2, 15), date(2038, 2, 4),
    date(2039, 1, 24), date(2040, 2, 12),
]  # fmt: skip
_EVE_TO_THIRD = {first + timedelta(days=n) for first in LUNAR_NEW_YEARS for n in range(-1, 3)}


@lru_cache(maxsize=4096)
def _holiday(day: date) -> str | None:
    """The holiday's name; None on other days, and on weekend days that are worked for one."""
    free: bool
    name: str | None
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the year's notice is not out, or not installed
        return _SPRING if day in _EVE_TO_THIRD else _FIXED.get((day.month, day.day))
    return name if free else None


@lru_cache(maxsize=4096)
def is_festive(day: date) -> bool:
    """A public holiday, or near Spring Festival."""
    near = (day + timedelta(days=n) for n in range(-AROUND_SPRING, AROUND_SPRING + 1))
    return _holiday(day) is not None or any(_holiday(other) == _SPRING for other in near)


def festive(first_day: int, count: int) -> Bools:
    """(D,) bool for consecutive day numbers."""
    return np.array([is_festive(days.day_of(first_day + n)) for n in range(count)], np.bool_)
