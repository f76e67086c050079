"""Which estate a home, door, gateway or person belongs to: asked one by one, or with everything loaded at once."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.errors import AnjuError
from housing import tables as t

T = TypeVar("T")


class UnknownReference(AnjuError):
    """Something is named that is not registered."""

    code = "unknown_reference"

    def __init__(self, zh_kind: str, en_kind: str, name: str) -> None:
        super().__init__(
            f"{zh_kind}“{name[:64]}”尚未登记。", f"{en_kind} {name[:64]!r} is not registered.",
            mend_zh="请先登记，或检查编号。", mend_en="Register it first, or check the id.",
        )  # fmt: skip


class HomePlace(NamedTuple):
    """Where a home is."""

    estate: str
    building: str


class Belonging(NamedTuple):
    """Where a person belongs; home None: staff."""

    estate: str
    home: str | None


class Lookup:
    """Answers with point queries, or (`whole`, for imports) from one query a question.

    Answers are remembered: `forget` a table after writing it.
    """

    def __init__(self, conn: Connection, *, whole: bool = False) -> None:
        self._conn, self._whole = conn, whole
        self._known: dict[str, dict[str, Any]] = {}

    def forget(self, table: str) -> None:
        """Ask the database anew for what `table` holds."""
        self._known.pop(table, None)

    def _ask(self, table: str, key: str, load: Callable[[str | None], Mapping[str, T]]) -> T | None:
        if table not in self._known:
            self._known[table] = dict(load(None)) if self._whole else {}
        known = self._known[table]
        if key not in known and not self._whole:
            known[key] = load(key).get(key)
        found: T | None = known.get(key)
        return found

    def home(self, home: str) -> HomePlace | None:
        """Where a home is; None if it is not registered."""

        def load(key: str | None) -> Mapping[str, HomePlace]:
            h = t.homes.c
            query = sa.select(h.home, h.estate, h.building)
            rows = self._conn.execute(query if key is None else query.where(h.home == key))
            return {row.home: HomePlace(row.estate, row.building) for row in rows}

        return self._ask("homes", home, load)

    def door(self, door: str) -> tuple[str, str | None] | None:
        """Estate and (for a home's own door) home of a door."""

        def load(key: str | None) -> Mapping[str, tuple[str, str | None]]:
            d = t.doors.c
            query = sa.select(d.door, d.estate, d.home)
            rows = self._conn.execute(query if key is None else query.where(d.door == key))
            return {row.door: (row.estate, row.home) for row in rows}

        return self._ask("doors", door, load)

    def gateway(self, gateway: str) -> str | None:
        """Estate of a gateway."""

        def load(key: str | None) -> Mapping[str, str]:
            g = t.gateways.c
            query = sa.select(g.gateway, g.estate)
            rows = self._conn.execute(query if key is None else query.where(g.gateway == key))
            return {row.gateway: row.estate for row in rows}

        return self._ask("gateways", gateway, load)

    def person(self, person: str) -> frozenset[Belonging]:
        """Every place a person belongs or belonged to; empty for somebody without any."""

        def load(key: str | None) -> Mapping[str, frozenset[Belonging]]:
            m = t.members.c
            query = sa.select(m.person, m.estate, m.home).distinct()
            rows = self._conn.execute(query if key is None else query.where(m.person == key))
            places: dict[str, set[Belonging]] = {}
            for row in rows:
                places.setdefault(row.person, set()).add(Belonging(row.estate, row.home))
            return {name: frozenset(found) for name, found in places.items()}

        return self._ask("members", person, load) or frozenset()

    def estates_of(self, person: str) -> list[str]:
        """The estates of a person, sorted."""
        return sorted({place.estate for place in self.person(person)})
