"""How one act of a person is written: rows, numbered changes and the audit row, all in the caller's transaction.

Repositories do not commit. The store has one writer at a time (`core.audit.serialise`), so what is asked first still
holds when it is written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import audit
from core.errors import AnjuError
from housing import tables as t
from housing.registry import rules
from housing.registry.changes import Changes
from housing.registry.lookup import HomePlace, Lookup, UnknownReference
from housing.registry.specs import SPECS
from housing.registry.upsert import Counts, existing, upsert


class BelongsElsewhere(AnjuError):
    """A home, door or gateway of another estate would have been taken over."""

    code = "belongs_elsewhere"

    def __init__(self, name: str, estate: str) -> None:
        super().__init__(
            f"“{name}”已登记在小区“{estate}”。", f"{name!r} is registered in estate {estate!r}.",
            mend_zh="请检查编号，编号在所有小区中必须唯一。", mend_en="Check the id: ids are unique over all estates.",
        )  # fmt: skip


class NothingThere(AnjuError):
    """What should be ended or revoked is not there, or has ended already."""

    code = "nothing_there"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en, mend_zh="请刷新后再试。", mend_en="Reload and look again.")


class Act:
    """One act of `actor` at `now`, being written."""

    def __init__(self, conn: Connection, actor: str, now: datetime) -> None:
        audit.serialise(conn)
        self.conn, self.actor, self.now = conn, actor, now
        self.lookup, self.changes = Lookup(conn), Changes(now)

    def put(self, table: str, row: Mapping[str, Any]) -> Counts:
        """Insert or update one row, checked against the rules of its table."""
        rules.check(table, row)
        return upsert(self.conn, SPECS[table], [row], self.changes, self.lookup)

    def keep_estate(self, table: str, row: Mapping[str, Any]) -> None:
        """Raise BelongsElsewhere if the row is registered in another estate; UnknownReference without that estate."""
        self.require_estate(row["estate"])
        for old in existing(self.conn, SPECS[table], [row]).values():
            if old["estate"] != row["estate"]:
                raise BelongsElsewhere(row[SPECS[table].key[0]], old["estate"])

    def done(self, action: str, subject: str, details: Mapping[str, object] | None = None) -> None:
        """Write the numbered changes and the audit row; `details` hold ids and days, never names."""
        self.changes.write(self.conn)
        audit.append(self.conn, at=self.now, actor=self.actor, action=action, subject=subject[:128], details=details)

    def require_estate(self, estate: str) -> None:
        """Raise UnknownReference unless the estate is registered."""
        if self.conn.scalar(sa.select(t.estates.c.estate).where(t.estates.c.estate == estate)) is None:
            raise UnknownReference("小区", "estate", estate)

    def require_home(self, home: str) -> HomePlace:
        """Where the home is; raises UnknownReference."""
        place = self.lookup.home(home)
        if place is None:
            raise UnknownReference("房屋", "home", home)
        return place

    def require_home_in(self, home: str, estate: str) -> None:
        """Raise UnknownReference, or BelongsElsewhere for a home of another estate."""
        place = self.require_home(home)
        if place.estate != estate:
            raise BelongsElsewhere(home, place.estate)

    def require_door(self, door: str, estate: str) -> None:
        """Raise UnknownReference unless the door is one of the estate's."""
        found = self.lookup.door(door)
        if found is None or found[0] != estate:
            raise UnknownReference("本小区的门", "door of this estate", door)

    def home_of_door(self, door: str) -> str | None:
        """The home that a door is the own door of."""
        found = self.lookup.door(door)
        return None if found is None else found[1]

    def require_gateway(self, gateway: str, estate: str) -> None:
        """Raise UnknownReference unless the gateway is one of the estate's."""
        if self.lookup.gateway(gateway) != estate:
            raise UnknownReference("本小区的网关", "gateway of this estate", gateway)

    def require_person(self, person: str) -> None:
        """Raise UnknownReference unless the person is registered."""
        if self.conn.scalar(sa.select(t.people.c.person).where(t.people.c.person == person)) is None:
            raise UnknownReference("人员", "person", person)
