"""The days of a stream by number: weekdays, days off, school terms, and when the country goes home for the festival."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
import numpy as np
from numpy.typing import NDArray

DAY = 24.0  # hours; time in this package is hours since midnight at the estate on the first day
LOOK_AHEAD = 16  # days after the last one that rosters know of
# New Year's Day of the lunar calendar (Hong Kong Observatory's conversion table).
_NEW_YEARS = {
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
_SUMMER = ((7, 6), (8, 31))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Year:
    """The calendar of `days` days and LOOK_AHEAD more.

    Attributes:
        weekday: (n,) int64, Monday 0.
        works: (n,) bool, offices are open.
        feast: (n,) bool, a statutory holiday, on which factories rest too.
        term: (n,) bool, schools and universities are in term; `works` says which of these days have lessons.
        new_years: numbers of the lunar new years' days that fall near the stream; may lie outside it.
    """

    start: date
    days: int
    weekday: NDArray[np.int64]
    works: NDArray[np.bool_]
    feast: NDArray[np.bool_]
    term: NDArray[np.bool_]
    new_years: tuple[int, ...]

    @property
    def hours(self) -> float:
        """The length of the stream."""
        return self.days * DAY

    def date_of(self, hour: float) -> date:
        """The day in which an hour falls."""
        return self.start + timedelta(days=int(hour // DAY))

    def hour_of(self, day: date) -> float:
        """Midnight at which a day begins."""
        return (day - self.start).days * DAY


def year_of(start: date, days: int) -> Year:
    """The calendar from `start`."""
    dates = [start + timedelta(days=n) for n in range(days + LOOK_AHEAD)]
    new_years = {year: date(year, *day) for year, day in _NEW_YEARS.items()}
    return Year(
        start=start,
        days=days,
        weekday=np.array([day.weekday() for day in dates]),
        works=np.array([_open(day) for day in dates]),
        feast=np.array([_feast(day) for day in dates]),
        term=np.array([_in_term(day, new_years.get(day.year)) for day in dates]),
        new_years=tuple((day - start).days for day in new_years.values() if -20 <= (day - start).days <= days + 20),
    )


def _open(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the State Council has not announced that year yet
        return day.weekday() < 5


def _feast(day: date) -> bool:
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return (day.month, day.day) in {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}
    return bool(off and name)


def _in_term(day: date, new_year: date | None) -> bool:
    """Winter holidays are laid around the new year, summer's are the same every year."""
    around = new_year or date(day.year, 2, 6)
    winter = around - timedelta(days=18) <= day <= around + timedelta(days=14)
    return not winter and not _SUMMER[0] <= (day.month, day.day) <= _SUMMER[1]
