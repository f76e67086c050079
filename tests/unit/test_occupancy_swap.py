"""Swaps: both homes must say the same, for long enough, and each household must have left its own door."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from core import texts
from housing.registry.rows import DoorRow, GatewayRow, HomeRow, MemberRow, VisitRow
from occupancy import days
from occupancy.findings import Verdict, rows_of
from occupancy.homedays import empty
from occupancy.registry import Registry, Rows
from occupancy.rules.base import Stage, Values, View
from occupancy.rules.swap import RULE
from occupancy.tenure import keys
from tests.unit.occupancy_cases import LEASED, TODAY, lease, reasons, span, visit

DAY = timedelta(days=1)
WINDOW = 120
FIRST = TODAY - (WINDOW - 1) * DAY
Columns = Mapping[str, Mapping[date, int]]


def known(visits: tuple[VisitRow, ...] = (), since: date = LEASED) -> Registry:
    """Two let homes; the household of h1 lives there since a day."""
    homes = ("h0", "h1")
    return Registry.of(Rows(
        estate="e1",
        homes=[HomeRow(home, "b1", 1, home, 50.0, "let") for home in homes],
        doors=[DoorRow(f"{home}-door", "home", "b1", home, False) for home in homes],
        gateways=[GatewayRow("gw1", ("h0-door", "h1-door"))],
        members=[MemberRow(f"p{n}", homes[n], "tenant", (LEASED, since)[n], None, False) for n in (0, 1)],
        leases=[lease(home) for home in homes],
        visits=visits,
    ))  # fmt: skip


def judged(
    *tables: Columns, registry: Registry | None = None, both: bool = True, unseen: list[date] | None = None
) -> dict[str, Verdict]:
    """What is said of h0 and h1, whose columns `tables` are, over the window."""
    homes = np.arange(2 if both else 1, dtype=np.int32)
    made = empty(homes, days.number(FIRST), WINDOW)
    for row, table in enumerate(tables[: len(homes)]):
        for column, marked in table.items():
            for day, value in marked.items():
                getattr(made, column)[row, days.number(day) - made.first_day] = value
    blind = np.array([days.number(day) for day in unseen or ()], np.int32)
    case = View(
        registry=registry or known(), values=Values(), observed_from=days.number(FIRST), complete=True, days=made,
        last_entry=np.full(len(homes), days.number(TODAY), np.int32),
        unseen=np.unique(np.concatenate([keys(np.full(len(blind), h, np.int32), blind) for h in homes])),
    )  # fmt: skip
    found = {row.home: row for row in rows_of(RULE.evaluate(case), case.registry.homes.ids)}
    for said in found.values():
        for reason in (*said.evidence, *said.counter_evidence):
            assert all(texts.render(reason.kind, lang, **reason.values) for lang in texts.LANGUAGES)
    return found


def home(own: list[date], theirs: list[date], other: int, **more: Mapping[date, int]) -> Columns:
    """A home whose household comes through its own door on some days, another home's household on others."""
    everyday = dict.fromkeys(span(FIRST, TODAY + DAY), 1)  # its household passes the gate every day
    passages = dict.fromkeys(everyday, 2) | dict.fromkeys(own, 3)
    return {
        "members_seen": everyday, "entries": passages, "elsewhere": dict.fromkeys(everyday, 2),
        "swap_home": dict.fromkeys(theirs, other), "swap_entries": dict.fromkeys(theirs, 2), **more,
    }  # fmt: skip


def swapped(for_days: int, **more: Mapping[date, int]) -> tuple[Columns, Columns]:
    """Two homes that were exchanged so many days ago, today included."""
    since = TODAY - (for_days - 1) * DAY
    before, after = span(FIRST, since), span(since, TODAY + DAY)
    return home(before, after, 1, **more), home(before, after, 0)


def test_two_households_in_each_others_homes() -> None:
    found = judged(*swapped(30))
    assert {name: row.stage for name, row in found.items()} == {"h0": Stage.SUSPECTED, "h1": Stage.SUSPECTED}
    for row in found.values():
        assert row.onset == TODAY - 29 * DAY
        assert row.onset_low <= row.onset <= row.onset_high
        assert row.legal_basis == "Order 11 Art. 27(1)"
        assert row.probability > 0.95
        assert {"swap.here", "swap.there", "swap.faded", "swap.one_kind"} <= reasons(row)
    assert found["h0"].evidence[0].values["home"] == "h1"


@pytest.mark.parametrize(("for_days", "said"), [(13, False), (14, True)])
def test_only_after_the_parameters_days(for_days: int, said: bool) -> None:
    assert bool(judged(*swapped(for_days))) == said


def test_days_that_do_not_count_hold_it_back() -> None:
    down = span(TODAY - 9 * DAY, TODAY - 4 * DAY)
    assert not judged(*swapped(18), unseen=down)
    assert judged(*swapped(19), unseen=down)


def test_credentials_that_were_exchanged_are_a_second_kind() -> None:
    lent = span(TODAY - 29 * DAY, TODAY - 24 * DAY)
    found = judged(*swapped(30, mismatches=dict.fromkeys(lent, 1)))
    assert found["h0"].stage is found["h1"].stage is Stage.TO_VERIFY
    few = judged(*swapped(30, mismatches=dict.fromkeys(lent[1:], 1)))
    assert few["h0"].stage is Stage.SUSPECTED


def test_visits_count_for_and_against() -> None:
    others = judged(*swapped(30), registry=known((visit(TODAY - 3 * DAY, "other_met"),)))
    assert others["h0"].stage is Stage.TO_VERIFY
    met = judged(*swapped(30), registry=known((visit(TODAY - 3 * DAY, "household_met"),)))
    assert met["h0"].stage is met["h1"].stage is Stage.WATCH
    before = judged(*swapped(30), registry=known((visit(TODAY - 40 * DAY, "household_met"),)))
    assert before["h0"].stage is Stage.SUSPECTED


def test_one_side_is_watched() -> None:
    since = TODAY - 29 * DAY
    before, after, all_ = span(FIRST, since), span(since, TODAY + DAY), span(FIRST, TODAY + DAY)
    found = judged(home(before, after, 1), home(all_, [], 0))
    assert {name: row.stage for name, row in found.items()} == {"h0": Stage.WATCH}
    assert "swap.one_sided" in reasons(found["h0"])
    alone = judged(*swapped(30), both=False)  # the other home is not in the view
    assert alone["h0"].stage is Stage.WATCH


def test_days_of_a_household_that_moved_away_tell_nothing_of_the_new_one() -> None:
    """Seen in each other's homes for 30 days; then the household of h1 left, and another one moved in."""
    assert judged(*swapped(30), registry=known(since=TODAY - 12 * DAY)) == {}
    found = judged(*swapped(30), registry=known(since=TODAY - 13 * DAY))  # since then, for long enough; no days before
    assert {row.stage for row in found.values()} <= {Stage.WATCH}
    assert all(row.onset >= TODAY - 13 * DAY for row in found.values())
    assert judged(*swapped(30), registry=known(since=TODAY - 60 * DAY))["h0"].stage is Stage.SUSPECTED


def test_relatives_in_each_others_homes_every_day_are_nothing() -> None:
    all_ = span(FIRST, TODAY + DAY)
    assert judged(home(all_, all_, 1), home(all_, all_, 0)) == {}


def test_exchanged_from_the_first_day_may_be_the_readers() -> None:
    found = judged(*swapped(WINDOW))
    assert found["h0"].stage is found["h1"].stage is Stage.WATCH
    assert "swap.from_the_start" in reasons(found["h0"])


def test_it_holds_with_a_fifth_of_the_readings_missed() -> None:
    rng = np.random.default_rng(7)
    since = TODAY - 34 * DAY
    tables = [
        home([d for d in span(FIRST, since) if rng.random() < 0.8],
             [d for d in span(since, TODAY + DAY) if rng.random() < 0.8], 1 - n)
        for n in (0, 1)
    ]  # fmt: skip
    found = judged(*tables)
    assert found["h0"].stage is found["h1"].stage is Stage.SUSPECTED
    assert abs((found["h0"].onset - since).days) <= 2


def test_nothing_seen_is_nothing_said() -> None:
    assert judged({}, {}) == {}
