"""An import from end to end: read, parse, check, then write everything in one transaction, or nothing.

Rows that do not fit are left out one by one; with `strict` one of them leaves out all. Either way the run and every
refused row are kept in the store, so that what was not taken can be looked up later. Rows are put by their keys: the
same files twice change nothing and number no change; rows that are missing from a file are left as they are.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import Counter
from sqlalchemy.engine import Connection, Engine

from core import audit
from core.clock import to_us
from core.db import writing
from core.errors import AnjuError
from core.ids import new_id
from core.texts import Text
from housing import parameters
from housing import tables as t
from housing.leases import is_too_long
from housing.registry import reading
from housing.registry.changes import Changes
from housing.registry.importing.checks import CHECKS, Known, check
from housing.registry.importing.parsing import Parsed, parse
from housing.registry.importing.schema import BY_NAME, FILES
from housing.registry.importing.sheets import Progress, Refusal
from housing.registry.importing.sources import read_source
from housing.registry.lookup import Lookup
from housing.registry.specs import SPECS
from housing.registry.upsert import Counts, upsert
from housing.registry.writing.consents import drop_templates

refused_total = Counter("anju_import_refused_total", "Rows of registry files that were not taken", ["reason"])
_PERSON_FIELDS = ("person", "name", "born")


class FilesMissing(AnjuError):
    """A first import lacks files without which nothing can be registered."""

    code = "files_missing"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did; `counts` by file, in the order they were written."""

    run: str
    applied: bool  # false: strict, and something was refused
    estates: tuple[str, ...]
    counts: dict[str, Counts]
    refusals: tuple[Refusal, ...]
    notices: tuple[Text, ...]
    templates_removed: int = 0

    @property
    def accepted(self) -> int:
        """Rows that were taken, changed or not."""
        return sum(count.inserted + count.updated + count.unchanged for count in self.counts.values())


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress is shown."""


def _nothing(_estates: tuple[str, ...]) -> None:
    """Nothing has to be ready before an estate is written."""


def run_import(
    engine: Engine,
    source: Path,
    *,
    strict: bool,
    actor: str,
    now: datetime,
    progress: Progress = _silent,
    prepare: Callable[[tuple[str, ...]], None] = _nothing,
) -> Report:
    """Import the registry files in `source` into the housing store; returns the report that was stored too.

    `prepare` is called with the estates of the files before anything of them is committed: an estate that others can
    see has its keys. Raises SourceRefused for a source that cannot be read and FilesMissing for a first import without
    its four files.
    """
    sheets, notices = read_source(source, progress)
    parsed: dict[str, Parsed] = {}
    for done, sheet in enumerate(sheets):
        progress("parse", done, len(sheets))
        parsed[sheet.name] = parse(sheet, BY_NAME[sheet.name])
    with writing(engine) as conn:
        audit.serialise(conn)
        _require_files(conn, parsed)
        run = _Run(conn, parsed, notices, now, progress)
        run.check()
        if not (strict and run.refusals):
            prepare(run.estates())
            run.write()
        report = run.report()
        _store(conn, report, source.name, actor, now)
    for refusal in report.refusals:
        refused_total.labels(refusal.reason).inc()
    progress("done", 1, 1)
    return report


def _require_files(conn: Connection, parsed: dict[str, Parsed]) -> None:
    missing = [file.name for file in FILES if file.needed and file.name not in parsed]
    if missing and not reading.estates(conn):
        listed = ", ".join(f"{name}.csv" for name in missing)
        raise FilesMissing(
            f"首次导入缺少文件：{listed}。", f"The first import lacks {listed}.",
            mend_zh="请补齐文件（xlsx 中为同名工作表）。", mend_en="Add them (in an .xlsx: sheets of those names).",
        )  # fmt: skip


class _Run:
    """One import inside its transaction."""

    def __init__(
        self, conn: Connection, parsed: dict[str, Parsed], notices: Sequence[Text], now: datetime, progress: Progress
    ) -> None:
        self._conn, self._parsed, self._progress = conn, parsed, progress
        self._order = [name for name in CHECKS if name in parsed]
        self._changes, self._lookup = Changes(now), Lookup(conn, whole=True)
        self._known = Known(conn)
        self._notices = [*notices, *(notice for file in parsed.values() for notice in file.notices)]
        self._counts: dict[str, Counts] = {}
        self._applied, self._templates_removed = False, 0
        self.refusals: list[Refusal] = []

    def check(self) -> None:
        """Check every file against what is registered and what stands in the files before it."""
        for done, name in enumerate(self._order):
            self._progress("check", done, len(self._order))
            check(self._parsed[name], self._known)
            self.refusals += sorted(self._parsed[name].refusals)
        self._warn_of_long_leases()

    def estates(self) -> tuple[str, ...]:
        """The estates of the homes and doors that were accepted."""
        named = {row["estate"] for name in ("homes", "doors") if name in self._parsed for row in self._rows(name)}
        return tuple(sorted(named))

    def write(self) -> None:
        """Write every accepted row."""
        there = set(reading.estates(self._conn))
        new = [{"estate": estate, "name": estate} for estate in self.estates() if estate not in there]
        if new:
            self._conn.execute(t.estates.insert(), new)
        for done, name in enumerate(self._order):
            self._progress("write", done, len(self._order))
            self._counts[name] = self._put_people() if name == "people" else self._put(name, self._rows(name))
        if "consents" in self._parsed:
            self._templates_removed = drop_templates(self._conn, self._changes)
        self._changes.write(self._conn)
        self._applied = True

    def report(self) -> Report:
        """What was done."""
        return Report(
            run=new_id(), applied=self._applied, estates=self.estates() if self._applied else (), counts=self._counts,
            refusals=tuple(self.refusals), notices=tuple(self._notices), templates_removed=self._templates_removed,
        )  # fmt: skip

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return [line.row for line in self._parsed[name].lines]

    def _put(self, table: str, rows: Sequence[dict[str, Any]]) -> Counts:
        return upsert(self._conn, SPECS[table], rows, self._changes, self._lookup)

    def _put_people(self) -> Counts:
        """A line of people.csv is a person and a membership; it counts as new where the membership is."""
        rows = self._rows("people")
        people = {row["person"]: {name: row[name] for name in _PERSON_FIELDS} for row in rows}
        named = self._put("people", list(people.values()))
        members = self._put(
            "members", [{k: v for k, v in row.items() if k not in _PERSON_FIELDS or k == "person"} for row in rows]
        )
        renamed = min(named.updated, members.unchanged)
        return Counts(members.inserted, members.updated + renamed, members.unchanged - renamed)

    def _warn_of_long_leases(self) -> None:
        leases, limits = self._parsed.get("leases"), dict[str, list[parameters.ParameterRow]]()
        for line, row in leases.lines if leases else ():
            estate = self._known.homes[row["home"]]
            if estate not in limits:
                limits[estate] = reading.parameters_of(self._conn, reading.city_of(self._conn, estate))
            years = parameters.value_on(limits[estate], parameters.LEASE_MAX_YEARS, row["start"])
            if leases and is_too_long(row["start"], row["end"], years):
                self._notices.append(
                    Text(
                        f"{leases.file} 第{line}行：租期超过{years}年。",
                        f"{leases.file} line {line}: the term is longer than {years} years.",
                    )
                )


def _store(conn: Connection, report: Report, source: str, actor: str, now: datetime) -> None:
    conn.execute(
        t.imports.insert().values(
            run=report.run, at_us=to_us(now), actor=actor, source=source[:400], accepted=report.accepted,
            refused=len(report.refusals), applied=report.applied,
        )
    )  # fmt: skip
    if report.refusals:
        conn.execute(
            t.import_refusals.insert(),
            [
                {"run": report.run, "file": r.file[:64], "line": r.line, "column": r.column[:64], "reason_zh": r.zh,
                 "reason_en": r.en}
                for r in report.refusals
            ],
        )  # fmt: skip
    details = {
        "applied": report.applied, "accepted": report.accepted, "refused": len(report.refusals),
        "estates": report.estates, "templates_removed": report.templates_removed,
    }  # fmt: skip
    audit.append(conn, at=now, actor=actor, action="registry:import:run", subject=report.run, details=details)
