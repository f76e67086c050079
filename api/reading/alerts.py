"""Alerts with their findings and with what staff said about them; two stores, joined here."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.errors import NotFound
from api.reading.clocks import LegalClock, clocks_of
from api.reading.labels import home_labels
from housing import tables as t
from housing.triage import ActionRow, State, Verdict, actions_of, state_of, verdict_of
from occupancy import views
from occupancy.tables import alerts as alerts_table
from occupancy.views import AlertKey, AlertLine, FindingView

CLOSED, WAITING = "closed", "waiting"
FILTERS = (*(str(state) for state in State), CLOSED, WAITING)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, its finding in words, its legal clock and its triage."""

    line: AlertLine
    finding: FindingView
    actions: Sequence[ActionRow]
    home_label: str
    clock: LegalClock | None

    @property
    def state(self) -> State:
        """Where it stands with the staff."""
        return state_of(self.actions)

    @property
    def verdict(self) -> Verdict | None:
        """What a person found."""
        return verdict_of(self.actions)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A suspicion whose alert waits for the week's budget."""

    finding: FindingView
    home_label: str
    clock: LegalClock | None


class AlertsPage(msgspec.Struct, frozen=True):
    """Alerts in order, and where the next page begins."""

    alerts: Sequence[Alert]
    next: AlertKey | None


def untouched(housing: Connection, occupancy: Connection, estate: str) -> dict[str, bool]:
    """Open alerts that wait for somebody, and whether each is urgent."""
    a, said = alerts_table.c, t.alert_actions.c
    rows = occupancy.execute(sa.select(a.alert, a.urgent).where(a.estate == estate, a.closed_us.is_(None)))
    waiting: dict[str, bool] = {row.alert: row.urgent for row in rows}
    touched = set(housing.scalars(sa.select(said.alert).where(said.estate == estate).distinct())) & waiting.keys()
    for alert, actions in actions_of(housing, sorted(touched)).items():
        if state_of(actions) is not State.NEW:
            del waiting[alert]
    return waiting


def alerts_page(
    housing: Connection,
    occupancy: Connection,
    estate: str,
    *,
    show: str,
    today: date,
    before: AlertKey | None = None,
    limit: int = 50,
) -> AlertsPage:
    """Alerts of one estate, the urgent first, then the newest.

    Args:
        housing: Where triage is.
        occupancy: Where alerts are.
        estate: Whose.
        show: new, acknowledged, dismissed (of open alerts), or closed (by the occupancy service itself).
        today: The day on which clocks are read.
        before: Where the page before ended.
        limit: Rows at most.
    """
    found: list[tuple[AlertLine, Sequence[ActionRow]]] = []
    while True:
        state = "closed" if show == CLOSED else "open"
        lines = views.alerts_page(occupancy, [estate], state=state, before=before, limit=views.PAGE_MAX)
        actions = actions_of(housing, [line.alert for line in lines])
        for line in lines:
            if show == CLOSED or state_of(actions[line.alert]) == show:
                if len(found) == limit:
                    return AlertsPage(_alerts(housing, occupancy, estate, found, today), found[-1][0].key)
                found.append((line, actions[line.alert]))
        if len(lines) < views.PAGE_MAX:
            return AlertsPage(_alerts(housing, occupancy, estate, found, today), None)
        before = lines[-1].key


def one_alert(housing: Connection, occupancy: Connection, estate: str, alert: str, today: date) -> Alert:
    """One alert of an estate; raises NotFound."""
    line = views.alert(occupancy, alert)
    if line is None or line.estate != estate:
        raise NotFound("告警", "alert")
    return _alerts(housing, occupancy, estate, [(line, actions_of(housing, [alert])[alert])], today)[0]


def waiting(housing: Connection, occupancy: Connection, estate: str, today: date) -> list[Waiting]:
    """Suspicions whose alert waits for the week's budget, the likeliest first."""
    found = views.waiting(occupancy, estate)
    labels = home_labels(housing, estate, [finding.home for finding in found])
    clocks = clocks_of(housing, estate, found, today)
    return [Waiting(finding=f, home_label=labels.get(f.home, f.home), clock=clocks.get(f.finding)) for f in found]


def _alerts(
    housing: Connection,
    occupancy: Connection,
    estate: str,
    found: Sequence[tuple[AlertLine, Sequence[ActionRow]]],
    today: date,
) -> list[Alert]:
    labels = home_labels(housing, estate, [line.home for line, _actions in found])
    findings = {line.alert: _finding(occupancy, line) for line, _actions in found}
    clocks = clocks_of(housing, estate, findings.values(), today)
    return [
        Alert(
            line=line, finding=findings[line.alert], actions=actions, clock=clocks.get(line.finding),
            home_label=labels.get(line.home, line.home),
        )
        for line, actions in found
    ]  # fmt: skip


def _finding(occupancy: Connection, line: AlertLine) -> FindingView:
    finding = views.finding(occupancy, line.finding)
    if finding is None:  # an alert is written after its finding, which is never deleted
        raise NotFound("告警", "alert")
    return finding


def alert_ids(occupancy: Connection, home: str) -> Mapping[str, str]:
    """The alert of each finding of a home."""
    a = alerts_table.c
    return {row.finding: row.alert for row in occupancy.execute(sa.select(a.finding, a.alert).where(a.home == home))}
