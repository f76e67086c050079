"""A finger at the desk: consent to fingers first, the site's own thresholds, words for refusals, the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.facts import MAX_RECORD_BYTES
from recognition import threshold_files
from recognition.threshold_files import FOLDER, Measured
from tests.api_client import Person, furnished_in, serving
from tests.console import ESTATE
from tests.factories import NOW
from tests.fingers import MODEL, TABLE, finger_record

WHO = "qingxi-p000002"
BASE = f"/api/v1/estates/{ESTATE}"
FINGER = {"purpose": "door", "modality": "finger"}
QUALITY = 26  # where a record of one view says its quality


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Person]:
    settings = furnished_in(tmp_path)
    threshold_files.write(Measured(thresholds=TABLE), settings.var_dir / FOLDER / "reader.json")
    with serving(settings, ManualClock(NOW)) as served:
        with served.app.state.context.writing() as connection:
            connection.exec_driver_sql("DELETE FROM consents")
        yield served.person("desk", "registry", **{"Accept-Language": "zh"})


def poor(record: bytes) -> bytes:
    return record[:QUALITY] + b"\x0a" + record[QUALITY + 1 :]


def enrol(staff: Person, *records: bytes, model: str = MODEL) -> tuple[int, dict[str, object]]:
    files = [("records", (f"{n}.fmr", record, "application/octet-stream")) for n, record in enumerate(records)]
    answer = staff.post(f"{BASE}/fingers/{WHO}", params={"model": model}, files=files)
    return answer.status_code, answer.json()


def stored(staff: Person) -> list[tuple[str, int]]:
    person = staff.get(f"{BASE}/people/{WHO}").json()
    return [(row["modality"], row["count"]) for row in person["stored"]]


def test_consent_to_a_face_is_none_to_a_finger(staff: Person) -> None:
    staff.post(f"{BASE}/consents/{WHO}", json={"purpose": "door", "modality": "face"})
    status, told = enrol(staff, finger_record(1), finger_record(1, 1))
    assert (status, told["code"]) == (409, "consent_missing")
    assert "指纹" in str(told)
    assert stored(staff) == []


def test_two_impressions_become_two_templates_and_go_with_the_consent(staff: Person) -> None:
    assert staff.post(f"{BASE}/consents/{WHO}", json=FINGER).status_code == 201
    status, done = enrol(staff, finger_record(1), finger_record(1, 1))
    assert (status, done["advice"]) == (201, [])
    assert stored(staff) == [("finger", 2)]
    gone = staff.ask("DELETE", f"{BASE}/consents/{WHO}", params={"of": "door", "modality": "finger"})
    assert gone.status_code == 200, gone.text
    assert stored(staff) == []


def test_one_impression_is_taken_and_a_second_asked_for(staff: Person) -> None:
    staff.post(f"{BASE}/consents/{WHO}", json=FINGER)
    status, done = enrol(staff, finger_record(1))
    assert status == 201
    assert "再采集一次" in str(done["advice"])


@pytest.mark.parametrize(
    ("records", "model", "words"),
    [
        ((finger_record(1), finger_record(2)), MODEL, "不像同一枚手指"),
        ((finger_record(1), poor(finger_record(1, 1))), MODEL, "第2次采集质量不足：采集质量10%"),
        ((b"no record",), MODEL, "不是支持的指纹特征点记录"),
        ((finger_record(1),), "unmeasured", "尚未测定阈值"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    staff: Person, records: tuple[bytes, ...], model: str, words: str
) -> None:
    staff.post(f"{BASE}/consents/{WHO}", json=FINGER)
    status, told = enrol(staff, *records, model=model)
    assert status == 422, told
    assert words in str(told)
    assert stored(staff) == []


def test_pictures_in_place_of_records_and_nothing_at_all_are_refused(staff: Person) -> None:
    staff.post(f"{BASE}/consents/{WHO}", json=FINGER)
    assert enrol(staff, bytes(MAX_RECORD_BYTES + 1))[0] == 413
    assert enrol(staff)[0] == 422
    assert stored(staff) == []
