"""The calendar the slow way: month by month on a table of lengths, sharing nothing with the code under test."""

from datetime import date, timedelta

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EVERY_DAY = [date(2019, 1, 1) + timedelta(days=n) for n in range(9 * 365 + 2)]  # with the leap years 2020 and 2024


def month_length(year: int, month: int) -> int:
    """Days of a month by the rule of Gregory's calendar."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _LENGTHS[month - 1]


def month_later(day: date, months: int) -> date:
    """Civil Code 202: the day of the same number, or the last day of a month without one; month by month."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in {0, 13}:
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    return date(year, month, min(day.day, month_length(year, month)))
