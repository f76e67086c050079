"""People of an estate: who they are, where they belong, what they agreed to, what is stored of them."""

from collections.abc import Sequence
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.errors import NotFound
from api.reading.homes import LIST_MAX, escaped
from api.reading.labels import home_labels
from housing import tables as t


class PersonLine(msgspec.Struct, frozen=True):
    """A person in a list."""

    person: str
    name: str
    relation: str
    home: str | None
    home_label: str | None
    faces: int


class Membership(msgspec.Struct, frozen=True):
    """Where a person belongs, or belonged."""

    home: str | None
    home_label: str | None
    relation: str
    from_day: date
    until_day: date | None


class Consent(msgspec.Struct, frozen=True):
    """What a person agreed to, or took back."""

    purpose: str
    modality: str
    given_us: int
    withdrawn_us: int | None
    text_version: str
    guardian: str | None

    @property
    def live(self) -> bool:
        """Whether it holds."""
        return self.withdrawn_us is None


class Stored(msgspec.Struct, frozen=True):
    """Templates of one kind that are stored of a person."""

    modality: str
    model: str
    count: int
    quality: float  # the lowest
    newest_us: int


class PersonFile(msgspec.Struct, frozen=True):
    """The registry's file of one person."""

    person: str
    name: str
    born: date | None
    memberships: Sequence[Membership]
    consents: Sequence[Consent]
    stored: Sequence[Stored]

    def live_consent(self, purpose: str, modality: str) -> Consent | None:
        """The consent that holds for it, if one does."""
        return next((c for c in self.consents if c.live and (c.purpose, c.modality) == (purpose, modality)), None)

    def templates(self, modality: str) -> int:
        """How many are stored."""
        return sum(s.count for s in self.stored if s.modality == modality)


def people_page(
    conn: Connection, estate: str, *, today: date, query: str = "", after: str = "", limit: int = 50
) -> list[PersonLine]:
    """People of an estate today, by id after `after`, whose name, id or home holds `query`."""
    p, m = t.people.c, t.members.c
    faces = (
        sa.select(sa.func.count())
        .where(t.templates.c.person == p.person, t.templates.c.modality == "face", t.templates.c.estate == estate)
        .scalar_subquery()
    )
    select = sa.select(p.person, p.name, m.relation, m.home, faces).join(t.members, m.person == p.person)
    select = select.where(m.estate == estate, p.person > after, m.from_day <= today)
    select = select.where(sa.or_(m.until_day.is_(None), m.until_day > today))
    if query:
        like = f"%{escaped(query)}%"
        found = [column.like(like, escape="\\") for column in (p.name, p.person, m.home)]
        select = select.where(sa.or_(*found))
    rows = conn.execute(select.order_by(p.person, m.id).limit(min(limit, LIST_MAX))).all()
    labels = home_labels(conn, estate, [row[3] for row in rows])
    return [PersonLine(r[0], r[1], r[2], r[3], labels.get(r[3]), r[4]) for r in rows]


def person_file(conn: Connection, estate: str, person: str) -> PersonFile:
    """Everything of one person; raises NotFound for somebody who never belonged to the estate."""
    p, m = t.people.c, t.members.c
    select = sa.select(m.home, m.relation, m.from_day, m.until_day)
    rows = conn.execute(select.where(m.person == person, m.estate == estate).order_by(m.from_day.desc())).all()
    labels = home_labels(conn, estate, [row[0] for row in rows])
    who = conn.execute(sa.select(p.person, p.name, p.born).where(p.person == person)).first()
    if who is None or not rows:
        raise NotFound("人员", "person")
    return PersonFile(
        *who,
        memberships=[Membership(r[0], labels.get(r[0]), *r[1:]) for r in rows],
        consents=_consents(conn, person),
        stored=_stored(conn, estate, person),
    )


class Resident(msgspec.Struct, frozen=True):
    """A person's name and the home they belong to today."""

    name: str
    home: str | None


def residents(conn: Connection, persons: Sequence[str], today: date) -> dict[str, Resident]:
    """Names and homes by id; a page's worth at a time."""
    if not persons:
        return {}
    p, m = t.people.c, t.members.c
    current = sa.and_(
        m.person == p.person, m.from_day <= today, sa.or_(m.until_day.is_(None), m.until_day > today)
    )  # fmt: skip
    select = sa.select(p.person, p.name, m.home).select_from(t.people.outerjoin(t.members, current))
    rows = conn.execute(select.where(p.person.in_(persons)).order_by(p.person, m.id))
    return {row.person: Resident(row.name, row.home) for row in rows}


def _consents(conn: Connection, person: str) -> list[Consent]:
    c = t.consents.c
    select = sa.select(c.purpose, c.modality, c.given_us, c.withdrawn_us, c.text_version, c.guardian)
    return [Consent(*row) for row in conn.execute(select.where(c.person == person).order_by(c.given_us.desc(), c.id))]


def _stored(conn: Connection, estate: str, person: str) -> list[Stored]:
    c = t.templates.c
    select = sa.select(c.modality, c.model, sa.func.count(), sa.func.min(c.quality), sa.func.max(c.created_us))
    select = select.where(c.person == person, c.estate == estate).group_by(c.modality, c.model)
    return [Stored(*row) for row in conn.execute(select.order_by(c.modality, c.model))]
