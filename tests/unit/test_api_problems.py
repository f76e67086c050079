"""When something goes wrong: words and a mend for people, a problem document for programs, nothing left half done."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.headers import HEADERS
from core.clock import ManualClock
from core.db import Store, store_path
from core.errors import AnjuError
from tests.api_client import Served, furnished_in, serving, settings_in
from tests.console import ESTATE
from tests.factories import NOW


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(furnished_in(tmp_path), ManualClock(NOW)) as running:
        yield running


def test_a_problem_is_a_document_in_the_language_of_the_request(served: Served) -> None:
    for lang, words in (("zh-CN,zh;q=0.9", "没有找到该小区"), ("en-GB", "There is no such estate"), ("fr", "没有找到")):
        person = served.person("desk", **{"Accept-Language": lang})
        answer = person.get("/api/v1/estates/nowhere/doors")
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert (body["status"], body["code"], body["type"]) == (404, "not_found", "urn:anju:problem:not_found")
        assert words in body["title"]
        assert body["mend"]
        assert body["instance"] == "/api/v1/estates/nowhere/doors"


def test_wrong_parameters_are_named(served: Served) -> None:
    person = served.person("desk", "door")
    answer = person.get(f"/api/v1/estates/{ESTATE}/sightings", limit="many")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "limit"
    wrong = person.post(f"/api/v1/estates/{ESTATE}/alerts/x/actions", json={"action": "explode"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "action")
    broken = person.post(
        f"/api/v1/estates/{ESTATE}/alerts/x/actions", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.status_code == 422


def test_a_wrong_method_is_said_to_be_wrong(served: Served) -> None:
    answer = served.person("desk").ask("PUT", f"/api/v1/estates/{ESTATE}/doors")
    assert (answer.status_code, answer.json()["code"]) == (405, "bad_request")


def test_a_body_over_its_size_is_refused_whole(served: Served) -> None:
    answer = served.anybody().post("/sign-in", data={"user": "x" * 2_000_000, "password": "x"})
    assert answer.status_code == 413
    assert "过大" in answer.text


def test_a_store_that_is_not_set_up_is_told_with_the_mend(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path), ManualClock(NOW)) as served:
        answer = served.anybody().post("/api/v1/session", json={"user": "desk", "password": "three grey herons"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "anju doctor" in answer.json()["mend"]
        page = served.anybody(Cookie="anju_session=x").get("/sign-in")
        assert page.status_code == 200, "the way in needs no store"
        assert served.app.state.context.answers(Store.HOUSING) is False


def test_a_store_that_breaks_while_pages_are_read_is_told(served: Served) -> None:
    person = served.person("desk")
    context = served.app.state.context
    with context.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE homes RENAME TO homes_elsewhere")
    answer = person.get(f"/e/{ESTATE}/today")
    assert answer.status_code == 503
    assert "数据库暂时不可用" in answer.text
    assert store_path(context.settings, Store.HOUSING).exists()


def test_the_unforeseen_has_a_number_and_the_same_strict_headers(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("never in the answer")

    monkeypatch.setattr("api.routers.places.door_states", fail)
    person = served.person("desk")
    answer = person.get(f"/api/v1/estates/{ESTATE}/doors")
    assert answer.status_code == 500
    assert re.search(r"编号 [0-9a-f]{8}", answer.json()["title"])
    assert "never in the answer" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_refusal_of_another_room_is_the_callers_unless_it_is_the_stores(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing(AnjuError):
        code = "key_missing"

    def refuse(*_: object, **__: object) -> None:
        raise Missing("没有密钥。", "No key.")

    monkeypatch.setattr("api.routers.places.door_states", refuse)
    answer = served.person("desk").get(f"/api/v1/estates/{ESTATE}/doors")
    assert (answer.status_code, answer.json()["code"]) == (503, "key_missing")
