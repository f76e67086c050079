"""Where outages come from, and which home-days they make new: the shell around `outages`.

Three voices are heard: a gateway's own account of when it or one of its doors could not see (`core.log`), what people
registered, and silence. A gateway that has not been heard of for SILENT_US is taken to be blind until it speaks; when
it comes back and says that it kept looking, nothing replaces the silence and the days are made again.

What was counted is kept (`outages`), so that only the difference marks days. An outage that lasts is counted up to now,
and a little further each time.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import log
from core.clock import US_PER_DAY, US_PER_SECOND
from housing.registry import reading
from occupancy import days
from occupancy.arrays import Int32s
from occupancy.outages import Intervals
from occupancy.registry import Registry
from occupancy.store import upsert
from occupancy.tables import outages

SILENT_US = 180 * US_PER_SECOND  # a gateway speaks every few seconds
SETTLED_US = 90 * US_PER_DAY  # a gateway's account of longer ago does not change any more
GATEWAY, REGISTRY, SILENT = "gateway", "registry", "silent"

Key = tuple[str, str, str, int]  # source, gateway, door (empty: all its doors), from_us
Known = Mapping[Key, int]  # until when each is counted
Spoken = tuple[str, str, str, int, int | None]
Stretch = tuple[str, str, int, int]  # gateway, door, from_us, until_us


def declared(
    conn_log: Connection, conn_housing: Connection, registry: Registry, observed_from_us: int, now_us: int
) -> Known:
    """Every outage of an estate that may still change, as known at `now_us`, since anything was observed."""
    found: dict[Key, int] = {}
    for source, gateway, door, from_us, until_us in (
        *_accounts(conn_log, registry, now_us),
        *((REGISTRY, row.gateway or "", row.door or "", row.from_us, row.until_us)
          for row in reading.outages_of(conn_housing, registry.estate)),
        *_silences(conn_log, registry, now_us),
    ):  # fmt: skip
        start, stop = max(from_us, observed_from_us), now_us if until_us is None else min(until_us, now_us)
        if start < stop:
            key = (source, gateway, door, start)
            found[key] = max(stop, found.get(key, 0))
    return found


def _accounts(conn: Connection, registry: Registry, now_us: int) -> list[Spoken]:
    o = log.gateway_outages.c
    recent = sa.or_(o.until_us.is_(None), o.until_us > now_us - SETTLED_US)
    query = sa.select(o.gateway, o.door, o.from_us, o.until_us).where(o.gateway.in_(list(registry.gateways)), recent)
    return [(GATEWAY, row[0], row[1], row[2], row[3]) for row in conn.execute(query)]


def _silences(conn: Connection, registry: Registry, now_us: int) -> list[Spoken]:
    """Gateways not heard of lately, since they were; those never heard of, since the beginning."""
    s = log.gateway_status.c
    query = sa.select(s.gateway, s.seen_us).where(s.gateway.in_(list(registry.gateways)))
    seen = {row[0]: row[1] for row in conn.execute(query)}
    return [
        (SILENT, gateway, "", seen.get(gateway, 0), None)
        for gateway in registry.gateways
        if now_us - seen.get(gateway, 0) > SILENT_US
    ]


def counted(conn: Connection, estate: str, now_us: int) -> Known:
    """What has been counted so far and may still change."""
    o = outages.c
    query = sa.select(o.source, o.gateway, o.door, o.from_us, o.until_us).where(o.estate == estate)
    query = query.where(sa.or_(o.source != GATEWAY, o.until_us > now_us - SETTLED_US))
    return {(row[0], row[1], row[2], row[3]): row[4] for row in conn.execute(query)}


def difference(before: Known, after: Known) -> dict[Key, Stretch]:
    """What is counted in one and not in the other, by key."""
    found = {}
    for key in before.keys() | after.keys():
        _, gateway, door, start = key
        old, new = before.get(key, start), after.get(key, start)
        if old != new:
            found[key] = (gateway, door, min(old, new), max(old, new))
    return found


def touched(registry: Registry, stretches: Iterable[Stretch]) -> dict[int, set[int]]:
    """The homes (handles) whose days, by number, some stretches fall on."""
    places = registry.places
    owner = np.repeat(np.arange(len(registry.homes)), np.diff(places.path_start))
    found: dict[int, set[int]] = {}
    for gateway, door, start, stop in stretches:
        homes = set(owner[np.isin(places.path_door, _doors(registry, gateway, door))].tolist())
        for day in range(days.number_at(start), days.number_at(stop - 1) + 1):
            found.setdefault(day, set()).update(homes)
    return found


def _doors(registry: Registry, gateway: str, door: str) -> Int32s:
    """(d,) the doors an outage is about: the one it names, else all of the gateway."""
    if door:
        return np.array([registry.doors.handle(door)], np.int32)
    return registry.gateways.get(gateway, np.empty(0, np.int32))


def put(conn: Connection, estate: str, after: Known, changed: Iterable[Key]) -> None:
    """Keep what is counted now: write the changed ones that there are, delete those that were withdrawn."""
    o, rows = outages.c, []
    for key in changed:
        source, gateway, door, start = key
        if key in after:
            rows.append({"source": source, "gateway": gateway, "door": door, "from_us": start,
                         "until_us": after[key], "estate": estate})  # fmt: skip
        else:
            same = (o.source == source, o.gateway == gateway, o.door == door, o.from_us == start)
            conn.execute(outages.delete().where(*same))
    upsert(conn, outages, rows)


def intervals(conn: Connection, registry: Registry, from_us: int, until_us: int) -> Intervals:
    """What is counted of some time, a row a door, for `outages.blind_share`."""
    o = outages.c
    query = sa.select(o.gateway, o.door, o.from_us, o.until_us).where(o.estate == registry.estate)
    door, start, stop = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for row in conn.execute(query.where(o.until_us > from_us, o.from_us < until_us)):
        handles = _doors(registry, row[0], row[1])
        handles = handles[handles >= 0]
        door.append(handles.astype(np.int64))
        start.append(np.full(len(handles), row[2], np.int64))
        stop.append(np.full(len(handles), row[3], np.int64))
    return Intervals(
        door=np.concatenate(door).astype(np.int32), from_us=np.concatenate(start), until_us=np.concatenate(stop)
    )
