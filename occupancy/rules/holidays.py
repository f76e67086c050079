"""Days on which nobody's rhythm says anything: the public holidays, and the weeks around Spring Festival (O3)."""

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import numpy as np

from occupancy import days
from occupancy.arrays import Bools

AROUND_SPRING = 7  # days before and after, when half the country travels
_SPRING = "Spring Festival"


@lru_cache(maxsize=4096)
def _holiday(day: date) -> str | None:
    """The holiday's name; None on other days, and in years that the calendar does not know."""
    try:
        name: str | None = chinese_calendar.get_holiday_detail(day)[1]
    except NotImplementedError:
        return None
    return name


@lru_cache(maxsize=4096)
def is_festive(day: date) -> bool:
    """A public holiday, or near Spring Festival; where a year is not known, no day is."""
    near = (day + timedelta(days=n) for n in range(-AROUND_SPRING, AROUND_SPRING + 1))
    return _holiday(day) is not None or any(_holiday(other) == _SPRING for other in near)


def festive(first_day: int, count: int) -> Bools:
    """(D,) bool for consecutive day numbers."""
    return np.array([is_festive(days.day_of(first_day + n)) for n in range(count)], np.bool_)
