"""Consents and the templates that rest on them (D1, D3, D4).

A template exists only under a live consent of its person to be recognised at the door by its modality; withdrawing the
consent removes the template in the same transaction, and the numbered change takes it from every gateway.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.clock import to_us
from core.errors import AnjuError, InvalidValue
from core.facts import Modality
from core.ids import check_id
from housing import tables as t
from housing.registry import rules
from housing.registry.changes import Changes
from housing.registry.kinds import Purpose, Relation
from housing.registry.lookup import UnknownReference
from housing.registry.specs import SPECS
from housing.registry.writing import words
from housing.registry.writing.people import live_members
from housing.registry.writing.transaction import Act, NothingThere

TEMPLATE_MODALITIES = frozenset({Modality.FACE, Modality.FINGER, Modality.GAIT})
MAX_SEALED_BYTES = 64 * 1024


class ConsentMissing(AnjuError):
    """No live consent covers what is asked for."""

    code = "consent_missing"


class Withdrawn(msgspec.Struct, frozen=True):
    """What a withdrawal ended and removed."""

    consents: int
    templates: int


def is_child(conn: Connection, person: str) -> bool:
    """Whether the person is registered as somebody's child."""
    m = t.members.c
    query = sa.select(m.id).where(m.person == person, m.relation == Relation.CHILD.value).limit(1)
    return conn.scalar(query) is not None


def give_consent(
    conn: Connection,
    *,
    person: str,
    purpose: Purpose,
    modality: Modality,
    text_version: str,
    guardian: str | None = None,
    given_at: datetime | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Write down a consent, given now or at `given_at`.

    Raises UnknownReference; RuleBroken under 14 without a guardian; InvalidValue.
    """
    act = Act(conn, actor, now)
    act.require_person(person)
    given = to_us(given_at or now)
    if given > to_us(now):
        raise InvalidValue("同意时间在将来。", "the consent lies in the future.")
    row = {
        "person": person, "purpose": purpose.value, "modality": modality.value, "given_us": given,
        "withdrawn_us": None, "text_version": words.line(text_version, "文本版本", "the text's version", most=32),
        "guardian": words.line(guardian, "监护人", "the guardian") if guardian else None,
    }  # fmt: skip
    born = conn.scalar(sa.select(t.people.c.born).where(t.people.c.person == person))
    rules.guardian(row, born, is_child=is_child(conn, person))
    _refuse_twin(conn, row)
    act.put("consents", row)
    details = {"purpose": purpose, "modality": modality, "text_version": text_version, "guardian": bool(guardian)}
    act.done("registry:consent:give", person, details)


def _refuse_twin(conn: Connection, row: Mapping[str, object]) -> None:
    same = sa.and_(*(t.consents.c[name] == row[name] for name in SPECS["consents"].key))
    if conn.scalar(sa.select(t.consents.c.id).where(same)) is not None:
        raise InvalidValue("此同意已经登记。", "this consent is registered already.")


def drop_templates(conn: Connection, changes: Changes) -> int:
    """Remove every template whose consent was withdrawn; returns how many there were."""
    c = t.templates.c
    ended = sa.select(t.consents.c.id).where(t.consents.c.withdrawn_us.is_not(None))
    for estate, person in conn.execute(sa.select(c.estate, c.person).where(c.consent.in_(ended)).distinct()):
        changes.gallery(estate, person)
    return conn.execute(t.templates.delete().where(c.consent.in_(ended))).rowcount


def withdraw_consent(
    conn: Connection, *, person: str, purpose: Purpose, modality: Modality, actor: str, now: datetime
) -> Withdrawn:
    """End every live consent of the person to this purpose and modality, and remove the templates that rested on it.

    A consent to care that was given without a modality ends too: it covers every one.
    Withdrawing twice is no error: nothing is left to end.
    """
    act, c = Act(conn, actor, now), t.consents.c
    mine = sa.and_(c.person == person, c.purpose == purpose.value, c.modality.in_((modality.value, "")))
    live = conn.execute(sa.select(t.consents).where(mine, c.withdrawn_us.is_(None))).mappings().all()
    for row in live:
        act.put("consents", {**row, "withdrawn_us": max(to_us(now), row["given_us"])})
    removed = drop_templates(conn, act.changes)
    details = {"purpose": purpose, "modality": modality, "consents": len(live), "templates": removed}
    act.done("registry:consent:withdraw", person, details)
    return Withdrawn(len(live), removed)


def _live_consent(conn: Connection, person: str, modality: Modality, now: datetime) -> int:
    c = t.consents.c
    query = sa.select(c.id).where(
        c.person == person, c.purpose == Purpose.DOOR.value, c.modality == modality.value,
        c.withdrawn_us.is_(None), c.given_us <= to_us(now),
    )  # fmt: skip
    found = conn.scalar(query.order_by(c.given_us.desc()).limit(1))
    if found is None:
        raise ConsentMissing(
            "该人员没有同意在门禁使用此识别方式，不能保存模板。",
            "The person has not consented to this modality at the door; no template is kept.",
            mend_zh="请先登记本人（不满十四周岁为监护人）的同意。",
            mend_en="Register the consent of the person (of a guardian under 14) first.",
        )
    return int(found)


def store_template(
    conn: Connection,
    *,
    template: str,
    estate: str,
    person: str,
    modality: Modality,
    model: str,
    key_version: int,
    quality: float,
    sealed: bytes,
    actor: str,
    now: datetime,
) -> None:
    """Keep a sealed template (its id is part of what it was sealed for, so the caller makes it).

    Raises ConsentMissing without a live consent to `door` and this modality, UnknownReference for somebody who does not
    belong to the estate now, InvalidValue.
    """
    act = Act(conn, actor, now)
    act.require_estate(estate)
    act.require_person(person)
    if not live_members(conn, person, estate, act.changes.today):
        raise UnknownReference("本小区的人员", "person of this estate", person)
    if modality not in TEMPLATE_MODALITIES:
        raise InvalidValue("此识别方式没有模板。", "this modality has no templates.")
    if not 0 < len(sealed) <= MAX_SEALED_BYTES or not 0.0 <= quality <= 1.0:
        raise InvalidValue("模板数据无效。", "the template is empty, too large or of impossible quality.")
    values = {
        "template": check_id(template, "template"), "estate": estate, "person": person, "modality": modality.value,
        "model": check_id(model, "model"), "consent": _live_consent(conn, person, modality, now),
        "key_version": key_version, "quality": quality, "sealed": sealed, "created_us": to_us(now),
    }  # fmt: skip
    conn.execute(t.templates.insert().values(values))
    act.changes.gallery(estate, person)
    act.done("registry:template:store", person, {"template": template, "modality": modality, "model": model})


def revoke_template(conn: Connection, *, template: str, actor: str, now: datetime) -> None:
    """Remove one template. Raises NothingThere."""
    act, c = Act(conn, actor, now), t.templates.c
    row = conn.execute(sa.select(c.estate, c.person, c.modality).where(c.template == template)).first()
    if row is None:
        raise NothingThere("没有此模板。", "There is no such template.")
    conn.execute(t.templates.delete().where(c.template == template))
    act.changes.gallery(row.estate, row.person)
    act.done("registry:template:revoke", row.person, {"template": template, "modality": row.modality})
