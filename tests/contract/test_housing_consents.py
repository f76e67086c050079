"""Consents and templates on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core.db import Store, open_store, store_path, writing
from core.db.migrate import migrate_store
from core.errors import InvalidValue
from core.facts import Modality
from core.settings import Settings
from housing import tables as t
from housing.registry import reading
from housing.registry import writing as w
from housing.registry.kinds import Purpose, Relation
from housing.registry.lookup import UnknownReference
from housing.registry.rules import RuleBroken
from tests.contract.housing_estate import (
    BY,
    NOW,
    SINCE,
    TODAY,
    doors_of,
    newest,
    noted,
    open_estate,
)


@pytest.fixture
def conn(housing_engine: Engine) -> Iterator[Connection]:
    with open_estate(housing_engine) as connection:
        yield connection


def consent(conn: Connection, modality: Modality = Modality.FACE, purpose: Purpose = Purpose.DOOR) -> None:
    w.give_consent(conn, person="p1", purpose=purpose, modality=modality, text_version="2026-1", actor="li", now=NOW)


def store(conn: Connection, template: str = "t1", modality: Modality = Modality.FACE, person: str = "p1") -> None:
    w.store_template(
        conn, template=template, estate="e1", person=person, modality=modality, model="sface/1", key_version=1,
        quality=0.9, sealed=b"sealed", actor="li", now=NOW,
    )  # fmt: skip


def test_a_template_needs_live_consent_of_its_modality_at_the_door(conn: Connection) -> None:
    with pytest.raises(w.ConsentMissing):
        store(conn)
    consent(conn, purpose=Purpose.OCCUPANCY)
    consent(conn, Modality.FINGER)
    with pytest.raises(w.ConsentMissing):
        store(conn)
    before = newest(conn)
    consent(conn)
    store(conn)
    assert [row.template for row in reading.templates(conn, "e1", "face")] == ["t1"]
    assert noted(conn, before) == {("gallery", "p1", None, None)}


def test_a_template_is_for_people_of_the_estate_only(conn: Connection) -> None:
    consent(conn)
    with pytest.raises(UnknownReference):
        store(conn, person="nobody")
    with pytest.raises(InvalidValue):
        store(conn, modality=Modality.CARD)
    w.end_member(conn, person="p1", home="h1", until_day=TODAY, basis="b", **BY)
    with pytest.raises(UnknownReference):
        store(conn)


def test_withdrawal_removes_what_rested_on_the_consent_and_nothing_else(conn: Connection) -> None:
    consent(conn)
    consent(conn, Modality.FINGER)
    store(conn, "t1")
    store(conn, "t2")
    store(conn, "t3", Modality.FINGER)
    before = newest(conn)
    done = w.withdraw_consent(conn, person="p1", purpose=Purpose.DOOR, modality=Modality.FACE, **BY)
    assert done == w.Withdrawn(consents=1, templates=2)
    assert list(conn.scalars(sa.select(t.templates.c.template))) == ["t3"]
    assert noted(conn, before) == {("gallery", "p1", None, None)}
    with pytest.raises(w.ConsentMissing):
        store(conn)
    again = w.withdraw_consent(conn, person="p1", purpose=Purpose.DOOR, modality=Modality.FACE, **BY)
    assert again == w.Withdrawn(consents=0, templates=0)
    assert doors_of(conn, "p1") == {"gate", "b1-door", "h1-door"}


def test_one_template_is_revoked(conn: Connection) -> None:
    consent(conn)
    store(conn)
    before = newest(conn)
    w.revoke_template(conn, template="t1", **BY)
    assert reading.templates(conn, "e1", "face", ["p1"]) == []
    assert noted(conn, before) == {("gallery", "p1", None, None)}
    with pytest.raises(w.NothingThere):
        w.revoke_template(conn, template="t1", **BY)


@pytest.mark.parametrize(
    ("born", "relation", "needed"),
    [
        (date(2012, 11, 22), Relation.CHILD, False),
        (date(2012, 11, 23), Relation.CHILD, True),  # the fourteenth birthday itself is not over
        (date(2020, 2, 29), Relation.CHILD, True),
        (None, Relation.CHILD, True),
        (None, Relation.TENANT, False),
    ],
)
def test_under_fourteen_a_guardian_consents(
    conn: Connection, born: date | None, relation: Relation, needed: bool
) -> None:
    w.put_person(conn, person="c1", name="小明", born=born, **BY)
    w.add_member(conn, person="c1", home="h1", estate="e1", relation=relation, from_day=SINCE, **BY)
    wanted: dict[str, Any] = {"person": "c1", "purpose": Purpose.DOOR, "modality": Modality.FACE, "text_version": "1"}
    if needed:
        with pytest.raises(RuleBroken, match="guardian"):
            w.give_consent(conn, **wanted, **BY)
    w.give_consent(conn, **wanted, guardian="李明", **BY)


def test_a_consent_to_another_purpose_has_its_findings_seen_anew(conn: Connection) -> None:
    before = newest(conn)
    consent(conn, purpose=Purpose.OCCUPANCY)
    assert noted(conn, before) == {("home", "h1", TODAY, None)}


def test_what_was_withdrawn_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    """SQLite overwrites what is deleted: nothing of the template can be read from the file afterwards."""
    settings = Settings(var_dir=tmp_path)
    migrate_store(settings, Store.HOUSING)
    engine = open_store(settings, Store.HOUSING)
    secret = b"the sealed template of somebody who withdrew"
    with open_estate(engine) as conn:
        consent(conn)
        w.store_template(
            conn, template="t1", estate="e1", person="p1", modality=Modality.FACE, model="sface/1", key_version=1,
            quality=0.9, sealed=secret, **BY,
        )  # fmt: skip
    engine.dispose()
    path = store_path(settings, Store.HOUSING)
    assert secret in path.read_bytes()
    with writing(engine) as conn:
        w.withdraw_consent(conn, person="p1", purpose=Purpose.DOOR, modality=Modality.FACE, **BY)
    engine.dispose()
    assert secret not in b"".join(file.read_bytes() for file in path.parent.iterdir())
