"""Idle homes: the term on the right day, whatever the calendar, the absences and the readers do."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing.leases import add_months
from housing.parameters import ParameterRow
from housing.registry.rows import AbsenceRow, LeaseRow
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


def test_rows_split_at_a_renewal_begin_no_new_run() -> None:
    """Last in on day 20; the household's rows and its lease are split on day 90."""
    first, renewed = date(2026, 1, 1), date(2026, 1, 1) + 90 * DAY
    leases = [lease(start=first, end=renewed - DAY), lease(start=renewed)]
    whole = registry(leases=leases, since=first)
    split = registry(leases=leases, since=first, renewed=renewed)
    last, term = first + 20 * DAY, date(2026, 7, 22)
    for known in (whole, split):
        stages = [stage_on(day, last, known=known, observed_from=first) for day in (term - DAY, term)]
        assert stages == [Stage.WATCH, Stage.SUSPECTED]


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


def test_exactly_a_tenth_unknown_is_no_more_than_a_tenth() -> None:
    down = span(date(2026, 3, 1), date(2026, 3, 22))  # 21 days
    passed = {210: Stage.SUSPECTED, 209: Stage.WATCH}
    for days_, stage in passed.items():
        assert stage_on(date(2026, 2, 1) + days_ * DAY, date(2026, 1, 31), unseen=down) is stage


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


def test_a_renewed_lease_goes_on_and_a_new_tenant_begins_anew() -> None:
    first = lease(end=date(2026, 4, 30))
    same, other = (lease(start=date(2026, 5, 1), tenant=tenant) for tenant in ("p0", "p7"))
    late = lease(start=date(2026, 5, 3))
    for second, begun in ((same, date(2026, 2, 1)), (other, date(2026, 5, 1)), (late, date(2026, 5, 3))):
        case = view(registry(leases=[first, second]), today=date(2026, 8, 1), last_entry=date(2026, 1, 31))
        assert days.day_of(idle_runs(case).start[0]) == begun


def test_a_household_that_moved_in_begins_anew() -> None:
    moved = registry(since=date(2026, 4, 1))
    assert stage_on(date(2026, 9, 30), date(2026, 1, 31), known=moved) is Stage.WATCH
    assert stage_on(date(2026, 10, 1), date(2026, 1, 31), known=moved) is Stage.SUSPECTED


def test_no_accusation_in_a_relocation_period() -> None:
    leaving = registry(leases=[lease(end=date(2026, 9, 30), relocation_until=date(2026, 12, 31))])
    assert stage_on(date(2026, 9, 30), date(2026, 1, 31), known=leaving) is Stage.SUSPECTED
    assert stage_on(date(2026, 10, 1), date(2026, 1, 31), known=leaving) is Stage.NONE


@pytest.mark.parametrize("today", [date(2026, 8, 1), date(2026, 10, 20)])
def test_an_entry_ends_it_the_same_evening(today: date) -> None:
    assert stage_on(today, date(2026, 1, 31)) is Stage.SUSPECTED
    assert stage_on(today, today) is Stage.NONE


TERM, LAST = date(2026, 8, 1), date(2026, 1, 31)
WEEKLY, MONTHLY = span(LAST, TERM)[::7], span(LAST, TERM)[::30]


@pytest.mark.parametrize(
    "column", ["exits", "passes", "rung_in", "unknown_entries", "mismatches", "vehicle_entries", "water_m3"]
)
def test_signs_of_life_every_week_ask_for_care_instead(column: str) -> None:
    for seen, stage in ((WEEKLY, Stage.WATCH), (MONTHLY, Stage.SUSPECTED)):
        case = view(today=TERM, last_entry=LAST, columns={column: dict.fromkeys(seen, 1)}, window=200)
        found = verdict(RULE, case)
        assert found is not None
        assert found.stage is stage
        assert ("vacancy.lived_in" in reasons(found)) == (stage is Stage.WATCH)
        assert len(found.counter_evidence) >= 1


def test_signs_of_life_on_days_that_do_not_count_say_nothing() -> None:
    both = view(
        registry(absences=[away(day, day + DAY) for day in WEEKLY]), today=TERM + 40 * DAY, last_entry=LAST,
        columns={"passes": dict.fromkeys(WEEKLY, 1)}, window=240,
    )  # fmt: skip
    found = verdict(RULE, both)
    assert found is not None
    assert found.stage is Stage.SUSPECTED


def test_meters_that_stood_still_are_a_second_kind_of_evidence() -> None:
    run = span(LAST + DAY, TERM + DAY)
    still = view(today=TERM, last_entry=LAST, columns={"electricity_kwh": dict.fromkeys(run, 0.4)}, window=200)
    seldom = view(today=TERM, last_entry=LAST, columns={"water_m3": dict.fromkeys(run[::3], 0.0)}, window=200)
    one_bath = {"water_m3": {**dict.fromkeys(run, 0.0), run[5]: 0.2}}
    used = view(today=TERM, last_entry=LAST, columns=one_bath, window=200)
    stages = {}
    for name, case in (("still", still), ("seldom", seldom), ("used", used)):
        found = verdict(RULE, case)
        assert found is not None
        stages[name] = found.stage, {r.kind for r in found.evidence}, found.probability
        assert ("vacancy.meters_used" in reasons(found)) == (name == "used")
    assert stages["still"][0] is Stage.TO_VERIFY
    assert "vacancy.meters_still" in stages["still"][1]
    assert stages["seldom"][0] is stages["used"][0] is Stage.SUSPECTED
    assert stages["still"][2] > stages["used"][2]


def test_a_boiler_left_on_is_no_life_where_no_water_runs() -> None:
    run = span(LAST + DAY, TERM + DAY)
    power = {"electricity_kwh": dict.fromkeys(run, 2.5)}
    unread = verdict(RULE, view(today=TERM, last_entry=LAST, columns=power, window=200))
    dry = verdict(
        RULE, view(today=TERM, last_entry=LAST, columns={**power, "water_m3": dict.fromkeys(run, 0.0)}, window=200)
    )
    assert unread is not None
    assert dry is not None
    assert (unread.stage, dry.stage) == (Stage.WATCH, Stage.TO_VERIFY)


def test_the_term_names_the_months_that_were_in_force() -> None:
    rows = [
        ParameterRow("idle_months", date(2020, 1, 1), "3", "x"),
        ParameterRow("idle_months", date(2026, 6, 1), "9", "x"),
    ]
    found = verdict(RULE, view(today=date(2026, 7, 1), last_entry=LAST, values=rows))
    assert found is not None
    assert found.evidence[1].values == {"months": 3, "paused": 0}


def slow_stage(
    today: date, leases: list[LeaseRow], met: set[date], absent: set[date], unseen: set[date], observed: date
) -> tuple[Stage, date]:
    """The rule as the law words it, day by day; `met`: entries, and visits that met the household."""
    begun = [row for row in leases if row.start <= today]
    if not begun or today > min(begun[-1].end, begun[-1].ended or begun[-1].end):
        return Stage.NONE, today
    start = begun[-1].start
    for earlier in reversed(begun[:-1]):
        last_right = min(earlier.end, earlier.ended or earlier.end)
        if earlier.tenant != begun[-1].tenant or last_right + DAY < start:
            break
        start = earlier.start
    start = max(start, observed, *(day + DAY for day in met if day <= today))
    day, reached = start, False
    while day <= today:
        paused = sum(start <= other < day for other in absent | unseen)
        reached = reached or add_months(start, 6) + paused * DAY <= day
        day += DAY
    passed, blind = (today - start).days, sum(start <= other < today for other in unseen)
    counted = passed - sum(start <= other < today for other in absent | unseen)
    if not reached:
        return Stage.WATCH if counted >= 30 else Stage.NONE, start
    return Stage.WATCH if 10 * blind > passed else Stage.SUSPECTED, start


moments = st.integers(0, 620).map(lambda n: LEASED + n * DAY)
spans = st.tuples(moments, st.integers(1, 70)).map(lambda s: set(span(s[0], s[0] + s[1] * DAY)))


@st.composite
def contracts(draw: st.DrawFn) -> list[LeaseRow]:
    """One lease after another: renewed, with a gap, given back early, or by another tenant."""
    rows: list[LeaseRow] = []
    start = LEASED + draw(st.integers(-400, 300)) * DAY
    for _ in range(draw(st.integers(1, 3))):
        end = start + draw(st.sampled_from([90, 200, 365, 900])) * DAY
        ended = draw(st.none() | st.integers(0, 300).map(lambda n, s=start: s + n * DAY))  # type: ignore[misc]
        rows.append(lease(start=start, end=end, tenant=draw(st.sampled_from(["p0", "p0", "p7"])), ended=ended))
        start = min(end, ended or end) + draw(st.sampled_from([1, 1, 2, 40])) * DAY
    return rows


@settings(deadline=None)
@given(
    moments, contracts(), st.lists(moments, max_size=2), st.lists(moments, max_size=1), st.lists(spans, max_size=3),
    st.lists(spans, max_size=2), moments,
)  # fmt: skip
def test_the_rule_is_the_loop(
    today: date, leases: list[LeaseRow], entries: list[date], visits: list[date], away_days: list[set[date]],
    down: list[set[date]], observed: date,
) -> None:  # fmt: skip
    absent, unseen = set().union(*away_days), set().union(*down)
    rows = [away(min(days_), max(days_) + DAY) for days_ in away_days]
    for n in range(0, len(rows), 2):  # a whole household, or each of its members
        rows[n : n + 1] = [replace_person(rows[n], person) for person in ("p0", "p1")]
    known = registry(
        leases=leases, absences=rows, visits=[visit(day, "household_met") for day in visits], since=date(2020, 1, 1)
    )
    entered = [day for day in entries if day <= today]
    _, start = slow_stage(today, leases, {*entered, *visits}, absent, unseen, observed)
    near = add_months(start, 6) + sum(start <= day <= today for day in absent | unseen) * DAY
    for evening in {today, near - DAY, near, near + DAY, start + 30 * DAY}:
        expected, begun = slow_stage(evening, leases, {*entered, *visits}, absent, unseen, observed)
        last = max((day for day in entered if day <= evening), default=None)
        case = view(known, today=evening, last_entry=last, unseen=sorted(unseen), observed_from=observed, window=3)
        found = verdict(RULE, case)
        assert (Stage.NONE if found is None else found.stage) is expected, evening
        if expected is not Stage.NONE:
            assert days.day_of(idle_runs(case).start[0]) == begun


def replace_person(row: AbsenceRow, person: str) -> AbsenceRow:
    return AbsenceRow(row.home, person, row.from_day, row.until_day, row.kind, row.approved)


def test_no_homes() -> None:
    case = view(today=LEASED + 300 * DAY)
    assert len(RULE.evaluate(case)) == 1
