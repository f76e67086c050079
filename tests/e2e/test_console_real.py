"""From a picture chosen in the browser to a row in the browser: nothing in between is pretended.

A person's pictures are enrolled on the page, with consent; the person and a stranger come to a camera; the page that
was open all the while shows who was let in and that somebody was not known. On SQLite and on PostgreSQL.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from gateway.devices.base import DoorMove, Picture
from tests.e2e.browser import Screen, chromium
from tests.e2e.system import OFFICER, Camera, System
from tests.estates import ESTATE

DATA = Path(__file__).parents[3] / "shared" / "data" / "faces"
WITHIN_MS = 30_000
pytestmark = [pytest.mark.real_data, pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> dict[str, list[Path]]:
    """Two pictures to enrol and one to show of one person, and one of somebody else."""
    path = DATA / "labels.csv"
    if not path.exists():
        pytest.skip("the pictures of faces are not here")
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    someone = next(row["person"] for row in rows if row["role"] == "enrol")
    return {
        "enrol": [DATA / r["file"] for r in rows if r["role"] == "enrol" and r["person"] == someone][:2],
        "probe": [DATA / r["file"] for r in rows if r["role"] == "probe" and r["person"] == someone][:1],
        "stranger": [DATA / r["file"] for r in rows if r["role"] == "impostor"][:1],
    }


def test_a_face_enrolled_on_the_page_is_let_in_and_seen_on_the_page(
    system: System, browser: Browser, pictures: dict[str, list[Path]]
) -> None:
    desk, door = Screen(browser, system.url), Screen(browser, system.url)
    door.sign_in(OFFICER)
    expect(door.page.locator("#live-state")).to_have_attribute("data-state", "on")
    expect(door.page.get_by_text("今天还没有通行。")).to_be_visible()

    desk.sign_in(OFFICER)
    desk.go(f"/e/{ESTATE}/people/p1")
    desk.claim("registry")
    desk.page.get_by_label("本人（或监护人）已阅读告知书并同意。").check()
    desk.page.get_by_role("button", name="登记同意").click()
    desk.page.set_input_files("input[name=pictures]", pictures["enrol"])
    desk.page.get_by_role("button", name="登记人脸").click()
    done = desk.page.get_by_role("status").filter(has_text="登记成功")
    expect(done).to_be_visible(timeout=WITHIN_MS)
    expect(desk.page.get_by_text("2个特征")).to_be_visible()

    with Camera(system) as camera:
        for attempt in range(40):  # until the new templates are in use: each try is a sighting of its own
            camera.show(f"tenant-{attempt}", Picture(image=pictures["probe"][0].read_bytes()))
            if camera.hear(DoorMove, f"tenant-{attempt}").opened:
                break
        else:
            pytest.fail("the tenant was never let in")
        let_in = door.page.locator(".event.t-good", has_text="住*").first
        expect(let_in).to_be_visible(timeout=WITHIN_MS)
        expect(let_in).to_contain_text("人脸")
        camera.show("stranger", Picture(image=pictures["stranger"][0].read_bytes()))
        assert not camera.hear(DoorMove, "stranger").opened
    first = door.page.locator("#live-rows > li").first
    expect(first).to_contain_text("未识别", timeout=WITHIN_MS)
    expect(first).not_to_contain_text("住*")
    expect(door.page.locator(".cell.s-occupied")).to_have_count(1, timeout=WITHIN_MS)
    desk.close()
    door.close()
