"""Relet overdue: a year from the return, on the first day beyond it, and nobody is accused."""

from datetime import date, timedelta

import pytest

from housing.parameters import ParameterRow
from housing.registry.rows import LeaseRow
from occupancy.rules.base import Stage
from occupancy.rules.relet import RULE
from tests.unit.occupancy_cases import TODAY, lease, reasons, registry, span, verdict, view

DAY = timedelta(days=1)
BACK = TODAY - 366 * DAY
RETURNED = lease(end=BACK + 100 * DAY, ended=BACK)


def said_on(today: date, *rows: LeaseRow, state: str = "vacant", **case: object) -> bool:
    found = verdict(RULE, view(registry(leases=rows, state=state), today=today, **case))  # type: ignore[arg-type]
    assert found is None or found.stage is Stage.SUSPECTED
    return found is not None


def test_the_first_day_beyond_a_year() -> None:
    assert [said_on(TODAY - DAY, RETURNED), said_on(TODAY, RETURNED)] == [False, True]
    found = verdict(RULE, view(registry(leases=[RETURNED], state="vacant")))
    assert found is not None
    assert (found.onset, found.evidence[0].values) == (TODAY, {"day": BACK.isoformat(), "days": 366, "most": 365})


@pytest.mark.parametrize("state", ["vacant", "repair", "reserved", "let"])
def test_whatever_the_ledger_says_of_a_home_that_was_given_back(state: str) -> None:
    assert said_on(TODAY, RETURNED, state=state)
    found = verdict(RULE, view(registry(leases=[RETURNED], state=state)))
    assert found is not None
    assert {r.kind for r in found.counter_evidence} == (
        {f"relet_overdue.{state}"} if state in {"repair", "reserved"} else set()
    )


def test_without_a_recorded_return_the_ledger_must_say_so() -> None:
    over = lease(end=BACK)
    assert said_on(TODAY, over, state="repair")
    assert not said_on(TODAY, over, state="let")  # the overdue rule's
    found = verdict(RULE, view(registry(leases=[over], state="vacant")))
    assert found is not None
    assert "relet_overdue.no_return" in reasons(found)


def test_a_new_lease_ends_it_on_its_first_day() -> None:
    again = lease(start=TODAY)
    assert said_on(TODAY - DAY, lease(end=BACK, ended=BACK - 10 * DAY), again)
    assert not said_on(TODAY, lease(end=BACK, ended=BACK - 10 * DAY), again)


def test_a_home_never_let_or_still_lived_in_is_no_matter_of_this() -> None:
    assert not said_on(TODAY)
    assert not said_on(TODAY, RETURNED, seen=[TODAY - 3 * DAY])
    moved = lease(end=BACK, ended=BACK, relocation_until=BACK + 60 * DAY)
    assert not said_on(TODAY, moved)
    assert said_on(TODAY + 60 * DAY, moved)


def test_signs_of_use_are_told() -> None:
    case = view(
        registry(leases=[RETURNED], state="vacant"),
        columns={"unknown_entries": dict.fromkeys(span(TODAY - 60 * DAY, TODAY - 20 * DAY), 1)},
    )
    found = verdict(RULE, case)
    assert found is not None
    assert found.evidence[-1].values == {"days": 7}


def test_a_city_may_set_other_days() -> None:
    rows = [ParameterRow("relet_alarm_days", date(2020, 1, 1), "180", "x")]
    assert said_on(BACK + 181 * DAY, RETURNED, values=rows)
    assert not said_on(BACK + 180 * DAY, RETURNED, values=rows)
