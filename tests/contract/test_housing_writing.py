"""Writing the registry on SQLite and on PostgreSQL: rights, numbered changes, audit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core import audit
from core.clock import day_start_us
from core.db import writing
from core.errors import InvalidValue
from core.facts import Modality
from housing import parameters
from housing.registry import reading
from housing.registry import writing as w
from housing.registry.kinds import (
    AbsenceKind,
    CredentialKind,
    DoorKind,
    PassKind,
    Relation,
    VisitOutcome,
)
from housing.registry.lookup import UnknownReference
from housing.registry.rules import RuleBroken
from tests.contract.housing_estate import (
    BY,
    NOW,
    SINCE,
    TODAY,
    add_home,
    add_person,
    doors_of,
    newest,
    noted,
    open_estate,
)


@pytest.fixture
def conn(housing_engine: Engine) -> Iterator[Connection]:
    with open_estate(housing_engine) as connection:
        yield connection


def test_a_member_may_use_the_way_home_and_no_other(conn: Connection) -> None:
    assert doors_of(conn, "p1") == {"gate", "b1-door", "h1-door"}
    right = next(r for r in reading.rights(conn, "e1") if r.door == "gate")
    assert (right.from_us, right.until_us) == (day_start_us(SINCE), None)


def test_staff_may_use_every_door_but_those_of_homes(conn: Connection) -> None:
    w.put_person(conn, person="s1", name="王芳", **BY)
    w.add_member(conn, person="s1", home=None, estate="e1", relation=Relation.STAFF, from_day=SINCE, **BY)
    assert doors_of(conn, "s1") == {"gate", "b1-door"}


def test_a_lease_that_ended_takes_nothing_away(conn: Connection) -> None:
    w.put_lease(
        conn, lease="l1", home="h1", tenant="p1", start=SINCE, end=date(2026, 6, 30), rent_month_fen=60_000,
        ended=date(2026, 7, 2), end_reason="期满", **BY,
    )  # fmt: skip
    assert doors_of(conn, "p1") == {"gate", "b1-door", "h1-door"}


def test_an_officer_ends_a_membership_on_a_legal_basis(conn: Connection) -> None:
    before = newest(conn)
    with pytest.raises(InvalidValue):
        w.end_member(conn, person="p1", home="h1", until_day=TODAY, basis=" ", **BY)
    w.end_member(conn, person="p1", home="h1", until_day=TODAY, basis="租赁合同第九条", **BY)
    assert {r.until_us for r in reading.rights(conn, "e1") if r.person == "p1"} == {day_start_us(TODAY)}
    assert noted(conn, before) == {("rights", "p1", None, None), ("home", "h1", SINCE, None)}
    with pytest.raises(w.NothingThere):
        w.end_member(conn, person="p1", home="h1", until_day=TODAY, basis="again", **BY)
    last = audit.entries(conn, limit=10_000)[-1]
    assert (last.actor, last.action, last.subject) == ("li", "registry:member:end", "p1")
    assert "租赁合同第九条" in last.details


def test_interrupted_memberships_give_interrupted_rights(conn: Connection) -> None:
    w.end_member(conn, person="p1", home="h1", until_day=date(2026, 3, 1), basis="b", **BY)
    again: dict[str, Any] = {"person": "p1", "home": "h1", "estate": "e1", "relation": Relation.TENANT}
    w.add_member(conn, **again, from_day=date(2026, 2, 1), until_day=date(2026, 4, 1), **BY)
    w.add_member(conn, **again, from_day=date(2026, 5, 1), **BY)
    spans = [(r.from_us, r.until_us) for r in reading.rights(conn, "e1") if (r.person, r.door) == ("p1", "gate")]
    assert spans == [(day_start_us(SINCE), day_start_us(date(2026, 4, 1))), (day_start_us(date(2026, 5, 1)), None)]


def test_equal_rows_change_nothing(conn: Connection) -> None:
    before = newest(conn)
    add_home(conn)
    add_person(conn)
    assert newest(conn) == before


def test_names_are_not_in_the_audit_chain(conn: Connection) -> None:
    assert "李明" not in repr(audit.entries(conn, limit=10_000))


def test_passes_open_the_doors_they_name_until_revoked(conn: Connection) -> None:
    until = NOW + timedelta(days=2)
    wanted: dict[str, Any] = {"home": "h1", "kind": PassKind.VISITOR, "holder": "张伟", "start": NOW, "until": until}
    before = newest(conn)
    name = w.make_pass(conn, **wanted, doors=["gate", "b1-door"], **BY)
    assert {(r.pass_, r.door, r.home) for r in reading.pass_rights(conn, "e1")} == {
        (name, "gate", "h1"), (name, "b1-door", "h1"),
    }  # fmt: skip
    assert noted(conn, before) == {("rights", "h1", None, None)}
    for doors in ([], ["h2-door"], ["no such door"]):
        with pytest.raises((InvalidValue, UnknownReference)):
            w.make_pass(conn, **wanted, doors=doors, **BY)
    with pytest.raises(InvalidValue):
        w.make_pass(conn, **{**wanted, "until": NOW}, doors=["gate"], **BY)
    w.revoke_pass(conn, pass_=name, **BY)
    assert reading.pass_rights(conn, "e1") == []
    with pytest.raises(w.NothingThere):
        w.revoke_pass(conn, pass_=name, **BY)


def test_credentials_and_vehicles_are_taken_away_on_a_basis(conn: Connection) -> None:
    w.put_credential(conn, credential="c1", person="p1", kind=CredentialKind.CARD, from_day=SINCE, **BY)
    w.put_vehicle(conn, plate="桂c·12345", person="p1", home="h1", from_day=SINCE, **BY)
    assert [v.plate for v in reading.vehicles(conn, "e1")] == ["桂C12345"]
    w.revoke_credential(conn, credential="c1", until_day=TODAY, basis="卡片遗失", **BY)
    w.end_vehicle(conn, plate="桂C12345", person="p1", until_day=TODAY, basis="车辆过户", **BY)
    assert [c.until_us for c in reading.credentials(conn, "e1")] == [day_start_us(TODAY)]
    assert [v.until_us for v in reading.vehicles(conn, "e1")] == [day_start_us(TODAY)]


def test_a_door_for_faces_only_is_refused(conn: Connection) -> None:
    for ways in ([Modality.FACE], [Modality.FACE, Modality.FINGER]):
        with pytest.raises(RuleBroken) as caught:
            w.put_door(conn, door="side", estate="e1", kind=DoorKind.GATE, ways=ways, **BY)
        assert caught.value.column == "ways"
    w.put_door(conn, door="side", estate="e1", kind=DoorKind.GATE, ways=[Modality.CARD, Modality.FACE], **BY)
    assert {d.door: d.ways for d in reading.doors(conn, "e1")}["side"] == ("face", "card")


def test_ids_are_not_taken_over_by_another_estate(conn: Connection) -> None:
    w.put_estate(conn, estate="e2", name="第二小区", **BY)
    with pytest.raises(w.BelongsElsewhere):
        w.put_door(conn, door="gate", estate="e2", kind=DoorKind.GATE, **BY)
    with pytest.raises(w.BelongsElsewhere):
        w.put_door(conn, door="x", estate="e2", kind=DoorKind.HOME, home="h1", **BY)
    with pytest.raises(UnknownReference):
        w.put_gateway(conn, gateway="g2", estate="e2", doors=["gate"], **BY)
    with pytest.raises(UnknownReference):
        w.put_door(conn, door="x", estate="no-such", kind=DoorKind.GATE, **BY)


def test_facts_of_a_home_name_the_days_to_see_anew(conn: Connection) -> None:
    before = newest(conn)
    until = date(2026, 12, 1)
    w.add_absence(conn, home="h1", from_day=TODAY, until_day=until, kind=AbsenceKind.TRAVEL, approved=True, **BY)
    assert noted(conn, before) == {("home", "h1", TODAY, until)}
    before = newest(conn)
    at = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # one in the morning of the 23rd at the estate
    w.add_visit(conn, home="h2", at=at, officer="王芳", outcome=VisitOutcome.NOBODY, note="", **BY)
    assert noted(conn, before) == {("home", "h2", TODAY, TODAY + timedelta(days=1))}
    before = newest(conn)
    w.add_swap(conn, home_a="h1", home_b="h2", from_day=SINCE, approved=True, **BY)
    assert noted(conn, before) == {("home", "h1", SINCE, None), ("home", "h2", SINCE, None)}
    before = newest(conn)
    w.put_gateway(conn, gateway="gw1", estate="e1", doors=["gate", "h1-door"], **BY)
    w.put_outage(conn, gateway="gw1", estate="e1", start=at, until=at + timedelta(hours=2), **BY)
    w.put_outage(conn, door="h1-door", estate="e1", start=at, until=None, **BY)
    assert noted(conn, before) == {
        ("rights", "gw1", None, None),
        ("home", "*", TODAY, TODAY + timedelta(days=1)),
        ("home", "h1", TODAY, None),
    }


def test_a_parameter_takes_effect_after_today(conn: Connection) -> None:
    before = newest(conn)
    wanted: dict[str, Any] = {"city": "default", "name": "idle_months", "value": "4", "citation": "市政府令第7号"}
    with pytest.raises(InvalidValue):
        w.set_parameter(conn, **wanted, effective_from=TODAY, **BY)
    with pytest.raises(parameters.WrongParameter):
        w.set_parameter(conn, **{**wanted, "value": "four"}, effective_from=date(2027, 1, 1), **BY)
    for value in ("4", "5"):
        w.set_parameter(conn, **{**wanted, "value": value}, effective_from=date(2027, 1, 1), **BY)
    rows = reading.parameters_of(conn, reading.city_of(conn, "e1"))
    assert parameters.value_on(rows, parameters.IDLE_MONTHS, date(2026, 12, 31)) == 6
    assert parameters.value_on(rows, parameters.IDLE_MONTHS, date(2027, 1, 1)) == 5
    assert noted(conn, before) == {("home", "*", date(2027, 1, 1), None)}


def test_changes_are_committed_in_the_order_of_their_numbers(housing_engine: Engine) -> None:
    """A second writer waits for the first, so that a follower with a cursor never skips a number."""
    with writing(housing_engine) as conn:
        w.put_estate(conn, estate="e1", name="安居苑", **BY)
        w.put_door(conn, door="gate", estate="e1", kind=DoorKind.GATE, **BY)
    with housing_engine.connect() as first, first.begin():
        w.put_door(first, door="side", estate="e1", kind=DoorKind.GATE, **BY)
        with pytest.raises(sa.exc.OperationalError):
            write_impatiently(housing_engine, "back")
    write_impatiently(housing_engine, "back")


def write_impatiently(engine: Engine, door: str) -> None:
    """Write a door, waiting 50 ms at most for another writer."""
    with engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            driver = conn.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA busy_timeout=50")
        with conn.begin():
            if engine.dialect.name == "postgresql":
                conn.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            w.put_door(conn, door=door, estate="e1", kind=DoorKind.GATE, **BY)
