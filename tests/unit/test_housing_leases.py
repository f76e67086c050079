"""Calendar months and the states of a lease."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from housing.leases import (
    LeaseState,
    add_months,
    apply_by,
    is_too_long,
    lease_on,
    lease_state,
    reminder_day,
    whole_months,
)
from housing.registry.rows import LeaseRow

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1))
MONTHS = st.integers(-600, 600)


def lease(
    start: date = date(2024, 6, 1),
    end: date = date(2026, 5, 31),
    *,
    name: str = "L1",
    ended: date | None = None,
    relocation_until: date | None = None,
) -> LeaseRow:
    return LeaseRow(
        lease=name, home="H1", tenant="P1", start=start, end=end, rent_month_fen=60_000, ended=ended, end_reason=None,
        relocation_until=relocation_until, renewal_applied=None, objection_718_served=None, objection_734_served=None,
    )  # fmt: skip


def state(row: LeaseRow, day: date) -> LeaseState:
    return lease_state(row, day, notice_months=3, reminder_days=30)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 5, 31), -3, date(2026, 2, 28)),
        (date(2026, 1, 15), 6, date(2026, 7, 15)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
    ],
)
def test_months_end_where_months_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_outside_the_calendar_is_an_error() -> None:
    with pytest.raises(InvalidValue):
        add_months(date(9999, 12, 1), 1)
    with pytest.raises(InvalidValue):
        add_months(date(1, 1, 31), -1)


@given(DAYS, MONTHS)
def test_the_day_is_kept_or_the_month_ended(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    last_of_month = (later + timedelta(days=1)).day == 1
    assert later.day == day.day or (later.day < day.day and last_of_month)


@given(DAYS, DAYS, MONTHS)
def test_order_is_kept(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


@given(DAYS, DAYS)
def test_whole_months_is_the_largest_that_fits(start: date, day: date) -> None:
    months = whole_months(start, day)
    assert add_months(start, months) <= day < add_months(start, months + 1)


def test_six_months_is_reached_on_its_day_and_not_before() -> None:
    assert whole_months(date(2026, 1, 16), date(2026, 7, 15)) == 5
    assert whole_months(date(2026, 1, 16), date(2026, 7, 16)) == 6


def test_a_lease_from_its_first_day_to_its_return() -> None:
    row = lease(ended=date(2026, 7, 10))
    assert state(row, date(2024, 5, 31)) is LeaseState.UPCOMING
    assert state(row, date(2024, 6, 1)) is LeaseState.RUNNING
    assert apply_by(row.end, 3) == date(2026, 2, 28)
    assert reminder_day(row.end, 3, 30) == date(2026, 1, 29)
    assert state(row, date(2026, 1, 28)) is LeaseState.RUNNING
    assert state(row, date(2026, 1, 29)) is LeaseState.EXPIRING
    assert state(row, date(2026, 5, 31)) is LeaseState.EXPIRING
    assert state(row, date(2026, 6, 1)) is LeaseState.EXPIRED
    assert state(row, date(2026, 7, 9)) is LeaseState.EXPIRED
    assert state(row, date(2026, 7, 10)) is LeaseState.ENDED


def test_the_relocation_period_counts_to_its_last_day() -> None:
    row = lease(relocation_until=date(2026, 8, 31))
    assert state(row, date(2026, 5, 31)) is LeaseState.EXPIRING
    assert state(row, date(2026, 6, 1)) is LeaseState.RELOCATION
    assert state(row, date(2026, 8, 31)) is LeaseState.RELOCATION
    assert state(row, date(2026, 9, 1)) is LeaseState.EXPIRED


@given(DAYS, st.integers(1, 72), st.integers(-400, 3000), st.integers(0, 12), st.integers(0, 90))
def test_states_only_move_forward(start: date, months: int, offset: int, notice: int, days: int) -> None:
    row = lease(start, add_months(start, months) - timedelta(days=1), ended=add_months(start, months + 6))
    order = [
        LeaseState.UPCOMING, LeaseState.RUNNING, LeaseState.EXPIRING, LeaseState.EXPIRED, LeaseState.ENDED,
    ]  # fmt: skip
    day = start + timedelta(days=offset)
    today, tomorrow = (
        lease_state(row, d, notice_months=notice, reminder_days=days) for d in (day, day + timedelta(days=1))
    )
    assert order.index(today) <= order.index(tomorrow)


def test_terms_beyond_the_general_length_are_seen() -> None:
    assert not is_too_long(date(2021, 6, 1), date(2026, 5, 31), 5)
    assert is_too_long(date(2021, 6, 1), date(2026, 6, 1), 5)
    assert not is_too_long(date(2024, 2, 29), date(2029, 2, 27), 5)


def test_the_newest_lease_that_began_counts() -> None:
    old, new = lease(name="old"), lease(date(2026, 6, 1), date(2028, 5, 31), name="new")
    assert lease_on([new, old], date(2026, 5, 31)) == old
    assert lease_on([new, old], date(2026, 6, 1)) == new
    assert lease_on([old], date(2027, 1, 1)) == old
    assert lease_on([old, new], date(2020, 1, 1)) is None
    assert lease_on([], date(2020, 1, 1)) is None
