"""The registry as the service holds it: a snapshot of each estate, made anew when the registry changed.

`refresh` is asked after a batch of the log was read: what a sighting was decided by was committed before it, so the
snapshot is never older than the sightings it is used for.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core.clock import to_us
from housing import tables as t
from housing.registry import reading
from occupancy.registry import PassRow, Registry, Rows
from occupancy.rules.base import Values


class Registries:
    """Snapshots by estate."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = -1
        self._held: dict[str, tuple[Registry, Values]] = {}

    def refresh(self, now: datetime) -> set[str]:
        """Read again what changed since the last time; returns the estates that were."""
        with self._engine.connect() as conn:
            version = conn.scalar(sa.select(sa.func.max(t.changes.c.version))) or 0
            if version == self._version:
                return set()
            changed = set()
            for estate in reading.estates(conn):
                newest = reading.newest_change(conn, estate)
                if estate not in self._held or self._held[estate][0].version != newest:
                    self._held[estate] = (Registry.of(read(conn, estate, newest, now)), values_of(conn, estate))
                    changed.add(estate)
        self._version = version
        return changed

    def reload(self, now: datetime) -> None:
        """Read again what is no change of the registry: the cities' parameters, and who agreed to care alerts."""
        with self._engine.connect() as conn:
            cared = _cared_for(conn, to_us(now))
            for estate, (registry, _) in self._held.items():
                self._held[estate] = (registry.caring_for(cared), values_of(conn, estate))

    @property
    def estates(self) -> list[str]:
        """Every estate there is a snapshot of."""
        return sorted(self._held)

    def of(self, estate: str) -> Registry | None:
        """The snapshot of an estate; None where it is not registered."""
        held = self._held.get(estate)
        return held[0] if held else None

    def values(self, estate: str) -> Values:
        """The parameters of an estate's city."""
        return self._held[estate][1]


def values_of(conn: Connection, estate: str) -> Values:
    """The parameters of an estate's city."""
    return Values(reading.parameters_of(conn, reading.city_of(conn, estate)))


def read(conn: Connection, estate: str, version: int, now: datetime) -> Rows:
    """Everything occupancy wants to know of an estate."""
    return Rows(
        estate=estate,
        version=version,
        homes=reading.homes_of(conn, estate),
        doors=reading.doors(conn, estate),
        gateways=reading.gateways(conn, estate),
        people=reading.people_of(conn, estate),
        members=reading.members_of(conn, estate),
        passes=_passes(conn, estate),
        vehicles=reading.vehicles(conn, estate),
        leases=reading.leases_of(conn, estate),
        absences=reading.absences_of(conn, estate),
        visits=reading.visits_of(conn, estate),
        swaps=reading.swaps_of(conn, estate),
        meters=reading.meters_of(conn, estate),
        care=_cared_for(conn, to_us(now)),
        withdrawn=_withdrawn(conn),
    )


def _passes(conn: Connection, estate: str) -> list[PassRow]:
    """Every pass there ever was, with its kind: `reading.pass_rights` has only those that may open something."""
    p = t.passes.c
    joined = t.passes.join(t.homes, t.homes.c.home == p.home)
    query = sa.select(p["pass"], p.home, p.kind).select_from(joined).where(t.homes.c.estate == estate)
    return [PassRow(*row) for row in conn.execute(query)]


def _withdrawn(conn: Connection) -> list[tuple[str, int]]:
    """Everybody who had agreed to face or finger at doors and does no more: since when their bodies are not known."""
    c = t.consents.c
    query = sa.select(c.person, sa.func.max(c.withdrawn_us)).where(
        c.purpose == "door", c.modality.in_(["face", "finger"])
    )
    gone = sa.func.count(c.withdrawn_us) == sa.func.count()
    return [(row[0], row[1]) for row in conn.execute(query.group_by(c.person).having(gone))]


def _cared_for(conn: Connection, now_us: int) -> list[str]:
    """Everybody with a live consent for care alerts."""
    c = t.consents.c
    live = sa.or_(c.withdrawn_us.is_(None), c.withdrawn_us > now_us)
    return list(conn.scalars(sa.select(c.person).where(c.purpose == "care", c.given_us <= now_us, live).distinct()))
