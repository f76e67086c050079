"""A home and everything the registry knows of it."""

from collections.abc import Sequence
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.errors import NotFound
from api.reading.labels import home_label
from housing import tables as t
from housing.registry.rows import AbsenceRow, LeaseRow, VisitRow

LIST_MAX = 200


class HomeLine(msgspec.Struct, frozen=True):
    """A home in a list."""

    home: str
    label: str
    building: str
    floor: int
    unit: str
    area_m2: float
    state: str
    lease_end: date | None
    members: int


class Member(msgspec.Struct, frozen=True):
    """Somebody of a household, or who was."""

    person: str
    name: str
    relation: str
    from_day: date
    until_day: date | None
    lives_alone: bool

    def current(self, today: date) -> bool:
        """Whether they belong to it on that day."""
        return self.from_day <= today and (self.until_day is None or today < self.until_day)


class Vehicle(msgspec.Struct, frozen=True):
    """A vehicle of a home."""

    plate: str
    person: str
    from_day: date
    until_day: date | None


class Pass(msgspec.Struct, frozen=True):
    """A pass to a home."""

    pass_: str
    kind: str
    holder: str
    from_us: int
    until_us: int
    revoked_us: int | None


class HomeFile(msgspec.Struct, frozen=True):
    """The registry's file of one home."""

    home: str
    label: str
    building: str
    floor: int
    unit: str
    area_m2: float
    state: str
    members: Sequence[Member]
    leases: Sequence[LeaseRow]
    absences: Sequence[AbsenceRow]
    vehicles: Sequence[Vehicle]
    passes: Sequence[Pass]
    visits: Sequence[VisitRow]


def homes_page(
    conn: Connection, estate: str, *, today: date, query: str = "", after: str = "", limit: int = 50
) -> list[HomeLine]:
    """Homes by id after `after`, those whose building, unit or id holds `query`; people are not searched here."""
    h, m, lease = t.homes.c, t.members.c, t.leases.c
    living = (
        sa.select(sa.func.count())
        .where(m.home == h.home, m.from_day <= today, sa.or_(m.until_day.is_(None), m.until_day > today))
        .scalar_subquery()
    )
    term = sa.select(sa.func.max(lease.end)).where(lease.home == h.home, lease.ended.is_(None)).scalar_subquery()
    select = sa.select(h.home, h.building, h.floor, h.unit, h.area_m2, h.state, term, living)
    select = select.where(h.estate == estate, h.home > after)
    if query:
        like = f"%{escaped(query)}%"
        named = h.building + "-" + h.unit
        select = select.where(sa.or_(h.home.like(like, escape="\\"), named.like(like, escape="\\")))
    rows = conn.execute(select.order_by(h.home).limit(min(limit, LIST_MAX)))
    return [HomeLine(r[0], home_label(r[1], r[3], estate), *r[1:]) for r in rows]


def escaped(text: str) -> str:
    """`text` for a LIKE with backslash as its escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def home_file(conn: Connection, estate: str, home: str) -> HomeFile:
    """Everything of one home; raises NotFound for one that is not in the estate."""
    h = t.homes.c
    select = sa.select(h.home, h.building, h.floor, h.unit, h.area_m2, h.state)
    row = conn.execute(select.where(h.home == home, h.estate == estate)).first()
    if row is None:
        raise NotFound("房屋", "home")
    return HomeFile(
        row.home, home_label(row.building, row.unit, estate), *row[1:],
        members=_members(conn, home), leases=_leases(conn, home), absences=_absences(conn, home),
        vehicles=_vehicles(conn, home), passes=_passes(conn, home), visits=_visits(conn, home),
    )  # fmt: skip


def lease_now(leases: Sequence[LeaseRow]) -> LeaseRow | None:
    """The lease that has not been ended, else the newest."""
    return next((lease for lease in leases if lease.ended is None), leases[0] if leases else None)


def _members(conn: Connection, home: str) -> list[Member]:
    m, p = t.members.c, t.people.c
    select = sa.select(m.person, p.name, m.relation, m.from_day, m.until_day, m.lives_alone)
    select = select.join(t.people, p.person == m.person).where(m.home == home)
    order = sa.case((m.relation == "tenant", 0), (m.relation == "spouse", 1), else_=2)
    return [Member(*row) for row in conn.execute(select.order_by(order, m.from_day, m.person))]


def _leases(conn: Connection, home: str) -> list[LeaseRow]:
    """Newest first."""
    c = t.leases.c
    columns = [c[name] for name in LeaseRow.__struct_fields__]
    return [LeaseRow(*row) for row in conn.execute(sa.select(*columns).where(c.home == home).order_by(c.start.desc()))]


def _absences(conn: Connection, home: str) -> list[AbsenceRow]:
    c = t.absences.c
    columns = [c[name] for name in AbsenceRow.__struct_fields__]
    rows = conn.execute(sa.select(*columns).where(c.home == home).order_by(c.from_day.desc()).limit(LIST_MAX))
    return [AbsenceRow(*row) for row in rows]


def _vehicles(conn: Connection, home: str) -> list[Vehicle]:
    c = t.vehicles.c
    select = sa.select(c.plate, c.person, c.from_day, c.until_day).where(c.home == home).order_by(c.from_day.desc())
    return [Vehicle(*row) for row in conn.execute(select)]


def _passes(conn: Connection, home: str) -> list[Pass]:
    c = t.passes.c
    select = sa.select(c["pass"], c.kind, c.holder, c.from_us, c.until_us, c.revoked_us).where(c.home == home)
    return [Pass(*row) for row in conn.execute(select.order_by(c.from_us.desc()).limit(LIST_MAX))]


def _visits(conn: Connection, home: str) -> list[VisitRow]:
    c = t.visits.c
    columns = [c[name] for name in VisitRow.__struct_fields__]
    rows = conn.execute(sa.select(*columns).where(c.home == home).order_by(c.at_us.desc()).limit(LIST_MAX))
    return [VisitRow(*row) for row in rows]
