"""Bring the stores to the shape this release needs. Forward only; the same scripts on SQLite and PostgreSQL."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from core.db import Store, open_store
from core.settings import Settings

_HERE = Path(__file__).parent / "migrations"
_LOCK = 7_301_221  # any number, the same for everyone who migrates


def _config(store: Store) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(_HERE / store))
    config.set_main_option("path_separator", "newline")
    return config


def newest(store: Store) -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(_config(store)).get_current_head()


def _prepare(connection: Connection, store: Store) -> None:
    """On PostgreSQL: one migrator at a time, and the store's schema."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(sa.schema.CreateSchema(store, if_not_exists=True))


def migrate_store(settings: Settings, store: Store) -> None:
    """Run what is missing in one transaction: it is done whole or not at all."""
    engine = open_store(settings, store)
    try:
        with engine.begin() as connection:
            _prepare(connection, store)
            config = _config(store)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def migrate(settings: Settings) -> None:
    """Bring every store up to date."""
    for store in Store:
        migrate_store(settings, store)
