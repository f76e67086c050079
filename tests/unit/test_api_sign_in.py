"""Signing in, the session, purposes and what is written about them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import audit
from core.clock import ManualClock
from core.db import Store
from housing import accounts
from housing.sessions import MAX_FAILURES
from tests.api_client import Served, furnished_in, serving
from tests.console import ESTATE, PASSWORD
from tests.factories import NOW


class Desk:
    """A running application and its clock."""

    def __init__(self, served: Served, clock: ManualClock) -> None:
        self.served, self.clock = served, clock

    def written(self, action: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Rows of the chain: actor, subject, details."""
        with self.served.app.state.context.reading(Store.HOUSING) as connection:
            rows = audit.entries(connection, limit=500)
            assert audit.verify(connection) is None
        return [(row.actor, row.subject, json.loads(row.details)) for row in rows if row.action == action]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings, clock = furnished_in(tmp_path), ManualClock(NOW)
    with serving(settings, clock) as served:
        yield Desk(served, clock)


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(desk: Desk) -> None:
    answer = desk.served.anybody().post("/sign-in", data={"user": "desk", "password": PASSWORD, "next": "/"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("anju_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_behind_tls_the_cookie_belongs_to_this_host(tmp_path: Path) -> None:
    settings = furnished_in(tmp_path, secure_cookies=True)
    with serving(settings, ManualClock(NOW)) as served:
        answer = served.anybody().post("/sign-in", data={"user": "desk", "password": PASSWORD, "next": "/"})
    assert answer.headers["set-cookie"].startswith("__Host-anju_session=")
    assert "Secure" in answer.headers["set-cookie"]


def test_wrong_words_are_the_same_whoever_it_was(desk: Desk) -> None:
    pages = []
    for user in ("desk", "nobody-of-this-name"):
        answer = desk.served.anybody().post("/sign-in", data={"user": user, "password": "wrong wrong wrong"})
        assert answer.status_code == 401
        pages.append(answer.text.replace(user, "?"))
    assert pages[0] == pages[1]
    assert "用户名或密码不正确" in pages[0]


def test_a_guesser_is_locked_out_and_let_in_after_the_lock(desk: Desk) -> None:
    for _ in range(MAX_FAILURES):
        desk.served.anybody().post("/api/v1/session", json={"user": "desk", "password": "wrong wrong wrong"})
    right = {"user": "desk", "password": PASSWORD}
    locked = desk.served.anybody().post("/api/v1/session", json=right)
    assert (locked.status_code, locked.json()["code"]) == (401, "wrong_sign_in")
    desk.clock.advance(timedelta(minutes=16))
    assert desk.served.anybody().post("/api/v1/session", json=right).status_code == 200


def test_a_session_ends_when_it_is_signed_out_of_or_over_or_the_user_shut_out(desk: Desk) -> None:
    here = f"/e/{ESTATE}/today"
    person = desk.served.person("desk")
    assert person.get("/api/v1/session").json()["estates"] == [ESTATE]
    kept = person.cookies["anju_session"]
    assert person.ask("DELETE", "/api/v1/session").status_code == 204
    someone = desk.served.anybody(Cookie=f"anju_session={kept}")
    assert someone.get(here).status_code == 401, "a token that was kept is worth nothing"

    officer = desk.served.person("officer")
    assert officer.get(here).status_code == 200
    with desk.served.app.state.context.writing() as connection:
        accounts.set_disabled(connection, user="officer", disabled=True, actor="admin", now=NOW)
    assert officer.get(here).status_code == 401

    late = desk.served.person("viewer")
    desk.clock.advance(timedelta(hours=11))
    assert late.get(here).status_code == 401
    desk.served.person("viewer")
    with desk.served.app.state.context.reading(Store.HOUSING) as connection:
        kept_rows = connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
    assert kept_rows == 1, "sessions that are over go with the next sign-in"


def test_signing_out_on_the_page_forgets_the_purpose(desk: Desk) -> None:
    person = desk.served.person("desk")
    person.post("/purpose", data={"purpose": "care", "next": f"/e/{ESTATE}/homes"})
    assert person.get(f"/e/{ESTATE}/homes").status_code == 200
    assert person.post("/sign-out").headers["location"] == "/sign-in"
    assert "anju_purpose" not in person.cookies
    assert "anju_session" not in person.cookies


def test_personal_records_need_a_purpose_and_say_which_there_are(desk: Desk) -> None:
    person = desk.served.person("desk")
    answer = person.get(f"/api/v1/estates/{ESTATE}/sightings")
    assert (answer.status_code, answer.json()["code"]) == (400, "purpose_missing")
    assert "door" in answer.json()["mend"]
    asked = person.get(f"/e/{ESTATE}/people")
    assert asked.status_code == 200
    assert 'action="/purpose"' in asked.text
    assert "入住核查" not in asked.text, "that one is for housing officers"
    assert desk.written("api:registry:read") == []


def test_every_look_is_written_down_with_its_purpose(desk: Desk) -> None:
    person = desk.served.person("desk", "door")
    assert person.get(f"/api/v1/estates/{ESTATE}/sightings", door="qingxi-gate-n").status_code == 200
    assert person.get(f"/e/{ESTATE}/homes/qingxi-01-0101").status_code == 200
    ((actor, subject, details),) = desk.written("api:sightings:read")
    assert (actor, subject, details["purpose"]) == ("desk", ESTATE, "door")
    assert details["query"] == {"door": "qingxi-gate-n"}
    ((_, whom, _),) = desk.written("api:registry:read")
    assert whom == f"{ESTATE}/qingxi-01-0101"


@pytest.mark.parametrize(("purpose", "user"), [("rent", "officer"), ("occupancy", "desk"), ("curiosity", "admin")])
def test_another_purpose_is_refused_and_written_down(desk: Desk, purpose: str, user: str) -> None:
    person = desk.served.person(user, purpose)
    answer = person.get(f"/api/v1/estates/{ESTATE}/sightings")
    assert (answer.status_code, answer.json()["code"]) == (403, "purpose_refused")
    ((actor, _subject, details),) = desk.written("api:sightings:refused")
    assert (actor, details["purpose"]) == (user, purpose)
    assert person.post("/purpose", data={"purpose": purpose}).status_code == 403


def test_keeping_the_register_does_not_open_the_doors_book(desk: Desk) -> None:
    person = desk.served.person("desk", "registry")
    assert person.get(f"/api/v1/estates/{ESTATE}/people").status_code == 200
    assert person.get(f"/api/v1/estates/{ESTATE}/sightings").status_code == 403


def test_an_administrator_reads_the_chain_and_sees_a_break(desk: Desk) -> None:
    admin = desk.served.person("admin")
    rows = admin.get("/api/v1/audit", limit=3).json()
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert admin.get("/api/v1/audit/verification").json()["whole"] is True
    with desk.served.app.state.context.writing() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE number = 2")
    said = admin.get("/api/v1/audit/verification").json()
    assert (said["whole"], said["broken_at"]) == (False, 2)
    assert "审计链在第2条断开" in admin.get("/audit/verification").text


def test_somebody_without_an_estate_is_told_so(desk: Desk) -> None:
    stranger = desk.served.person("stranger")
    page = stranger.get("/")
    assert page.status_code == 200
    assert "还没有分配给您的小区" in page.text
    assert desk.served.anybody().get("/").headers["location"] == "/sign-in"
