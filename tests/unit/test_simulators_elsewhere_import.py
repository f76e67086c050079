"""Elsewhere's registry goes through the import without one refusal, for every shape of estate."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from housing.registry.importing import run_import
from simulators.elsewhere import SHAPES, Shape, make
from simulators.elsewhere.__main__ import main
from simulators.streams import SIGHTINGS

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_row_is_taken_and_nothing_changes_the_second_time(tmp_path: Path, shape: Shape) -> None:
    settings = Settings(var_dir=tmp_path)
    migrate_store(settings, Store.HOUSING)
    engine = open_store(settings, Store.HOUSING)
    estate = make(SHAPES.index(shape), 60, date(2026, 1, 20), 90, prevalence=0.1, shape=shape)
    estate.write(tmp_path / "estate")
    report = run_import(engine, tmp_path / "estate", strict=True, actor="test", now=NOW)
    assert report.refusals == ()
    assert report.accepted == sum(table.num_rows for table in estate.registry.values())
    again = run_import(engine, tmp_path / "estate", strict=True, actor="test", now=NOW)
    assert all(count.inserted == count.updated == 0 for count in again.counts.values())
    engine.dispose()


def test_the_command_writes_what_make_makes(tmp_path: Path) -> None:
    arguments = "--seed 4 --homes 30 --start 2026-03-01 --days 20 --shape every_door --out"
    assert main([*arguments.split(), str(tmp_path / "estate")]) == 0
    written = pyarrow.parquet.read_table(tmp_path / "estate" / "sightings.parquet")
    made = make(4, 30, date(2026, 3, 1), 20, shape=next(shape for shape in SHAPES if shape.name == "every_door"))
    assert written.cast(SIGHTINGS).equals(made.sightings)
    assert (tmp_path / "estate" / "truth.csv").read_text("utf-8").count("\n") == len(made.truth) + 1


def test_an_estate_that_cannot_be_is_refused(tmp_path: Path) -> None:
    assert main(["--seed", "1", "--homes", "0", "--start", "2026-03-01", "--days", "20", "--out", str(tmp_path)]) == 2
