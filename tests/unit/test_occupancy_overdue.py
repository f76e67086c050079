"""Overdue: flagged on the first day with signs after the last day of right, and not before."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing.registry.rows import LeaseRow
from occupancy.rules.base import Stage
from occupancy.rules.overdue import RULE
from tests.unit.occupancy_cases import lease, reasons, registry, span, verdict, view, visit

END = date(2026, 9, 30)
DAY = timedelta(days=1)


def stage_on(today: date, contract: LeaseRow, seen: list[date], **case: object) -> Stage:
    found = verdict(RULE, view(registry(leases=[contract]), today=today, seen=seen, **case))  # type: ignore[arg-type]
    return Stage.NONE if found is None else found.stage


def test_from_the_first_sign_after_the_end() -> None:
    seen = span(END - 30 * DAY, END + 1 * DAY)  # every day, the last day of the term too
    assert stage_on(END, lease(end=END), seen) is Stage.NONE
    assert stage_on(END + DAY, lease(end=END), seen) is Stage.WATCH  # nobody was seen since
    assert stage_on(END + DAY, lease(end=END), [*seen, END + DAY]) is Stage.SUSPECTED


def test_a_relocation_period_moves_the_day_and_the_basis() -> None:
    contract = lease(end=END, relocation_until=END + 60 * DAY)
    seen = span(END, END + 70 * DAY)
    assert stage_on(END + 60 * DAY, contract, seen) is Stage.NONE
    found = verdict(RULE, view(registry(leases=[contract]), today=END + 61 * DAY, seen=seen))
    assert found is not None
    assert (found.stage, found.legal_basis) == (Stage.SUSPECTED, "Order 11 Art. 31")
    assert found.onset == END + 61 * DAY


def test_a_home_given_back_is_spoken_of_only_while_it_is_used() -> None:
    contract = lease(end=END, ended=END - 10 * DAY)
    assert stage_on(END + DAY, contract, [END - 10 * DAY]) is Stage.NONE
    assert stage_on(END + DAY, contract, [END - 9 * DAY]) is Stage.SUSPECTED  # the keys were kept


def test_a_return_is_believed_after_four_weeks_without_signs() -> None:
    """One passage a week after the return; and one nine weeks after it, which counts from its own day."""
    contract, seen = lease(end=END, ended=END - 10 * DAY), [END - 3 * DAY]
    assert stage_on(END + 24 * DAY, contract, seen) is Stage.SUSPECTED
    assert stage_on(END + 25 * DAY, contract, seen) is Stage.NONE
    again = [*seen, END + 50 * DAY]
    found = verdict(RULE, view(registry(leases=[contract]), today=END + 50 * DAY, seen=again))
    assert found is not None
    assert found.stage is Stage.SUSPECTED
    assert "overdue.returned" in reasons(found)
    (signs,) = (reason for reason in found.evidence if reason.kind == "overdue.signs")
    assert signs.values["days"] == 1
    met = registry(leases=[contract], visits=[visit(END - 3 * DAY, "household_met")])
    assert verdict(RULE, view(met, today=END + 24 * DAY)) is not None
    assert verdict(RULE, view(met, today=END + 25 * DAY)) is None


def test_an_end_that_is_no_return_is_never_believed_to_be_one() -> None:
    refused = lease(end=END, ended=END - 40 * DAY, relocation_until=END)  # refused, and stayed on by right
    found = verdict(RULE, view(registry(leases=[refused]), today=END + 60 * DAY, seen=[END + DAY]))
    assert found is not None
    assert "overdue.returned" not in reasons(found)


@pytest.mark.parametrize("reason", ["承租人死亡", "去世", "Death of the tenant", "deceased"])
def test_those_who_lived_with_a_tenant_who_died_may_stay_for_the_term(reason: str) -> None:
    """Civil Code 732, L10: to the end of the term, not beyond it."""
    died = END - 60 * DAY
    contract, seen = lease(end=END, ended=died, reason=reason), span(died, END + 10 * DAY)
    found = verdict(RULE, view(registry(leases=[contract]), today=END, seen=seen))
    assert found is not None
    assert found.stage is Stage.WATCH
    assert "overdue.survivors" in reasons(found)
    assert not {"overdue.objection_due", "overdue.returned"} & reasons(found)
    assert stage_on(END + DAY, contract, span(died, END + DAY)) is Stage.WATCH  # nobody was seen since the term
    after = verdict(RULE, view(registry(leases=[contract]), today=END + DAY, seen=seen))
    assert after is not None
    assert (after.stage, after.onset) == (Stage.SUSPECTED, END + DAY)
    assert "overdue.survivors" not in reasons(after)


def test_nobody_lived_with_them() -> None:
    died = END - 60 * DAY
    alone = registry(leases=[lease(end=END, ended=died, reason="死亡")], members=1)
    found = verdict(RULE, view(alone, today=END - 50 * DAY, seen=[END - 55 * DAY]))
    assert found is not None
    assert found.stage is Stage.SUSPECTED
    moved = stage_on(END - 50 * DAY, lease(end=END, ended=died, reason="搬离"), [END - 55 * DAY])
    assert moved is Stage.SUSPECTED


def test_a_relocation_period_counts_beyond_an_end_that_was_recorded() -> None:
    refused = lease(end=END, ended=END - 5 * DAY, relocation_until=END + 30 * DAY)
    seen = span(END - 20 * DAY, END + 40 * DAY)
    assert stage_on(END + 30 * DAY, refused, seen) is Stage.NONE
    assert stage_on(END + 31 * DAY, refused, seen) is Stage.SUSPECTED


def test_what_the_other_side_would_say_is_said() -> None:
    elsewhere = {"elsewhere": {END + 2 * DAY: 1}}
    case = view(registry(leases=[lease(end=END)]), today=END + 10 * DAY, seen=[END + 2 * DAY], columns=elsewhere)
    found = verdict(RULE, case)
    assert found is not None
    assert {"overdue.seldom", "overdue.not_own_door", "overdue.objection_due"} <= reasons(found)
    often = view(registry(leases=[lease(end=END)]), today=END + 10 * DAY, seen=span(END + DAY, END + 6 * DAY))
    found = verdict(RULE, often)
    assert found is not None
    assert not {"overdue.seldom", "overdue.not_own_door"} & reasons(found)


def test_an_objection_stops_the_clock_and_not_the_finding() -> None:
    contract = lease(end=END, objection_734_served=END + 3 * DAY)
    found = verdict(RULE, view(registry(leases=[contract]), today=END + 10 * DAY, seen=[END + 2 * DAY]))
    assert found is not None
    assert found.stage is Stage.SUSPECTED
    assert "overdue.objected" in reasons(found)
    assert "overdue.objection_due" not in reasons(found)


def test_a_visit_that_met_them_is_a_sign_too() -> None:
    met = registry(leases=[lease(end=END)], visits=[visit(END + 4 * DAY, "household_met")])
    found = verdict(RULE, view(met, today=END + 4 * DAY))
    assert found is not None
    assert (found.stage, found.onset, found.onset_high) == (Stage.SUSPECTED, END + DAY, END + 4 * DAY)
    assert verdict(RULE, view(met, today=END + 3 * DAY)).stage is Stage.WATCH  # type: ignore[union-attr]


def test_a_renewal_asked_for_too_late_or_decided_keeps_nothing() -> None:
    late = lease(end=END, renewal_applied=END + DAY)
    assert stage_on(END + 5 * DAY, late, [END + 2 * DAY]) is Stage.SUSPECTED
    refused = lease(end=END, renewal_applied=END - 100 * DAY, relocation_until=END + 30 * DAY)
    assert stage_on(END + 35 * DAY, refused, [END + 33 * DAY]) is Stage.SUSPECTED
    long_ago = lease(end=END, renewal_applied=END - 400 * DAY)
    assert stage_on(END + 5 * DAY, long_ago, [END + 2 * DAY]) is Stage.SUSPECTED


def test_a_renewal_under_way_stays_at_watch() -> None:
    contract = lease(end=END, renewal_applied=END - 100 * DAY)
    found = verdict(RULE, view(registry(leases=[contract]), today=END + 5 * DAY, seen=[END + 2 * DAY]))
    assert found is not None
    assert found.stage is Stage.WATCH
    assert "overdue.renewal" in reasons(found)


def test_a_new_lease_ends_it() -> None:
    both = registry(leases=[lease(end=END), lease(start=END + DAY, end=date(2029, 9, 30))])
    assert verdict(RULE, view(both, today=END + 5 * DAY, seen=[END + 2 * DAY])) is None


@pytest.mark.parametrize(
    ("days_seen", "vehicle", "met", "stage"),
    [
        (1, True, False, Stage.SUSPECTED),  # one day is too little to be firm
        (3, False, False, Stage.SUSPECTED),
        (3, True, False, Stage.TO_VERIFY),
        (3, False, True, Stage.TO_VERIFY),
        (1, True, True, Stage.TO_VERIFY),
    ],
)
def test_two_kinds_of_evidence_to_verify(days_seen: int, vehicle: bool, met: bool, stage: Stage) -> None:
    visits = [visit(END + 4 * DAY, "household_met")] if met else []
    case = view(
        registry(leases=[lease(end=END)], visits=visits), today=END + 10 * DAY,
        seen=span(END + DAY, END + DAY + days_seen * DAY),
        columns={"vehicle_entries": {END + 2 * DAY: 1}} if vehicle else {},
    )  # fmt: skip
    found = verdict(RULE, case)
    assert found is not None
    assert found.stage is stage


def test_somebody_elses_car_is_no_sign_of_the_household() -> None:
    case = view(
        registry(leases=[lease(end=END)]), today=END + 10 * DAY, seen=span(END + DAY, END + 5 * DAY),
        columns={"vehicle_entries": {END + 2 * DAY: 1}, "other_vehicles": {END + 2 * DAY: 1}},
    )  # fmt: skip
    found = verdict(RULE, case)
    assert found is not None
    assert found.stage is Stage.SUSPECTED
    assert "overdue.vehicles" not in reasons(found)


def test_homes_without_a_lease_are_not_judged() -> None:
    assert verdict(RULE, view(registry(leases=[]), seen=[END])) is None


moments = st.integers(-40, 90).map(lambda n: END + n * DAY)
optional = st.none() | moments


@settings(deadline=None, max_examples=60)
@given(optional, optional, optional, st.sets(moments, max_size=5), st.sets(moments, max_size=1), optional)
def test_the_right_day_is_the_loops(
    relocation: date | None, ended: date | None, applied: date | None, seen: set[date], met: set[date],
    following: date | None,
) -> None:  # fmt: skip
    """Every evening by itself: suspected from the first sign after the last day of right, until a new lease begins.

    A return that was recorded is believed after four weeks without a sign.
    """
    last = min(END, ended or END)
    last = max(last, relocation or last)
    rows = [lease(end=END, ended=ended, relocation_until=relocation, renewal_applied=applied)]
    rows += [lease(start=following, end=following + 900 * DAY)] if following else []
    known = registry(leases=rows, visits=[visit(day, "household_met") for day in met])
    asked = applied if applied and applied <= last and not relocation else None
    for evening in span(END - 41 * DAY, END + 92 * DAY):
        believed = ended is not None and ended <= evening - 28 * DAY and not (relocation and relocation >= ended)
        since = max(last, evening - 28 * DAY) if believed else last
        sign = any(since < day <= evening for day in seen | met)
        expected = Stage.NONE
        if last < evening and not (following and following <= evening):
            given_back = ended is not None and ended <= evening
            expected = Stage.WATCH if not given_back else Stage.NONE
            if sign:
                expected = Stage.WATCH if asked and asked <= evening and not given_back else Stage.SUSPECTED
        found = verdict(RULE, view(known, today=evening, seen=sorted(seen), window=140))
        stage = Stage.NONE if found is None else found.stage
        assert (min(stage, Stage.SUSPECTED), evening) == (expected, evening)
