"""The migrations make what the tables say, for every store on both databases; running them twice is harmless."""

import importlib

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.db import Store, open_store
from core.db.migrate import migrate, newest
from core.settings import Settings


@pytest.mark.parametrize("store", Store)
def test_migrated_stores_are_what_the_tables_say(store_settings: Settings, store: Store) -> None:
    migrate(store_settings)
    migrate(store_settings)
    metadata: sa.MetaData = importlib.import_module(f"{store}.tables").metadata
    engine = open_store(store_settings, store)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_schemas": False}
        )
        assert context.get_current_revision() == newest(store)
        assert compare_metadata(context, metadata) == []
        assert set(metadata.tables) <= set(sa.inspect(connection).get_table_names())
    engine.dispose()


def test_a_difference_is_seen(store_settings: Settings) -> None:
    """The comparison above would notice a column that the migrations do not make."""
    migrate(store_settings)
    metadata = sa.MetaData()
    tables = importlib.import_module("housing.tables").metadata.tables
    for table in tables.values():
        table.to_metadata(metadata)
    metadata.tables["homes"].append_column(sa.Column("colour", sa.String(16)))
    engine = open_store(store_settings, Store.HOUSING)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert [difference[0] for difference in found] == ["add_column"]
