"""Sublet: both halves are needed, two kinds to verify; ordinary households in odd circumstances stay unflagged."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from occupancy.findings import Verdict
from occupancy.registry import Registry
from occupancy.rules.base import Stage
from occupancy.rules.sublet import RULE, _at_once
from tests.unit.occupancy_cases import TODAY, away, lease, reasons, registry, span, verdict, view, visit

DAY = timedelta(days=1)
WIDTH = 200
WINDOW = span(TODAY - (WIDTH - 1) * DAY, TODAY + DAY)
GONE_SINCE = TODAY - 40 * DAY
BEFORE, SINCE = [d for d in WINDOW if d < GONE_SINCE], [d for d in WINDOW if d >= GONE_SINCE]
Columns = Mapping[str, Mapping[date, int]]
KINDS = ("guests", "unknown_entries")


def guests(days: Sequence[date], *kinds: str, hour: int = 19, nights: int = 1) -> dict[str, dict[date, int]]:
    """Others come in on some days and are not seen to leave, seen in some kinds of evidence."""
    return {
        "other_hours": dict.fromkeys(days, 1 << hour),
        "other_nights": dict.fromkeys(days, nights),
        **{kind: dict.fromkeys(days, 1) for kind in kinds},
    }


def household(days: list[date], members: int = 2) -> dict[str, dict[date, int]]:
    """So many members, known by face, at the gate."""
    return {
        "members_seen": dict.fromkeys(days, members),
        "bodies_seen": dict.fromkeys(days, members),
        "elsewhere": dict.fromkeys(days, 2),
    }


def judge(
    seen: list[date], others: Columns, known: Registry | None = None, members: int = 2, **case: object
) -> Verdict | None:
    """A household seen on some days, and others."""
    body = household(seen, members)
    return verdict(RULE, view(known, seen=seen, columns={**body, **others}, window=WIDTH, **case))  # type: ignore[arg-type]


def stage(found: Verdict | None) -> Stage:
    return Stage.NONE if found is None else found.stage


def test_the_household_gone_and_others_living_here() -> None:
    one = judge(BEFORE, guests(SINCE, "guests"))
    two = judge(BEFORE, guests(SINCE, *KINDS))
    assert stage(one) is Stage.SUSPECTED
    assert stage(two) is Stage.TO_VERIFY
    assert one is not None
    assert two is not None
    assert two.probability > one.probability > 0.95
    assert one.onset == GONE_SINCE
    assert one.onset_low <= GONE_SINCE <= one.onset_high
    assert "sublet.one_kind" in reasons(one)
    assert {"sublet.faded", "sublet.others", "sublet.guests", "sublet.unknown_entries"} <= reasons(two)


def test_either_half_alone_is_nothing() -> None:
    assert judge(BEFORE, {}) is None  # an empty home
    assert judge(WINDOW, guests(SINCE, *KINDS)) is None  # guests every evening
    assert judge(BEFORE, guests(WINDOW, *KINDS)) is None  # somebody else was always here; the household left


def test_a_household_seen_less_is_never_accused() -> None:
    seldom = [*BEFORE, *SINCE[::3]]
    assert stage(judge(seldom, guests(SINCE, *KINDS))) <= Stage.WATCH
    late = [*BEFORE, *SINCE[::20]]  # back for the post now and then
    assert stage(judge(late, guests(SINCE, *KINDS))) is Stage.TO_VERIFY


def test_guests_by_day_are_no_residents() -> None:
    assert stage(judge(BEFORE, guests(SINCE, *KINDS, hour=11))) <= Stage.WATCH
    seen_to_leave = guests(SINCE, *KINDS) | {"other_nights": {}}
    assert judge(BEFORE, seen_to_leave) is None


def test_who_minds_the_home_is_waited_for_longer_than_people_who_show_in_two_ways() -> None:
    days = [d for d in WINDOW if d >= TODAY - 20 * DAY]
    before = [d for d in WINDOW if d < days[0]]
    assert stage(judge(before, guests(days, "guests"))) is Stage.WATCH
    assert stage(judge(before, guests(days, *KINDS))) is Stage.TO_VERIFY
    assert stage(judge(before, guests(days, "guests", nights=2))) is Stage.SUSPECTED  # in company


def test_a_week_is_no_rhythm() -> None:
    last = SINCE[-8:]
    found = judge([d for d in WINDOW if d < last[0]], guests(last, *KINDS))
    assert stage(found) <= Stage.WATCH


def test_lent_cards_are_not_the_household() -> None:
    """It was known by face; now its cards come alone, often with a stranger's face."""
    cards = {"members_seen": dict.fromkeys(SINCE, 1), "entries": dict.fromkeys(SINCE, 2)}
    strange = SINCE[::2]
    lent = cards | {"mismatches": dict.fromkeys(strange, 1)} | guests(strange)
    assert stage(_with_bodies(BEFORE, lent)) is Stage.SUSPECTED
    assert _with_bodies(BEFORE, cards) is None  # nobody strange: its faces may just not be read any more
    assert _with_bodies(BEFORE, cards | {"mismatches": dict.fromkeys(SINCE[:2], 1)}) is None


def _with_bodies(bodies: list[date], others: Columns) -> Verdict | None:
    members = dict.fromkeys(bodies, 2) | dict(others.get("members_seen", {}))
    entries = dict.fromkeys(bodies, 2) | dict(others.get("entries", {}))
    every = household(bodies) | dict(others) | {"members_seen": members, "entries": entries}
    return verdict(RULE, view(columns=every, window=WIDTH))


def test_one_reader_that_knows_nobody_accuses_nobody() -> None:
    blind = guests(SINCE, "unknown_entries")
    alone = judge(BEFORE, blind | {"elsewhere": {}})
    assert stage(alone) is Stage.WATCH
    assert alone is not None
    assert "sublet.one_reader" in reasons(alone)
    assert stage(judge(BEFORE, blind)) is Stage.SUSPECTED  # the gate does not see the household either


def test_one_persons_face_that_is_not_known_any_more_accuses_nobody() -> None:
    strange = guests(SINCE, "unknown_entries", "mismatches")
    found = judge(BEFORE, strange, members=1)
    assert stage(found) is Stage.WATCH
    assert found is not None
    assert "sublet.changed_face" in reasons(found)
    assert stage(judge(BEFORE, strange)) is Stage.SUSPECTED  # two people's faces do not change on one day
    assert stage(judge(BEFORE, strange | {"guests": dict.fromkeys(SINCE, 1)}, members=1)) is Stage.TO_VERIFY


def test_another_household_of_the_estate_is_the_swap_rules_matter() -> None:
    here = guests(SINCE, "mismatches") | {"swap_entries": dict.fromkeys(SINCE, 1), "swap_home": dict.fromkeys(SINCE, 1)}
    found = judge(BEFORE, here)
    assert stage(found) is Stage.WATCH
    assert found is not None
    assert "sublet.swapped" in reasons(found)


def test_without_a_rhythm_of_its_own_it_takes_two_months() -> None:
    moved_in = registry(leases=[lease(start=WINDOW[-50])])
    late = registry(leases=[lease(start=WINDOW[0])])
    assert stage(judge([], guests(WINDOW[-50:], *KINDS), moved_in, observed_from=WINDOW[-50])) is Stage.WATCH
    found = judge([], guests(WINDOW, *KINDS), late, observed_from=WINDOW[0])
    assert stage(found) is Stage.TO_VERIFY
    assert found is not None
    assert "sublet.never_seen" in reasons(found)
    assert stage(judge([], guests(WINDOW, "guests"), late, observed_from=WINDOW[0])) is Stage.WATCH


def test_a_visit_decides_more_than_readings() -> None:
    met = registry(visits=[visit(TODAY - 5 * DAY, "household_met")])
    other = registry(visits=[visit(TODAY - 5 * DAY, "other_met")])
    assert stage(judge(BEFORE, guests(SINCE, *KINDS), met)) is Stage.WATCH
    assert stage(judge(BEFORE, guests(SINCE, "guests"), other)) is Stage.TO_VERIFY


def test_away_with_approval_is_no_fading() -> None:
    gone = registry(absences=[away(GONE_SINCE, None)])
    assert judge(BEFORE, guests(SINCE, *KINDS), gone) is None


def test_days_without_readers_are_no_evidence() -> None:
    assert stage(judge(BEFORE, guests(SINCE[:8], *KINDS), unseen=SINCE[8:])) <= Stage.WATCH
    some = judge(BEFORE, guests(SINCE, *KINDS), unseen=SINCE[-6:-1])
    assert stage(some) is Stage.SUSPECTED  # too many unknown days for more
    assert some is not None
    assert "sublet.unseen" in reasons(some)


def test_spring_festival_moves_nothing() -> None:
    festival = date(2026, 2, 24)
    window = span(festival - (WIDTH - 1) * DAY, festival + DAY)
    left = date(2026, 2, 9)
    seen = [d for d in window if d < left]
    body = household(seen)
    others = guests([d for d in window if d >= left], *KINDS)
    assert verdict(RULE, view(today=festival, seen=seen, columns={**body, **others}, window=WIDTH)) is None


@pytest.mark.parametrize("missing", [0.1, 0.2])
def test_missed_reads_change_no_verdict(missing: float) -> None:
    rng = np.random.default_rng(4)

    def read(days: list[date]) -> list[date]:
        return [day for day in days if rng.random() > missing]

    found = judge(read(BEFORE), guests(read(SINCE), "guests", "mismatches"))
    assert stage(found) is Stage.TO_VERIFY
    assert found is not None
    assert abs((found.onset - GONE_SINCE).days) <= 3
    assert judge(read(WINDOW), guests(read(WINDOW[::3]), "guests")) is None


def test_a_household_seen_at_weekends_only_is_missed_at_weekends_only() -> None:
    def seen_until(last: date) -> list[date]:
        return [d for d in WINDOW if d.weekday() >= 5 and d < last]

    long_gone = TODAY - 100 * DAY
    assert stage(judge(seen_until(TODAY), guests(SINCE, *KINDS))) <= Stage.WATCH
    assert stage(judge(seen_until(GONE_SINCE), guests(SINCE, *KINDS))) is Stage.WATCH  # six weekends are not many
    others = [d for d in WINDOW if d >= long_gone]
    assert stage(judge(seen_until(long_gone), guests(others, *KINDS))) is Stage.TO_VERIFY


def test_others_first_and_the_household_later_begins_when_both_are_so() -> None:
    leaves = GONE_SINCE + 12 * DAY
    found = judge([d for d in WINDOW if d < leaves], guests(SINCE, *KINDS))
    assert found is not None
    assert abs((found.onset - leaves).days) <= 1


def test_today_unfinished_is_not_counted() -> None:
    before = [d for d in WINDOW if d < TODAY]
    assert judge(before, guests(SINCE, *KINDS), complete=False) is None


def test_no_lease_no_sublet() -> None:
    assert judge(BEFORE, guests(SINCE, *KINDS), registry(leases=[])) is None


def test_a_home_that_is_only_watched_is_said_to_be_unlikely() -> None:
    raised = judge(BEFORE, guests(SINCE, *KINDS))
    met = judge(BEFORE, guests(SINCE, *KINDS), registry(visits=[visit(TODAY - 5 * DAY, "household_met")]))
    assert raised is not None
    assert met is not None
    assert met.probability < raised.probability
    early = [d for d in WINDOW if d >= TODAY - 10 * DAY]
    watched = judge([d for d in WINDOW if d < early[0]], guests(early, *KINDS))
    assert watched is not None
    assert watched.probability < 0.2


def test_their_own_car_may_have_brought_them_home() -> None:
    driven = guests(SINCE, "guests") | {"vehicle_entries": dict.fromkeys(SINCE, 1)}
    assert stage(judge(BEFORE, driven)) <= Stage.WATCH
    others = guests(SINCE, *KINDS) | {
        "vehicle_entries": dict.fromkeys(SINCE, 1),
        "other_vehicles": dict.fromkeys(SINCE, 1),
    }
    assert stage(judge(BEFORE, others)) is Stage.TO_VERIFY


def test_withdrawing_consent_raises_no_suspicion() -> None:
    withdrawn = registry(withdrawn=[("p1", GONE_SINCE)])
    found = judge(BEFORE, guests(SINCE, *KINDS), withdrawn)
    assert stage(found) is Stage.WATCH
    assert found is not None
    assert "sublet.consent_withdrawn" in reasons(found)
    long_ago = registry(withdrawn=[("p1", WINDOW[0])])
    assert stage(judge(BEFORE, guests(SINCE, *KINDS), long_ago)) is Stage.TO_VERIFY


def test_a_member_in_hospital_is_said_and_waited_for() -> None:
    away_now = registry(absences=[away(GONE_SINCE, None, person="p0")])
    found = judge(BEFORE, guests(SINCE, *KINDS), away_now)
    assert stage(found) is Stage.WATCH
    assert found is not None
    assert "sublet.member_away" in reasons(found)


def test_a_lease_that_ended_is_not_this_rules_matter() -> None:
    over = registry(leases=[lease(ended=TODAY - 20 * DAY)])
    assert judge(BEFORE, guests(SINCE, *KINDS), over) is None
    assert judge(BEFORE, guests(SINCE, *KINDS), registry(state="repair")) is None


def test_a_visit_long_ago_does_not_speak_for_ever() -> None:
    gone = WINDOW[60]
    before, since = [d for d in WINDOW if d < gone], [d for d in WINDOW if d >= gone]
    met = registry(visits=[visit(gone + 20 * DAY, "household_met")])
    assert stage(judge(before, guests(since, *KINDS), met)) is Stage.TO_VERIFY


def test_faces_that_cease_to_be_known_in_many_homes_at_once_are_the_readers_matter() -> None:
    onset = np.array([100, 101, 103, 99, 160, 102], np.int32)
    faces = np.array([True, True, True, True, True, False])
    assert _at_once(onset, faces).tolist() == [True, True, True, True, False, False]
    assert not _at_once(onset[:3], faces[:3]).any()


def test_relatives_who_lived_with_the_household_stay_on_while_it_travels() -> None:
    together = [d for d in WINDOW if d >= GONE_SINCE - 60 * DAY]
    found = judge(BEFORE, guests(together, *KINDS, nights=2))
    assert stage(found) <= Stage.WATCH
    leaves = GONE_SINCE + 12 * DAY  # a fortnight's overlap is a handing over
    handed = judge([d for d in WINDOW if d < leaves], guests(SINCE, *KINDS, nights=2))
    assert stage(handed) is Stage.TO_VERIFY
