"""Overdue: flagged on the first day with signs after the last day of right, and not before."""

from datetime import date, timedelta

import pytest

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


def test_a_home_given_back_is_watched_only_while_it_is_used() -> None:
    contract = lease(end=END, ended=END - 10 * DAY)
    assert stage_on(END + DAY, contract, [END - 10 * DAY]) is Stage.NONE
    assert stage_on(END + DAY, contract, [END - 9 * DAY]) is Stage.SUSPECTED  # the keys were kept


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
