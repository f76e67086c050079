"""Welfare: elderly people alone who agreed to it, silent for days; at once, and for nobody else."""

from datetime import date, timedelta

import pytest

from occupancy.registry import Registry
from occupancy.rules.base import Stage
from occupancy.rules.welfare import RULE
from tests.unit.occupancy_cases import TODAY, away, reasons, registry, span, verdict, view, visit

DAY = timedelta(days=1)
LAST = TODAY - 3 * DAY
SEEN = span(TODAY - 40 * DAY, LAST + DAY)


def old(**fields: object) -> Registry:
    return registry(members=1, alone=True, care=["p0"], **fields)  # type: ignore[arg-type]


def test_three_silent_days() -> None:
    found = verdict(RULE, view(old(), seen=SEEN))
    assert found is not None
    assert (found.stage, found.evidence[0].values) == (Stage.SUSPECTED, {"silent": 3, "last": LAST.isoformat()})
    assert RULE.urgent
    assert verdict(RULE, view(old(), today=TODAY - DAY, seen=SEEN)) is None
    assert verdict(RULE, view(old(), seen=SEEN, complete=False)) is None  # today is not over


def test_going_out_is_a_sign_of_life() -> None:
    assert verdict(RULE, view(old(), seen=SEEN, columns={"members_seen": {**dict.fromkeys(SEEN, 1), TODAY: 1}})) is None


@pytest.mark.parametrize(
    "known",
    [
        registry(members=1, alone=True),  # did not agree to care alerts
        registry(members=1, alone=False, care=["p0"]),
        registry(members=2, alone=True, care=["p0"]),
        registry(members=1, alone=True, care=["p0"], born=date(1990, 1, 1)),
    ],
)
def test_nobody_else_is_watched(known: Registry) -> None:
    assert verdict(RULE, view(known, seen=SEEN)) is None


def test_days_away_or_unseen_are_no_silence() -> None:
    assert verdict(RULE, view(old(absences=[away(LAST + DAY, None)]), seen=SEEN)) is None
    assert verdict(RULE, view(old(), seen=SEEN, unseen=[TODAY])) is None
    found = verdict(RULE, view(old(), today=TODAY + DAY, seen=SEEN, unseen=[TODAY]))
    assert found is not None
    assert "welfare.not_counted" in reasons(found)


def test_a_visit_that_met_them_ends_it() -> None:
    assert verdict(RULE, view(old(visits=[visit(TODAY, "household_met")]), seen=SEEN)) is None
    assert verdict(RULE, view(old(visits=[visit(TODAY, "nobody")]), seen=SEEN)) is not None


def test_never_seen_since_observation_began() -> None:
    found = verdict(RULE, view(old(), observed_from=TODAY - 4 * DAY))
    assert found is not None
    assert found.evidence[0].kind == "welfare.never_seen"
    assert verdict(RULE, view(old(), observed_from=TODAY - DAY)) is None
