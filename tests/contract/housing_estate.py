"""A small estate written act by act, for tests of writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.engine import Connection, Engine

from core import audit
from core.db import writing
from housing.registry import reading
from housing.registry import writing as w
from housing.registry.kinds import DoorKind, HomeState, Relation

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SINCE = date(2026, 1, 1)
BY: dict[str, Any] = {"actor": "li", "now": NOW}


def add_home(conn: Connection, home: str = "h1", building: str = "b1") -> None:
    w.put_home(
        conn, home=home, estate="e1", building=building, floor=1, unit="101", area_m2=48.5, state=HomeState.LET,
        actor="li", now=NOW,
    )  # fmt: skip
    w.put_door(conn, door=f"{home}-door", estate="e1", kind=DoorKind.HOME, home=home, actor="li", now=NOW)


def add_person(conn: Connection, person: str = "p1", born: date | None = date(1980, 5, 1), home: str = "h1") -> None:
    w.put_person(conn, person=person, name="李明", born=born, actor="li", now=NOW)
    w.add_member(
        conn, person=person, home=home, estate="e1", relation=Relation.TENANT, from_day=SINCE, actor="li", now=NOW
    )


def newest(conn: Connection) -> int:
    return reading.newest_change(conn, "e1")


def noted(conn: Connection, after: int) -> set[tuple[str, str, date | None, date | None]]:
    return {(c.kind, c.subject, c.from_day, c.until_day) for c in reading.changes_after(conn, "e1", after)}


def doors_of(conn: Connection, person: str) -> set[str]:
    return {right.door for right in reading.rights(conn, "e1") if right.person == person}


@contextmanager
def open_estate(engine: Engine) -> Iterator[Connection]:
    """A transaction on a store with one estate: a gate, a building door, two homes, one tenant."""
    with writing(engine) as connection:
        w.put_estate(connection, estate="e1", name="安居苑", actor="li", now=NOW)
        w.put_door(connection, door="gate", estate="e1", kind=DoorKind.GATE, actor="li", now=NOW)
        w.put_door(connection, door="b1-door", estate="e1", kind=DoorKind.BUILDING, building="b1", actor="li", now=NOW)
        add_home(connection)
        add_home(connection, "h2", "b2")
        add_person(connection)
        yield connection
        assert audit.verify(connection) is None
