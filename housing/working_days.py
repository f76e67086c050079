"""Working days of the mainland: legal deadlines skip weekends and holidays, and count the weekend days worked instead.

The calendar is the State Council's yearly notice as the `chinesecalendar` package carries it; a year it does not know
yet is an error in words, never a guess.
"""

from datetime import date, timedelta

import chinese_calendar

from core.errors import AnjuError, InvalidValue

_DAY = timedelta(days=1)


class HolidaysUnknown(AnjuError):
    """The holidays of a year are not in the table."""

    code = "holidays_unknown"


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`; raises HolidaysUnknown."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise HolidaysUnknown(
            f"尚无{day.year}年的法定节假日安排，无法计算工作日。",
            f"The holidays of {day.year} are not known, so working days cannot be counted.",
            mend_zh="国务院公布后请升级节假日数据（chinesecalendar）；在此之前请人工确定期限。",
            mend_en="Update the holiday data (chinesecalendar) once published; set the deadline by hand till then.",
        ) from error


def add_working_days(day: date, days: int) -> date:
    """The last day of a period of `days` working days that begins on the day after `day` (Civil Code 201).

    0 gives `day` itself. Raises InvalidValue for a negative number and HolidaysUnknown.
    """
    if days < 0:
        raise InvalidValue("工作日数不能为负。", "A number of working days cannot be negative.")
    while days:
        day += _DAY
        days -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; 0 where `end` is not later. Raises HolidaysUnknown."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
