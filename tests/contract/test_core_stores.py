"""Stores and the audit chain on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from core import audit
from core.db import Store, open_store
from core.db.migrate import migrate
from core.settings import Settings

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = Settings(var_dir=tmp_path, database_url=url)
    migrate(made)
    migrate(made)  # a second time changes nothing
    return made


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_store(settings, Store.HOUSING)
    yield engine
    engine.dispose()


def write(engine: Engine, count: int) -> None:
    with engine.begin() as connection:
        for n in range(count):
            audit.append(connection, at=NOW, actor="王", action="alert:verdict:set", subject=f"a{n}", details={"n": n})


def test_the_chain_stands_and_tells_where_it_was_broken(engine: Engine) -> None:
    write(engine, 5)
    with engine.begin() as connection:
        assert audit.verify(connection) is None
        anchor = audit.head(connection)
        assert anchor[0] == 5
        assert audit.verify(connection, anchor=anchor) is None
    for damage in (
        "UPDATE audit SET actor = 'someone' WHERE number = 3",
        "UPDATE audit SET details = '{}' WHERE number = 3",
        "DELETE FROM audit WHERE number = 3",
    ):
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(sa.text(damage))
            broken = audit.verify(connection)
            transaction.rollback()
        assert broken is not None
        assert broken.number == 3


def test_a_chain_cut_short_is_caught_by_its_anchor(engine: Engine) -> None:
    write(engine, 3)
    with engine.begin() as connection:
        anchor = audit.head(connection)
        connection.execute(sa.text("DELETE FROM audit WHERE number = 3"))
        assert audit.verify(connection) is None
        assert audit.verify(connection, anchor=anchor) is not None


def test_no_act_without_its_row(engine: Engine) -> None:
    def act_that_fails() -> None:
        with engine.begin() as connection:
            audit.append(connection, at=NOW, actor="a", action="x", subject="y")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_that_fails()
    with engine.connect() as connection:
        assert audit.head(connection) == (0, audit.GENESIS)


def test_a_read_only_store_cannot_be_written(settings: Settings, engine: Engine) -> None:
    reader = open_store(settings, Store.HOUSING, read_only=True)
    with pytest.raises(sa.exc.DatabaseError), reader.begin() as connection:
        audit.append(connection, at=NOW, actor="a", action="x", subject="y")
    with reader.connect() as connection:
        assert audit.entries(connection) == []
    reader.dispose()


def test_stores_do_not_see_each_other(settings: Settings) -> None:
    for store, table in ((Store.OCCUPANCY, "alerts"), (Store.RECOGNITION, "sightings"), (Store.HOUSING, "homes")):
        engine = open_store(settings, store, read_only=True)
        names = set(sa.inspect(engine).get_table_names())
        engine.dispose()
        assert table in names
        assert len(names & {"alerts", "sightings", "homes"}) == 1
