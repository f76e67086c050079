"""The registry's files as a back-test needs them: imported like any others, into a store that is thrown away after.

The same importer, checks and readers as the service's, so a row that the service would refuse is refused here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from housing import tables as t
from housing.registry import importing, reading
from housing.registry.rows import OutageRow
from occupancy import registries
from occupancy.arrays import Int64s
from occupancy.outages import Intervals
from occupancy.registry import Registry, Rows

Progress = importing.Progress


class Care(msgspec.Struct, frozen=True):
    """A consent to care alerts: from when to when; None: not withdrawn."""

    person: str
    given_us: int
    withdrawn_us: int | None


class Estate(msgspec.Struct, frozen=True, kw_only=True):
    """One estate as its files tell of it."""

    rows: Rows
    outages: Sequence[OutageRow] = ()
    care: Sequence[Care] = ()


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """The estates of a registry, and what the import said."""

    estates: tuple[Estate, ...]
    report: importing.Report | None = None


def load(source: Path | Mapping[str, pa.Table], now: datetime, progress: Progress) -> Folder:
    """Import the registry's files, or tables by the name of the file; raises SourceRefused and FilesMissing."""
    with TemporaryDirectory(prefix="anju-backtest-") as place:
        folder = source if isinstance(source, Path) else _written(source, Path(place) / "registry")
        settings = Settings.model_construct(var_dir=Path(place), database_url="")  # whatever the environment says
        migrate_store(settings, Store.HOUSING)
        engine = open_store(settings, Store.HOUSING)
        try:
            report = importing.run_import(
                engine, folder, strict=False, actor="back-test", now=now, progress=progress
            )  # fmt: skip
            with engine.connect() as conn:
                names = reading.estates(conn)
                estates = tuple(_estate(conn, name, now) for name in names)
        finally:
            engine.dispose()
    return Folder(estates=estates, report=report)


def _written(tables: Mapping[str, pa.Table], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, table in tables.items():
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    return folder


def _estate(conn: Connection, name: str, now: datetime) -> Estate:
    c = t.consents.c
    query = sa.select(c.person, c.given_us, c.withdrawn_us).where(c.purpose == "care").order_by(c.person, c.given_us)
    return Estate(
        rows=registries.read(conn, name, reading.newest_change(conn, name), now),
        outages=reading.outages_of(conn, name),
        care=[Care(*row) for row in conn.execute(query)],
    )


def cared_for(care: Sequence[Care], now_us: int) -> frozenset[str]:
    """Everybody whose consent to care alerts is live at a moment."""
    return frozenset(
        one.person for one in care if one.given_us <= now_us and (one.withdrawn_us is None or one.withdrawn_us > now_us)
    )


def blind_intervals(outages: Sequence[OutageRow], registry: Registry, from_us: int, until_us: int) -> Intervals:
    """What outages, registered for a door or for all doors of a gateway, cover between two moments."""
    door, start, stop = list[int](), list[int](), list[int]()
    for row in outages:
        doors = [registry.doors.handle(row.door)] if row.door else registry.gateways.get(row.gateway or "", _NONE)
        known = [int(handle) for handle in doors if handle >= 0]
        door += known
        start += [row.from_us] * len(known)
        stop += [until_us if row.until_us is None else row.until_us] * len(known)
    found = Intervals(door=np.array(door, np.int32), from_us=_us(start), until_us=_us(stop))
    return found.clipped(from_us, until_us)


_NONE = np.empty(0, np.int32)


def _us(values: list[int]) -> Int64s:
    return np.array(values, np.int64)
