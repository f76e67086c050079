"""Day numbers, months and spells against the calendar."""

from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.clock import CHINA, day_start_us, local_day, to_us
from housing import leases
from occupancy import days
from occupancy.spells import Spell, Spells

moments = st.integers(8_000, 47_000 * 86_400).map(lambda s: datetime.fromtimestamp(694_224_000 + s / 10, UTC))


@given(st.lists(moments, max_size=5))
def test_numbers_and_hours_are_the_calendars(values: list[datetime]) -> None:
    us = np.array([to_us(value) for value in values], np.int64)
    assert [days.day_of(n) for n in days.numbers_at(us)] == [local_day(value) for value in values]
    assert days.hours_at(us).tolist() == [value.astimezone(CHINA).hour for value in values]


@given(st.dates(date(1992, 1, 1), date(2099, 1, 1)))
def test_a_day_starts_where_the_clock_says(day: date) -> None:
    assert days.start_us(days.number(day)) == day_start_us(day)
    assert days.number_at(day_start_us(day)) == days.number(day)
    assert days.number_at(day_start_us(day) - 1) == days.number(day) - 1


@given(st.lists(st.dates(date(1992, 1, 1), date(2099, 1, 1)), max_size=4), st.integers(0, 30))
def test_months_are_those_of_leases(values: list[date], months: int) -> None:
    moved = days.add_months(np.array([days.number(value) for value in values], np.int32), months)
    assert [days.day_of(n) for n in moved] == [leases.add_months(value, months) for value in values]


spells = st.builds(
    lambda who, home, first, length, household: Spell(who, home, first, first + length, household),
    st.integers(0, 3), st.integers(0, 3), st.integers(0, 20), st.integers(1, 15), st.booleans(),
)  # fmt: skip


@given(st.lists(spells, max_size=10))
def test_spells_are_the_loops(rows: list[Spell]) -> None:
    made = Spells.of(4, rows)
    who, home, day = (a.ravel().astype(np.int32) for a in np.meshgrid(range(-1, 4), range(-1, 4), range(36)))
    there = made.belongs(who, home, day, household=False)
    household = made.belongs(who, home, day)
    lives = made.home_on(who, day)
    for n in range(len(who)):
        covering = [s for s in rows if s.subject == who[n] and s.from_day <= day[n] < s.until_day]
        assert there[n] == any(s.home == home[n] for s in covering)
        assert household[n] == any(s.home == home[n] and s.household for s in covering)
        first = min(covering, key=lambda s: (not s.household, -s.from_day, s.home), default=None)
        assert lives[n] == (first.home if first else -1)
