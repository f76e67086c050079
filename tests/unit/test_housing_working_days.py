"""Working days against the State Council's notices for 2025 and 2026."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from housing.working_days import HolidaysUnknown, add_working_days, is_working_day, working_days_between

KNOWN_DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2026, 6, 30))


def test_holidays_and_weekends_that_are_worked() -> None:
    assert not is_working_day(date(2025, 10, 1))  # National Day
    assert not is_working_day(date(2025, 10, 8))  # the last day of that holiday
    assert is_working_day(date(2025, 9, 28))  # a Sunday worked for it
    assert not is_working_day(date(2026, 11, 22))  # a Sunday
    assert is_working_day(date(2026, 11, 23))  # a Monday


def test_the_first_day_does_not_count() -> None:
    assert add_working_days(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert add_working_days(date(2025, 9, 26), 5) == date(2025, 10, 10)
    assert add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)
    assert add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)


def test_a_year_without_a_notice_is_told_in_words() -> None:
    with pytest.raises(HolidaysUnknown) as caught:
        add_working_days(date(2026, 12, 31), 200)
    assert "2027" in caught.value.text("zh")
    assert caught.value.mend_en


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(InvalidValue):
        add_working_days(date(2026, 1, 5), -1)


@given(KNOWN_DAYS, st.integers(1, 60))
def test_adding_and_counting_agree(day: date, days: int) -> None:
    end = add_working_days(day, days)
    assert is_working_day(end)
    assert working_days_between(day, end) == days
    assert working_days_between(end, day) == 0
