"""What staff say about alerts. The alerts are the occupancy service's; here is who acknowledged, dismissed or judged.

An alert is new until somebody acknowledges it, and can be dismissed with a reason from either state; a dismissed one
can be reopened. A verdict (was the machine right?) may be given at any time and changes no state: it feeds the
precision of each rule (O7). Nothing here changes a tenant's rights.

| state        | acknowledge  | dismiss   | reopen | verdict      |
| ------------ | ------------ | --------- | ------ | ------------ |
| new          | acknowledged | dismissed |        | new          |
| acknowledged |              | dismissed |        | acknowledged |
| dismissed    |              |           | new    | dismissed    |
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import audit
from core.clock import to_us
from core.errors import AnjuError
from housing import tables as t

MAX_REASON = 2000
_IN_ONE_QUERY = 500


class State(StrEnum):
    """Where an alert stands with the staff."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"


class Action(StrEnum):
    """What a person did about an alert."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    VERDICT = "verdict"


class Verdict(StrEnum):
    """Whether the machine was right."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.NEW, Action.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.NEW, Action.DISMISS): State.DISMISSED,
    (State.NEW, Action.VERDICT): State.NEW,
    (State.ACKNOWLEDGED, Action.DISMISS): State.DISMISSED,
    (State.ACKNOWLEDGED, Action.VERDICT): State.ACKNOWLEDGED,
    (State.DISMISSED, Action.REOPEN): State.NEW,
    (State.DISMISSED, Action.VERDICT): State.DISMISSED,
}
NEED_REASON = frozenset({Action.DISMISS, Action.REOPEN, Action.VERDICT})


class ActionRow(msgspec.Struct, frozen=True):
    """One act of a person about an alert."""

    alert: str
    user: str
    action: Action
    verdict: Verdict | None
    reason: str
    at_us: int


class Judgement(msgspec.Struct, frozen=True):
    """The verdict that counts of one alert: the newest."""

    alert: str
    estate: str
    verdict: Verdict
    at_us: int


class WrongAction(AnjuError):
    """An act that its alert does not allow now, or that is incomplete."""

    code = "wrong_action"


def state_of(actions: Iterable[ActionRow]) -> State:
    """The state after `actions`, oldest first; acts that never were legal cannot be in the store."""
    state = State.NEW
    for row in actions:
        state = TRANSITIONS[state, row.action]
    return state


def verdict_of(actions: Sequence[ActionRow]) -> Verdict | None:
    """The newest verdict."""
    return next((row.verdict for row in reversed(actions) if row.verdict is not None), None)


def actions_of(conn: Connection, alerts: Iterable[str]) -> dict[str, list[ActionRow]]:
    """Every act about each of `alerts`, oldest first; an alert nobody touched has an empty list."""
    wanted = list(dict.fromkeys(alerts))
    found: dict[str, list[ActionRow]] = {alert: [] for alert in wanted}
    a = t.alert_actions.c
    query = sa.select(a.alert, a.user, a.action, a.verdict, a.reason, a.at_us).order_by(a.id)
    for start in range(0, len(wanted), _IN_ONE_QUERY):
        for row in conn.execute(query.where(a.alert.in_(wanted[start : start + _IN_ONE_QUERY]))):
            verdict = None if row.verdict is None else Verdict(row.verdict)
            found[row.alert].append(ActionRow(row.alert, row.user, Action(row.action), verdict, row.reason, row.at_us))
    return found


def judgements(conn: Connection, estates: Sequence[str], from_us: int, until_us: int) -> list[Judgement]:
    """The newest verdict on each alert of some estates, those given from `from_us` until before `until_us`; by time."""
    a = t.alert_actions.c
    newest = sa.select(sa.func.max(a.id)).where(a.verdict.is_not(None), a.estate.in_(estates)).group_by(a.alert)
    query = sa.select(a.alert, a.estate, a.verdict, a.at_us).where(a.id.in_(newest), a.at_us >= from_us)
    rows = conn.execute(query.where(a.at_us < until_us).order_by(a.at_us, a.id))
    return [Judgement(row.alert, row.estate, Verdict(row.verdict), row.at_us) for row in rows]


def _check(action: Action, verdict: Verdict | None, reason: str) -> None:
    if (action is Action.VERDICT) != (verdict is not None):
        raise WrongAction(
            "请选择结论：正确、错误或无法判断。", "A verdict, and only a verdict, says right, wrong or unclear."
        )
    if action in NEED_REASON and not reason.strip():
        raise WrongAction("请填写理由。", "A reason is needed.")
    if len(reason) > MAX_REASON:
        raise WrongAction(f"理由超过{MAX_REASON}字。", f"The reason has more than {MAX_REASON} characters.")


def act(
    conn: Connection,
    *,
    alert: str,
    estate: str,
    user: str,
    action: Action,
    verdict: Verdict | None = None,
    reason: str = "",
    now: datetime,
) -> State:
    """Write down what `user` did about `alert`, with its audit row; returns the alert's new state.

    Raises WrongAction where the table above has no entry (two people at once: the second is told), where a reason or
    a verdict is missing, or where one is given that does not belong.
    """
    audit.serialise(conn)
    _check(action, verdict, reason)
    state = state_of(actions_of(conn, [alert])[alert])
    new = TRANSITIONS.get((state, action))
    if new is None:
        raise WrongAction(
            "该告警的状态已变化，不能执行此操作。", f"An alert that is {state} cannot take {action}.",
            mend_zh="请刷新页面查看最新状态。", mend_en="Reload the page to see who acted meanwhile.",
        )  # fmt: skip
    conn.execute(
        t.alert_actions.insert().values(
            alert=alert, estate=estate, user=user, action=action.value,
            verdict=None if verdict is None else verdict.value, reason=reason.strip(), at_us=to_us(now),
        )
    )  # fmt: skip
    details = {"estate": estate, "verdict": verdict, "state": new}
    audit.append(conn, at=now, actor=user, action=f"triage:alert:{action}", subject=alert, details=details)
    return new
