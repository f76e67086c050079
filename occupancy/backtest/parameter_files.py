"""A set of parameters from a CSV file: columns name, value and, if wanted, effective_from and citation.

An empty `effective_from` counts from the beginning: a back-test asks what would have been said if the number had always
been so. Every row is checked as a city's own would be.
"""

import csv
from datetime import date
from pathlib import Path

from core.errors import AnjuError
from housing.parameters import ParameterRow, WrongParameter, check

NEEDED = ("name", "value")
COLUMNS = (*NEEDED, "effective_from", "citation")
ALWAYS = date(1970, 1, 1)


class ParametersRefused(AnjuError):
    """A file of parameters cannot be used."""

    code = "parameters_refused"


def read_parameters(source: Path) -> tuple[ParameterRow, ...]:
    """The rows of a file; raises ParametersRefused at the first that does not fit."""
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            _check_header(source, [name.strip() for name in reader.fieldnames or ()])
            return _rows(source, reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ParametersRefused(f"无法读取“{source}”：{error}。", f"{source} cannot be read: {error}.") from error


def _check_header(source: Path, names: list[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    strange = [name for name in names if name not in COLUMNS]
    if missing or strange:
        raise ParametersRefused(
            f"“{source.name}”的列应为：{', '.join(COLUMNS)}（后两列可以没有）。",
            f"The columns of {source.name} are {', '.join(COLUMNS)}; the last two may be missing.",
        )


def _rows(source: Path, reader: "csv.DictReader[str]") -> tuple[ParameterRow, ...]:
    found: dict[tuple[str, date], ParameterRow] = {}
    for row in reader:
        cells = {str(name).strip(): (value or "").strip() for name, value in row.items() if name is not None}
        try:
            check(cells["name"], cells["value"])
            since = date.fromisoformat(cells["effective_from"]) if cells.get("effective_from") else ALWAYS
        except WrongParameter as error:
            raise _refused(source, reader.line_num, error.text("zh"), error.text("en")) from error
        except ValueError as error:
            text = cells["effective_from"][:64]
            raise _refused(source, reader.line_num, f"“{text}”不是日期。", f"{text!r} is no date.") from error
        if (cells["name"], since) in found:
            raise _refused(
                source, reader.line_num, "同一参数同一生效日重复。", "The same parameter and day stand twice."
            )
        found[cells["name"], since] = ParameterRow(cells["name"], since, cells["value"], cells.get("citation", ""))
    return tuple(found.values())


def _refused(source: Path, line: int, zh: str, en: str) -> ParametersRefused:
    return ParametersRefused(f"{source.name} 第{line}行：{zh}", f"{source.name} line {line}: {en}")
