"""Sublet: both halves are needed, two kinds to verify; ordinary households in odd circumstances stay unflagged."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from occupancy.findings import Verdict
from occupancy.registry import Registry
from occupancy.rules.base import Stage
from occupancy.rules.sublet import RULE, onset
from tests.unit.occupancy_cases import TODAY, away, reasons, registry, span, verdict, view, visit

DAY = timedelta(days=1)
WINDOW = span(TODAY - 119 * DAY, TODAY + DAY)
GONE_SINCE = TODAY - 40 * DAY
BEFORE, SINCE = [d for d in WINDOW if d < GONE_SINCE], [d for d in WINDOW if d >= GONE_SINCE]
EVENING = 1 << 19
Columns = Mapping[str, Mapping[date, int]]


def guests(days: list[date], *kinds: str, hour: int = 19) -> Columns:
    """Others come in on some days, seen in some kinds of evidence."""
    return {"other_hours": dict.fromkeys(days, 1 << hour), **{kind: dict.fromkeys(days, 1) for kind in kinds}}


def judge(seen: list[date], others: Columns, known: Registry | None = None, **case: object) -> Verdict | None:
    return verdict(RULE, view(known, seen=seen, columns=others, **case))  # type: ignore[arg-type]


def stage(found: Verdict | None) -> Stage:
    return Stage.NONE if found is None else found.stage


def test_the_household_gone_and_others_living_here() -> None:
    one = judge(BEFORE, guests(SINCE, "passes"))
    two = judge(BEFORE, guests(SINCE, "passes", "unknown_entries"))
    assert stage(one) is Stage.SUSPECTED
    assert stage(two) is Stage.TO_VERIFY
    assert one is not None
    assert two is not None
    assert one.probability > 0.5
    assert abs((one.onset - GONE_SINCE).days) <= 3
    assert one.onset_low <= GONE_SINCE <= one.onset_high
    assert "sublet.one_kind" in reasons(one)
    assert {"sublet.faded", "sublet.others", "sublet.passes", "sublet.unknown_entries"} <= reasons(two)


def test_either_half_alone_is_nothing() -> None:
    assert judge(BEFORE, {}) is None  # an empty home
    assert judge(WINDOW, guests(WINDOW, "passes", "unknown_entries")) is None  # guests every evening


def test_a_household_that_thins_is_watched() -> None:
    seldom = [*BEFORE, *SINCE[::3]]
    found = judge(seldom, guests(SINCE, "passes", "unknown_entries"))
    assert stage(found) is Stage.WATCH
    assert found is not None
    assert "sublet.still_here" in reasons(found)


def test_guests_by_day_are_no_residents() -> None:
    assert judge(BEFORE, guests(SINCE, "passes", "unknown_entries", hour=11)) is None


def test_a_fortnight_of_guests_is_no_rhythm() -> None:
    assert judge(BEFORE, guests(SINCE[-14:], "passes", "unknown_entries")) is None


def test_never_seen_before_needs_two_kinds() -> None:
    assert stage(judge([], guests(WINDOW, "passes"))) is Stage.WATCH
    found = judge([], guests(WINDOW, "passes", "other_vehicles"))
    assert stage(found) is Stage.TO_VERIFY
    assert found is not None
    assert "sublet.never_seen" in reasons(found)


def test_a_visit_decides_more_than_readings() -> None:
    met = registry(visits=[visit(TODAY - 5 * DAY, "household_met")])
    other = registry(visits=[visit(TODAY - 5 * DAY, "other_met")])
    assert stage(judge(BEFORE, guests(SINCE, "passes", "unknown_entries"), met)) is Stage.WATCH
    assert stage(judge(BEFORE, guests(SINCE, "passes"), other)) is Stage.TO_VERIFY


def test_away_with_approval_is_no_fading() -> None:
    gone = registry(absences=[away(GONE_SINCE, None)])
    assert judge(BEFORE, guests(SINCE, "passes", "unknown_entries"), gone) is None


def test_days_without_readers_are_no_evidence() -> None:
    assert judge(BEFORE, guests(SINCE[:20], "passes"), unseen=SINCE[20:]) is None
    some = judge(BEFORE, guests(SINCE, "passes", "unknown_entries"), unseen=SINCE[-5:])
    assert stage(some) is Stage.SUSPECTED  # too many unknown days for more
    assert some is not None
    assert "sublet.unseen" in reasons(some)


def test_spring_festival_moves_nothing() -> None:
    festival = date(2026, 2, 24)
    window = span(festival - 119 * DAY, festival + DAY)
    left = date(2026, 2, 9)
    seen = [d for d in window if d < left]
    others = guests([d for d in window if d >= left], "passes", "unknown_entries")
    found = verdict(RULE, view(today=festival, seen=seen, columns=others))
    assert found is None


@pytest.mark.parametrize("missing", [0.1, 0.2])
def test_missed_reads_change_no_verdict(missing: float) -> None:
    rng = np.random.default_rng(4)

    def read(days: list[date]) -> list[date]:
        return [day for day in days if rng.random() > missing]

    assert stage(judge(read(BEFORE), guests(read(SINCE), "passes", "mismatches"))) is Stage.TO_VERIFY
    assert judge(read(WINDOW), guests(read(WINDOW[::3]), "passes")) is None


def test_today_unfinished_is_not_counted() -> None:
    done = judge(BEFORE, guests(SINCE, "passes"), complete=True)
    under_way = judge(BEFORE, guests(SINCE, "passes"), complete=False)
    assert done is not None
    assert under_way is not None
    counted = [next(r.values["days"] for r in v.evidence if r.kind == "sublet.others") for v in (done, under_way)]
    assert counted == [28, 27]


def test_onset_of_flat_and_rising_evidence() -> None:
    rising = np.concatenate([np.full(60, -1.0), np.full(20, 1.0)])[None, :]
    best, low, high, total = (array[0] for array in onset(rising))
    assert (best, total) == (60, 20.0)
    assert low == 58
    assert high == 62
    best, low, high, total = (array[0] for array in onset(np.zeros((1, 5))))
    assert (low, high, total) == (0, 4, 0.0)
