"""The legal clock beside a finding: what starts it, what stops it, and what does not."""

from datetime import date, timedelta

import pytest

from api.reading.clocks import clock
from core.clock import day_start_us
from housing.parameters import ParameterRow
from housing.registry.rows import LeaseRow
from occupancy.views import FindingView, ReasonLine

KNOWN, DAY = date(2026, 3, 2), timedelta(days=1)
DUE = date(2026, 2, 27)


def finding(kind: str, known: date | None = KNOWN, *reasons: str, onset_high: date = DUE + DAY) -> FindingView:
    return FindingView(
        finding="f", estate="e1", home="h0", kind=kind, stage="suspected", stages=(), flagged_on=known,
        onset=DUE + DAY, onset_low=DUE + DAY, onset_high=onset_high, probability=0.9, counter_evidence=(),
        evidence=tuple(ReasonLine(kind=reason, zh="", en="") for reason in reasons), legal_basis="x",
        first_known_us=None if known is None else day_start_us(known) + 1, updated_us=0, ended_on=None,
    )  # fmt: skip


def lease(served_718: date | None = None, served_734: date | None = None, start: date = date(2024, 1, 1)) -> LeaseRow:
    return LeaseRow("l", "h0", "p0", start, DUE, 50_000, None, None, None, None, served_718, served_734)


@pytest.mark.parametrize("kind", ["sublet", "swap"])
def test_the_clock_of_a_suspicion_runs_from_the_day_it_was_first_known(kind: str) -> None:
    early = clock(finding(kind), [lease()], (), KNOWN + 29 * DAY)
    assert early is not None
    assert (early.article, early.since, early.days, early.state, early.tone) == (718, KNOWN, 29, "running", "")
    assert (early.next_reminder, early.red_days, early.last_day) == (KNOWN + 30 * DAY, 180, date(2026, 9, 2))
    assert early.days_left == (date(2026, 9, 2) - KNOWN).days - 29
    later = clock(finding(kind), [lease()], (), KNOWN + 90 * DAY)
    assert later is not None
    assert (later.tone, later.next_reminder) == ("warn", KNOWN + 150 * DAY)
    for days, state in ((180, "red"), (190, "consent")):
        over = clock(finding(kind), [], (), KNOWN + days * DAY)
        assert over is not None
        assert (over.state, over.tone) == (state, "bad")


def test_only_an_objection_to_this_sublet_stops_its_clock() -> None:
    older, this = lease(KNOWN - 9 * DAY), lease(KNOWN + 40 * DAY)
    for leases, state in (([older], "running"), ([older, this], "stopped"), ([this], "stopped")):
        found = clock(finding("sublet"), leases, (), KNOWN + 100 * DAY)
        assert found is not None
        assert found.state == state
    stopped = clock(finding("sublet"), [this], (), KNOWN + 100 * DAY)
    assert stopped is not None
    assert (stopped.tone, stopped.next_reminder, stopped.days_left) == ("good", None, None)


def test_a_city_keeps_its_own_days() -> None:
    rows = (ParameterRow("clock_718_red_days", date(2020, 1, 1), "100", "x"),)
    found = clock(finding("sublet"), [], rows, KNOWN + 100 * DAY)
    assert found is not None
    assert (found.state, found.red_days) == ("red", 100)


@pytest.mark.parametrize("kind", ["extra_resident", "vacancy", "welfare", "renewal_due", "relet_overdue"])
def test_other_findings_start_none(kind: str) -> None:
    assert clock(finding(kind), [lease()], (), KNOWN) is None


def test_what_was_never_suspected_has_no_clock() -> None:
    assert clock(finding("sublet", None), [lease()], (), KNOWN) is None


def test_staying_on_calls_for_an_objection_from_its_first_sign() -> None:
    quiet = clock(finding("overdue"), [lease()], (), DUE + 9 * DAY)
    used = clock(finding("overdue", KNOWN, "overdue.signs", onset_high=DUE + 4 * DAY), [lease()], (), DUE + 9 * DAY)
    assert quiet is not None
    assert used is not None
    assert (quiet.article, quiet.state, quiet.since, quiet.days, quiet.tone) == (734, "waiting", DUE, 9, "")
    assert (used.state, used.draft_on, used.tone) == ("object", DUE + 4 * DAY, "bad")
    for leases, state in (([lease(None, DUE + DAY)], "stopped"), ([lease(None, DUE + DAY, DUE + DAY)], "object")):
        found = clock(
            finding("overdue", KNOWN, "overdue.signs", onset_high=DUE + 4 * DAY), leases, (), DUE + 9 * DAY
        )  # fmt: skip
        assert found is not None
        assert found.state == state  # of a lease that began later the objection says nothing
