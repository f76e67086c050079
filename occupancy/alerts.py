"""Alerts: what staff should look at. One alert a finding, opened, refreshed and closed with it. Pure.

The alert follows the finding in the same transaction, so after any crash there is exactly one, and it says what the
finding says. What people answer (acknowledge, dismiss, verdict) is theirs and lives in the housing store
(`housing.triage`): closing an alert here deletes no word of it.

Staff can look into so many accusations a week (`alert_budget_week`), so alerts of the accusing kinds open in two steps.
The finding is written as always and shows on the board and on its home's page; its alert waits until `within_budget`
lets it open, the likeliest first. Waiting is no state of its own: it is a raised finding without an alert, so a crash
can lose nothing and a new week needs no job. What is never held back: welfare; what a calendar decides (overdue starts
clock 734, renewal and relet have dates of their own); an alert that was open before; and whatever has waited until the
first reminder of clock 718. That clock runs from the day a finding was first suspected, not from its alert: by then the
office could have known, and a late alert must not cost it the objection (L11). Those let through count to the week.
"""

from collections.abc import Iterable, Mapping

import msgspec

from occupancy import days
from occupancy.discovery import ACCUSING
from occupancy.findings import Finding, identity
from occupancy.rules.base import Rule, Stage


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
    return days.start_us(today - (today + 3) % 7)  # day 0 was a Thursday


def within_budget(
    rules: Mapping[str, Rule],
    waiting: Iterable[Finding],
    *,
    opened: int,
    budget: int,
    reminders: tuple[int, ...],
    now_us: int,
) -> list[Alert]:
    """The alerts that open now, of the accusations of one estate that wait for one.

    Args:
        rules: by kind; what none of them alerts to is left out.
        waiting: raised findings of accusing kinds without an alert.
        opened: how many alerts of accusing kinds opened in this week already.
        budget: `alert_budget_week` of the day.
        reminders: `clock_718_reminder_days` of the day, ascending; where a city has none, nothing waits.
        now_us: the moment, microseconds UTC.
    """
    found = [finding for finding in waiting if finding.kind in rules and deserves_alert(rules[finding.kind], finding)]
    longest = min(reminders, default=0)
    due = [finding for finding in found if known_days(finding, now_us) >= longest]
    rest = [finding for finding in found if known_days(finding, now_us) < longest]
    rest.sort(key=lambda finding: (-finding.probability, finding.first_known_us or 0, finding.finding))
    left = max(budget - opened - len(due), 0)
    return [_open(rules[finding.kind], finding, now_us) for finding in (*due, *rest[:left])]


def known_days(finding: Finding, now_us: int) -> int:
    """Calendar days since it was first suspected; 0 where it never was."""
    known_us = finding.first_known_us
    return 0 if known_us is None else days.number_at(now_us) - days.number_at(known_us)


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
