"""The registry back into its files: CSV or one .xlsx, the columns of the import plus those it had kept unknown.

What is exported imports again and changes nothing. Text is written so that no spreadsheet runs it. Who may export, and
that two people agree (X5), is decided before this is called.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from sqlalchemy.engine import Connection

from housing import tables as t
from housing.registry.importing import cells
from housing.registry.importing.schema import FILES, File
from housing.registry.specs import SPECS

_PEOPLE = "people"


class Sheet(NamedTuple):
    """One file as text."""

    name: str
    header: list[str]
    rows: list[list[str]]


def _homes(estate: str) -> sa.Select[str]:
    return sa.select(t.homes.c.home).where(t.homes.c.estate == estate)


def _persons(estate: str) -> sa.Select[str]:
    return sa.select(t.members.c.person).where(t.members.c.estate == estate)


def _only(name: str, table: sa.Table, estate: str) -> sa.ColumnElement[bool]:
    """Rows of `table` that are the estate's."""
    if "estate" in table.c:
        return table.c.estate == estate
    if name == "arrears":
        return table.c.lease.in_(sa.select(t.leases.c.lease).where(t.leases.c.home.in_(_homes(estate))))
    if name == "swaps":
        return sa.or_(table.c.home_a.in_(_homes(estate)), table.c.home_b.in_(_homes(estate)))
    if name == "outages":
        doors = sa.select(t.doors.c.door).where(t.doors.c.estate == estate)
        gateways = sa.select(t.gateways.c.gateway).where(t.gateways.c.estate == estate)
        return sa.or_(table.c.door.in_(doors), table.c.gateway.in_(gateways))
    if name == "vehicles":
        return sa.or_(
            table.c.home.in_(_homes(estate)), sa.and_(table.c.home.is_(None), table.c.person.in_(_persons(estate)))
        )
    return table.c.home.in_(_homes(estate)) if "home" in table.c else table.c.person.in_(_persons(estate))


def _records(conn: Connection, file: File, estate: str | None) -> Iterator[dict[str, Any]]:
    """Rows of a file's table by column, in the order of their keys; people with their membership."""
    spec = SPECS["members" if file.name == _PEOPLE else file.name]
    table, columns = spec.table, list(spec.table.columns)
    source: sa.FromClause = table
    if file.name == _PEOPLE:
        source = table.join(t.people, t.people.c.person == table.c.person)
        columns += [t.people.c.name, t.people.c.born]
    query = sa.select(*columns).select_from(source).order_by(*(table.c[name] for name in spec.key))
    result = conn.execute(query if estate is None else query.where(_only(file.name, table, estate)))
    doors = _doors(conn, spec.links, spec.key[0]) if spec.links is not None else {}
    names = list(result.keys())
    for values in result:
        row = dict(zip(names, values, strict=True))
        if spec.links is not None:
            row["doors"] = doors.get(row[spec.key[0]], ())
        yield row


def _doors(conn: Connection, links: sa.Table, owner: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, door in conn.execute(sa.select(links.c[owner], links.c.door)):
        found.setdefault(name, []).append(door)
    return {name: tuple(sorted(served)) for name, served in found.items()}


def _sheet(conn: Connection, file: File, estate: str | None) -> Sheet:
    records = [(row, json.loads(row["extra"])) for row in _records(conn, file, estate)]
    kept = sorted({name for _, extra in records for name in extra})
    rows = []
    for row, extra in records:
        known = [
            "" if row[column.target] in (None, "") else column.cell.show(row[column.target]) for column in file.columns
        ]
        rows.append(known + [cells.protect(extra.get(name, "")) for name in kept])
    return Sheet(file.name, [column.name for column in file.columns] + [cells.protect(name) for name in kept], rows)


def sheets(conn: Connection, estate: str | None = None) -> Iterator[Sheet]:
    """Every file, of one estate or of all; those that a first import needs even where they are empty."""
    for file in FILES:
        sheet = _sheet(conn, file, estate)
        if sheet.rows or file.needed:
            yield sheet


def export_csv(conn: Connection, folder: Path, estate: str | None = None) -> list[Path]:
    """Write the registry as CSV files into `folder` (made if missing), UTF-8 with its mark so that Excel reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_csv(folder / f"{sheet.name}.csv", sheet) for sheet in sheets(conn, estate)]


def _write_csv(path: Path, sheet: Sheet) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(sheet.header)
        writer.writerows(sheet.rows)
    return path


def export_xlsx(conn: Connection, path: Path, estate: str | None = None) -> Path:
    """Write the registry as one workbook, every cell as text: ids keep their zeros and nothing is a formula."""
    book = Workbook(write_only=True)
    for sheet in sheets(conn, estate):
        page = book.create_sheet(sheet.name)
        for row in [sheet.header, *sheet.rows]:
            page.append(_text_cells(page, row))
    book.save(path)
    return path


def _text_cells(page: Any, values: Sequence[str]) -> list[Cell]:
    made = [WriteOnlyCell(page, value=value) for value in values]
    for cell in made:
        cell.data_type = "s"
    return made
