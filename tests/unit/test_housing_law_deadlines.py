"""Periods and deadlines: every start day of nine years, holidays, and which day's numbers count."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.clock import local_day
from housing import leases
from housing.law import deadlines as d
from housing.law import periods
from housing.law.periods import Unit
from housing.parameters import IDLE_MONTHS, ParameterRow, WrongParameter, check
from housing.registry.rows import LeaseRow
from housing.working_days import HolidaysUnknown, is_working_day
from tests.unit.housing_law_twins import EVERY_DAY, month_later

DAY = timedelta(days=1)
CHANGE = date(2026, 6, 1)
KNOWN_YEARS = [day for day in EVERY_DAY if date(2020, 1, 1) <= day < date(2026, 11, 1)]


def row(name: str, value: str, since: date = CHANGE) -> ParameterRow:
    return ParameterRow(name, since, value, "city notice")


def lease(start: date = date(2024, 6, 1), end: date = date(2026, 5, 31)) -> LeaseRow:
    return LeaseRow(
        lease="L1", home="H1", tenant="P1", start=start, end=end, rent_month_fen=60_000, ended=None, end_reason=None,
        relocation_until=None, renewal_applied=None, objection_718_served=None, objection_734_served=None,
    )  # fmt: skip


def working_days_counted(day: date, number: int) -> date:
    """Twin: walk and count on fingers."""
    counted = 0
    while counted < number:
        day += DAY
        if is_working_day(day):
            counted += 1
    return day


def test_years_and_days_from_every_day() -> None:
    for day in EVERY_DAY:
        ban = d.ban(day)
        assert ban.last_day == month_later(day, 60)
        assert ban.may_apply_from == month_later(day, 60) + DAY
        assert d.discover_by(day) == month_later(day, 24)
        assert d.relet_by(day) == date.fromordinal(day.toordinal() + 365)


def test_working_days_from_every_day_that_is_known() -> None:
    for day in KNOWN_YEARS:
        assert d.hearing_request_by(day) == working_days_counted(day, 5)
        assert d.earliest_hearing(day) == working_days_counted(day, 7)


def test_a_ban_from_29_february() -> None:
    ban = d.ban(date(2024, 2, 29))
    assert ban.last_day == date(2029, 2, 28)
    assert ban.may_apply_from == date(2029, 3, 1)
    assert not ban.is_in_force(date(2024, 2, 28))
    assert ban.is_in_force(date(2024, 2, 29))
    assert ban.is_in_force(date(2029, 2, 28))
    assert not ban.is_in_force(date(2029, 3, 1))


def test_a_hearing_may_be_asked_for_over_the_spring_festival() -> None:
    """2025: off from 28 January to 4 February; 26 January (a Sunday) and 8 February (a Saturday) were worked."""
    assert d.hearing_request_by(date(2025, 1, 24)) == date(2025, 2, 7)
    assert d.earliest_hearing(date(2025, 1, 24)) == date(2025, 2, 10)
    assert d.hearing_request_by(date(2026, 3, 2)) == date(2026, 3, 9)
    assert d.earliest_hearing(date(2026, 3, 2)) == date(2026, 3, 11)


def test_a_notice_is_in_time_up_to_its_latest_day() -> None:
    for hearing in KNOWN_YEARS[60:430]:
        latest = d.latest_hearing_notice(hearing)
        assert d.is_hearing_notice_in_time(latest, hearing), hearing
        assert not d.is_hearing_notice_in_time(latest + DAY, hearing), hearing


def test_a_notice_across_a_change_counts_by_the_day_it_was_served() -> None:
    rows = [row("hearing_notice_working_days", "10")]  # from Monday 1 June 2026
    before, after = date(2026, 5, 29), date(2026, 6, 1)
    assert d.earliest_hearing(before, rows) == working_days_counted(before, 7) == date(2026, 6, 9)
    assert d.earliest_hearing(after, rows) == working_days_counted(after, 10)
    assert d.latest_hearing_notice(date(2026, 6, 10), iter(rows)) == date(2026, 5, 31)


def test_a_year_without_holidays_is_told_and_how_to_mend_it() -> None:
    for ask in (d.hearing_request_by, d.earliest_hearing):
        with pytest.raises(HolidaysUnknown) as caught:
            ask(date(2026, 12, 31))
        assert "2027" in caught.value.text("zh")
        assert caught.value.mend_zh
        assert caught.value.mend_en
    assert d.ban(date(2026, 12, 31)).last_day == date(2031, 12, 31)  # years need no holidays


@pytest.mark.parametrize("period", periods.ALL, ids=lambda period: period.parameter.name)
def test_the_number_of_the_day_that_sets_it_off_counts(period: periods.Period) -> None:
    number = period.parameter.default + 1
    rows = [row(period.parameter.name, str(number))]
    assert period.last_day(CHANGE - DAY, rows) == period.last_day(CHANGE - DAY)
    assert period.last_day(CHANGE, rows) == periods.add(CHANGE, number, period.unit)
    assert period.last_day(CHANGE, rows) > period.last_day(CHANGE)


def test_each_period_is_declared_once_in_its_own_unit() -> None:
    names = [period.parameter.name for period in periods.ALL]
    assert len(names) == len(set(names))
    for period in periods.ALL:
        assert period.parameter.name.endswith(f"_{period.unit}")
    with_days = [p for p in periods.ALL if p.unit is Unit.DAYS]
    assert all(not p.parameter.name.endswith("_working_days") for p in with_days)


@pytest.mark.parametrize("period", periods.ALL, ids=lambda period: period.parameter.name)
def test_no_number_that_a_city_may_set_leaves_the_calendar(period: periods.Period) -> None:
    """A century at most; working days end where the holidays are not known, in words."""
    most = {Unit.DAYS: 36_500, Unit.WORKING_DAYS: 36_500, Unit.MONTHS: 1_200, Unit.YEARS: 100}[period.unit]
    with pytest.raises(WrongParameter):
        check(period.parameter.name, str(most + 1))
    check(period.parameter.name, str(most))
    rows = [row(period.parameter.name, str(most))]
    if period.unit is Unit.WORKING_DAYS:
        with pytest.raises(HolidaysUnknown):
            period.last_day(CHANGE, rows)
    else:
        assert abs(period.last_day(CHANGE, rows).year - (CHANGE.year + 100)) <= 1


def test_nothing_is_added_from_every_unit() -> None:
    for unit in Unit:
        assert periods.add(CHANGE, 0, unit) == CHANGE
    assert periods.add(date(2024, 2, 29), 1, Unit.YEARS) == date(2025, 2, 28)
    assert periods.add(date(2026, 1, 31), 1, Unit.MONTHS) == date(2026, 2, 28)


def test_renewal_from_every_last_day() -> None:
    for end in EVERY_DAY:
        days = d.renewal(lease(date(2015, 1, 1), end))
        assert days.apply_by == month_later(end, -3)
        assert days.remind_on == month_later(end, -3) - 30 * DAY


def test_renewal_goes_by_the_first_day_of_the_term() -> None:
    rows = [row("renewal_notice_months", "4"), row("renewal_reminder_days", "10")]
    signed_before, signed_after = lease(CHANGE - DAY, date(2028, 5, 31)), lease(CHANGE, date(2028, 5, 31))
    assert d.renewal(signed_before, rows) == d.renewal(signed_before)
    assert d.renewal(signed_after, iter(rows)).apply_by == date(2028, 1, 31)
    assert d.renewal(signed_after, rows).remind_on == date(2028, 1, 21)
    assert d.state_of_lease(signed_before, date(2028, 1, 29), rows) is leases.LeaseState.RUNNING
    assert d.state_of_lease(signed_before, date(2028, 1, 30), rows) is leases.LeaseState.EXPIRING
    assert d.state_of_lease(signed_after, date(2028, 1, 20), iter(rows)) is leases.LeaseState.RUNNING
    assert d.state_of_lease(signed_after, date(2028, 1, 21), rows) is leases.LeaseState.EXPIRING


def test_long_leases_and_long_waits_are_warned_of() -> None:
    start = date(2026, 1, 1)
    assert not d.is_lease_too_long(start, date(2030, 12, 31))
    assert d.is_lease_too_long(start, date(2031, 1, 1))
    assert d.is_lease_too_long(CHANGE, date(2029, 6, 1), [row("lease_max_years", "3")])
    assert not d.is_lease_too_long(CHANGE - DAY, date(2029, 6, 1), [row("lease_max_years", "3")])
    assert not d.is_waiting_too_long(start, date(2031, 1, 1))
    assert d.is_waiting_too_long(start, date(2031, 1, 2))


def test_the_day_of_a_deadline_is_the_estates() -> None:
    """Told at 23:59 on Friday at the estate, 15:59 UTC; a minute later it is Saturday."""
    friday, saturday = (
        local_day(datetime(2026, 3, 6, hour, minute, tzinfo=UTC)) for hour, minute in ((15, 59), (16, 0))
    )
    assert (friday, saturday) == (date(2026, 3, 6), date(2026, 3, 7))
    assert d.hearing_request_by(friday) == d.hearing_request_by(saturday) == date(2026, 3, 13)
    returned = local_day(datetime(2024, 2, 28, 16, 0, tzinfo=UTC))
    assert d.ban(returned).last_day == date(2029, 2, 28)


def test_an_idle_run_is_no_period() -> None:
    """Its number is that of the day it is judged on (ADR 0014), so it may not be asked for by its first day."""
    assert all(period.parameter is not IDLE_MONTHS for period in periods.ALL)
