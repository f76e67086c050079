"""Findings and alerts over time: one open finding a home and kind, one alert a finding, never more than to_verify."""

import re
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest

from core import texts
from core.errors import InvalidValue
from housing.parameters import detection
from occupancy import alerts, findings
from occupancy.findings import Finding, Verdict
from occupancy.rules import RULES, sublet, vacancy, welfare
from occupancy.rules.base import Reason, Rule, Stage, Values, when
from occupancy.views import in_words

ON = date(2026, 3, 1)
DAY = timedelta(days=1)


def verdict(stage: Stage = Stage.SUSPECTED, days: int = 40) -> Verdict:
    return Verdict(
        home="h0", stage=stage, probability=0.9, onset=ON, onset_low=ON, onset_high=ON, legal_basis="law",
        evidence=(Reason("vacancy.no_entry", {"since": "2026-01-20", "days": days}),), counter_evidence=(),
    )  # fmt: skip


def follow(rule: Rule, before: Finding | None, said: Verdict | None, on: date, now_us: int = 7) -> Finding | None:
    """One evening; None where nothing was written."""
    open_now = {"h0": before} if before else {}
    changed = findings.follow(rule, "e1", open_now, [said] if said else [], ["h0"], on, now_us)
    assert len(changed) <= 1
    return changed[0] if changed else None


def test_stages_go_up_and_down_with_their_days() -> None:
    first = follow(vacancy.RULE, None, verdict(Stage.WATCH), ON)
    assert first is not None
    assert (first.flagged_on, first.first_known_us) == (None, None)  # watching is no suspicion
    second = follow(vacancy.RULE, first, verdict(Stage.SUSPECTED), ON + DAY, 8)
    assert second is not None
    third = follow(vacancy.RULE, second, verdict(Stage.WATCH), ON + 2 * DAY, 9)
    assert third is not None
    fourth = follow(vacancy.RULE, third, verdict(Stage.TO_VERIFY), ON + 3 * DAY, 10)
    assert fourth is not None
    assert [(step.stage, step.on) for step in fourth.stages] == [
        ("watch", ON), ("suspected", ON + DAY), ("watch", ON + 2 * DAY), ("to_verify", ON + 3 * DAY),
    ]  # fmt: skip
    assert (fourth.flagged_on, fourth.first_known_us) == (ON + DAY, 8)
    assert len({row.finding for row in (first, second, third, fourth)}) == 1


def test_the_same_verdict_writes_nothing() -> None:
    first = follow(vacancy.RULE, None, verdict(), ON)
    assert follow(vacancy.RULE, first, verdict(), ON + DAY, 99) is None
    again = follow(vacancy.RULE, first, verdict(days=41), ON + DAY, 99)
    assert again is not None
    assert again.updated_us == 99


def test_silence_ends_a_finding_after_its_rules_patience() -> None:
    open_now = follow(sublet.RULE, None, verdict(), ON)
    quiet = follow(sublet.RULE, open_now, None, ON + DAY)
    assert quiet is not None
    assert (quiet.is_open, quiet.quiet_since) == (True, ON + DAY)
    assert follow(sublet.RULE, quiet, None, ON + 7 * DAY) is None
    assert follow(sublet.RULE, quiet, None, ON + 8 * DAY) == msgspec.structs.replace(quiet, ended_on=ON + 8 * DAY)
    back = follow(sublet.RULE, quiet, verdict(), ON + 5 * DAY)
    assert back is not None
    assert back.quiet_since is None
    at_once = follow(vacancy.RULE, open_now, None, ON + DAY)
    assert at_once is not None
    assert at_once.ended_on == ON + DAY


def test_homes_nobody_looked_at_are_left_alone() -> None:
    first = follow(vacancy.RULE, None, verdict(), ON)
    assert first is not None
    assert findings.follow(vacancy.RULE, "e1", {"h0": first}, [], ["h1"], ON + DAY, 8) == []


def alert_after(rule: Rule, before: alerts.Alert | None, finding: Finding, now_us: int) -> alerts.Alert | None:
    known = {finding.finding: before} if before else {}
    changed = alerts.follow(rule, known, [finding], now_us)
    return changed[0] if changed else None


def test_an_alert_opens_refreshes_closes_and_opens_again() -> None:
    rule = replace(vacancy.RULE, alert_from=Stage.SUSPECTED)
    first = follow(rule, None, verdict(Stage.WATCH), ON)
    assert first is not None
    assert alert_after(rule, None, first, 1) is None  # only watched
    second = follow(rule, first, verdict(Stage.SUSPECTED), ON + DAY)
    assert second is not None
    opened = alert_after(rule, None, second, 2)
    assert opened is not None
    assert (opened.opened_us, opened.closed_us, opened.urgent) == (2, None, False)
    lower = alert_after(rule, opened, first, 3)
    assert lower is not None
    assert (lower.alert, lower.closed_us) == (opened.alert, 3)
    again = alert_after(rule, lower, second, 4)
    assert again is not None
    assert (again.alert, again.opened_us, again.refreshed_us, again.closed_us) == (opened.alert, 2, 4, None)
    ended = msgspec.structs.replace(second, ended_on=ON)
    assert alert_after(rule, lower, ended, 5) is None  # closed already


def test_welfare_alerts_are_urgent() -> None:
    found = follow(welfare.RULE, None, verdict(), ON)
    assert found is not None
    opened = alert_after(welfare.RULE, None, found, 1)
    assert opened is not None
    assert opened.urgent


def test_no_stage_beyond_to_verify_exists() -> None:
    assert [stage.word for stage in Stage] == ["none", "watch", "suspected", "to_verify"]
    assert max(Stage) is Stage.TO_VERIFY


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_says_what_it_is(rule: Rule) -> None:
    assert rule.texts
    assert all(key.startswith(f"{rule.kind}.") for key in rule.texts)
    assert rule.bases
    for key, (zh, en) in rule.texts.items():
        assert texts.known()[key] == (zh, en)
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key
        assert re.search(r"[\u4e00-\u9fff]", zh), key
        assert not re.search(r"[\u4e00-\u9fff]", en), key


def test_a_rule_without_basis_or_stage_cannot_be_made() -> None:
    with pytest.raises(InvalidValue):
        replace(vacancy.RULE, bases=())
    with pytest.raises(InvalidValue):
        replace(vacancy.RULE, alert_from=Stage.NONE)


def test_reasons_are_words_in_both_languages() -> None:
    found = follow(vacancy.RULE, None, verdict(), ON)
    assert found is not None
    (line,) = in_words(found).evidence
    assert line.zh == "自2026-01-20起未观察到住户成员进入，至今40天。"
    assert line.en == "No member of the household was seen coming in since 2026-01-20, 40 days."


def test_parameters_have_words_and_say_that_no_law_gives_them() -> None:
    assert len({parameter.name for parameter in detection.ALL}) == len(detection.ALL)
    for parameter in detection.ALL:
        assert parameter.parse(str(parameter.default)) == parameter.default
        assert "no figure in law" in parameter.citation
        for wrong in ("", "-1", "x", "1.5", "9" * 14):
            with pytest.raises(ValueError):
                parameter.parse(wrong)
        assert Values().on(parameter, 20_000) == parameter.default


def test_reasons_whose_condition_holds() -> None:
    assert when([(1, Reason("a")), (0, Reason("b")), (True, Reason("c"))]) == [Reason("a"), Reason("c")]
