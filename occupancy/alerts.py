"""Alerts: what staff should look at. One alert a finding, opened, refreshed and closed with it. Pure.

The alert follows the finding in the same transaction, so after any crash there is exactly one, and it says what the
finding says. What people answer (acknowledge, dismiss, verdict) is theirs and lives in the housing store
(`housing.triage`): closing an alert here deletes no word of it.

Staff can look into so many accusations a week (`alert_budget_week`), so alerts of the accusing kinds open in two steps.
The finding is written as always and shows on the board and on its home's page; its alert waits until `within_budget`
lets it open, the likeliest first. Waiting is no state of its own: it is a raised finding without an alert, so a crash
can lose nothing and a new week needs no job. What is never held back: welfare; what a calendar decides (overdue starts
clock 734, renewal and relet have dates of their own); an alert that was open before; and whatever has waited until the
first reminder of clock 718, 30 days at most. That clock runs from the day a finding was first suspected, not from its
alert: by then the office could have known, and a late alert must not cost it the objection (L11). Those let through
count to the week.
"""

from collections.abc import Iterable, Mapping

import msgspec

from housing.parameters import ALERT_BUDGET_WEEK, CLOCK_718_REMINDER_DAYS
from occupancy import days
from occupancy.discovery import ACCUSING
from occupancy.findings import Finding, identity
from occupancy.rules.base import Rule, Stage, Values

WAIT_MOST = 30  # days, whatever a city sets: five of the six months of clock 718 are left


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A call to look at a finding; `closed_us` is set when it ended or fell below what staff are alerted to."""

    alert: str
    finding: str
    estate: str
    home: str
    kind: str
    urgent: bool
    opened_us: int
    refreshed_us: int
    closed_us: int | None = None


def deserves_alert(rule: Rule, finding: Finding) -> bool:
    """Whether staff should see it; an accusation never before it is suspected, whatever its rule says."""
    first = max(rule.alert_from, Stage.SUSPECTED) if rule.kind in ACCUSING else rule.alert_from
    return finding.is_open and Stage[finding.stage.upper()] >= first


def follow(rule: Rule, alerts: Mapping[str, Alert], changed: Iterable[Finding], now_us: int) -> list[Alert]:
    """The alerts that changed findings open, refresh, reopen or close; `alerts` are the existing ones by finding.

    An accusation without an alert gets none here: it waits for `within_budget`.
    """
    found = []
    for finding in changed:
        before = alerts.get(finding.finding)
        if deserves_alert(rule, finding):
            if before is not None:
                found.append(_refreshed(before, now_us))
            elif rule.kind not in ACCUSING:
                found.append(_open(rule, finding, now_us))
        elif before is not None and before.closed_us is None:
            found.append(msgspec.structs.replace(before, refreshed_us=now_us, closed_us=now_us))
    return found


def week_start_us(now_us: int) -> int:
    """The first microsecond of the ISO week of a moment: Monday 00:00 at the estate."""
    today = days.number_at(now_us)
    return days.start_us(today - int(days.weekdays(today)))


def within_budget(
    rules: Mapping[str, Rule],
    waiting: Iterable[Finding],
    *,
    opened: int,
    values: Values,
    now_us: int,
) -> list[Alert]:
    """The alerts that open now, of the accusations of one estate that wait for one.

    Args:
        rules: by kind; what none of them alerts to is left out.
        waiting: raised findings of accusing kinds without an alert.
        opened: how many alerts of accusing kinds opened in this week already.
        values: the city's parameters: the budget of the day, and the reminders that each finding's clock has.
        now_us: the moment, microseconds UTC.
    """
    found = [finding for finding in waiting if finding.kind in rules and deserves_alert(rules[finding.kind], finding)]
    today = days.number_at(now_us)
    due = [finding for finding in found if today >= waits_until(finding, values)]
    rest = [finding for finding in found if today < waits_until(finding, values)]
    rest.sort(key=lambda finding: (-finding.probability, finding.first_known_us or 0, finding.finding))
    left = max(values.on(ALERT_BUDGET_WEEK, today) - opened - len(due), 0)
    return [_open(rules[finding.kind], finding, now_us) for finding in (*due, *rest[:left])]


def waits_until(finding: Finding, values: Values) -> int:
    """The day from which nothing holds its alert back: the first reminder of clock 718, or WAIT_MOST days on.

    The clock keeps the city's numbers of the day it started on, the day the finding was first suspected.
    """
    known = days.number_at(finding.updated_us if finding.first_known_us is None else finding.first_known_us)
    return known + min(WAIT_MOST, *values.on(CLOCK_718_REMINDER_DAYS, known))


def _open(rule: Rule, finding: Finding, now_us: int) -> Alert:
    return Alert(
        alert=identity(now_us, finding.finding, "alert"),
        finding=finding.finding,
        estate=finding.estate,
        home=finding.home,
        kind=finding.kind,
        urgent=rule.urgent,
        opened_us=now_us,
        refreshed_us=now_us,
    )


def _refreshed(before: Alert, now_us: int) -> Alert:
    return msgspec.structs.replace(before, refreshed_us=now_us, closed_us=None)
