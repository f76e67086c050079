"""Visitors' passes: bound to a home and its doors, for a time, revocable."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.clock import to_us
from core.errors import InvalidValue
from core.ids import check_id, new_id
from housing import tables as t
from housing.registry.kinds import PassKind
from housing.registry.writing import words
from housing.registry.writing.transaction import Act, NothingThere

LONGEST = timedelta(days=366)


def make_pass(
    conn: Connection,
    *,
    home: str,
    kind: PassKind,
    holder: str,
    start: datetime,
    until: datetime,
    doors: Sequence[str],
    pass_: str | None = None,
    actor: str,
    now: datetime,
) -> str:
    """A pass to a home through doors of its estate; returns its id. Raises InvalidValue, UnknownReference.

    At most a year; no other home's own door; an id given must be new.
    """
    act = Act(conn, actor, now)
    estate = act.require_home(home).estate
    if until - start > LONGEST:
        raise InvalidValue("通行证有效期不能超过一年。", "a pass is good for a year at most.")
    name = new_id() if pass_ is None else check_id(pass_, "pass")
    if conn.scalar(sa.select(t.passes.c["pass"]).where(t.passes.c["pass"] == name)) is not None:
        raise InvalidValue(f"通行证“{name}”已存在。", f"pass {name!r} exists already.")
    for door in doors:
        act.require_door(door, estate)
        if act.home_of_door(door) not in (None, home):
            raise InvalidValue("通行证不能打开其他住户的门。", "a pass opens no other home's door.")
    row = {
        "pass": name, "home": home, "kind": kind.value, "holder": words.line(holder, "持有人", "the holder"),
        "from_us": to_us(start), "until_us": to_us(until), "doors": tuple(sorted(set(doors))),
    }  # fmt: skip
    act.put("passes", row)
    act.done("registry:pass:make", name, {"home": home, "kind": kind, "doors": row["doors"], "until": until})
    return name


def revoke_pass(conn: Connection, *, pass_: str, actor: str, now: datetime) -> None:
    """A pass opens nothing any more. Raises NothingThere."""
    act, p = Act(conn, actor, now), t.passes.c
    row = conn.execute(sa.select(p.home, p.revoked_us).where(p["pass"] == pass_)).first()
    if row is None or row.revoked_us is not None:
        raise NothingThere("没有此通行证，或已被撤销。", "There is no such pass, or it was revoked.")
    conn.execute(t.passes.update().where(p["pass"] == pass_).values(revoked_us=to_us(now)))
    act.changes.rights(act.require_home(row.home).estate, row.home)
    act.done("registry:pass:revoke", pass_, {"home": row.home})
