"""What contract tests of several rooms start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an installation that keeps its stores under `tmp_path`, then in an empty PostgreSQL."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return Settings(var_dir=tmp_path / "var", database_url=url)


@pytest.fixture
def housing_engine(store_settings: Settings) -> Iterator[Engine]:
    """The housing store, migrated and empty, on both databases in turn."""
    migrate_store(store_settings, Store.HOUSING)
    engine = open_store(store_settings, Store.HOUSING)
    yield engine
    engine.dispose()
