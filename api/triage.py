"""What staff do about alerts: the act, who may do it, and the word to other open pages."""

import msgspec

from api.access import Visitor
from api.context import Context
from api.errors import NotFound, RoleTooLow
from core.db import Store
from core.live import feed_channel
from core.texts import render
from housing import triage
from housing.accounts import Role
from housing.triage import Action, State, Verdict
from occupancy import views

NEEDS = {
    Action.ACKNOWLEDGE: Role.PROPERTY, Action.DISMISS: Role.PROPERTY, Action.REOPEN: Role.PROPERTY,
    Action.VERDICT: Role.HOUSING,
}  # fmt: skip


def act(
    context: Context, visitor: Visitor, estate: str, alert: str, action: Action, verdict: Verdict | None, reason: str
) -> State:
    """Write down what `visitor` does about an alert of `estate`; returns its new state.

    Raises RoleTooLow (a verdict is a housing officer's), NotFound, housing.triage.WrongAction.
    """
    if visitor.role < NEEDS[action]:
        needed = NEEDS[action]
        raise RoleTooLow(render(f"role.{needed}", "zh"), render(f"role.{needed}", "en"))
    with context.reading(Store.OCCUPANCY) as occupancy:
        line = views.alert(occupancy, alert)
    if line is None or line.estate != estate:
        raise NotFound("告警", "alert")
    with context.writing() as housing:
        state = triage.act(
            housing, alert=alert, estate=estate, user=visitor.user, action=action, verdict=verdict, reason=reason,
            now=context.now(),
        )  # fmt: skip
    context.live.publish(feed_channel(estate), msgspec.json.encode({"kind": "alert", "alert": alert}))
    return state
