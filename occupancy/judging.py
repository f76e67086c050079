"""One evening's judgement, as the service and a back-test pass it: what a rule says of some homes, and what follows.

Pure. The steps between a rule and its findings stand here and nowhere else, so that a back-test says what the service
would have said: the rule looks at its own window, accusations are held to the bound on false ones (`discovery`), and
findings follow the verdicts (`findings`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from housing.parameters import FDR_PERCENT
from occupancy import days, discovery, findings
from occupancy.findings import Finding
from occupancy.homedays import COLUMNS, HomeDays
from occupancy.rules.base import Rule, View


def judge(
    rule: Rule, view: View, open_findings: Mapping[str, Finding], elsewhere: Sequence[float], now_us: int
) -> list[Finding]:
    """The findings of one rule that an evening opens, changes or ends.

    Args:
        rule: the rule.
        view: some homes of one estate, with at least the rule's window of days.
        open_findings: the open findings of this kind about these homes, by home.
        elsewhere: probabilities of the raised findings of this kind about the estate's other homes.
        now_us: when this is written, microseconds UTC.
    """
    said = findings.rows_of(rule.evaluate(narrowed(view, rule.window)), view.registry.homes.ids)
    percent = view.values.on(FDR_PERCENT, view.today)
    said = discovery.control(rule.kind, said, open_findings, elsewhere, percent)
    concerned = sorted({verdict.home for verdict in said} | open_findings.keys())  # of the others nothing follows
    today = days.day_of(view.today)
    return findings.follow(rule, view.registry.estate, open_findings, said, concerned, today, now_us)


def narrowed(view: View, window: int) -> View:
    """The same evening seen over its last `window` days only; nothing is copied."""
    return view if view.days.shape[1] <= window else replace(view, days=last_days(view.days, window))


def last_days(made: HomeDays, count: int) -> HomeDays:
    """The last `count` days of `made`, as views of its columns."""
    first = made.shape[1] - count
    columns = {name: getattr(made, name)[:, first:] for name in COLUMNS}
    return replace(made, first_day=made.first_day + first, **columns)
