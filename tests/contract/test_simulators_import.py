"""A simulated estate goes through the registry's import without one refusal, and again without one change."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from housing.registry import reading
from housing.registry.importing import run_import
from simulators.tables import World
from simulators.world import draw, write
from tests.factories import TODAY

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seed", "homes"), [(1, 1), (2, 130), (3, 500), (2026, 500)])
def test_every_row_is_taken_and_nothing_changes_the_second_time(tmp_path: Path, seed: int, homes: int) -> None:
    settings = Settings(var_dir=tmp_path)
    migrate_store(settings, Store.HOUSING)
    engine = open_store(settings, Store.HOUSING)
    world = draw(seed, TODAY, homes=homes)
    write(world, tmp_path / "registry")
    report = run_import(engine, tmp_path / "registry", strict=True, actor="test", now=NOW)
    assert report.refusals == ()
    assert report.accepted == _rows(world)
    with engine.connect() as conn:
        assert len(reading.homes_of(conn, world.estate)) == homes
        assert len(reading.rights(conn, world.estate)) > 0
        assert {row.gateway for row in reading.gateways(conn, world.estate)} == set(world.gateways.tolist())
    again = run_import(engine, tmp_path / "registry", strict=True, actor="test", now=NOW)
    assert all(count.inserted == count.updated == 0 for count in again.counts.values())
    engine.dispose()


def _rows(world: World) -> int:
    """Lines of all files."""
    ids = (world.homes, world.doors, world.people, world.leases, world.credentials, world.passes)
    return (
        sum(len(table.id) for table in ids)
        + len(world.gateways) + len(world.vehicles.plate) + len(world.absences.home) + len(world.consents.person)
    )  # fmt: skip
