"""An extra resident: a friendly request after weeks of somebody's evenings, and never more."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest

from occupancy.findings import Verdict
from occupancy.rules.base import Stage
from occupancy.rules.extra_resident import RULE
from tests.unit.occupancy_cases import TODAY, away, lease, reasons, registry, span, verdict, view

DAY = timedelta(days=1)
WINDOW = span(TODAY - 199 * DAY, TODAY + DAY)
MONTH = WINDOW[-28:]
Columns = Mapping[str, Mapping[date, float]]


def staying(evenings: Iterable[date], *kinds: str, hour: int = 19) -> Columns:
    """Somebody comes on some evenings and is not seen leaving."""
    marked = list(evenings)
    return {
        "other_nights": dict.fromkeys(marked, 1), "other_hours": dict.fromkeys(marked, 1 << hour),
        **{kind: dict.fromkeys(marked, 1) for kind in kinds or ("guests",)},
    }  # fmt: skip


def judge(others: Columns, seen: Iterable[date] = WINDOW, **case: object) -> Verdict | None:
    return verdict(RULE, view(seen=seen, columns=others, window=len(WINDOW), **case))  # type: ignore[arg-type]


def stage(found: Verdict | None) -> Stage:
    return Stage.NONE if found is None else found.stage


def weekdays(days: Iterable[date], *chosen: int) -> list[date]:
    return [day for day in days if day.weekday() in chosen]


def test_somebody_comes_home_for_four_weeks() -> None:
    found = judge(staying(MONTH))
    assert stage(found) is Stage.SUSPECTED
    assert found is not None
    assert found.onset == MONTH[0]
    assert {"extra_resident.rhythm", "extra_resident.please", "extra_resident.family"} <= reasons(found)
    assert found.probability > 0.95
    assert RULE.alert_from is Stage.SUSPECTED


@pytest.mark.parametrize(
    ("length", "expected"), [(8, Stage.NONE), (14, Stage.WATCH), (27, Stage.WATCH), (28, Stage.SUSPECTED)]
)
def test_as_long_as_the_parameter_says(length: int, expected: Stage) -> None:
    assert stage(judge(staying(WINDOW[-length:]))) is expected


def test_never_more_than_suspected() -> None:
    kinds = ("guests", "mismatches", "unknown_entries", "other_vehicles")
    assert stage(judge(staying(WINDOW[-120:], *kinds))) is Stage.SUSPECTED


@pytest.mark.parametrize("kind", ["guests", "mismatches", "other_vehicles"])
def test_it_stays_said_while_it_lasts(kind: str) -> None:
    assert stage(judge(staying(WINDOW[-100:], kind))) is Stage.SUSPECTED


def test_a_holiday_in_between_changes_nothing() -> None:
    festival = date(2026, 2, 17)
    home_for_it = span(festival - 10 * DAY, festival + 14 * DAY)
    evenings = [day for day in span(festival - 60 * DAY, festival + 30 * DAY) if day not in home_for_it]
    for back in (0, 7, 14):
        today = evenings[-1] - back * DAY
        assert stage(judge(staying(evenings), seen=span(date(2025, 8, 1), today), today=today)) is Stage.SUSPECTED


def test_a_card_that_was_given_away_is_no_member_at_home() -> None:
    """Members were known by their faces; since the stranger came, their cards are all that passes."""
    for faces, expected in ((WINDOW[:-28], Stage.NONE), (WINDOW, Stage.SUSPECTED)):
        assert stage(judge({**staying(MONTH), "bodies_seen": dict.fromkeys(faces, 1)})) is expected


@pytest.mark.parametrize(
    "evenings",
    [weekdays(WINDOW, 4, 5), weekdays(WINDOW, 0, 2, 4), WINDOW[-28:-21] + WINDOW[-14:], weekdays(WINDOW, 1)],
    ids=["weekends", "three evenings", "a week's break", "once a week"],
)
def test_visits_are_no_residence(evenings: list[date]) -> None:
    assert stage(judge(staying(evenings))) <= Stage.WATCH


def test_daytime_help_is_no_residence() -> None:
    assert judge(staying(MONTH, hour=9)) is None


def test_where_the_household_is_gone_the_sublet_rule_looks() -> None:
    assert judge(staying(MONTH), seen=WINDOW[:-28]) is None
    assert judge(staying(MONTH), seen=[*WINDOW[:-28], *MONTH[::3]]) is None
    assert stage(judge(staying(MONTH), seen=[*WINDOW[:-28], *MONTH[::3], *MONTH[1::3]])) is Stage.SUSPECTED


def test_members_badly_read_are_watched_at_most() -> None:
    for kind in ("unknown_entries", "mismatches"):
        assert judge(staying(WINDOW, kind)) is None
    assert stage(judge(staying(MONTH, "mismatches"))) is Stage.SUSPECTED  # it has changed
    masked = judge(staying(MONTH, "unknown_entries"))  # or a reader grown dim
    assert stage(masked) is Stage.WATCH
    assert masked is not None
    assert "extra_resident.unread" in reasons(masked)
    assert stage(judge(staying(WINDOW, "guests"))) is Stage.SUSPECTED  # a pass is a visitor's


def test_cards_lent_where_faces_were_never_known() -> None:
    """A member is badly read all year; since four weeks cards are shown by somebody else."""
    table = {**staying(WINDOW, "unknown_entries"), "mismatches": dict.fromkeys(MONTH, 1)}
    found = judge(table)
    assert stage(found) is Stage.SUSPECTED
    assert found is not None
    assert found.onset == MONTH[0]


def test_fewer_kinds_are_less_certain() -> None:
    found = {kinds: judge(staying(MONTH, *kinds)) for kinds in (("unknown_entries",), ("unknown_entries", "guests"))}
    one, two = (found[kinds].probability for kinds in found)  # type: ignore[union-attr]
    assert one < 0.9 < two


def test_days_that_do_not_count() -> None:
    gone = registry(absences=[away(MONTH[0], MONTH[15])])
    assert stage(judge(staying(MONTH), known=gone)) is Stage.WATCH  # too little is known of four weeks
    festival = date(2026, 2, 17)
    weeks = span(festival - 10 * DAY, festival + 18 * DAY)
    assert judge(staying(weeks), seen=span(date(2025, 8, 1), date(2026, 4, 1)), today=weeks[-1]) is None


def test_the_evenings_of_the_household_before_are_not_the_new_ones() -> None:
    """Somebody stayed with those who left; the new household is asked about its own days only."""
    for moved_in, expected in ((WINDOW[-3], Stage.NONE), (WINDOW[-14], Stage.WATCH), (MONTH[0], Stage.SUSPECTED)):
        found = judge(staying(WINDOW[-60:]), known=registry(since=moved_in))
        assert stage(found) is expected
        assert found is None or found.onset == moved_in
        assert found is None or "extra_resident.unseen" not in reasons(found)


def test_homes_without_a_lease_are_left_alone() -> None:
    assert judge(staying(MONTH), known=registry(leases=[])) is None
    assert judge(staying(MONTH), known=registry(leases=[lease(end=MONTH[3])])) is not None
