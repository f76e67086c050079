"""Idle months and rent owed: the slow exact term against the calendar, a second count, and the rule of occupancy."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidValue
from housing.law.terms import idle_since, idle_term, is_arrears_ground
from housing.parameters import ParameterRow
from occupancy.rules.vacancy import idle_runs
from tests.unit.housing_law_twins import EVERY_DAY, month_later
from tests.unit.occupancy_cases import registry, view

DAY = timedelta(days=1)
START = date(2026, 1, 1)
OFFSETS = st.integers(-20, 320)
CHANGES = st.lists(
    st.tuples(st.integers(-40, 320), st.integers(1, 9)), max_size=3, unique_by=lambda change: change[0]
).map(lambda changes: [ParameterRow("idle_months", START + n * DAY, str(months), "c") for n, months in changes])


def counted(start: date, months: int, paused: set[date]) -> date:
    """Twin: the first day on which enough days since the start have been counted, each looked at from the front."""
    need, day, seen = (month_later(start, months) - start).days, start, 0
    while seen < need:
        seen += day not in paused
        day += DAY
    return day


def test_six_months_from_every_day_and_not_a_day_less() -> None:
    for start in EVERY_DAY:
        assert idle_term(start, 6) == month_later(start, 6), start


@pytest.mark.parametrize("months", [0, 1, 2, 3, 4, 5, 7, 12, 18])
def test_other_numbers_of_months_from_every_day(months: int) -> None:
    for start in EVERY_DAY:
        assert idle_term(start, months) == month_later(start, months), start


def test_five_months_and_29_days_are_no_ground() -> None:
    start = date(2026, 1, 16)
    assert idle_since(start, date(2026, 7, 15)) is None
    assert idle_since(start, date(2026, 7, 16)) == date(2026, 7, 16)
    assert idle_since(start, date(2027, 7, 16)) == date(2026, 7, 16)


@given(st.dates(date(2023, 6, 1), date(2025, 6, 1)), st.integers(0, 4), st.sets(st.integers(-5, 200), max_size=60))
@settings(max_examples=60)
def test_paused_days_move_the_term_by_themselves(start: date, months: int, offsets: set[int]) -> None:
    paused = {start + n * DAY for n in offsets}
    assert idle_term(start, months, paused) == counted(start, months, paused)


def test_a_pause_within_the_days_it_was_moved_by_moves_it_further() -> None:
    start, term = date(2025, 8, 31), date(2026, 2, 28)
    assert idle_term(start, 6, [term - DAY]) == term + DAY
    assert idle_term(start, 6, [term]) == term  # reached: what comes on the day itself is too late
    assert idle_term(start, 6, [term - DAY, term]) == term + 2 * DAY
    assert idle_term(start, 6, [start - DAY]) == term
    assert idle_term(start, 6, [start, start]) == term + DAY


def test_a_negative_number_of_months_is_refused() -> None:
    with pytest.raises(InvalidValue):
        idle_term(START, -1)


def test_a_change_neither_takes_back_nor_reaches_into_the_past() -> None:
    raised = [ParameterRow("idle_months", date(2026, 8, 1), "9", "c")]
    assert idle_since(date(2026, 1, 1), date(2026, 12, 1), rows=raised) == date(2026, 7, 1)
    assert idle_since(date(2026, 3, 1), date(2026, 11, 30), rows=raised) is None
    assert idle_since(date(2026, 3, 1), date(2026, 12, 1), rows=raised) == date(2026, 12, 1)
    lowered = [ParameterRow("idle_months", date(2026, 8, 1), "3", "c")]
    assert idle_since(date(2026, 3, 1), date(2026, 7, 31), rows=lowered) is None
    assert idle_since(date(2026, 3, 1), date(2026, 9, 1), rows=lowered) == date(2026, 8, 1)
    between = [
        ParameterRow("idle_months", date(2026, 6, 10), "3", "c"),
        ParameterRow("idle_months", date(2026, 6, 20), "9", "c"),
    ]
    assert idle_since(date(2026, 3, 15), date(2026, 6, 25), rows=between) == date(2026, 6, 15)
    assert idle_since(date(2026, 3, 25), date(2026, 6, 30), rows=between) is None


def day_by_day(start: date, day: date, paused: set[date], rows: list[ParameterRow]) -> date | None:
    """Twin: every evening is judged on its own, by the number of that evening."""
    evening = start
    while evening <= day:
        counts = [row for row in rows if row.effective_from <= evening]
        months = int(max(counts, key=lambda row: row.effective_from).value) if counts else 6
        if counted(start, months, paused) <= evening:
            return evening
        evening += DAY
    return None


@given(st.sets(OFFSETS, max_size=25), CHANGES, st.integers(0, 320))
@settings(max_examples=25, deadline=None)
def test_judging_is_judging_every_evening(offsets: set[int], rows: list[ParameterRow], until: int) -> None:
    paused, day = {START + n * DAY for n in offsets}, START + until * DAY
    assert idle_since(START, day, paused_days=paused, rows=rows) == day_by_day(START, day, paused, rows)


@given(st.sets(OFFSETS, max_size=40), CHANGES, st.integers(0, 320))
@settings(max_examples=150, deadline=None)
def test_the_rule_for_many_homes_says_the_same(offsets: set[int], rows: list[ParameterRow], until: int) -> None:
    paused, day = {START + n * DAY for n in offsets}, START + until * DAY
    runs = idle_runs(view(registry(), today=day, last_entry=START - DAY, unseen=paused, values=rows))
    assert bool(runs.reached[0]) == (idle_since(START, day, paused_days=paused, rows=rows) is not None)


def test_rent_owed_for_the_months_of_the_law_is_a_ground() -> None:
    assert not is_arrears_ground(5, START)
    assert is_arrears_ground(6, START)
    rows = [ParameterRow("arrears_months", START, "4", "c")]
    assert not is_arrears_ground(4, START - DAY, rows)
    assert is_arrears_ground(4, START, rows)
