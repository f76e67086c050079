"""The weekly budget of accusations: the likeliest first, nothing lost, and nothing held whose silence costs rights."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import CHINA, US_PER_DAY, day_start_us, from_us
from housing.parameters import ParameterRow
from occupancy import alerts, days
from occupancy.alerts import Alert, within_budget
from occupancy.discovery import ACCUSING
from occupancy.findings import Finding, Step
from occupancy.rules import RULES, sublet
from occupancy.rules.base import Stage, Values

NOW_US = day_start_us(date(2026, 3, 4)) + 10 * 3_600_000_000  # a Wednesday morning
some = st.lists(  # number, probability, days since first suspected
    st.tuples(st.integers(0, 99), st.sampled_from([0.91, 0.95, 0.99]), st.integers(0, 40)),
    unique_by=lambda row: row[0],
    max_size=12,
)
ACCUSERS = {kind: replace(sublet.RULE, kind=kind) for kind in ACCUSING}


def finding(n: int, probability: float = 0.96, known_days: float = 1, kind: str = "sublet") -> Finding:
    on = date(2026, 3, 1)
    return Finding(
        finding=f"f{n:03}", estate="e1", home=f"h{n:03}", kind=kind, stage="suspected",
        stages=(Step("suspected", on, probability),), flagged_on=on, onset=on, onset_low=on, onset_high=on,
        probability=probability, evidence=(), counter_evidence=(), legal_basis="law",
        first_known_us=NOW_US - int(known_days * US_PER_DAY), updated_us=NOW_US,
    )  # fmt: skip


def city(budget: int, reminders: str = "30,90,150", since: date = date(2020, 1, 1)) -> Values:
    """The parameters of a city that set both."""
    return Values([
        ParameterRow("alert_budget_week", date(2020, 1, 1), str(budget), "x"),
        ParameterRow("clock_718_reminder_days", since, reminders, "x"),
    ])  # fmt: skip


def opened(waiting: list[Finding], *, opened: int = 0, budget: int = 3) -> list[str]:
    found = within_budget({**RULES, **ACCUSERS}, waiting, opened=opened, values=city(budget), now_us=NOW_US)
    assert all((alert.opened_us, alert.closed_us, alert.urgent) == (NOW_US, None, False) for alert in found)
    return [alert.finding for alert in found]


def test_the_likeliest_come_first_while_the_week_lasts() -> None:
    waiting = [finding(n, 0.95 + n / 100) for n in range(5)]
    assert opened(waiting) == ["f004", "f003", "f002"]
    assert opened(waiting, opened=2) == ["f004"]
    assert opened(waiting, opened=7) == []
    assert opened(waiting, budget=0) == []
    assert opened([]) == []


@given(some.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), st.integers(0, 6), st.integers(0, 6))
def test_order_does_not_matter_and_a_larger_budget_opens_no_fewer(
    drawn: tuple[list[tuple[int, float, int]], list[tuple[int, float, int]]], already: int, budget: int
) -> None:
    rows, shuffled = ([finding(*row) for row in part] for part in drawn)
    found = opened(rows, opened=already, budget=budget)
    assert sorted(found) == sorted(opened(shuffled, opened=already, budget=budget))
    assert set(found) <= set(opened(rows, opened=already, budget=budget + 1))
    due = {row.finding for row in rows if days.number_at(NOW_US) >= alerts.waits_until(row, city(0))}
    assert due <= set(found)
    assert len(set(found) - due) <= max(budget - already, 0)


def test_weeks_carry_on_until_everybody_had_an_alert() -> None:
    waiting, weeks = {f"f{n:03}": finding(n, 0.91 + n / 200) for n in range(10)}, []
    while waiting:
        weeks.append(opened(list(waiting.values()), budget=4))
        for name in weeks[-1]:
            del waiting[name]
    assert [len(week) for week in weeks] == [4, 4, 2]


def test_a_clock_that_runs_lets_through_whatever_the_budget() -> None:
    waiting = [finding(0, 0.999), finding(1, 0.91, known_days=29), finding(2, 0.91, known_days=30)]
    assert opened(waiting, budget=0) == ["f002"]
    assert opened(waiting, budget=2) == ["f002", "f000"]  # it counts to the week
    today = from_us(NOW_US).astimezone(CHINA).date()
    sooner = city(0, "5", today)  # a clock keeps the numbers of the day it started on
    assert [row.finding for row in within_budget(RULES, waiting, opened=0, values=sooner, now_us=NOW_US)] == ["f002"]
    for late in (city(0, "31"), city(0, "400")):
        assert [row.finding for row in within_budget(RULES, waiting, opened=0, values=late, now_us=NOW_US)] == ["f002"]


@pytest.mark.parametrize("kind", sorted(ACCUSING))
def test_an_accusation_waits_in_the_evenings_own_step(kind: str) -> None:
    one = finding(1, kind=kind)
    assert alerts.follow(ACCUSERS[kind], {}, [one], NOW_US) == []
    (alert,) = within_budget(ACCUSERS, [one], opened=0, values=city(1), now_us=NOW_US)
    closed = msgspec.structs.replace(alert, closed_us=NOW_US)
    (again,) = alerts.follow(ACCUSERS[kind], {one.finding: closed}, [one], NOW_US + 5)
    assert (again.alert, again.opened_us, again.closed_us) == (alert.alert, alert.opened_us, None)  # known: no wait


@pytest.mark.parametrize("kind", sorted(RULES.keys() - ACCUSING))
def test_everything_else_opens_at_once(kind: str) -> None:
    """Welfare, and what a calendar decides: overdue starts clock 734 on its first day."""
    (alert,) = alerts.follow(RULES[kind], {}, [finding(1, kind=kind)], NOW_US)
    assert isinstance(alert, Alert)
    assert alert.urgent == (kind == "welfare")


def test_an_accusation_is_never_alerted_before_it_is_suspected() -> None:
    eager = replace(sublet.RULE, alert_from=Stage.WATCH)
    watched = msgspec.structs.replace(finding(1), stage="watch")
    assert not alerts.deserves_alert(eager, watched)
    assert within_budget({"sublet": eager}, [watched], opened=0, values=city(9), now_us=NOW_US) == []
    assert within_budget({}, [finding(1)], opened=0, values=city(9), now_us=NOW_US) == []


@given(st.integers(day_start_us(date(2020, 1, 1)), day_start_us(date(2035, 1, 1))))
def test_a_week_begins_on_monday_at_the_estate(now_us: int) -> None:
    start = from_us(alerts.week_start_us(now_us)).astimezone(CHINA)
    now = from_us(now_us).astimezone(CHINA)
    monday = date.fromisocalendar(*now.isocalendar()[:2], 1)
    assert start == datetime(monday.year, monday.month, monday.day, tzinfo=CHINA)
    assert timedelta(0) <= now - start < timedelta(days=7)
