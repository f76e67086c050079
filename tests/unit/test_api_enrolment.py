"""Enrolment: consent first, words for every picture that cannot be used, all or nothing, and the way back."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from core.clock import ManualClock
from core.db import Store
from core.errors import AnjuError
from housing import tables as t
from recognition.enrolment import Advice, EncodedPicture, PictureRefused
from simulators import embeddings
from tests.api_client import Person, Served, furnished_in, serving
from tests.console import ESTATE
from tests.factories import NOW

WHO = "qingxi-p000002"
CONSENTS, TEMPLATES = f"/api/v1/estates/{ESTATE}/consents/{WHO}", f"/api/v1/estates/{ESTATE}/templates/{WHO}"
FACE = {"purpose": "door", "modality": "face"}
CENTRES = embeddings.draw_centres(1, 2)
A, B = embeddings.enrolment_pictures(1, CENTRES)[0]
SOMEBODY_ELSE = embeddings.enrolment_pictures(1, CENTRES)[1][0]


class Unreadable(AnjuError):
    """As the recogniser refuses what is no picture."""

    code = "image_not_a_picture"


class Encoder:
    """Knows the bytes of a few pictures."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def encode(self, picture: bytes) -> EncodedPicture:
        picture = picture.rstrip(b"\0")
        self.seen.append(picture)
        if picture == b"text":
            raise Unreadable("图像无法读取。", "Unreadable image.", mend_zh="请换一张。", mend_en="Take another.")
        if picture == b"empty room":
            raise PictureRefused("照片中没有找到人脸。", "No face was found.", number=1)
        vector = {b"a": A, b"b": B, b"other": SOMEBODY_ELSE, b"dark": A}[picture]
        quality = 0.2 if picture == b"dark" else 0.9
        reasons = (Advice("enrol_another_picture"),) if picture == b"dark" else ()
        return EncodedPicture(
            embedding=np.asarray(vector, np.float32), model=embeddings.MODEL, quality=quality, reasons=reasons
        )


class Desk:
    """A running application with its encoder."""

    def __init__(self, served: Served, encoder: Encoder) -> None:
        self.served, self.encoder = served, encoder

    def templates(self) -> int:
        with self.served.app.state.context.reading(Store.HOUSING) as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM templates").scalar() or 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    encoder = Encoder()
    with serving(furnished_in(tmp_path), ManualClock(NOW), encoder) as served:
        context = served.app.state.context
        with context.writing() as connection:
            connection.exec_driver_sql("DELETE FROM consents")
        yield Desk(served, encoder)


@pytest.fixture
def staff(desk: Desk) -> Person:
    return desk.served.person("desk", "registry", **{"Accept-Language": "zh"})


def pictures(*contents: bytes) -> dict[str, list[tuple[str, tuple[str, bytes, str]]]]:
    return {"files": [("pictures", (f"{n}.jpg", content, "image/jpeg")) for n, content in enumerate(contents)]}


def test_without_a_consent_no_picture_is_looked_at(desk: Desk, staff: Person) -> None:
    answer = staff.post(TEMPLATES, **pictures(b"a", b"b"))
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_missing")
    assert desk.encoder.seen == []


def test_two_pictures_become_two_templates_and_the_pictures_are_gone(desk: Desk, staff: Person) -> None:
    assert staff.post(CONSENTS, json=FACE).status_code == 201
    answer = staff.post(TEMPLATES, **pictures(b"a", b"b"))
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["templates"]) == 2
    assert answer.json()["advice"] == []
    person = staff.get(f"/api/v1/estates/{ESTATE}/people/{WHO}").json()
    assert [(row["modality"], row["count"]) for row in person["stored"]] == [("face", 2)]
    assert "template" not in str(person["stored"]).replace("templates", "")


def test_pictures_may_be_larger_than_other_requests(staff: Person) -> None:
    staff.post(CONSENTS, json=FACE)
    megabytes = 3 * 1024 * 1024
    assert staff.post(TEMPLATES, **pictures(b"a".ljust(megabytes, b"\0"), b"b")).status_code == 201


def test_one_picture_is_taken_and_a_second_asked_for(staff: Person) -> None:
    staff.post(CONSENTS, json=FACE)
    answer = staff.post(TEMPLATES, **pictures(b"a"))
    assert answer.status_code == 201
    assert "再提供一张" in answer.json()["advice"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((b"a", b"text"), "第2张照片：图像无法读取"),
        ((b"empty room",), "没有找到人脸"),
        ((b"a", b"other"), "不像同一个人"),
        ((b"a", b"dark"), "第2张照片质量不足"),
    ],
)
def test_a_picture_that_cannot_be_used_is_named_and_nothing_is_kept(
    desk: Desk, staff: Person, given: tuple[bytes, ...], words: str
) -> None:
    staff.post(CONSENTS, json=FACE)
    answer = staff.post(TEMPLATES, **pictures(*given))
    assert (answer.status_code, answer.json()["code"]) == (422, "picture_refused")
    assert words in answer.json()["title"]
    assert desk.templates() == 0


def test_withdrawing_deletes_and_twice_is_no_error(desk: Desk, staff: Person) -> None:
    staff.post(CONSENTS, json=FACE)
    staff.post(TEMPLATES, **pictures(b"a", b"b"))
    gone = staff.ask("DELETE", CONSENTS, params={"of": "door", "modality": "face"})
    assert gone.json() == {"consents": 1, "templates": 2}
    assert desk.templates() == 0
    again = staff.ask("DELETE", CONSENTS, params={"of": "door", "modality": "face"})
    assert again.json() == {"consents": 0, "templates": 0}
    assert staff.post(TEMPLATES, **pictures(b"a")).status_code == 409


def test_a_child_needs_a_guardian(desk: Desk, staff: Person) -> None:
    with desk.served.app.state.context.writing() as connection:
        connection.execute(sa.update(t.people).where(t.people.c.person == WHO).values(born=date(2016, 5, 1)))
    assert staff.post(CONSENTS, json=FACE).status_code == 422
    assert staff.post(CONSENTS, json={**FACE, "guardian": "张伟"}).status_code == 201
    page = staff.get(f"/e/{ESTATE}/people/{WHO}")
    assert "监护人：张伟" in page.text


def test_uploads_that_are_none_too_many_or_too_large_are_refused(
    desk: Desk, staff: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.post(CONSENTS, json=FACE)
    assert staff.post(TEMPLATES, data={"pictures": "text"}).status_code == 422
    assert staff.post(TEMPLATES, **pictures(*[b"a"] * 9)).status_code == 422
    monkeypatch.setattr("api.enrolment.PICTURE_BYTES_MAX", 10)
    large = staff.post(TEMPLATES, **pictures(b"a" * 11))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert desk.templates() == 0


def test_a_stranger_of_the_estate_cannot_be_enrolled(staff: Person) -> None:
    answer = staff.post(f"/api/v1/estates/{ESTATE}/consents/nobody", json=FACE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_page_walks_the_same_way(desk: Desk, staff: Person) -> None:
    page, action = f"/e/{ESTATE}/people/{WHO}", f"/e/{ESTATE}"
    before = staff.get(page).text
    assert "本小区在出入口使用人脸识别" in before
    assert 'name="pictures"' not in before
    unread = staff.post(f"{action}/consents/{WHO}", data={"guardian": ""})
    assert unread.status_code == 422
    assert "已阅读" in unread.text
    assert staff.post(f"{action}/consents/{WHO}", data={"read": "true"}).status_code == 303
    assert 'name="pictures"' in staff.get(page).text
    refused = staff.post(f"{action}/templates/{WHO}", **pictures(b"a", b"text"))
    assert refused.status_code == 422
    assert "第2张照片" in refused.text
    done = staff.post(f"{action}/templates/{WHO}", **pictures(b"a", b"b"))
    assert done.status_code == 201
    assert "登记成功" in done.text
    assert staff.post(f"{action}/withdrawals/{WHO}").status_code == 303
    assert desk.templates() == 0
    assert "未保存任何特征" in staff.get(page).text


def test_without_models_the_page_and_the_answer_say_what_to_do(tmp_path: Path) -> None:
    with serving(furnished_in(tmp_path), ManualClock(NOW)) as served:
        staff = served.person("desk", "registry", **{"Accept-Language": "en"})
        answer = staff.post(TEMPLATES, **pictures(b"a"))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "anju doctor" in answer.json()["mend"]
        assert "anju doctor" in staff.get(f"/e/{ESTATE}/people/{WHO}").text
