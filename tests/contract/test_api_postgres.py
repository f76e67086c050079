"""The same pages, answers and writes on PostgreSQL."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy.exc

from core import audit
from core.clock import ManualClock
from core.db import Store
from simulators.world import draw, write
from tests.api_client import Served, serving, settings_in
from tests.console import ESTATE, furnish
from tests.factories import NOW

pytestmark = pytest.mark.postgres
API = f"/api/v1/estates/{ESTATE}"


@pytest.fixture
def served(tmp_path: Path, postgres_url: str) -> Iterator[Served]:
    settings = settings_in(tmp_path, database_url=postgres_url)
    furnish(settings, NOW, homes=24)
    with serving(settings, ManualClock(NOW)) as running:
        yield running


def test_every_page_is_there(served: Served) -> None:
    admin = served.person("admin", "occupancy")
    home = admin.get(f"{API}/homes", limit=1).json()["items"][0]["home"]
    person = admin.get(f"{API}/people", limit=1).json()["items"][0]["person"]
    at = f"/e/{ESTATE}"
    for path in (
        f"{at}/today", f"{at}/alerts", f"{at}/alerts/{'a' + '0' * 31}", f"{at}/events", f"{at}/homes?q=01-01",
        f"{at}/homes/{home}", f"{at}/people?q=p0", f"{at}/people/{person}", f"{at}/doors", "/imports", "/audit",
        "/audit/verification", f"{at}/reports", f"{at}/alerts?show=waiting", f"{API}/alerts/waiting",
    ):  # fmt: skip
        answer = admin.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text[:400]}"


def test_lists_are_paged_without_gaps(served: Served) -> None:
    officer = served.person("officer", "occupancy")
    for path, key, limit in (("sightings", "pos", 50), ("people", "person", 20), ("homes", "home", 7)):
        seen: list[str] = []
        query: dict[str, object] = {"limit": limit}
        while True:
            page = officer.get(f"{API}/{path}", **query).json()
            seen += [row[key] for row in page["items"]]
            if not page["next"]:
                break
            query["before"] = page["next"]
        assert len(seen) == len(set(seen)) > limit, path


def test_writes_are_kept_with_their_trace(served: Served) -> None:
    officer = served.person("officer", "registry")
    alert = officer.get(f"{API}/alerts").json()["items"][0]["alert"]
    assert officer.post(f"{API}/alerts/{alert}/actions", json={"action": "acknowledge"}).json()["state"] == (
        "acknowledged"
    )
    judged = {"action": "verdict", "verdict": "right", "reason": "上门核实"}
    kind = officer.post(f"{API}/alerts/{alert}/actions", json=judged).json()["kind"]
    report = officer.get(f"{API}/reports/precision").json()
    assert {line["kind"]: line["share"] for line in report["precision"] if line["right"]} == {kind: 1.0}
    person = officer.get(f"{API}/people", limit=1).json()["items"][0]["person"]
    gone = officer.ask("DELETE", f"{API}/consents/{person}", params={"of": "door", "modality": "face"})
    assert gone.status_code == 200
    given = officer.post(f"{API}/consents/{person}", json={"purpose": "door", "modality": "face"})
    assert given.status_code == 201
    with served.app.state.context.reading(Store.HOUSING) as connection:
        actions = {entry.action for entry in audit.entries(connection, limit=500)}
        assert audit.verify(connection) is None
    assert {"triage:alert:acknowledge", "registry:consent:give", "registry:consent:withdraw"} <= actions


def test_a_registry_is_imported(served: Served, tmp_path: Path) -> None:
    paths = write(draw(3, date(2026, 11, 23), homes=6, estate="heyuan"), tmp_path / "registry")
    files = [("files", (path.name, path.read_bytes(), "text/csv")) for path in paths]
    admin = served.person("admin")
    done = admin.post("/api/v1/imports", files=files).json()
    assert done["applied"]
    assert "heyuan" in {row["estate"] for row in admin.get("/api/v1/estates").json()}
    # Staff are registered with an estate in the file once there is more than one; these files name none. What is
    # theirs is refused with them.
    refused = admin.get(f"/api/v1/imports/{done['run']}/refusals").json()["items"]
    assert len(refused) == done["refused"]
    assert {row["column"] for row in refused if row["file"] == "people.csv"} == {"estate"}
    assert not {row["file"] for row in refused} & {"homes.csv", "doors.csv", "leases.csv"}


def test_what_is_read_cannot_be_written(served: Served) -> None:
    context = served.app.state.context
    for store, table in ((Store.RECOGNITION, "sightings"), (Store.OCCUPANCY, "alerts"), (Store.HOUSING, "users")):
        with context.reading(store) as connection, pytest.raises(sqlalchemy.exc.DBAPIError):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - one of three names
