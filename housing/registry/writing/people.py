"""People, who belongs to which household, their leases, vehicles and credentials.

Taking something away (a membership, a credential) is an act of a named officer on a legal basis (L13).
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.errors import InvalidValue
from core.ids import check_id
from housing import tables as t
from housing.registry.kinds import CredentialKind, Relation
from housing.registry.plates import plate_text
from housing.registry.specs import SPECS
from housing.registry.upsert import Row, existing
from housing.registry.writing import words
from housing.registry.writing.transaction import Act, NothingThere


def put_person(
    conn: Connection, *, person: str, name: str, born: date | None = None, actor: str, now: datetime
) -> None:
    """Register a person or correct name and birthday. Raises InvalidValue."""
    act = Act(conn, actor, now)
    if born is not None and born > act.changes.today:
        raise InvalidValue("出生日期在将来。", "the birthday is in the future.")
    row = {"person": check_id(person, "person"), "name": words.line(name, "姓名", "the name"), "born": born}
    act.put("people", row)
    act.done("registry:person:put", person)


def add_member(
    conn: Connection,
    *,
    person: str,
    home: str | None,
    estate: str,
    relation: Relation,
    from_day: date,
    until_day: date | None = None,
    lives_alone: bool = False,
    actor: str,
    now: datetime,
) -> None:
    """A person belongs to a household (or, home None, to the staff) from a day on.

    The same person, home and first day again corrects what was registered. Raises InvalidValue, UnknownReference.
    """
    act = Act(conn, actor, now)
    act.require_person(person)
    act.require_estate(estate)
    if home is not None:
        act.require_home_in(home, estate)
    row = {
        "person": person, "home": home, "estate": estate, "relation": relation.value, "from_day": from_day,
        "until_day": until_day, "lives_alone": lives_alone,
    }  # fmt: skip
    act.put("members", row)
    act.done("registry:member:put", person, {"home": home, "relation": relation, "from": from_day, "until": until_day})


def _end(act: Act, table: str, found: Row | None, until_day: date) -> None:
    """Give a running row its last day; raises NothingThere where none runs, InvalidValue where it begins later."""
    if found is None:
        raise NothingThere("没有可以结束的登记。", "There is nothing to end.")
    if until_day <= found["from_day"]:
        raise InvalidValue("结束日期应晚于开始日期。", "until must be later than from.")
    act.put(table, {**found, "until_day": until_day})


def _running(act: Act, table: str, wanted: Row, until_day: date) -> Row | None:
    """The newest row with `wanted` columns that still runs on `until_day`."""
    rows = existing(act.conn, SPECS[table], [wanted]).values()
    running = [
        row
        for row in rows
        if all(row[name] == value for name, value in wanted.items())
        and (row["until_day"] is None or row["until_day"] > until_day)
    ]
    return max(running, key=lambda row: row["from_day"], default=None)


def end_member(
    conn: Connection, *, person: str, home: str | None, until_day: date, basis: str, actor: str, now: datetime
) -> None:
    """End a membership before `until_day` on a legal basis, and its rights with it.

    Raises NothingThere, InvalidValue.
    """
    act, words_ = Act(conn, actor, now), words.basis(basis)
    _end(act, "members", _running(act, "members", {"person": person, "home": home}, until_day), until_day)
    act.done("registry:member:end", person, {"home": home, "until": until_day, "basis": words_})


def put_vehicle(
    conn: Connection,
    *,
    plate: str,
    person: str,
    home: str | None = None,
    from_day: date,
    until_day: date | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Register a number plate. Raises InvalidValue, UnknownReference."""
    act = Act(conn, actor, now)
    act.require_person(person)
    if home is not None:
        act.require_home(home)
    text = plate_text(plate)
    act.put("vehicles", {"plate": text, "person": person, "home": home, "from_day": from_day, "until_day": until_day})
    act.done("registry:vehicle:put", person, {"plate": text, "home": home})


def end_vehicle(
    conn: Connection, *, plate: str, person: str, until_day: date, basis: str, actor: str, now: datetime
) -> None:
    """A plate opens nothing any more from `until_day` on. Raises NothingThere, InvalidValue."""
    act, words_, text = Act(conn, actor, now), words.basis(basis), plate_text(plate)
    _end(act, "vehicles", _running(act, "vehicles", {"plate": text, "person": person}, until_day), until_day)
    act.done("registry:vehicle:end", person, {"plate": text, "until": until_day, "basis": words_})


def put_credential(
    conn: Connection,
    *,
    credential: str,
    person: str,
    kind: CredentialKind,
    from_day: date,
    until_day: date | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Hand out a card, PIN or QR code. Raises InvalidValue, UnknownReference."""
    act = Act(conn, actor, now)
    act.require_person(person)
    row = {
        "credential": check_id(credential, "credential"), "person": person, "kind": kind.value, "from_day": from_day,
        "until_day": until_day,
    }  # fmt: skip
    act.put("credentials", row)
    act.done("registry:credential:put", credential, {"person": person, "kind": kind})


def revoke_credential(
    conn: Connection, *, credential: str, until_day: date, basis: str, actor: str, now: datetime
) -> None:
    """Take a credential away from `until_day` on, on a legal basis. Raises NothingThere, InvalidValue."""
    act, words_ = Act(conn, actor, now), words.basis(basis)
    _end(act, "credentials", _running(act, "credentials", {"credential": credential}, until_day), until_day)
    act.done("registry:credential:revoke", credential, {"until": until_day, "basis": words_})


def put_lease(
    conn: Connection,
    *,
    lease: str,
    home: str,
    tenant: str,
    start: date,
    end: date,
    rent_month_fen: int,
    ended: date | None = None,
    end_reason: str | None = None,
    relocation_until: date | None = None,
    renewal_applied: date | None = None,
    objection_718_served: date | None = None,
    objection_734_served: date | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Register or change a lease as it now stands, whole. Raises InvalidValue, UnknownReference."""
    act = Act(conn, actor, now)
    act.require_home(home)
    act.require_person(tenant)
    if rent_month_fen < 0:
        raise InvalidValue("租金不能为负。", "the rent cannot be negative.")
    row = {
        "lease": check_id(lease, "lease"), "home": home, "tenant": tenant, "start": start, "end": end,
        "rent_month_fen": rent_month_fen, "ended": ended,
        "end_reason": words.line(end_reason, "终止原因", "the reason") if end_reason else None,
        "relocation_until": relocation_until, "renewal_applied": renewal_applied,
        "objection_718_served": objection_718_served, "objection_734_served": objection_734_served,
    }  # fmt: skip
    act.put("leases", row)
    act.done("registry:lease:put", lease, {"home": home, "start": start, "end": end, "ended": ended})


def live_members(conn: Connection, person: str, estate: str, day: date) -> int:
    """How many memberships of the person in the estate run on `day`."""
    m = t.members.c
    query = sa.select(sa.func.count()).where(m.person == person, m.estate == estate, m.from_day <= day)
    return conn.scalar(query.where(sa.or_(m.until_day.is_(None), m.until_day > day))) or 0
