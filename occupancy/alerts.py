"""Alerts: what staff should look at. One alert a finding, opened, refreshed and closed with it. Pure.

The alert follows the finding in the same transaction, so after any crash there is exactly one, and it says what the
finding says. What people answer (acknowledge, dismiss, verdict) is theirs and lives in the housing store
(`housing.triage`): closing an alert here deletes no word of it.
"""

from collections.abc import Iterable, Mapping

import msgspec

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
    """Whether staff should see it now."""
    return finding.is_open and Stage[finding.stage.upper()] >= rule.alert_from


def follow(rule: Rule, alerts: Mapping[str, Alert], changed: Iterable[Finding], now_us: int) -> list[Alert]:
    """The alerts that changed findings open, refresh, reopen or close; `alerts` are the existing ones by finding."""
    found = []
    for finding in changed:
        before = alerts.get(finding.finding)
        if deserves_alert(rule, finding):
            found.append(_open(rule, finding, now_us) if before is None else _refreshed(before, now_us))
        elif before is not None and before.closed_us is None:
            found.append(msgspec.structs.replace(before, refreshed_us=now_us, closed_us=now_us))
    return found


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
