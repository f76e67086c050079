"""The pages say what the code does: facts, settings and metrics are written down, and nothing else is."""

import re
from collections import Counter
from pathlib import Path

import pytest

from scripts import reference

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == reference.PAGES[name](), "run `make docs`"


def test_every_setting_and_fact_field_explains_itself() -> None:
    assert "| None |" not in reference.settings_page()


def test_metrics_are_named_alike_and_once() -> None:
    names = [name for name, *_ in reference.metrics()]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert all(name.startswith("anju_") for name in names)
    assert all(meaning for *_, meaning in reference.metrics())


def pages() -> list[Path]:
    return [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_link_between_pages_leads_nowhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
