"""The findings and alerts of one estate under one set of parameters, as evening after evening adds to them."""

from dataclasses import dataclass, field

from housing.parameters import UNSEEN_DAY_PERCENT
from occupancy import alerts, judging
from occupancy.alerts import Alert
from occupancy.arrays import Int64s
from occupancy.backtest.reel import Reel
from occupancy.discovery import ACCUSING
from occupancy.findings import Finding
from occupancy.registry import Registry
from occupancy.rules import RULES
from occupancy.rules.base import Rule, Values, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """One estate on the evening of a day; `complete`: the day is over."""

    registry: Registry
    reel: Reel
    observed_from: int
    day: int
    now_us: int
    complete: bool


@dataclass
class Docket:
    """What one set of parameters made of one estate so far."""

    values: Values
    findings: dict[str, Finding] = field(default_factory=dict)  # by id, ended ones too
    alerts: dict[str, Alert] = field(default_factory=dict)  # by finding
    _open: dict[str, dict[str, Finding]] = field(default_factory=dict)  # kind → home → the open finding

    def sweep(self, evening: Evening) -> None:
        """Let every rule look at every home, as the service's sweep does once a day."""
        view = self._view(evening, evening.reel.unseen(self.values.on(UNSEEN_DAY_PERCENT, evening.day) / 100))
        for rule in RULES.values():
            self._judge(rule, view, evening.now_us)
        self._open_waiting(evening)

    def _view(self, evening: Evening, unseen: Int64s) -> View:
        return View(
            registry=evening.registry,
            values=self.values,
            observed_from=evening.observed_from,
            complete=evening.complete,
            days=evening.reel.view(),
            last_entry=evening.reel.last_entry,
            unseen=unseen,
        )

    def _judge(self, rule: Rule, view: View, now_us: int) -> None:
        known = self._open.setdefault(rule.kind, {})
        changed = judging.judge(rule, view, known, (), now_us)
        for finding in changed:
            self.findings[finding.finding] = finding
            if finding.is_open:
                known[finding.home] = finding
            else:
                known.pop(finding.home, None)
        self.alerts.update((alert.finding, alert) for alert in alerts.follow(rule, self.alerts, changed, now_us))

    def _open_waiting(self, evening: Evening) -> None:
        """Open the alerts of accusations as far as the week's budget goes."""
        monday = alerts.week_start_us(evening.now_us)
        accusing = [finding for kind in ACCUSING for finding in self._open.get(kind, {}).values()]
        opened = alerts.within_budget(
            RULES,
            [finding for finding in accusing if finding.is_raised and finding.finding not in self.alerts],
            opened=sum(alert.kind in ACCUSING and alert.opened_us >= monday for alert in self.alerts.values()),
            values=self.values,
            now_us=evening.now_us,
        )
        self.alerts.update((alert.finding, alert) for alert in opened)
