"""Idle homes: the term on the right day, whatever the calendar, the absences and the readers do."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing.leases import add_months
from housing.parameters import ParameterRow
from housing.registry.rows import AbsenceRow
from occupancy import days
from occupancy.rules.base import Stage
from occupancy.rules.vacancy import RULE, idle_runs
from tests.unit.occupancy_cases import LEASED, TODAY, away, lease, reasons, registry, span, verdict, view, visit

DAY = timedelta(days=1)


def stage_on(today: date, last: date, **case: object) -> Stage:
    found = verdict(RULE, view(today=today, last_entry=last, **case))  # type: ignore[arg-type]
    return Stage.NONE if found is None else found.stage


@pytest.mark.parametrize(
    ("last", "term"),
    [
        (date(2026, 1, 31), date(2026, 8, 1)),
        (date(2025, 12, 31), date(2026, 7, 1)),
        (date(2026, 8, 30), date(2027, 2, 28)),  # no 31 February: the month's last day (Civil Code 202)
        (date(2027, 8, 30), date(2028, 2, 29)),
        (date(2026, 2, 28), date(2026, 9, 1)),
        (date(2028, 2, 28), date(2028, 8, 29)),
        (date(2026, 3, 14), date(2026, 9, 15)),
    ],
)
def test_six_months_and_not_a_day_less(last: date, term: date) -> None:
    assert stage_on(term - DAY, last) is Stage.WATCH
    assert stage_on(term, last) is Stage.SUSPECTED


def test_early_tiers_ask_for_a_visit_only() -> None:
    last = date(2026, 6, 1)
    assert stage_on(last + 30 * DAY, last) is Stage.NONE  # the run began the day after: 29 days
    for passed in (31, 91, 180):
        found = verdict(RULE, view(today=last + passed * DAY, last_entry=last))
        assert found is not None
        assert found.stage is Stage.WATCH
        assert "vacancy.ask_visit" in reasons(found)


def test_an_approved_absence_moves_the_term_by_its_days() -> None:
    last = date(2026, 1, 31)
    gone = registry(absences=[away(date(2026, 3, 1), date(2026, 3, 11))])
    assert stage_on(date(2026, 8, 10), last, known=gone) is Stage.WATCH
    assert stage_on(date(2026, 8, 11), last, known=gone) is Stage.SUSPECTED


def test_an_absence_that_was_not_approved_moves_nothing() -> None:
    gone = registry(absences=[away(date(2026, 3, 1), date(2026, 5, 1), approved=False)])
    assert stage_on(date(2026, 8, 1), date(2026, 1, 31), known=gone) is Stage.SUSPECTED


def test_one_member_away_excuses_nobody_else_but_everybody_away_does() -> None:
    one = [away(date(2026, 3, 1), date(2026, 4, 1), "p0")]
    both = [*one, away(date(2026, 3, 11), date(2026, 3, 21), "p1")]
    term = date(2026, 8, 1)
    assert stage_on(term, date(2026, 1, 31), known=registry(absences=one)) is Stage.SUSPECTED
    assert stage_on(term + 9 * DAY, date(2026, 1, 31), known=registry(absences=both)) is Stage.WATCH
    assert stage_on(term + 10 * DAY, date(2026, 1, 31), known=registry(absences=both)) is Stage.SUSPECTED


def test_days_without_readers_move_the_term_and_many_cap_the_stage() -> None:
    last, down = date(2026, 1, 31), span(date(2026, 3, 1), date(2026, 3, 6))
    assert stage_on(date(2026, 8, 5), last, unseen=down) is Stage.WATCH
    assert stage_on(date(2026, 8, 6), last, unseen=down) is Stage.SUSPECTED
    long = span(date(2026, 3, 1), date(2026, 3, 25))
    found = verdict(RULE, view(today=date(2026, 9, 15), last_entry=last, unseen=long))
    assert found is not None
    assert found.stage is Stage.WATCH  # 24 of 226 days: more than a tenth
    assert "vacancy.unseen" in reasons(found)


def test_days_both_away_and_unseen_count_once() -> None:
    gone = registry(absences=[away(date(2026, 3, 1), date(2026, 3, 6))])
    down = span(date(2026, 3, 1), date(2026, 3, 6))
    assert stage_on(date(2026, 8, 6), date(2026, 1, 31), known=gone, unseen=down) is Stage.SUSPECTED


def test_a_visit_that_met_the_household_begins_the_run_anew() -> None:
    met = registry(visits=[visit(date(2026, 5, 10), "household_met")])
    assert stage_on(date(2026, 11, 10), date(2026, 1, 31), known=met) is Stage.WATCH
    assert stage_on(date(2026, 11, 11), date(2026, 1, 31), known=met) is Stage.SUSPECTED


def test_a_visit_that_met_nobody_is_a_second_kind_of_evidence() -> None:
    before = registry(visits=[visit(date(2026, 1, 30), "nobody")])
    within = registry(visits=[visit(date(2026, 6, 1), "nobody")])
    assert stage_on(date(2026, 8, 1), date(2026, 1, 31), known=before) is Stage.SUSPECTED
    assert stage_on(date(2026, 8, 1), date(2026, 1, 31), known=within) is Stage.TO_VERIFY
    assert stage_on(date(2026, 7, 31), date(2026, 1, 31), known=within) is Stage.WATCH


def test_a_run_begins_with_the_lease_or_with_observation() -> None:
    fresh = registry(leases=[lease(start=date(2026, 5, 1))])
    assert stage_on(date(2026, 10, 31), date(2025, 2, 1), known=fresh) is Stage.WATCH
    assert stage_on(date(2026, 11, 1), date(2025, 2, 1), known=fresh) is Stage.SUSPECTED
    case = view(today=date(2026, 8, 15), observed_from=date(2026, 2, 16))
    assert verdict(RULE, case) is not None
    assert days.day_of(idle_runs(case).start[0]) == date(2026, 2, 16)


@pytest.mark.parametrize(
    "known",
    [
        registry(leases=[]),
        registry(state="repair"),
        registry(leases=[lease(end=date(2026, 10, 1))]),  # expired: the overdue rule's
        registry(leases=[lease(ended=date(2026, 10, 1))]),
        registry(leases=[lease(start=date(2027, 1, 1))]),
    ],
)
def test_only_running_leases_of_let_homes_are_judged(known: object) -> None:
    assert stage_on(TODAY, date(2026, 1, 1), known=known) is Stage.NONE


def test_a_changed_parameter_never_judges_the_past_anew() -> None:
    longer = [
        ParameterRow("idle_months", date(2020, 1, 1), "3", "x"),
        ParameterRow("idle_months", date(2026, 6, 1), "9", "x"),
    ]
    last = date(2026, 1, 31)
    assert stage_on(date(2026, 5, 1), last, values=longer) is Stage.SUSPECTED
    assert stage_on(date(2026, 6, 2), last, values=longer) is Stage.SUSPECTED  # reached under the rule of its day
    late = date(2026, 3, 2)
    assert stage_on(date(2026, 6, 2), late, values=longer) is Stage.WATCH  # three months had not passed by then
    assert stage_on(date(2026, 12, 3), late, values=longer) is Stage.SUSPECTED


def test_what_speaks_against_it_is_said() -> None:
    case = view(
        today=date(2026, 8, 1), last_entry=date(2026, 1, 31),
        columns={"exits": {date(2026, 7, 1): 1}, "passes": {date(2026, 7, 2): 1},
                 "vehicle_entries": {date(2026, 7, 2): 1}},
    )  # fmt: skip
    found = verdict(RULE, case)
    assert found is not None
    assert {reason.kind for reason in found.counter_evidence} == {
        "vacancy.exit_seen", "vacancy.others_seen", "vacancy.vehicles",
    }  # fmt: skip
    assert found.onset == found.onset_low == date(2026, 2, 1)
    assert found.onset_high == date(2026, 2, 3)
    assert found.legal_basis == "Order 11 Art. 27(5)"


def slow_term(start: date, paused: set[date]) -> date:
    """Day by day: the first on which six months and every paused day have passed."""
    day = start
    while day < add_months(start, 6) + timedelta(sum(start <= p < day for p in paused)):
        day += DAY
    return day


moments = st.integers(0, 500).map(lambda n: date(2025, 6, 1) + n * DAY)
spans = st.tuples(moments, st.integers(1, 60)).map(lambda s: (s[0], s[0] + s[1] * DAY))


@given(moments, st.lists(spans, max_size=4), st.lists(spans, max_size=3), st.integers(-3, 3))
def test_the_term_is_the_loops(
    last: date, absent: list[tuple[date, date]], down: list[tuple[date, date]], off: int
) -> None:
    rows: list[AbsenceRow] = [away(*pair) for pair in absent]
    unseen = {day for pair in down for day in span(*pair)}
    paused = unseen | {day for pair in absent for day in span(*pair)}
    term = slow_term(last + DAY, paused)
    today = term + off * DAY
    runs = idle_runs(view(registry(absences=rows), today=today, last_entry=last, unseen=sorted(unseen)))
    assert bool(runs.reached[0]) == (off >= 0)
    assert days.day_of(runs.start[0]) == last + DAY
    assert runs.paused[0] == sum(last < day < today for day in paused)


def test_no_homes() -> None:
    case = view(today=LEASED + 300 * DAY)
    assert len(RULE.evaluate(case)) == 1
