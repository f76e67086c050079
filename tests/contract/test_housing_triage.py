"""What staff say about alerts: every pair of the table, reasons, verdicts, the audit."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from core import audit
from core.clock import to_us
from core.db import writing
from housing import tables as t
from housing import triage
from housing.triage import TRANSITIONS, Action, State, Verdict, WrongAction

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WAY_TO = {
    State.NEW: (),
    State.ACKNOWLEDGED: (Action.ACKNOWLEDGE,),
    State.DISMISSED: (Action.ACKNOWLEDGE, Action.DISMISS),
}


def user(conn: Connection, name: str = "li") -> None:
    conn.execute(t.users.insert().values(user=name, name="李明", role="property", password="!"))


def act(conn: Connection, action: Action, *, alert: str = "a1", reason: str = "visited", who: str = "li") -> State:
    verdict = Verdict.WRONG if action is Action.VERDICT else None
    return triage.act(conn, alert=alert, estate="e1", user=who, action=action, verdict=verdict, reason=reason, now=NOW)


def test_every_pair_of_the_table(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        user(conn)
        for state, action in itertools.product(State, Action):
            walk(conn, f"{state}-{action}", state, action)


def walk(conn: Connection, alert: str, state: State, action: Action) -> None:
    audited = len(audit.entries(conn))
    for step in WAY_TO[state]:
        act(conn, step, alert=alert)
    legal = (state, action) in TRANSITIONS
    if legal:
        assert act(conn, action, alert=alert) is TRANSITIONS[state, action]
    else:
        with pytest.raises(WrongAction):
            act(conn, action, alert=alert)
    rows = triage.actions_of(conn, [alert])[alert]
    assert triage.state_of(rows) is TRANSITIONS.get((state, action), state)
    assert len(rows) == len(WAY_TO[state]) + legal
    assert len(audit.entries(conn)) == audited + len(rows)


def test_a_reason_is_needed(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        user(conn)
        for action in (Action.DISMISS, Action.VERDICT):
            for reason in ("", "  \n", "x" * (triage.MAX_REASON + 1)):
                with pytest.raises(WrongAction):
                    act(conn, action, reason=reason)
        assert triage.actions_of(conn, ["a1"]) == {"a1": []}


def test_a_verdict_goes_with_a_verdict_only(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        user(conn)
        for action, verdict in ((Action.VERDICT, None), (Action.ACKNOWLEDGE, Verdict.RIGHT)):
            with pytest.raises(WrongAction):
                triage.act(
                    conn, alert="a1", estate="e1", user="li", action=action, verdict=verdict, reason="r", now=NOW
                )


def test_the_newest_verdict_counts_and_alerts_stay_apart(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        user(conn)
        act(conn, Action.VERDICT)
        triage.act(
            conn, alert="a1", estate="e1", user="li", action=Action.VERDICT, verdict=Verdict.RIGHT,
            reason=" seen again ", now=NOW,
        )  # fmt: skip
        act(conn, Action.ACKNOWLEDGE, alert="a2", reason="")
        found = triage.actions_of(conn, ["a2", "a1", "a3", *(f"b{n}" for n in range(1200))])
    assert triage.verdict_of(found["a1"]) is Verdict.RIGHT
    assert found["a1"][-1].reason == "seen again"
    assert triage.state_of(found["a2"]) is State.ACKNOWLEDGED
    assert triage.verdict_of(found["a2"]) is None
    assert found["a3"] == []


def test_the_verdict_that_counts_is_the_newest_and_belongs_to_its_day(housing_engine: Engine) -> None:
    def judge(alert: str, verdict: Verdict, day: int, estate: str = "e1") -> None:
        triage.act(
            conn, alert=alert, estate=estate, user="li", action=Action.VERDICT, verdict=verdict, reason="visited",
            now=NOW + timedelta(days=day),
        )  # fmt: skip

    def found(estates: list[str], first: int, until: int) -> list[tuple[str, Verdict]]:
        from_us, until_us = (to_us(NOW + timedelta(days=day)) for day in (first, until))
        return [(row.alert, row.verdict) for row in triage.judgements(conn, estates, from_us, until_us)]

    with writing(housing_engine) as conn:
        user(conn)
        judge("a1", Verdict.WRONG, 0)
        judge("a2", Verdict.UNCLEAR, 1)
        judge("a1", Verdict.RIGHT, 2)
        judge("b1", Verdict.WRONG, 2, "e2")
        act(conn, Action.ACKNOWLEDGE, alert="a3")
        assert found(["e1"], 0, 3) == [("a2", Verdict.UNCLEAR), ("a1", Verdict.RIGHT)]
        assert found(["e1"], 0, 2) == [("a2", Verdict.UNCLEAR)]  # a1 was judged again after the period
        assert found(["e1", "e2"], 2, 3) == [("a1", Verdict.RIGHT), ("b1", Verdict.WRONG)]
        assert found([], 0, 9) == []
