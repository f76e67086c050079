"""Clocks 718 and 734: on every day they are asked about, what the law says and what only the house says."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import texts
from core.clock import local_day
from core.errors import InvalidValue
from housing.law.clocks import Clock718, Clock734, State718, State734
from housing.parameters import ParameterRow
from tests.unit.housing_law_twins import EVERY_DAY, month_later

DAY = timedelta(days=1)
KNOWN = date(2025, 8, 31)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))


def row(name: str, value: str, since: date = date(2020, 1, 1)) -> ParameterRow:
    return ParameterRow(name, since, value, "city notice")


def test_six_calendar_months_from_every_day_of_nine_years() -> None:
    lengths = set()
    for known in EVERY_DAY:
        clock = Clock718.of(known)
        assert clock.last_day == month_later(known, 6), known
        assert clock.red_from == known + 180 * DAY < clock.last_day, known
        assert clock.on(clock.last_day).state is State718.RED
        assert clock.on(clock.last_day + DAY).state is State718.CONSENT
        lengths.add((clock.last_day - known).days)
    assert lengths == {181, 182, 183, 184}


@pytest.mark.parametrize(
    ("day", "state", "reminded", "upcoming", "left"),
    [
        (KNOWN - DAY, State718.NOT_STARTED, 0, None, None),
        (KNOWN, State718.RUNNING, 0, date(2025, 9, 30), 181),
        (date(2025, 9, 29), State718.RUNNING, 0, date(2025, 9, 30), 152),
        (date(2025, 9, 30), State718.RUNNING, 1, date(2025, 11, 29), 151),
        (date(2025, 11, 29), State718.RUNNING, 2, date(2026, 1, 28), 91),
        (date(2026, 1, 28), State718.RUNNING, 3, None, 31),
        (date(2026, 2, 26), State718.RUNNING, 3, None, 2),
        (date(2026, 2, 27), State718.RED, 3, None, 1),
        (date(2026, 2, 28), State718.RED, 3, None, 0),
        (date(2026, 3, 1), State718.CONSENT, 3, None, None),
        (date(2036, 3, 1), State718.CONSENT, 3, None, None),
    ],
)
def test_a_clock_nobody_stops(
    day: date, state: State718, reminded: int, upcoming: date | None, left: int | None
) -> None:
    standing = Clock718.of(KNOWN).on(day)
    assert (standing.state, len(standing.reminders), standing.next_reminder, standing.days_left) == (
        state, reminded, upcoming, left,
    )  # fmt: skip


def test_an_objection_stops_it_from_the_day_it_is_served() -> None:
    clock = Clock718.of(KNOWN, date(2025, 12, 1))
    assert clock.on(date(2025, 11, 30)).state is State718.RUNNING
    stopped = clock.on(date(2025, 12, 1))
    assert stopped.state is State718.STOPPED
    assert (stopped.reminders, stopped.next_reminder, stopped.days_left) == ((), None, None)
    assert clock.on(date(2027, 1, 1)).state is State718.STOPPED
    assert not clock.is_objection_late


def test_the_last_day_is_in_time_and_the_next_is_late() -> None:
    in_time, late = Clock718.of(KNOWN, date(2026, 2, 28)), Clock718.of(KNOWN, date(2026, 3, 1))
    assert not in_time.is_objection_late
    assert in_time.on(date(2026, 3, 1)).state is State718.STOPPED
    assert late.is_objection_late
    assert late.on(date(2026, 2, 28)).state is State718.RED
    assert late.on(date(2026, 3, 1)).state is State718.CONSENT
    assert late.on(date(2026, 9, 1)).state is State718.CONSENT


def test_an_objection_to_an_earlier_sublet_is_not_one_to_this() -> None:
    with pytest.raises(InvalidValue):
        Clock718.of(KNOWN, KNOWN - DAY)
    assert Clock718.of(KNOWN, KNOWN).on(KNOWN).state is State718.STOPPED


@pytest.mark.parametrize(
    ("red", "red_from"), [("100", KNOWN + 100 * DAY), ("181", date(2026, 2, 28)), ("400", date(2026, 2, 28))]
)
def test_no_city_can_put_the_alarm_after_the_end_of_the_law(red: str, red_from: date) -> None:
    clock = Clock718.of(KNOWN, rows=[row("clock_718_red_days", red), row("clock_718_reminder_days", "10,181,182")])
    assert clock.red_from == red_from
    assert clock.last_day == date(2026, 2, 28)
    assert clock.reminders == (KNOWN + 10 * DAY, KNOWN + 181 * DAY)


def test_a_change_of_numbers_leaves_running_clocks_alone() -> None:
    change = date(2026, 1, 1)
    rows = [
        row("clock_718_red_days", "60", change), row("clock_718_reminder_days", "20", change),
        row("clock_718_months", "3", change),
    ]  # fmt: skip
    before, after = Clock718.of(change - DAY, rows=rows), Clock718.of(change, rows=rows)
    assert before == Clock718.of(change - DAY)
    assert after.last_day == date(2026, 4, 1)
    assert after.red_from == date(2026, 3, 2)
    assert after.reminders == (date(2026, 1, 21),)
    assert Clock718.of(change, rows=iter(rows)) == after


@given(DAYS, st.integers(0, 300), st.one_of(st.none(), st.integers(0, 300)))
def test_the_states_only_move_forward(known: date, offset: int, served: int | None) -> None:
    clock = Clock718.of(known, None if served is None else known + served * DAY)
    order = [State718.NOT_STARTED, State718.RUNNING, State718.RED, State718.STOPPED, State718.CONSENT]
    today, tomorrow = (clock.on(known + (offset + n) * DAY) for n in (0, 1))
    assert order.index(today.state) <= order.index(tomorrow.state)
    if tomorrow.state in {State718.RUNNING, State718.RED}:
        assert today.days_left == (tomorrow.days_left or 0) + 1
        assert set(today.reminders) <= set(tomorrow.reminders)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2025, 8, 31, 15, 59, 59, 999_999, tzinfo=UTC), date(2025, 8, 31)),
        (datetime(2025, 8, 31, 16, 0, tzinfo=UTC), date(2025, 9, 1)),
        (datetime(2024, 2, 28, 16, 0, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_what_is_known_near_midnight_counts_from_the_estates_day(moment: datetime, day: date) -> None:
    """At 16:00 UTC the next day has begun at the estate."""
    assert Clock718.of(local_day(moment)) == Clock718.of(day)


def test_the_last_evening_of_the_six_months_is_still_in_time() -> None:
    clock = Clock718.of(KNOWN)
    assert clock.on(local_day(datetime(2026, 2, 28, 15, 59, tzinfo=UTC))).state is State718.RED
    assert clock.on(local_day(datetime(2026, 2, 28, 16, 0, tzinfo=UTC))).state is State718.CONSENT
    served = local_day(datetime(2026, 2, 28, 16, 0, tzinfo=UTC))
    assert Clock718.of(KNOWN, served).is_objection_late


DUE = date(2026, 5, 31)


@pytest.mark.parametrize(
    ("signs", "served", "day", "state"),
    [
        (None, None, DUE, State734.NOT_STARTED),
        (None, None, DUE + DAY, State734.WAITING),
        (None, None, DUE + 400 * DAY, State734.WAITING),
        (DUE + DAY, None, DUE, State734.NOT_STARTED),
        (DUE + DAY, None, DUE + DAY, State734.OBJECT),  # the day after expiry, the same day (L12)
        (DUE + DAY, None, DUE + 9 * DAY, State734.OBJECT),
        (DUE + 5 * DAY, None, DUE + 4 * DAY, State734.WAITING),
        (DUE + 5 * DAY, None, DUE + 5 * DAY, State734.OBJECT),
        (DUE + DAY, DUE + 3 * DAY, DUE + 2 * DAY, State734.OBJECT),
        (DUE + DAY, DUE + 3 * DAY, DUE + 3 * DAY, State734.STOPPED),
        (DUE + DAY, DUE + DAY, DUE + DAY, State734.STOPPED),
        (DUE + DAY, DUE - 20 * DAY, DUE + DAY, State734.STOPPED),  # objected to before the term was over
        (None, DUE - 20 * DAY, DUE - 21 * DAY, State734.NOT_STARTED),
    ],
)
def test_clock_734_on_a_day(signs: date | None, served: date | None, day: date, state: State734) -> None:
    assert Clock734.of(DUE, signs, served).on(day) is state


def test_a_city_may_give_clock_734_more_days_or_none() -> None:
    slow = Clock734.of(DUE, DUE + DAY, rows=[row("clock_734_days", "4")])
    assert slow.draft_on == DUE + 4 * DAY
    assert slow.on(DUE + 3 * DAY) is State734.WAITING
    assert slow.on(DUE + 4 * DAY) is State734.OBJECT
    at_once = Clock734.of(DUE, DUE + DAY, rows=[row("clock_734_days", "0")])
    assert at_once.draft_on == DUE + DAY
    later = [row("clock_734_days", "4", DUE + DAY)]
    assert Clock734.of(DUE, DUE + DAY, rows=later) == Clock734.of(DUE, DUE + DAY)


def test_use_within_the_term_is_no_sign() -> None:
    with pytest.raises(InvalidValue):
        Clock734.of(DUE, DUE)
    assert Clock734.of(DUE).draft_on is None


@pytest.mark.parametrize("key", [*(f"law.718.{s}" for s in State718), *(f"law.734.{s}" for s in State734)])
def test_every_state_has_words(key: str) -> None:
    assert texts.render(key, "zh") != texts.render(key, "en")
