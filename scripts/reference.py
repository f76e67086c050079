"""Writes the reference pages that are read off the code: facts, settings, metrics, law. `make docs` runs it.

A test holds the pages against what this would write, so they cannot fall behind.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from pydantic_core import PydanticUndefined

from core import facts
from core.settings import Settings
from scripts.law_page import law_page

ROOT = Path(__file__).parents[1]
ROOMS = ("anju", "api", "core", "gateway", "housing", "occupancy", "recognition", "simulators")


class _MetricCall(ast.Call):
    func: ast.Name


METRIC_KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}


def facts_page() -> str:
    """Every fact with its fields: type and the comment beside it."""
    source = inspect.getsource(facts)
    lines = source.splitlines()
    parts = ["# Facts", "", (ast.get_docstring(ast.parse(source)) or "").strip(), ""]
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        parts += [f"## {node.name}", "", ast.get_docstring(node) or "", ""]
        parts += list(_members(node, lines)) or ["No fields.", ""]
    return "\n".join(parts).rstrip() + "\n"


def _members(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    is_enum = any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases)
    yield "| value | meaning |" if is_enum else "| field | type | meaning |"
    yield "| --- | --- |" if is_enum else "| --- | --- | --- |"
    for item in node.body:
        meaning = lines[item.lineno - 1].partition("  # ")[2].removeprefix("noqa: S105 - ")
        if is_enum and isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
            yield f"| `{item.value.value!s}` | {meaning} |"
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = re.sub(r"\s+", " ", ast.unparse(item.annotation)).replace("|", "\\|")
            default = "" if item.value is None else f" = {ast.unparse(item.value)}"
            yield f"| `{item.target.id}` | `{kind}{default}` | {meaning} |"
    yield ""


def settings_page() -> str:
    """Every setting: its variable, default and meaning."""
    parts = [
        "# Settings",
        "",
        "Read from the environment or a `.env` file once, at the start of a process.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else f"ANJU_{name.upper()}"
        default = "" if field.default in (None, "", PydanticUndefined) else f"`{field.default}`"
        parts.append(f"| `{variable}` | {default} | {field.description} |")
    return "\n".join(parts) + "\n"


def metrics() -> Iterator[tuple[str, str, str, str]]:
    """(name, kind, labels, meaning) of every metric that the code makes."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if _is_metric(node):
                    text = [ast.literal_eval(argument) for argument in node.args[:3]]
                    labels = ", ".join(text[2]) if len(text) > 2 else ""
                    yield text[0], METRIC_KINDS[node.func.id], labels, text[1]


def _is_metric(node: ast.AST) -> TypeGuard[_MetricCall]:
    """Prometheus' classes are called with a name first; `collections.Counter` is not."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in METRIC_KINDS
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


def metrics_page() -> str:
    """Every metric: kind, labels, meaning."""
    parts = [
        "# Metrics",
        "",
        "Every service serves them in Prometheus' format at `/metrics` of its health port.",
        "",
        "| metric | kind | labels | meaning |",
        "| --- | --- | --- | --- |",
    ]
    parts += [f"| `{name}` | {kind} | {labels} | {meaning} |" for name, kind, labels, meaning in sorted(metrics())]
    return "\n".join(parts) + "\n"


PAGES = {"facts.md": facts_page, "settings.md": settings_page, "metrics.md": metrics_page, "law.md": law_page}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
