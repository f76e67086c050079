"""What others ask the registry: pure SQL on a connection that may be read-only, one query a question.

Every list is sorted by its first fields, so that the same registry always gives the same answer.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from housing import tables as t
from housing.parameters import ParameterRow
from housing.registry.rights import derive, start_us, until_us
from housing.registry.rows import (
    AbsenceRow,
    Change,
    ConsentRow,
    CredentialRow,
    DoorRow,
    GatewayRow,
    HomeRow,
    LeaseRow,
    MemberRow,
    MeterRow,
    OutageRow,
    PassRight,
    PassRow,
    PersonRow,
    Right,
    SwapRow,
    TemplateRow,
    VehicleRow,
    VisitRow,
)

_IN_ONE_QUERY = 500  # values in one IN (...)
T = TypeVar("T")
Query = sa.Select[*tuple[Any, ...]]


def _rows(conn: Connection, kind: Callable[..., T], query: Query) -> list[T]:
    return [kind(*row) for row in conn.execute(query)]


def estates(conn: Connection) -> list[str]:
    """Every estate that is registered."""
    return list(conn.scalars(sa.select(t.estates.c.estate).order_by(t.estates.c.estate)))


def newest_change(conn: Connection, estate: str, *kinds: str) -> int:
    """The number of the estate's newest change of `kinds` (of any kind where none is named); 0 if there is none."""
    query = sa.select(sa.func.max(t.changes.c.version)).where(t.changes.c.estate == estate)
    if kinds:
        query = query.where(t.changes.c.kind.in_(kinds))
    return conn.scalar(query) or 0


def changes_after(conn: Connection, estate: str, version: int, limit: int = 1000) -> list[Change]:
    """The estate's changes after `version`, oldest first, at most `limit`."""
    c = t.changes.c
    query = sa.select(c.version, c.kind, c.subject, c.from_day, c.until_day, c.at_us)
    query = query.where(c.estate == estate, c.version > version).order_by(c.version).limit(limit)
    return _rows(conn, Change, query)


def templates(conn: Connection, estate: str, modality: str, persons: Sequence[str] | None = None) -> list[TemplateRow]:
    """Sealed templates of one modality, of everybody or of `persons` only."""
    c = t.templates.c
    query = sa.select(c.template, c.person, c.modality, c.model, c.key_version, c.quality, c.sealed)
    query = query.where(c.estate == estate, c.modality == modality)
    if persons is None:
        return _rows(conn, TemplateRow, query.order_by(c.template))
    wanted = sorted(set(persons))
    chunks = (wanted[i : i + _IN_ONE_QUERY] for i in range(0, len(wanted), _IN_ONE_QUERY))
    found = [row for chunk in chunks for row in _rows(conn, TemplateRow, query.where(c.person.in_(chunk)))]
    return sorted(found, key=lambda row: row.template)


def rights(conn: Connection, estate: str) -> list[Right]:
    """Who may use which door: `registry.rights` says by which rule."""
    h = t.homes.c
    homes = conn.execute(sa.select(h.home, h.building).where(h.estate == estate))
    return derive(members_of(conn, estate), doors(conn, estate), {row.home: row.building for row in homes})


def pass_rights(conn: Connection, estate: str) -> list[PassRight]:
    """Which doors each pass opens; revoked passes are left out, expired ones are not."""
    p, pd = t.passes.c, t.pass_doors.c
    joined = t.passes.join(t.pass_doors, pd["pass"] == p["pass"]).join(t.homes, t.homes.c.home == p.home)
    query = sa.select(p["pass"], pd.door, p.home, p.from_us, p.until_us).select_from(joined)
    query = query.where(t.homes.c.estate == estate, p.revoked_us.is_(None)).order_by(p["pass"], pd.door)
    return _rows(conn, PassRight, query)


def passes_of(conn: Connection, estate: str, home: str | None = None) -> list[PassRow]:
    """Every pass of the estate's homes (of one home where it is named)."""
    c = t.passes.c
    query = sa.select(c["pass"], c.home, c.kind, c.holder, c.from_us, c.until_us, c.revoked_us)
    return _rows(conn, PassRow, _of_homes(query, c.home, estate, home).order_by(c["pass"]))


def _of_homes(query: Query, column: sa.Column[Any], estate: str, home: str | None) -> Query:
    """Only rows whose home `column` is one of the estate's (the one named)."""
    query = query.where(column.in_(sa.select(t.homes.c.home).where(t.homes.c.estate == estate)))
    return query if home is None else query.where(column == home)


def _persons_of(estate: str) -> sa.Select[tuple[str]]:
    return sa.select(t.members.c.person).where(t.members.c.estate == estate)


def credentials(conn: Connection, estate: str) -> list[CredentialRow]:
    """Cards, PINs and QR codes of the estate's people."""
    c = t.credentials.c
    query = sa.select(c.credential, c.person, c.kind, c.from_day, c.until_day)
    rows = conn.execute(query.where(c.person.in_(_persons_of(estate))).order_by(c.credential))
    return [CredentialRow(r[0], r[1], r[2], start_us(r[3]), until_us(r[4])) for r in rows]


def vehicles(conn: Connection, estate: str) -> list[VehicleRow]:
    """Vehicles tied to a home of the estate, or else to one of its people."""
    v, h = t.vehicles.c, t.homes.c
    query = sa.select(v.plate, v.person, v.home, v.from_day, v.until_day)
    query = query.select_from(t.vehicles.outerjoin(t.homes, h.home == v.home))
    ours = sa.or_(h.estate == estate, sa.and_(v.home.is_(None), v.person.in_(_persons_of(estate))))
    rows = conn.execute(query.where(ours).order_by(v.plate, v.person, v.from_day))
    return [VehicleRow(r[0], r[1], r[2], start_us(r[3]), until_us(r[4])) for r in rows]


def doors(conn: Connection, estate: str) -> list[DoorRow]:
    """The estate's doors."""
    c = t.doors.c
    query = sa.select(c.door, c.kind, c.building, c.home, c.counts_tailgating, c.ways)
    rows = conn.execute(query.where(c.estate == estate).order_by(c.door))
    return [DoorRow(*row[:5], ways=tuple(row[5].split())) for row in rows]


def gateways(conn: Connection, estate: str) -> list[GatewayRow]:
    """The estate's gateways with their doors."""
    g, gd = t.gateways.c, t.gateway_doors.c
    joined = t.gateways.outerjoin(t.gateway_doors, gd.gateway == g.gateway)
    query = sa.select(g.gateway, gd.door).select_from(joined).where(g.estate == estate)
    found: dict[str, list[str]] = {}
    for gateway, door in conn.execute(query.order_by(g.gateway, gd.door)):
        found.setdefault(gateway, []).extend([door] if door else [])
    return [GatewayRow(gateway, tuple(served)) for gateway, served in found.items()]


def city_of(conn: Connection, estate: str) -> str:
    """The city whose parameters count in the estate; "default" where the estate is not registered."""
    return conn.scalar(sa.select(t.estates.c.city).where(t.estates.c.estate == estate)) or "default"


def parameters_of(conn: Connection, city: str) -> list[ParameterRow]:
    """The city's own rows, for `parameters.value_on`."""
    c = t.parameters.c
    query = sa.select(c.name, c.effective_from, c.value, c.citation).where(c.city == city)
    return _rows(conn, ParameterRow, query.order_by(c.name, c.effective_from))


def homes_of(conn: Connection, estate: str) -> list[HomeRow]:
    """The estate's homes."""
    c = t.homes.c
    query = sa.select(c.home, c.building, c.floor, c.unit, c.area_m2, c.state)
    return _rows(conn, HomeRow, query.where(c.estate == estate).order_by(c.home))


def people_of(conn: Connection, estate: str) -> list[PersonRow]:
    """Everybody who is or was a member or staff of the estate."""
    c = t.people.c
    query = sa.select(c.person, c.name, c.born).where(c.person.in_(_persons_of(estate)))
    return _rows(conn, PersonRow, query.order_by(c.person))


def members_of(conn: Connection, estate: str, home: str | None = None) -> list[MemberRow]:
    """Who belongs where and when, past memberships too (of one home where it is named)."""
    c = t.members.c
    query = sa.select(c.person, c.home, c.relation, c.from_day, c.until_day, c.lives_alone)
    query = query.where(c.estate == estate) if home is None else query.where(c.estate == estate, c.home == home)
    return _rows(conn, MemberRow, query.order_by(c.person, c.from_day, c.id))


def leases_of(conn: Connection, estate: str, home: str | None = None) -> list[LeaseRow]:
    """Every lease of the estate's homes, the newest of a home last."""
    c = t.leases.c
    columns = (
        c.lease, c.home, c.tenant, c.start, c.end, c.rent_month_fen, c.ended, c.end_reason,
        c.relocation_until, c.renewal_applied, c.objection_718_served, c.objection_734_served,
    )  # fmt: skip
    query = _of_homes(sa.select(*columns), c.home, estate, home)
    return _rows(conn, LeaseRow, query.order_by(c.home, c.start, c.lease))


def absences_of(conn: Connection, estate: str, home: str | None = None) -> list[AbsenceRow]:
    """Declared absences, approved or not."""
    c = t.absences.c
    query = sa.select(c.home, c.person, c.from_day, c.until_day, c.kind, c.approved)
    query = _of_homes(query, c.home, estate, home)
    return _rows(conn, AbsenceRow, query.order_by(c.home, c.from_day, c.id))


def visits_of(conn: Connection, estate: str, home: str | None = None) -> list[VisitRow]:
    """Officers' visits."""
    c = t.visits.c
    query = sa.select(c.home, c.at_us, c.officer, c.outcome, c.note)
    query = _of_homes(query, c.home, estate, home)
    return _rows(conn, VisitRow, query.order_by(c.home, c.at_us, c.id))


def swaps_of(conn: Connection, estate: str) -> list[SwapRow]:
    """Swaps in which one of the two homes is the estate's."""
    c = t.swaps.c
    ours = sa.select(t.homes.c.home).where(t.homes.c.estate == estate)
    query = sa.select(c.home_a, c.home_b, c.from_day, c.until_day, c.approved)
    query = query.where(sa.or_(c.home_a.in_(ours), c.home_b.in_(ours)))
    return _rows(conn, SwapRow, query.order_by(c.home_a, c.home_b, c.from_day))


def outages_of(conn: Connection, estate: str) -> list[OutageRow]:
    """Registered outages of the estate's doors and gateways."""
    c = t.outages.c
    doors_ = sa.select(t.doors.c.door).where(t.doors.c.estate == estate)
    gateways_ = sa.select(t.gateways.c.gateway).where(t.gateways.c.estate == estate)
    query = sa.select(c.door, c.gateway, c.from_us, c.until_us)
    query = query.where(sa.or_(c.door.in_(doors_), c.gateway.in_(gateways_)))
    return _rows(conn, OutageRow, query.order_by(c.from_us, c.id))


def meters_of(conn: Connection, estate: str, home: str | None = None) -> list[MeterRow]:
    """What homes used, day by day."""
    c = t.meters.c
    query = _of_homes(sa.select(c.home, c.day, c.electricity_kwh, c.water_m3), c.home, estate, home)
    return _rows(conn, MeterRow, query.order_by(c.home, c.day))


def consents_of(conn: Connection, estate: str, person: str | None = None) -> list[ConsentRow]:
    """Consents of the estate's people (of one person where named), withdrawn ones too."""
    c = t.consents.c
    columns = (c.id, c.person, c.purpose, c.modality, c.given_us, c.withdrawn_us, c.text_version, c.guardian)
    query = sa.select(*columns).where(c.person.in_(_persons_of(estate)))
    query = query if person is None else query.where(c.person == person)
    return _rows(conn, ConsentRow, query.order_by(c.person, c.purpose, c.modality, c.given_us))
