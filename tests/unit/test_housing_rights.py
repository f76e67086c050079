"""Rights derived from households and doors, against the obvious loop; batches written against rows one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from core.clock import day_start_us
from core.db import sqlite_engine
from housing import tables as t
from housing.registry import reading
from housing.registry.changes import MANY, Changes
from housing.registry.lookup import Lookup
from housing.registry.specs import SPECS
from housing.registry.upsert import Counts, upsert

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
FIRST = date(2026, 1, 1)
DAYS = 12
HOMES = {"h1": ("e1", "b1"), "h2": ("e1", "b2"), "k1": ("e2", "b1")}
DOORS: list[dict[str, Any]] = [
    {"door": "gate", "estate": "e1", "kind": "gate", "building": None, "home": None},
    {"door": "garage", "estate": "e1", "kind": "garage", "building": None, "home": None},
    {"door": "b1", "estate": "e1", "kind": "building", "building": "b1", "home": None},
    {"door": "b2", "estate": "e1", "kind": "building", "building": "b2", "home": None},
    {"door": "lift1", "estate": "e1", "kind": "lift", "building": "b1", "home": None},
    {"door": "h1", "estate": "e1", "kind": "home", "building": "b1", "home": "h1"},
    {"door": "h2", "estate": "e1", "kind": "home", "building": None, "home": "h2"},
    {"door": "other", "estate": "e2", "kind": "gate", "building": None, "home": None},
]


@contextmanager
def estate() -> Iterator[Connection]:
    engine = sqlite_engine("sqlite://")
    t.metadata.create_all(engine)
    with engine.begin() as conn:
        conn.execute(t.estates.insert(), [{"estate": name, "name": name} for name in ("e1", "e2")])
        conn.execute(
            t.homes.insert(),
            [
                {"home": home, "estate": where, "building": building, "floor": 1, "unit": "1", "area_m2": 40.0,
                 "state": "let"}
                for home, (where, building) in HOMES.items()
            ],
        )  # fmt: skip
        conn.execute(t.doors.insert(), [{**door, "counts_tailgating": False} for door in DOORS])
        conn.execute(t.people.insert(), [{"person": person, "name": person} for person in ("p1", "p2")])
        yield conn
    engine.dispose()


MEMBERS = st.lists(
    st.builds(
        lambda person, home, relation, start, length: {
            "person": person, "home": None if relation == "staff" else home,
            "estate": "e1" if relation == "staff" else HOMES[home][0], "relation": relation,
            "from_day": FIRST + timedelta(days=start),
            "until_day": None if length is None else FIRST + timedelta(days=start + length), "lives_alone": False,
        },
        st.sampled_from(["p1", "p2"]), st.sampled_from(sorted(HOMES)), st.sampled_from(["tenant", "carer", "staff"]),
        st.integers(0, DAYS - 1), st.none() | st.integers(1, 6),
    ),
    max_size=7,
    unique_by=lambda row: (row["person"], row["home"], row["from_day"]),
)  # fmt: skip


def may(member: dict[str, Any], door: dict[str, Any], day: date) -> bool:
    """The rule as a person would say it."""
    if not (member["from_day"] <= day and (member["until_day"] is None or day < member["until_day"])):
        return False
    if door["estate"] != member["estate"]:
        return False
    if member["relation"] == "staff":
        return bool(door["kind"] != "home")
    if door["kind"] in ("gate", "garage"):
        return True
    if door["kind"] in ("building", "lift"):
        return bool(door["building"] == HOMES[member["home"]][1])
    return bool(door["home"] == member["home"])


@given(MEMBERS)
def test_rights_are_what_the_rule_says_on_every_day(members: list[dict[str, Any]]) -> None:
    with estate() as conn:
        if members:
            conn.execute(t.members.insert(), members)
        rights = reading.rights(conn, "e1")
    for offset in range(DAYS + 8):
        day = FIRST + timedelta(days=offset)
        at = day_start_us(day)
        found = [(r.person, r.door) for r in rights if r.from_us <= at and (r.until_us is None or at < r.until_us)]
        wanted = {
            (m["person"], d["door"]) for m in members for d in DOORS if d["estate"] == "e1" and may(m, d, day)
        }  # fmt: skip
        assert sorted(found) == sorted(wanted)
    keys = [(r.person, r.door, r.from_us) for r in rights]
    assert keys == sorted(set(keys))


VISITS = st.lists(
    st.builds(
        lambda home, at, note: {"home": home, "at_us": at, "officer": "o", "outcome": "nobody", "note": note},
        st.sampled_from(sorted(HOMES)), st.integers(0, 4), st.sampled_from(["", "a", "b"]),
    ),
    max_size=8, unique_by=lambda row: (row["home"], row["at_us"]),
)  # fmt: skip


def put(conn: Connection, rows: list[dict[str, Any]], *, whole: bool) -> tuple[Counts, int]:
    changes = Changes(NOW)
    counts = upsert(conn, SPECS["visits"], rows, changes, Lookup(conn, whole=whole))
    return counts, len(changes)


def visits(conn: Connection) -> set[tuple[Any, ...]]:
    v = t.visits.c
    return set(map(tuple, conn.execute(sa.select(v.home, v.at_us, v.note))))


@given(VISITS, VISITS)
def test_a_batch_leaves_what_rows_one_by_one_leave(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    with estate() as conn:
        put(conn, first, whole=True)
        counts, noted = put(conn, second, whole=True)
        batch = visits(conn)
        assert put(conn, second, whole=True) == (Counts(unchanged=len(second)), 0)
    with estate() as conn:
        for row in first:
            put(conn, [row], whole=False)
        singly = [put(conn, [row], whole=False)[0] for row in second]
        assert visits(conn) == batch
    assert sum(singly, Counts()) == counts
    assert bool(noted) == bool(counts.inserted + counts.updated)


def test_many_changes_of_rights_become_one_for_the_whole_estate() -> None:
    with estate() as conn:
        changes = Changes(NOW)
        for number in range(MANY + 1):
            changes.rights("e1", f"p{number}")
            changes.home("e1", f"h{number}", FIRST, None)
        changes.rights("e2", "p1")
        changes.write(conn)
        found = [c for c in reading.changes_after(conn, "e1", 0, limit=10 * MANY) if c.kind == "rights"]
        assert [change.subject for change in found] == ["*"]
        assert [c.subject for c in reading.changes_after(conn, "e2", 0)] == ["p1"]
        assert len(reading.changes_after(conn, "e1", 0, limit=10 * MANY)) == MANY + 2
        assert len(changes) == 0


def test_days_of_a_home_are_joined() -> None:
    with estate() as conn:
        changes = Changes(NOW)
        changes.home("e1", "h1", date(2026, 3, 1), date(2026, 3, 5))
        changes.home("e1", "h1", date(2026, 2, 1), date(2026, 2, 2))
        changes.home("e1", "h2", None, date(2026, 2, 2))
        changes.home("e1", "h2", FIRST, None)
        changes.write(conn)
        found = {c.subject: (c.from_day, c.until_day) for c in reading.changes_after(conn, "e1", 0)}
        assert reading.changes_after(conn, "e1", reading.newest_change(conn, "e1")) == []
    assert found == {"h1": (date(2026, 2, 1), date(2026, 3, 5)), "h2": (None, None)}
