"""Protected attributes are no features (O7): no rule that accuses can even read them, and no report is cut by them.

Age and living alone are read by one rule, to help (O2), and only with consent for care.
"""

import ast
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from occupancy import feedback
from occupancy.findings import Finding
from occupancy.registry import Registry
from occupancy.rules import RULES
from tests.unit.occupancy_cases import TODAY, lease, registry, span, view

ROOT = Path(__file__).parents[2] / "occupancy"
FOR_CARE = {"born", "alone", "care"}
PROTECTED = FOR_CARE | {
    "name", "sex", "gender", "ethnic", "ethnicity", "nationality", "native_place", "hukou", "faith", "religion",
    "disability", "health", "pregnant", "marital", "married", "single", "education", "occupation", "political",
    "veteran", "income",
}  # fmt: skip
JUDGING = ("discovery", "findings", "judging", "alerts", "feedback", "homedays", "passages")
OTHERS = sorted(path for path in (ROOT / "rules").glob("*.py") if path.stem != "welfare")


def sealed(known: Registry) -> Registry:
    """The same registry with something that no rule can compute with where age, living alone and care consent were."""
    hidden: dict[str, Any] = dict.fromkeys(FOR_CARE, object())
    return replace(known, **hidden)


def test_no_rule_but_the_one_for_care_reads_them() -> None:
    before, since = span(TODAY - timedelta(399), TODAY - timedelta(199)), span(TODAY - timedelta(199), TODAY)
    others = {name: dict.fromkeys(since, 1) for name in ("passes", "unknown_entries", "other_nights", "guests")}
    columns, spoke = {**others, "other_hours": dict.fromkeys(since, 1 << 19)}, set()
    for leases in (None, [lease(end=TODAY - timedelta(30))]):
        for kind in RULES.keys() - {"welfare"}:
            shut, usual = (
                RULES[kind].evaluate(view(known, seen=before, columns=columns, window=RULES[kind].window))
                for known in (sealed(registry(leases=leases)), registry(leases=leases))
            )
            assert shut.homes.tolist() == usual.homes.tolist()
            assert shut.probability.tolist() == usual.probability.tolist()
            spoke |= {kind} if len(usual) else set()
    assert spoke >= {"overdue", "vacancy"}


def test_the_seal_holds() -> None:
    with pytest.raises(TypeError):
        RULES["welfare"].evaluate(view(sealed(registry(members=1, alone=True, care=["p0"])), seen=[TODAY]))


@pytest.mark.parametrize("path", [*OTHERS, *(ROOT / f"{name}.py" for name in JUDGING)], ids=lambda path: path.stem)
def test_no_code_that_judges_names_them(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    keyed = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not (named | keyed) & (PROTECTED - {"name"})


def test_the_registry_of_detection_holds_no_other() -> None:
    assert {field.name for field in fields(Registry)} & PROTECTED == FOR_CARE


@pytest.mark.parametrize("value", [Finding, feedback.Judged, feedback.Precision, feedback.Reliability, feedback.Bin])
def test_findings_and_reports_hold_none(value: type[msgspec.Struct]) -> None:
    assert not set(value.__struct_fields__) & PROTECTED
