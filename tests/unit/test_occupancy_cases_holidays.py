"""Festive days: the notice where there is one, the fixed days and the lunar new year where there is none yet."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from occupancy import days
from occupancy.rules.holidays import LUNAR_NEW_YEARS, festive, is_festive
from tests.unit.occupancy_cases import span

DAY = timedelta(days=1)
SYNODIC = 29.530588853  # days from one new moon to the next, on average


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 8), date(2026, 3, 2)),  # 15 to 23 February, and a week on each side
        (date(2028, 1, 18), date(2028, 2, 4)),  # from the eve, 25 January, to the third day, and a week on each side
    ],
)
def test_weeks_around_spring_festival(first: date, last: date) -> None:
    assert all(is_festive(day) for day in span(first, last + DAY))
    assert not is_festive(first - DAY)
    assert not is_festive(last + DAY)


def test_days_that_need_no_notice() -> None:
    fixed = [date(2030, 1, 1), date(2030, 5, 2), date(2030, 10, 3)]
    assert all(is_festive(day) for day in fixed)
    assert not any(is_festive(day + DAY) for day in fixed)


def test_lunar_new_years_are_new_moons_of_winter() -> None:
    known = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)
    for first in LUNAR_NEW_YEARS:
        assert date(first.year, 1, 21) <= first <= date(first.year, 2, 20)
        noon = datetime(first.year, first.month, first.day, 4, tzinfo=UTC)  # noon at the estate
        phase = ((noon - known) / DAY / SYNODIC + 0.5) % 1 - 0.5
        assert abs(phase * SYNODIC) < 1.2, first
    gaps = {(after - before).days for before, after in pairwise(LUNAR_NEW_YEARS)}
    assert gaps <= {353, 354, 355, 383, 384, 385}
    assert [first.year for first in LUNAR_NEW_YEARS] == list(range(2027, 2041))


def test_as_columns() -> None:
    first = date(2026, 1, 20)
    found = festive(days.number(first), 60)
    assert found.tolist() == [is_festive(day) for day in span(first, first + 60 * DAY)]
    assert festive(0, 0).tolist() == []
