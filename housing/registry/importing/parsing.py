"""From a sheet's text to rows of typed values; each row that does not fit is refused alone, with line and column."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.errors import InvalidValue
from core.texts import Text
from housing.registry import rules
from housing.registry.importing.cells import unprotect
from housing.registry.importing.schema import MUST, Column, File
from housing.registry.importing.sheets import MAX_CELL, Cells, Refusal, Sheet

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_RULES_OF = {"people": "members"}  # a line of people.csv is a person and a membership


class Line(NamedTuple):
    """A row of typed values, by column of the table, and where it stood."""

    line: int
    row: dict[str, Any]


@dataclass
class Parsed:
    """One file, read."""

    spec: File
    file: str
    lines: list[Line] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Text] = field(default_factory=list)


class _Layout(NamedTuple):
    """Which cell is which column."""

    width: int
    columns: list[tuple[int, Column]]
    extra: list[tuple[int, str]]


def _layout(sheet: Sheet, spec: File, parsed: Parsed) -> _Layout | None:
    """The layout by the header; None, and one refusal for the whole file, where the header does not do."""
    names = [name.strip().lower() for name in sheet.header]
    known = {column.name for column in spec.columns}
    missing = [column.name for column in spec.columns if not column.may_miss and column.name not in names]
    doubled = next((name for name in names if name and names.count(name) > 1), None)
    unread = f"（{len(sheet.rows)}行未读取）", f"({len(sheet.rows)} rows were not read)"
    if missing:
        hint = ("，请用逗号分隔", "; separate columns by commas") if len(names) == 1 else ("", "")
        zh, en = (
            f"缺少列“{missing[0]}”{hint[0]}{unread[0]}。",
            f"Column {missing[0]!r} is missing{hint[1]} {unread[1]}.",
        )
        parsed.refusals.append(Refusal(sheet.file, 1, missing[0], zh, en, "header"))
        return None
    if doubled is not None:
        zh, en = f"列“{doubled[:64]}”重复{unread[0]}。", f"Column {doubled[:64]!r} is there twice {unread[1]}."
        parsed.refusals.append(Refusal(sheet.file, 1, doubled[:64], zh, en, "header"))
        return None
    extra = [(place, unprotect(name[:64])) for place, name in enumerate(names) if name and name not in known]
    if extra:
        listed = ", ".join(name for _, name in extra)
        parsed.notices.append(
            Text(f"{sheet.file}：未知列已原样保留：{listed}。", f"{sheet.file}: unknown columns were kept: {listed}.")
        )
    columns = [(names.index(column.name), column) for column in spec.columns if column.name in names]
    return _Layout(len(names), columns, extra)


def _check_cells(cells: Cells, layout: _Layout, header: Sequence[str]) -> None:
    """Raise RuleBroken for a row with too many or too few cells, or with a cell that no file should hold."""
    found = len(cells.values)
    if found != layout.width:
        raise rules.RuleBroken(
            "",
            f"该行有{found}个单元格，表头有{layout.width}列。",
            f"The row has {found} cells, the header {layout.width}.",
        )
    if not _FORBIDDEN.search("".join(cells.values)) and max(map(len, cells.values)) <= MAX_CELL:
        return
    for name, value in zip(header, cells.values, strict=True):
        if len(value) > MAX_CELL:
            raise rules.RuleBroken(
                name[:64], f"单元格超过{MAX_CELL}个字符。", f"The cell has more than {MAX_CELL} characters."
            )
        if _FORBIDDEN.search(value):
            raise rules.RuleBroken(
                name[:64], "单元格含有不可见的控制字符或乱码。", "The cell holds control characters."
            )


def _values(cells: Cells, layout: _Layout) -> dict[str, Any]:
    """The typed values of a row; raises RuleBroken naming the column."""
    row: dict[str, Any] = {}
    for place, column in layout.columns:
        text = cells.values[place].strip()
        if text:
            try:
                row[column.target] = column.cell.parse(text)
            except InvalidValue as error:
                raise rules.RuleBroken(column.name, error.zh, error.en) from error
        elif column.empty is MUST:
            raise rules.RuleBroken(column.name, "不能为空。", "The cell must not be empty.")
        else:
            row[column.target] = column.empty
    if layout.extra:
        extra = {name: unprotect(text) for place, name in layout.extra if (text := cells.values[place].strip())}
        row["extra"] = json.dumps(extra, ensure_ascii=False, sort_keys=True)
    return row


def _refuse_twin(spec: File, row: dict[str, Any], line: int, seen: dict[tuple[Any, ...], int]) -> None:
    first = seen.setdefault(tuple(row.get(name) for name in spec.key), line)
    if first != line:
        raise rules.RuleBroken(
            spec.columns[0].name, f"与第{first}行重复。", f"The row is there twice: see line {first}."
        )


def parse(sheet: Sheet, spec: File) -> Parsed:
    """Every row of `sheet` as values of `spec`, or as a refusal; a key that comes twice is refused the second time."""
    parsed = Parsed(spec, sheet.file, refusals=list(sheet.refusals), notices=list(sheet.notices))
    layout = _layout(sheet, spec, parsed) if sheet.header else None
    if layout is None:
        return parsed
    table, seen = _RULES_OF.get(spec.name, spec.name), dict[tuple[Any, ...], int]()
    for cells in sheet.rows:
        try:
            _check_cells(cells, layout, sheet.header)
            row = _values(cells, layout)
            rules.check(table, row)
            _refuse_twin(spec, row, cells.line, seen)
        except rules.RuleBroken as error:
            parsed.refusals.append(Refusal(sheet.file, cells.line, error.column, error.zh, error.en))
        else:
            parsed.lines.append(Line(cells.line, row))
    return parsed
