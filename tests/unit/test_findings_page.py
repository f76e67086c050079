"""The page of ten findings: examples fit what was played, everything is said in both languages, none is invented."""

from datetime import date

import msgspec
import pytest

from occupancy.findings import Finding, Step
from occupancy.rules import RULES
from occupancy.rules.base import Reason
from scripts import findings
from simulators.streams import Truth

FINDING = Finding(
    finding="f", estate="e", home="h1", kind="vacancy", stage="suspected",
    stages=(Step("watch", date(2026, 3, 2)), Step("suspected", date(2026, 8, 1))), flagged_on=date(2026, 8, 1),
    onset=date(2026, 2, 1), onset_low=date(2026, 2, 1), onset_high=date(2026, 2, 3), probability=0.999,
    evidence=(Reason("vacancy.no_entry", {"since": "2026-02-01", "days": 181}),), counter_evidence=(),
    legal_basis="Order 11 Art. 27(5)", first_known_us=1, updated_us=2,
)  # fmt: skip
IDLE = Truth(home="h1", household="family", scenario="idle", label="vacancy", since=date(2026, 2, 1))
EXAMPLE = next(example for example in findings.chosen() if example.kind == "vacancy" and example.flagged)


def test_there_are_ten_examples_good_and_contested() -> None:
    examples = findings.chosen()
    assert len(examples) == 10
    assert {example.kind for example in examples} <= set(RULES)
    assert len({example.title_zh for example in examples}) == 10
    assert any(not example.flagged for example in examples)


def test_a_finding_is_told_in_both_languages_with_what_was_so() -> None:
    page, missing = findings.page_of([FINDING], [IDLE], [EXAMPLE])
    assert missing == []
    for words in (
        "自2026-02-01起未观察到住户成员进入", "No member of the household was seen coming in since 2026-02-01",
        "《公共租赁住房管理办法》第27条第5项", "无。None.", "| 99% |", "(`idle`, since 2026-02-01)", EXAMPLE.comment_zh,
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("changes", "truth"),
    [
        ({"kind": "sublet"}, IDLE),
        ({"flagged_on": None}, IDLE),
        ({"home": "h2"}, IDLE),
        ({}, msgspec.structs.replace(IDLE, scenario="travel")),
        ({}, msgspec.structs.replace(IDLE, until=date(2026, 7, 1))),
        ({}, msgspec.structs.replace(IDLE, since=date(2026, 9, 1))),
    ],
)
def test_what_does_not_fit_an_example_is_not_shown_for_it(changes: dict[str, object], truth: Truth) -> None:
    page, missing = findings.page_of([msgspec.structs.replace(FINDING, **changes)], [truth], [EXAMPLE])
    assert missing == [EXAMPLE]
    assert "## 1." not in page


def test_a_plain_history_is_shown_before_a_restless_one_and_a_home_once() -> None:
    restless = msgspec.structs.replace(FINDING, home="h0", stages=FINDING.stages * 2)
    truths = [IDLE, msgspec.structs.replace(IDLE, home="h0", since=date(2026, 1, 1))]
    page, missing = findings.page_of([restless, FINDING], truths, [EXAMPLE, EXAMPLE, EXAMPLE])
    assert missing == [EXAMPLE]
    assert page.index("since 2026-02-01)") < page.index("since 2026-01-01)")


def test_of_several_findings_of_a_home_the_first_is_shown() -> None:
    later = msgspec.structs.replace(FINDING, finding="g", stages=(Step("suspected", date(2026, 9, 1)),))
    for both in ([FINDING, later], [later, FINDING]):
        page, _ = findings.page_of(both, [IDLE], [EXAMPLE])
        assert "Watch 2026-03-02" in page
