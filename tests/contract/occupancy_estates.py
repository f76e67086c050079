"""Stores with an estate and a log: what recognition and the registry would write, for the tests of occupancy."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import log
from core.clock import US_PER_SECOND, day_start_us, from_us
from core.db import Store, open_store, writing
from core.db.migrate import migrate
from core.settings import Settings
from housing import tables as t

ESTATE, GATEWAY, SHARD = "e1", "gw1", "s1"
SINCE = date(2025, 1, 1)
HOUR = 3600 * US_PER_SECOND


def at(day: date, hour: float) -> int:
    """Microseconds of a local hour of a day."""
    return day_start_us(day) + int(hour * HOUR)


class Stores:
    """Migrated stores of one test: the writers' side of recognition and housing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        migrate(settings)
        self.recognition = open_store(settings, Store.RECOGNITION)
        self.housing = open_store(settings, Store.HOUSING)
        self.occupancy = open_store(settings, Store.OCCUPANCY, read_only=True)

    def close(self) -> None:
        """Give the connections back."""
        for engine in (self.recognition, self.housing, self.occupancy):
            engine.dispose()

    def found(self, estate: str = ESTATE, homes: int = 2, members: int = 2) -> None:
        """An estate of homes h0, h1 … in one building with own doors; home h0 has members p0, p1 …"""
        ids = [f"h{n}" for n in range(homes)]
        doors: list[tuple[str, str, str | None, str | None]] = [
            ("gate", "gate", None, None),
            ("b1-door", "building", "b1", None),
        ]
        doors += [(f"{home}-door", "home", "b1", home) for home in ids]
        rows: Mapping[sa.Table, list[dict[str, Any]]] = {
            t.estates: [{"estate": estate, "name": "安居苑"}],
            t.homes: [
                {"home": home, "estate": estate, "building": "b1", "floor": 1, "unit": home, "area_m2": 50.0,
                 "state": "let"}
                for home in ids
            ],
            t.doors: [
                {"door": door, "estate": estate, "kind": kind, "building": building, "home": home,
                 "counts_tailgating": False}
                for door, kind, building, home in doors
            ],
            t.gateways: [{"gateway": GATEWAY, "estate": estate}],
            t.gateway_doors: [{"gateway": GATEWAY, "door": door[0]} for door in doors],
            t.people: [
                {"person": f"p{n}", "name": f"住户{n}", "born": date(1950, 1, 1)} for n in range(homes * members)
            ],
            t.members: [
                {"person": f"p{n}", "home": ids[n // members], "estate": estate, "lives_alone": members == 1,
                 "relation": "spouse" if n % members else "tenant", "from_day": SINCE, "until_day": None}
                for n in range(homes * members)
            ],
            t.leases: [
                {"lease": f"l{n}", "home": home, "tenant": f"p{n * members}", "start": SINCE, "end": date(2029, 12, 31),
                 "rent_month_fen": 50_000}
                for n, home in enumerate(ids)
            ],
        }  # fmt: skip
        with writing(self.housing) as conn:
            for table, values in rows.items():
                conn.execute(table.insert(), values)
            note_change(conn, "rights", estate=estate)

    def change(self, table: sa.Table, *rows: dict[str, Any], home: str = "*", first: date | None = None) -> None:
        """Registry rows and the change that tells of them."""
        with writing(self.housing) as conn:
            conn.execute(table.insert(), list(rows))
            note_change(conn, "home", home, first)

    def heard(self, seen_us: int, gateway: str = GATEWAY) -> None:
        """The gateway spoke."""
        g = log.gateway_status
        with writing(self.recognition) as conn:
            conn.execute(g.delete().where(g.c.gateway == gateway))
            conn.execute(g.insert().values(
                gateway=gateway, estate=ESTATE, seen_us=seen_us, waiting=0, quarantined=0, refused=0,
                set_versions="{}", devices="{}",
            ))  # fmt: skip

    def blind(self, from_us: int, until_us: int | None, door: str = "") -> None:
        """The gateway's own word that it could not see."""
        with writing(self.recognition) as conn:
            values = {"gateway": GATEWAY, "door": door, "from_us": from_us, "until_us": until_us}
            conn.execute(log.gateway_outages.insert().values(**values))

    def seen(self, rows: Iterable[Mapping[str, Any]], shard: str = SHARD) -> int:
        """Append sightings to the log; returns the last position."""
        with writing(self.recognition) as conn:
            s = log.sightings.c
            pos = conn.scalar(sa.select(sa.func.max(s.pos)).where(s.shard == shard)) or 0
            table = [sighting(pos + n, shard=shard, **row) for n, row in enumerate(rows, 1)]
            if table:
                conn.execute(log.sightings.insert(), table)
            return pos + len(table)

    def rows(self, table: sa.Table, *order: str) -> list[dict[str, Any]]:
        """Everything in a table of the occupancy store."""
        with self.occupancy.connect() as conn:
            found = conn.execute(sa.select(table).order_by(*(table.c[name] for name in order)))
            return [dict(row) for row in found.mappings()]


def note_change(
    conn: Connection, kind: str, subject: str = "*", first: date | None = None, estate: str = ESTATE
) -> None:
    """Number a change of the registry."""
    conn.execute(t.changes.insert().values(estate=estate, kind=kind, subject=subject, from_day=first, at_us=0))


def sighting(pos: int, **values: Any) -> dict[str, Any]:
    """A row of the log: p0's face at the gate on the way in unless said otherwise."""
    taken_us = values.get("taken_us", at(date(2026, 3, 2), 9))
    fields = {
        "shard": SHARD, "pos": pos, "day": from_us(taken_us).date(), "estate": ESTATE, "gateway": GATEWAY,
        "epoch": "0" * 32, "seq": pos, "payload_hash": b"0" * 16, "taken_us": taken_us, "received_us": taken_us,
        "clock_offset_ms": 0, "door": "gate", "direction": "in", "device": "gate-in", "device_event": str(pos),
        "modality": "face", "recogniser": "simulated", "model": None, "quality": 0.9, "liveness": None, "score": None,
        "threshold": None, "person": "p0", "pass": None, "home": None, "plate": None, "outcome": "granted",
        "reason": "granted", "seen": None, "opens": True, "lane": "live",
    }  # fmt: skip
    unknown = values.keys() - fields.keys()
    if unknown:
        raise KeyError(f"no such columns: {sorted(unknown)}")
    return fields | values


def daily(person: str, days: Sequence[date], hours: Sequence[float] = (18.0,), **values: Any) -> list[dict[str, Any]]:
    """The same person at the same hours of some days."""
    return [{"person": person, "taken_us": at(day, hour), **values} for day in days for hour in hours]
