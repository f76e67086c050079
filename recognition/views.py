"""What the pages ask of the recognition store; read only, a page at a time, newest first."""

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from recognition.tables import door_acts, gateway_status, rejected, sightings

PAGE_MAX = 200
R = TypeVar("R", bound=msgspec.Struct)


class SightingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sighting as staff may see it; `person` is empty for anybody who was not identified."""

    shard: str
    pos: int
    estate: str
    gateway: str
    taken_us: int
    received_us: int
    door: str
    direction: str
    device: str
    device_event: str
    modality: str
    recogniser: str
    quality: float
    person: str | None
    pass_: str | None
    home: str | None
    plate: str | None
    outcome: str
    reason: str
    seen: str | None
    opens: bool
    lane: str


class DoorActRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a door did about one capture."""

    gateway: str
    epoch: str
    capture_seq: int
    door: str
    opened: bool
    reason: str
    acted_us: int
    decision_ms: float


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in and could not be used, and why."""

    id: int
    at_us: int
    gateway: str
    door: str | None
    device: str | None
    reason: str
    detail: str


class GatewayRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway last said of itself; `set_versions` and `devices` are JSON."""

    gateway: str
    estate: str
    seen_us: int
    waiting: int
    quarantined: int
    refused: int
    set_versions: str
    devices: str


def sightings_page(
    connection: Connection,
    estate: str,
    *,
    before: tuple[int, int] | None = None,
    limit: int = 50,
    door: str | None = None,
    home: str | None = None,
    person: str | None = None,
) -> list[SightingRow]:
    """Sightings of an estate, newest first, before the (taken_us, pos) of the last row of the page before."""
    s = sightings.c
    query = sa.select(*(s[name] for name in _columns(SightingRow))).where(s.estate == estate)
    if before is not None:
        query = query.where(sa.tuple_(s.taken_us, s.pos) < sa.tuple_(sa.literal(before[0]), sa.literal(before[1])))
    for column, value in ((s.door, door), (s.home, home), (s.person, person)):
        if value is not None:
            query = query.where(column == value)
    query = query.order_by(s.taken_us.desc(), s.pos.desc()).limit(min(limit, PAGE_MAX))
    return _rows(connection, query, SightingRow)


def sightings_after(connection: Connection, shard: str, pos: int, *, limit: int = 1000) -> list[SightingRow]:
    """Sightings of a shard in the order of the log, after a position."""
    s = sightings.c
    query = sa.select(*(s[name] for name in _columns(SightingRow))).where(s.shard == shard, s.pos > pos)
    return _rows(connection, query.order_by(s.pos).limit(limit), SightingRow)


def door_acts_page(connection: Connection, gateway: str, *, limit: int = 50) -> list[DoorActRow]:
    """What a gateway's doors did last."""
    a = door_acts.c
    query = sa.select(*(a[name] for name in _columns(DoorActRow))).where(a.gateway == gateway)
    return _rows(connection, query.order_by(a.acted_us.desc()).limit(min(limit, PAGE_MAX)), DoorActRow)


def rejected_page(
    connection: Connection, estate: str, *, before: int | None = None, limit: int = 50
) -> list[RejectedRow]:
    """What could not be used, newest first, before the id of the last row of the page before."""
    r = rejected.c
    query = sa.select(*(r[name] for name in _columns(RejectedRow))).where(r.estate == estate)
    if before is not None:
        query = query.where(r.id < before)
    return _rows(connection, query.order_by(r.id.desc()).limit(min(limit, PAGE_MAX)), RejectedRow)


def rejected_counts(connection: Connection, estate: str) -> dict[str, int]:
    """How many of each reason."""
    r = rejected.c
    query = sa.select(r.reason, sa.func.count()).where(r.estate == estate).group_by(r.reason)
    return {reason: count for reason, count in connection.execute(query)}  # noqa: C416 - rows are not tuples to mypy


def gateway_statuses(connection: Connection, estate: str) -> list[GatewayRow]:
    """Every gateway of an estate that was ever heard of."""
    g = gateway_status.c
    query = sa.select(*(g[name] for name in _columns(GatewayRow))).where(g.estate == estate).order_by(g.gateway)
    return _rows(connection, query, GatewayRow)


def _columns(kind: type[msgspec.Struct]) -> list[str]:
    return [name.rstrip("_") for name in kind.__struct_fields__]


def _rows(connection: Connection, query: sa.Select[Any], kind: type[R]) -> list[R]:
    fields = kind.__struct_fields__
    return [kind(**dict(zip(fields, row, strict=True))) for row in connection.execute(query)]
