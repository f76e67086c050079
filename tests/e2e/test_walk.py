"""A real picture walks through the whole house: enrolled with consent, let in, seen on the pages; a stranger is not.

On embedded parts with SQLite and, the same, on an outside broker, Redis and PostgreSQL.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.db import Store
from gateway.devices.base import DoorMove, Picture, Refused
from tests import estates
from tests.e2e.system import Camera, Staff, System, until
from tests.estates import ESTATE

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [pytest.mark.real_data, pytest.mark.timeout(300)]


def labels(folder: str) -> list[Mapping[str, str]]:
    path = DATA / folder / "labels.csv"
    if not path.exists():
        pytest.skip(f"the pictures of {folder} are not here")
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def faces(role: str, person: str | None = None) -> list[bytes]:
    rows = [row for row in labels("faces") if row["role"] == role and person in (None, row["person"])]
    return [(DATA / "faces" / row["file"]).read_bytes() for row in rows[:3]]


@pytest.fixture
def someone() -> str:
    """A person of the pictures with two to enrol and one to show."""
    return next(row["person"] for row in labels("faces") if row["role"] == "enrol")


def enrol(staff: Staff, person: str, pictures: list[bytes]) -> None:
    refused = staff.post(f"/estates/{ESTATE}/templates/{person}", files=as_files(pictures))
    assert refused.status_code == 409, "without a consent nothing is looked at"
    given = staff.post(f"/estates/{ESTATE}/consents/{person}", json={"purpose": "door", "modality": "face"})
    assert given.status_code == 201, given.text
    done = staff.post(f"/estates/{ESTATE}/templates/{person}", files=as_files(pictures))
    assert done.status_code == 201, done.text
    assert len(done.json()["templates"]) == len(pictures)


def as_files(pictures: list[bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("pictures", (f"{n}.jpg", picture, "image/jpeg")) for n, picture in enumerate(pictures)]


def test_a_tenant_a_stranger_and_a_car(system: System, someone: str) -> None:
    with system.staff() as staff, Camera(system) as camera:
        enrol(staff, "p1", faces("enrol", someone)[:2])
        until(lambda: _known(system), what="the new templates in use")
        probe = faces("probe", someone)[0]
        camera.show("tenant", Picture(image=probe))
        assert camera.hear(DoorMove, "tenant").opened
        camera.show("stranger", Picture(image=faces("impostor")[0]))
        assert not camera.hear(DoorMove, "stranger").opened

        tenant, stranger = system.sighting_of("tenant"), system.sighting_of("stranger")
        assert (tenant.person, tenant.outcome, tenant.modality) == ("p1", "granted", "face")
        assert (stranger.person, stranger.outcome, stranger.seen) == (None, "unrecognised", None)

        presence = until(lambda: staff.get(f"/estates/{ESTATE}/presence"), what="presence")
        assert "p1" in {row["subject"] for row in presence}
        page = until(
            lambda: [r for r in staff.get(f"/estates/{ESTATE}/sightings")["items"] if r["person"] == "p1"],
            what="the sighting on the page",
        )
        assert page[0]["opens"]

        gone = staff.delete(f"/estates/{ESTATE}/consents/p1", of="door", modality="face")
        assert gone.json()["templates"] == 2
        until(lambda: not _known(system), what="the withdrawal")
        camera.show("withdrawn", Picture(image=probe))
        assert not camera.hear(DoorMove, "withdrawn").opened


def _known(system: System) -> bool:
    """Whether the gateway holds a template, by its own word to the server."""
    newest = system.scalar(Store.HOUSING, "SELECT max(version) FROM changes")
    held = system.scalar(Store.RECOGNITION, "SELECT set_versions FROM gateway_status") or "{}"
    templates = system.scalar(Store.HOUSING, "SELECT count(*) FROM templates")
    return f'"gallery":{newest}' in held.replace(" ", "") and bool(templates)


def test_a_registered_car_is_let_in_from_its_picture_in_a_folder(system: System) -> None:
    scenes = [row for row in labels("plates") if row["file"].startswith("scenes/") and row["plate"]]
    scene = scenes[0]
    housing = estates.housing_engine(system.settings)
    with housing.begin() as connection:
        estates.register_vehicle(connection, scene["plate"], "p0")
    housing.dispose()
    known, unknown = scene, next(row for row in scenes if row["plate"] != scene["plate"])
    for number, row in enumerate((known, unknown)):
        source = DATA / "plates" / row["file"]
        partial = system.pictures / f".{number}.part"
        partial.write_bytes(source.read_bytes())
        partial.rename(system.pictures / f"{number}{source.suffix}")
    rows = until(lambda: (rows := system.sightings()) and len(rows) >= 2 and rows, what="two cars")
    found = {row.plate: row for row in rows}
    assert (found[scene["plate"]].outcome, found[scene["plate"]].person) == ("granted", "p0")
    assert found[unknown["plate"]].outcome in {"unrecognised", "ambiguous"}
    assert not found[unknown["plate"]].opens


def test_what_is_no_picture_is_refused_in_words_and_shown_to_staff(system: System) -> None:
    with system.staff() as staff, Camera(system) as camera:
        camera.show("text", Picture(image=b"this is no picture"))
        camera.show("empty", Picture(image=b""))
        refused = camera.hear(Refused, "text")
        assert refused.zh != refused.en
        assert not refused.again
        camera.hear(Refused, "empty")
        shown = until(
            lambda: (rows := staff.get(f"/estates/{ESTATE}/rejected")["items"]) and len(rows) >= 2 and rows,
            what="refused input on the page",
        )
        assert {row["reason"] for row in shown} <= {"image_not_a_picture", "image_no_bytes"}
