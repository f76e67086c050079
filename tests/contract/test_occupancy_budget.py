"""Accusations across homes in the service, on both databases: held back, waiting, opened once, whatever breaks off."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.db import writing
from housing import tables as t
from occupancy import finding_store, sweeping, views
from occupancy.discovery import HELD
from occupancy.rules import RULES, sublet
from occupancy.rules.base import Raised, Reason, Stage, Verdicts, View
from occupancy.tables import alerts, findings
from tests.contract import occupancy_bench
from tests.contract.occupancy_bench import DAY, Bench, local
from tests.contract.occupancy_estates import ESTATE, daily, note_change

bench = occupancy_bench.bench  # the fixture
WEEK = timedelta(days=7)  # DAY is a Monday


class Accuser:
    """A rule whose probabilities the test sets, by home."""

    def __init__(self) -> None:
        self.said: dict[str, float] = {}

    def evaluate(self, view: View) -> Verdicts:
        raised = Raised()
        for handle in view.homes.tolist():
            if (home := view.registry.homes.ids[handle]) in self.said:
                raised.add(
                    handle, Stage.SUSPECTED, self.said[home], (view.today,) * 3, sublet.BASIS,
                    evidence=[Reason("sublet.one_kind")], counter_evidence=[],
                )  # fmt: skip
        return raised.verdicts()


@pytest.fixture
def accuser(monkeypatch: pytest.MonkeyPatch) -> Accuser:
    made = Accuser()
    monkeypatch.setitem(RULES, "sublet", replace(sublet.RULE, evaluate=made.evaluate))
    return made


def begin(bench: Bench, homes: int, budget: int) -> None:
    """An estate in which everybody is seen daily, and its city's budget."""
    bench.stores.found(homes=homes, members=1)
    with writing(bench.stores.housing) as conn:
        conn.execute(t.parameters.insert().values(
            city="default", name="alert_budget_week", effective_from=date(2020, 1, 1), value=str(budget), citation="x",
        ))  # fmt: skip
        note_change(conn, "home")
    bench.stores.seen([row for n in range(homes) for row in daily(f"p{n}", [DAY])])


def opened(bench: Bench) -> list[str]:
    """Homes with an alert, in the order in which they got it; never two of one finding."""
    rows = [row for row in bench.stores.rows(alerts, "opened_us", "home") if row["kind"] == "sublet"]
    assert len({row["finding"] for row in rows}) == len(rows)
    return [row["home"] for row in rows]


def stages(bench: Bench) -> dict[str, str]:
    return {row["home"]: row["stage"] for row in bench.stores.rows(findings, "home") if row["kind"] == "sublet"}


def test_a_week_opens_its_budget_and_the_next_goes_on(bench: Bench, accuser: Accuser) -> None:
    begin(bench, homes=5, budget=2)
    accuser.said = {f"h{n}": 0.96 + n / 200 for n in range(5)}
    bench.go_to(local(DAY, 20))
    assert set(stages(bench).values()) == {"suspected"}  # all can be seen on the board
    assert opened(bench) == ["h3", "h4"]
    with bench.stores.occupancy.connect() as conn:
        assert [f.home for f in views.waiting(conn, ESTATE)] == ["h2", "h1", "h0"]
        assert finding_store.count_waiting(conn) == {"sublet": 3}
        assert finding_store.expected_false(conn) == {"sublet": pytest.approx(0.03)}
    bench.restart()
    for hour in (21, 22):  # judged again, by a new process too
        bench.go_to(local(DAY, hour))
    bench.go_to(local(DAY + timedelta(6), 23.9))
    assert opened(bench) == ["h3", "h4"]
    bench.go_to(local(DAY + WEEK, 0.1))
    assert opened(bench) == ["h3", "h4", "h1", "h2"]
    bench.go_to(local(DAY + 2 * WEEK, 0.1))
    assert opened(bench) == ["h3", "h4", "h1", "h2", "h0"]
    with bench.stores.occupancy.connect() as conn:
        assert views.waiting(conn, ESTATE) == []


def test_an_alert_that_was_open_comes_back_without_budget(bench: Bench, accuser: Accuser) -> None:
    begin(bench, homes=1, budget=1)
    accuser.said = {"h0": 0.99}
    bench.go_to(local(DAY, 20))
    accuser.said = {"h0": 0.5}  # news of its own: back to watch
    bench.go_to(local(DAY + timedelta(1), 20))
    assert [row["closed_us"] is None for row in bench.stores.rows(alerts)] == [False]
    accuser.said = {"h0": 0.99}
    bench.go_to(local(DAY + timedelta(2), 20))
    assert [row["closed_us"] is None for row in bench.stores.rows(alerts)] == [True]
    assert opened(bench) == ["h0"]


def test_no_alert_waits_longer_than_the_first_reminder_of_its_clock(bench: Bench, accuser: Accuser) -> None:
    begin(bench, homes=2, budget=0)
    accuser.said = {"h0": 0.97, "h1": 0.98}
    bench.go_to(local(DAY, 20))
    bench.go_to(local(DAY + timedelta(29), 23.9))
    assert opened(bench) == []
    bench.go_to(local(DAY + timedelta(30), 0.1))
    assert sorted(opened(bench)) == ["h0", "h1"]


def test_a_sweep_that_breaks_off_before_alerts_loses_none(bench: Bench, accuser: Accuser) -> None:
    begin(bench, homes=3, budget=9)
    accuser.said = {"h0": 0.97, "h2": 0.98}
    bench.stores.heard(int(local(DAY, 21).timestamp() * 1_000_000))
    bench.clock.advance(local(DAY, 20) - bench.clock.now())
    bench.service._folding.fold("s1")
    for _slice in bench.service._sweeping.sweep(bench.clock.now()):
        if bench.stores.rows(findings):
            break  # committed, and nothing after it
    assert set(stages(bench)) == {"h0", "h2"}
    assert opened(bench) == []
    bench.restart()
    bench.settle()
    assert sorted(opened(bench)) == ["h0", "h2"]


def test_who_is_held_back_says_so_and_rises_with_better_company(
    bench: Bench, accuser: Accuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "HOMES_AT_ONCE", 1)  # each home is judged by itself, beside what is stored of others
    begin(bench, homes=3, budget=9)
    accuser.said = {"h0": 0.91}
    bench.go_to(local(DAY, 20))
    assert stages(bench) == {"h0": "watch"}
    assert opened(bench) == []
    with bench.stores.occupancy.connect() as conn:
        (found,) = (f for f in views.findings_of(conn, "h0") if f.kind == "sublet")
    assert HELD in {reason.kind for reason in found.counter_evidence}
    assert found.first_known_us is None
    accuser.said |= {"h1": 0.999, "h2": 0.999}
    bench.go_to(local(DAY + timedelta(1), 20))
    bench.go_to(local(DAY + timedelta(2), 20))
    assert stages(bench) == dict.fromkeys(("h0", "h1", "h2"), "suspected")
    del accuser.said["h1"], accuser.said["h2"]  # theirs end; h0 has no news of its own
    bench.go_to(local(DAY + timedelta(3), 20))
    bench.go_to(local(DAY + timedelta(12), 20))
    with bench.stores.occupancy.connect() as conn:
        assert finding_store.raised_elsewhere(conn, ESTATE, "sublet", set()) == [0.91]
        assert finding_store.raised_elsewhere(conn, ESTATE, "sublet", {"h0"}) == []
        assert finding_store.raised_elsewhere(conn, "e2", "sublet", set()) == []
