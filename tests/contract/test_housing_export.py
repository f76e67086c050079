"""The registry back into its files, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy.engine import Engine

from core.db import writing
from housing import tables as t
from housing.registry import exporting, reading
from housing.registry.importing import Report, run_import
from simulators import registry_files
from tests.contract.housing_files import FILES, contents, write
from tests.factories import small_world

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def load(engine: Engine, source: Path, *, strict: bool = False) -> Report:
    return run_import(engine, source, strict=strict, actor="li", now=NOW)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_imports_again_and_is_the_same(housing_engine: Engine, tmp_path: Path, kind: str) -> None:
    strange = (
        FILES["homes"]
        .replace("state\n", "state,=Heating\n")
        .replace("let\n", "let,+gas\n")
        .replace("vacant\n", "vacant,\n")
    )
    load(housing_engine, write(tmp_path / "in", homes=strange))
    with housing_engine.connect() as conn:
        before, version = contents(conn), reading.newest_change(conn, "e1")
        if kind == "csv":
            exporting.export_csv(conn, tmp_path / "out")
        else:
            exporting.export_xlsx(conn, tmp_path / "out.xlsx")
    source = tmp_path / ("out" if kind == "csv" else "out.xlsx")
    report = load(housing_engine, source, strict=True)
    assert not report.refusals
    assert report.accepted == sum(len(text.splitlines()) - 1 for text in FILES.values()) - 1  # one note has two lines
    with housing_engine.connect() as conn:
        assert contents(conn) == before
        assert reading.newest_change(conn, "e1") == version
    with writing(housing_engine) as conn:
        for table in reversed(t.metadata.sorted_tables):
            conn.execute(table.delete())
    load(housing_engine, source, strict=True)
    with housing_engine.connect() as conn:
        assert contents(conn) == before


def test_an_export_holds_nothing_that_a_spreadsheet_runs(housing_engine: Engine, tmp_path: Path) -> None:
    load(housing_engine, write(tmp_path / "in"))
    with housing_engine.connect() as conn:
        exporting.export_xlsx(conn, tmp_path / "out.xlsx")
        exporting.export_csv(conn, tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    written = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in written} <= {"s", "inlineStr"}
    holder = book["passes"]["D2"].value
    assert holder == "'=cmd|' /C calc'!A0"
    assert "'=cmd" in (tmp_path / "out" / "passes.csv").read_text(encoding="utf-8")


def test_an_export_of_one_estate_holds_that_estate_only(housing_engine: Engine, tmp_path: Path) -> None:
    more = {
        "homes": FILES["homes"] + "k1,e2,b9,1,101,40,let\n",
        "doors": FILES["doors"] + "k-gate,e2,gate,,,0\n",
        "people": FILES["people"].replace("lives_alone", "lives_alone,estate").replace(",0\n", ",0,e1\n")
        .replace(",1\n", ",1,e1\n") + "q1,孙丽,,k1,tenant,2025-01-01,,0,e2\n",
        "vehicles": FILES["vehicles"] + "桂C99999,q1,,2025-01-01,\n",
    }  # fmt: skip
    assert not load(housing_engine, write(tmp_path / "in", **more)).refusals
    with housing_engine.connect() as conn:
        found = {sheet.name: sheet.rows for sheet in exporting.sheets(conn, "e2")}
    assert set(found) == {"homes", "doors", "people", "leases", "vehicles"}
    assert [row[0] for row in found["homes"] + found["doors"] + found["people"]] == ["k1", "k-gate", "q1"]
    assert found["leases"] == []
    assert [row[0] for row in found["vehicles"]] == ["桂C99999"]


def test_a_simulated_estate_is_taken_whole_and_comes_back(housing_engine: Engine, tmp_path: Path) -> None:
    registry_files.write(small_world(), tmp_path / "in")
    report = load(housing_engine, tmp_path / "in")
    assert {row.file for row in report.refusals} <= {"consents.csv"}
    with housing_engine.connect() as conn:
        before = contents(conn)
        exporting.export_csv(conn, tmp_path / "out")
    again = load(housing_engine, tmp_path / "out", strict=True)
    assert again.applied
    with housing_engine.connect() as conn:
        assert contents(conn) == before
