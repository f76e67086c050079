"""Reminders of renewal: on the day housing's calendar says, until somebody acted, and never an accusation."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing.leases import LeaseState, apply_by, lease_state, reminder_day
from housing.parameters import ParameterRow
from housing.registry.rows import LeaseRow
from occupancy.rules.base import Stage
from occupancy.rules.renewal import RULE
from tests.unit.occupancy_cases import lease, reasons, registry, span, verdict, view

DAY = timedelta(days=1)
START, END = date(2023, 10, 1), date(2026, 9, 30)


def said_on(today: date, *rows: LeaseRow, **case: object) -> bool:
    found = verdict(RULE, view(registry(leases=rows), today=today, window=1, **case))  # type: ignore[arg-type]
    assert found is None or (found.stage, found.probability) == (Stage.WATCH, 1.0)
    return found is not None


def test_from_the_reminder_day_to_the_end() -> None:
    contract = lease(start=START, end=END)
    assert apply_by(END, 3) == date(2026, 6, 30)
    assert [said_on(date(2026, 5, day), contract) for day in (30, 31)] == [False, True]
    assert [said_on(day, contract) for day in (END, END + DAY)] == [True, False]


def test_the_words_change_when_it_is_too_late() -> None:
    known = registry(leases=[lease(start=START, end=END)])
    before, after = (verdict(RULE, view(known, today=date(2026, *day), window=1)) for day in ((6, 30), (7, 1)))
    assert before is not None
    assert after is not None
    assert "renewal_due.apply_by" in reasons(before)
    assert "renewal_due.too_late" in reasons(after)
    assert before.onset == date(2026, 5, 31)


@pytest.mark.parametrize(
    "settled",
    [
        lease(start=START, end=END, renewal_applied=date(2026, 6, 1)),
        lease(start=START, end=END, ended=date(2026, 6, 1)),
        lease(start=START, end=END, relocation_until=date(2026, 12, 31)),
    ],
)
def test_it_ends_when_somebody_acted(settled: LeaseRow) -> None:
    assert not said_on(date(2026, 6, 10), settled)


def test_what_has_not_happened_yet_settles_nothing() -> None:
    assert said_on(date(2026, 6, 10), lease(start=START, end=END, renewal_applied=date(2026, 6, 11)))
    assert said_on(date(2026, 6, 10), lease(start=START, end=END, ended=date(2026, 6, 11)))


def test_a_following_lease_settles_it() -> None:
    assert not said_on(date(2026, 6, 10), lease(start=START, end=END), lease(start=END + DAY))


def test_homes_that_are_not_let_are_left_alone() -> None:
    known = registry(leases=[lease(start=START, end=END)], state="repair")
    assert verdict(RULE, view(known, today=date(2026, 6, 10), window=1)) is None


def test_a_term_that_is_too_long_is_told() -> None:
    for start, told in ((date(2021, 10, 1), False), (date(2021, 9, 30), True)):
        found = verdict(RULE, view(registry(leases=[lease(start=start, end=END)]), today=END, window=1))
        assert found is not None
        assert ("renewal_due.too_long" in reasons(found)) == told


def test_a_city_may_ask_for_more_notice() -> None:
    rows = [ParameterRow("renewal_notice_months", date(2026, 1, 1), "6", "x")]
    assert said_on(date(2026, 3, 5), lease(start=START, end=END), values=rows)


ends = st.integers(0, 800).map(lambda n: date(2026, 1, 1) + n * DAY)


@given(ends, st.integers(30, 2500), st.integers(-3, 3))
def test_the_days_are_housings(end: date, length: int, off: int) -> None:
    contract = lease(start=end - length * DAY, end=end)
    for today in (reminder_day(end, 3, 30) + off * DAY, end + off * DAY):
        state = lease_state(contract, today, notice_months=3, reminder_days=30)
        assert said_on(today, contract) == (state is LeaseState.EXPIRING)


def test_every_month_end() -> None:
    for end in span(date(2028, 1, 1), date(2028, 12, 31)):
        first = reminder_day(end, 3, 30)
        contract = lease(start=START, end=end)
        assert [said_on(first - DAY, contract), said_on(first, contract)] == [False, True]
