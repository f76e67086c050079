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


def outings(every: int, back: int = 160) -> list[date]:
    """Seen every so many days, the last time on LAST."""
    return [LAST - n * DAY for n in range(0, back, every)]


def silent_until_alert(seen: list[date], **case: object) -> int | None:
    """After how many silent days since LAST the alert comes; None if it does not within 40."""
    for quiet in range(1, 41):
        now = view(old(), today=LAST + quiet * DAY, seen=seen, window=200, **case)  # type: ignore[arg-type]
        if verdict(RULE, now) is not None:
            return quiet
    return None


@pytest.mark.parametrize(
    ("seen", "known", "alert"),
    [
        (outings(1), 160, 3),
        (outings(2), 160, 3),
        (outings(4), 160, 4),  # three silent days are usual
        (outings(7), 160, 7),
        (outings(10), 160, 10),
        (outings(30), 160, 14),  # hardly ever out: nobody waits longer than two weeks
        (outings(7, back=21), 21, 3),  # too little is known
        ([LAST], 160, 14),  # known for months, and seen once
    ],
)
def test_the_alert_follows_a_persons_own_pauses(seen: list[date], known: int, alert: int) -> None:
    assert silent_until_alert(seen, observed_from=LAST - known * DAY) == alert


def test_one_long_absence_does_not_wait_for_another() -> None:
    daily = [day for day in outings(1) if not LAST - 40 * DAY < day < LAST - 28 * DAY]
    assert silent_until_alert(daily) == 3


def test_a_silence_does_not_excuse_itself() -> None:
    seen = outings(1)
    for quiet in (3, 10, 40, 70):
        found = verdict(RULE, view(old(), today=LAST + quiet * DAY, seen=seen, window=200))
        assert found is not None
        assert found.evidence[0].values["silent"] == quiet


def test_weekly_outings_ring_no_bell_for_half_a_year() -> None:
    weekly = outings(7, back=190)
    rung = [
        back for back in range(100)
        if verdict(RULE, view(old(), today=LAST - back * DAY, seen=weekly, window=200, observed_from=weekly[-1]))
    ]  # fmt: skip
    assert rung == []


def test_pauses_are_counted_in_days_that_count() -> None:
    down = span(LAST - 60 * DAY, LAST - 40 * DAY)
    daily = [day for day in outings(1) if day not in down]
    assert silent_until_alert(daily, unseen=down) == 3


def test_somebody_who_has_just_moved_in_was_not_silent_before() -> None:
    fresh = old(since=TODAY - DAY)
    assert verdict(RULE, view(fresh)) is None
    found = verdict(RULE, view(fresh, today=TODAY + DAY))
    assert found is not None
    assert found.evidence[0].values == {"since": (TODAY - DAY).isoformat()}


def test_what_else_is_known_is_said() -> None:
    gone = span(LAST + DAY, TODAY + DAY)
    dry = verdict(RULE, view(old(), seen=SEEN, columns={"water_m3": dict.fromkeys(gone, 0.0)}))
    wet = verdict(RULE, view(old(), seen=SEEN, columns={"water_m3": dict.fromkeys(gone, 0.1), "passes": {TODAY: 1}}))
    visited = verdict(RULE, view(old(visits=[visit(TODAY, "nobody")]), seen=SEEN))
    assert dry is not None
    assert wet is not None
    assert visited is not None
    assert "welfare.meters_still" in reasons(dry)
    assert {"welfare.meters_used", "welfare.others_seen"} <= reasons(wet)
    assert visited.stage is Stage.TO_VERIFY
