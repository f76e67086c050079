"""Put a batch of rows into a table: new ones inserted, changed ones updated, equal ones left alone and not counted.

What is there is read with one query, compared in memory and written with at most one `executemany` each: no statement a
row, so a hundred thousand rows take seconds, and a single row takes the same path.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from housing.registry.changes import Changes
from housing.registry.lookup import Lookup
from housing.registry.specs import Spec

FEW = 200  # up to so many rows are looked up by key, more by reading the table
DOORS = "doors"
Row = Mapping[str, Any]
Key = tuple[Any, ...]


class Counts(msgspec.Struct, frozen=True):
    """What became of a batch."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged
        )  # fmt: skip


def _key(spec: Spec, row: Row) -> Key:
    return tuple(row.get(column) for column in spec.key)


def _chosen(spec: Spec, rows: Sequence[Row], column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    wanted = {row[spec.key[0]] for row in rows}
    return column.in_(sorted(wanted)) if len(rows) <= FEW else sa.true()


def existing(conn: Connection, spec: Spec, rows: Sequence[Row]) -> dict[Key, dict[str, Any]]:
    """Rows of the table by key: at least those that `rows` may change, with their doors where the spec has links."""
    first = spec.table.c[spec.key[0]]
    result = conn.execute(sa.select(spec.table).where(_chosen(spec, rows, first)))
    names = list(result.keys())
    found = [dict(zip(names, row, strict=True)) for row in result]
    if spec.links is not None:
        doors: dict[str, list[str]] = {}
        link = spec.links.c[spec.key[0]]
        query = sa.select(link, spec.links.c.door).where(_chosen(spec, rows, link))
        for owner, door in conn.execute(query):
            doors.setdefault(owner, []).append(door)
        for row in found:
            row[DOORS] = tuple(sorted(doors.get(row[spec.key[0]], ())))
    return {_key(spec, row): row for row in found}


def _insert(conn: Connection, spec: Spec, rows: Sequence[Row]) -> None:
    if rows:
        conn.execute(spec.table.insert(), [{k: v for k, v in row.items() if k != DOORS} for row in rows])


def _update(conn: Connection, spec: Spec, rows: Sequence[Row], columns: Iterable[str]) -> None:
    identity = [column.name for column in spec.table.primary_key]
    changed = [column for column in columns if column not in {*spec.key, *identity, DOORS}]
    if not rows or not changed:
        return
    statement = (
        sa.update(spec.table)
        .where(*(spec.table.c[name] == sa.bindparam(f"old_{name}") for name in identity))
        .values({name: sa.bindparam(f"new_{name}") for name in changed})
    )
    values = [
        {f"old_{name}": row[name] for name in identity} | {f"new_{name}": row[name] for name in changed} for row in rows
    ]
    conn.execute(statement, values)


def _link(conn: Connection, spec: Spec, rows: Sequence[Row]) -> None:
    """Bring the doors of `rows` up to date."""
    if spec.links is None or not rows:
        return
    owner = spec.key[0]
    statement = sa.delete(spec.links).where(spec.links.c[owner] == sa.bindparam("owner"))
    conn.execute(statement, [{"owner": row[owner]} for row in rows])
    links = [{owner: row[owner], "door": door} for row in rows for door in row.get(DOORS, ())]
    if links:
        conn.execute(spec.links.insert(), links)


def upsert(conn: Connection, spec: Spec, rows: Sequence[Row], changes: Changes, lookup: Lookup) -> Counts:
    """Write `rows`, which all have the same columns and different keys; columns they lack keep what they hold.

    Returns how many were new, changed and equal; what has to be seen anew is added to `changes`.
    """
    if not rows:
        return Counts()
    known = existing(conn, spec, rows)
    new: list[Row] = []
    changed: list[tuple[Row, Row]] = []
    for row in rows:
        old = known.get(_key(spec, row))
        if old is None:
            new.append(row)
        elif any(old[column] != value for column, value in row.items()):
            changed.append((old, {**old, **row}))
    _insert(conn, spec, new)
    updated = [after for _, after in changed]
    _update(conn, spec, updated, rows[0])
    _link(conn, spec, [*new, *updated] if rows and DOORS in rows[0] else [])
    lookup.forget(spec.table.name)
    blank = dict.fromkeys(column.name for column in spec.table.columns)
    for row in new:
        spec.note(changes, lookup, None, {**blank, **row})
    for before, after in changed:
        spec.note(changes, lookup, before, after)
    return Counts(len(new), len(changed), len(rows) - len(new) - len(changed))
