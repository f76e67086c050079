"""SQL: one store per writing service; a file each on SQLite, a schema each on PostgreSQL, the same code on both.

SQLite allows one writer at a time, so a store has one writing service; the others open it read-only. Every write is a
short `BEGIN IMMEDIATE` transaction, made by the boundary (a service's loop, a request), never by a repository.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from core.settings import Settings

BUSY_TIMEOUT_MS = 10_000


class Store(StrEnum):
    """A store is owned by the one service that writes it."""

    HOUSING = "housing"  # registry, parameters, people who sign in, audit; written by the api
    RECOGNITION = "recognition"  # the sightings log; written by recognition
    OCCUPANCY = "occupancy"  # presence, home-days, findings, alerts; written by occupancy


def store_path(settings: Settings, store: Store) -> Path:
    """The SQLite file of a store."""
    return settings.var_dir / "db" / f"{store}.db"


def store_url(settings: Settings, store: Store) -> URL:
    """Where a store is: a file under the var directory, or the PostgreSQL of the settings."""
    if not settings.database_url:
        return URL.create("sqlite", database=str(store_path(settings, store)))
    return make_url(settings.database_url).set(drivername="postgresql+psycopg")


def open_store(settings: Settings, store: Store, *, read_only: bool = False) -> Engine:
    """An engine on `store`. A read-only one cannot write, whatever it is told."""
    url = store_url(settings, store)
    if url.get_backend_name() == "sqlite":
        store_path(settings, store).parent.mkdir(parents=True, exist_ok=True)
        return sqlite_engine(url, read_only=read_only)
    options = f"-csearch_path={store}" + (" -cdefault_transaction_read_only=on" if read_only else "")
    return sa.create_engine(url, connect_args={"options": options}, pool_pre_ping=True, pool_size=4)


def sqlite_engine(url: URL | str, *, read_only: bool = False) -> Engine:
    """SQLite in WAL mode with synchronous FULL: a commit that returned survives power loss."""
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None}, pool_size=4)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back on any error."""
    with engine.begin() as connection:
        yield connection


def fold_wal(engine: Engine) -> None:
    """Move what was committed from SQLite's WAL into the file, where deleted content is overwritten (secure_delete).

    For after a deletion that must leave no trace; where a reader still needs the WAL, the next checkpoint does it.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
