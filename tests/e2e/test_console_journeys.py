"""A working day at the console, in a real Chromium: nothing may go wrong that the person does not see."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Browser, expect

from core import log
from core.clock import ManualClock, to_us
from core.db import Store, open_store
from core.live import WAKE_LOG, feed_channel
from core.settings import Settings
from occupancy import tables as o
from recognition.enrolment import EncodedPicture, PictureEncoder, PictureRefused
from simulators import embeddings
from simulators.world import draw, write
from tests.api_client import furnished_in
from tests.api_server import Server, api_server
from tests.console import ESTATE, SEED, sighting
from tests.e2e.browser import DESKTOP, PHONE, Screen, chromium
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
AT = f"/e/{ESTATE}"
HOMES = 60
WORLD = draw(SEED, NOW.date(), homes=HOMES, estate=ESTATE)
PERSON = str(WORLD.people.id[1])
A, B = embeddings.enrolment_pictures(1, embeddings.draw_centres(1, 1))[0]
CHECK = Path(__file__).with_name("accessibility.js").read_text("utf-8")


class Encoder:
    """Finds a face in two pictures and none in any other."""

    def encode(self, picture: bytes) -> EncodedPicture:
        vectors = {b"first": A, b"second": B}
        if picture not in vectors:
            raise PictureRefused("照片中没有找到人脸。", "No face was found in the picture.")
        return EncodedPicture(embedding=vectors[picture], model=embeddings.MODEL, quality=0.9)


class Console:
    """A served estate, the browser, and the bell."""

    def __init__(self, browser: Browser, server: Server, settings: Settings) -> None:
        self.browser, self.server, self.settings = browser, server, settings
        self._open: list[Screen] = []

    def screen(self, user: str = "officer", **how: object) -> Screen:
        screen = Screen(self.browser, self.server.url, **how)  # type: ignore[arg-type]
        self._open.append(screen)
        if user:
            screen.sign_in(user)
        return screen

    def close(self) -> None:
        for screen in self._open:
            screen.close()

    def happens(self, **changes: object) -> int:
        """A sighting is committed and the bell is rung; returns its position."""
        engine = open_store(self.settings, Store.RECOGNITION)
        with engine.begin() as connection:
            pos = int(connection.exec_driver_sql("SELECT max(pos) FROM sightings").scalar() or 0) + 1
            at_us = to_us(NOW) + pos * 1_000
            connection.execute(log.sightings.insert(), sighting(WORLD, pos, at_us, **changes))
        engine.dispose()
        self.ring(WAKE_LOG)
        return pos

    def ring(self, channel: str) -> None:
        with redis.Redis.from_url(self.settings.redis_url) as client:
            client.publish(channel, b"{}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def console(browser: Browser, tmp_path: Path, redis_url: str) -> Iterator[Console]:
    encoder: PictureEncoder = Encoder()
    settings = furnished_in(tmp_path / "var", homes=HOMES, redis_url=redis_url)
    with api_server(settings, encoder, ManualClock(NOW)) as server:
        opened = Console(browser, server, settings)
        yield opened
        opened.close()


def test_coming_in_in_two_languages_and_out_again(console: Console) -> None:
    screen = console.screen("", lang="zh-CN")
    page = screen.page
    screen.go("/")
    expect(page).to_have_title("登录 · 安居")
    page.click("details.pick summary")
    page.click("button[value=en]")
    expect(page.get_by_role("heading", name="Anju")).to_be_visible()
    page.fill("input[name=user]", "officer")
    page.fill("input[name=password]", "three grey herons")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_label("Language and appearance").click()
    page.click("button[value=dark]")
    expect(page.locator("link[href*='dark.css']:not([media])")).to_have_count(1)
    page.get_by_label("Language and appearance").click()
    page.click("button[value=zh]")
    expect(page.get_by_role("heading", name="今日")).to_be_visible()
    page.locator("details.pick", has_text="李建国").locator("summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    screen.go(f"{AT}/doors")
    expect(page.locator("input[name=password]")).to_be_visible()
    assert [text for text in screen.wrong if "401" not in text] == []
    screen.wrong.clear()  # the browser itself notes a page that is answered with 401


def test_a_sighting_is_on_the_page_as_soon_as_it_is_committed(console: Console) -> None:
    screen = console.screen()
    expect(screen.page.locator("#live-state")).to_have_attribute("data-state", "on")
    console.ring(WAKE_LOG)
    waited = []
    for _ in range(5):
        began = time.monotonic()
        pos = console.happens()
        expect(screen.page.locator("#live-rows > li").first).to_have_id(f"s-s1-{pos}")
        waited.append(time.monotonic() - began)
    print(f"row on the page after {sorted(round(w * 1000) for w in waited)} ms")  # noqa: T201 - a figure to look at
    row = screen.page.locator("#live-rows > li").first
    expect(row).to_contain_text(f"{WORLD.people.name[0][0]}*")
    stranger = console.happens(person=None, outcome="unrecognised", reason="under_threshold", opens=False, score=0.31)
    told = screen.page.locator(f"#s-s1-{stranger}")
    expect(told).to_contain_text("未识别")
    expect(told).not_to_contain_text("0.31")
    live = told.evaluate("(node) => node.outerHTML").replace('t-calm new"', 't-calm"')
    screen.page.reload()
    made = screen.page.locator(f"#s-s1-{stranger}").evaluate("(node) => node.outerHTML")
    assert live.split() == made.split(), "one template for both"


def test_the_board_changes_while_it_is_looked_at(console: Console) -> None:
    screen = console.screen()
    expect(screen.page.locator("#live-state")).to_have_attribute("data-state", "on")
    overdue = screen.page.locator(".cell.s-overdue")
    expect(overdue).to_have_count(1)
    console.ring(feed_channel(ESTATE))
    engine = open_store(console.settings, Store.OCCUPANCY)
    with engine.begin() as connection:
        connection.execute(o.findings.update().where(o.findings.c.kind == "overdue").values(ended_on=NOW.date()))
    engine.dispose()
    console.ring(feed_channel(ESTATE))
    expect(overdue).to_have_count(0)
    expect(screen.page.locator("[data-state-filter=overdue]")).to_have_count(0)
    sublet = screen.page.locator("[data-state-filter=suspected_sublet]")
    sublet.click()
    expect(screen.page.locator("#board")).to_have_attribute("data-only", "suspected_sublet")
    expect(sublet).to_have_attribute("aria-pressed", "true")
    sublet.click()
    expect(screen.page.locator("#board")).to_have_attribute("data-only", "")


def test_an_alert_from_the_list_to_the_decision(console: Console) -> None:
    screen, other = console.screen(), console.screen("desk")
    page = screen.page
    expect(other.page.locator("#nav-alerts")).to_have_text("5")
    page.get_by_role("link", name="告警").first.click()
    page.locator(".alert-line", has_text="疑似转租").first.locator("a").click()
    expect(page.get_by_text("反面理由")).to_be_visible()
    page.get_by_role("button", name="受理").click()
    expect(page.locator(".head .badge", has_text="已受理")).to_be_visible()
    expect(other.page.locator("#nav-alerts")).to_have_text("4")
    page.get_by_label("无需处理的理由").fill("与承租人见面，家人探望。")
    page.get_by_role("button", name="排除").click()
    expect(page.locator(".head .badge", has_text="已排除")).to_be_visible()
    expect(page.get_by_text("与承租人见面，家人探望。")).to_be_visible()
    page.get_by_text("不属实").click()
    page.get_by_label("理由", exact=True).fill("上门见到承租人本人。")
    page.get_by_role("button", name="记录结论").click()
    expect(page.locator(".timeline")).to_contain_text("上门见到承租人本人。")


def test_enrolment_step_by_step(console: Console, tmp_path: Path) -> None:
    pictures = {}
    for name, content in (("first", b"first"), ("second", b"second"), ("wall", b"wall")):
        pictures[name] = tmp_path / f"{name}.jpg"
        pictures[name].write_bytes(content)
    screen = console.screen()
    page = screen.page
    screen.go(f"{AT}/people/{PERSON}")
    screen.claim("registry")
    if page.get_by_text("撤回同意").count():
        page.get_by_text("撤回同意").click()
        page.get_by_role("button", name="撤回并删除").click()
    expect(page.get_by_text("本小区在出入口使用人脸识别")).to_be_visible()
    page.get_by_label("本人（或监护人）已阅读告知书并同意。").check()
    page.get_by_role("button", name="登记同意").click()
    page.set_input_files("input[name=pictures]", [pictures["first"], pictures["wall"]])
    page.get_by_role("button", name="登记人脸").click()
    expect(page.get_by_role("alert")).to_contain_text("第2张照片：照片中没有找到人脸")
    page.set_input_files("input[name=pictures]", [pictures["first"], pictures["second"]])
    expect(page.locator("#previews figure")).to_have_count(2)
    page.get_by_role("button", name="登记人脸").click()
    expect(page.get_by_role("status").filter(has_text="登记成功")).to_be_visible()
    page.get_by_text("撤回同意").click()
    page.get_by_role("button", name="撤回并删除").click()
    expect(page.get_by_text("本小区在出入口使用人脸识别")).to_be_visible()
    screen.wrong = [text for text in screen.wrong if "422" not in text]  # the refused picture, as the browser notes it


def test_a_home_by_keyboard_alone(console: Console) -> None:
    screen = console.screen()
    page = screen.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    first = page.locator(".building .cell").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = page.evaluate("document.activeElement.id")
    assert moved.startswith("home-")
    assert moved != first.get_attribute("id")
    assert page.locator(".building").first.locator(".cell[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/homes/**")
    page.locator("main button[value=occupancy]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="住户")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people")
    page.keyboard.press("/")
    page.keyboard.type(str(WORLD.people.name[1]))
    page.keyboard.press("Enter")
    expect(page.locator("#people tbody tr").first).to_contain_text(str(WORLD.people.name[1]))
    page.locator("#purpose-pick summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#purpose-pick .menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#purpose-pick .menu")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("跳到查找框")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_import_shows_the_row_that_was_refused(console: Console, tmp_path: Path) -> None:
    paths = write(draw(3, date(2026, 11, 23), homes=6, estate=ESTATE), tmp_path / "registry")
    homes = next(path for path in paths if path.stem == "homes")
    homes.write_text(homes.read_text("utf-8") + f"{ESTATE}-77-0101,{ESTATE},{ESTATE}-77,eleven,0101,40,let\n", "utf-8")
    screen = console.screen("admin", lang="en-GB")
    page = screen.page
    page.get_by_role("link", name="Imports").click()
    page.set_input_files("input[name=files]", [homes])
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/imports/*")
    expect(page.locator("#refusals tbody tr")).to_have_count(1)
    expect(page.locator("#refusals")).to_contain_text("floor")


@pytest.mark.parametrize(
    ("lang", "dark", "size"), [("zh-CN", False, DESKTOP), ("en-GB", True, DESKTOP), ("zh-CN", True, PHONE)]
)
def test_every_page_can_be_read_by_everybody(console: Console, lang: str, dark: bool, size: tuple[int, int]) -> None:
    screen = console.screen("admin", lang=lang, dark=dark, size=size)
    home = str(WORLD.homes.id[0])
    screen.go(f"{AT}/homes")
    screen.claim("occupancy")
    for path in (
        f"{AT}/today", f"{AT}/alerts", f"{AT}/alerts?show=dismissed", f"{AT}/alerts/{'a' + '0' * 31}", f"{AT}/events",
        f"{AT}/homes", f"{AT}/homes/{home}", f"{AT}/people", f"{AT}/people/{PERSON}", f"{AT}/doors", "/imports",
        f"{AT}/alerts?show=waiting", f"{AT}/alerts/{'a' + '0' * 30 + '1'}", f"{AT}/alerts/{'a' + '0' * 30 + '3'}",
        f"{AT}/reports", "/audit", "/audit/verification",
    ):  # fmt: skip
        screen.go(path)
        assert screen.measure(CHECK) == [], path
        over = screen.measure("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide"


def test_everything_works_without_scripts(console: Console) -> None:
    screen = console.screen("officer", scripts=False)
    page = screen.page
    page.get_by_role("link", name="人员").click()
    screen.page.click("main button[value=registry]")
    expect(page.locator("#people tbody tr").first).to_be_visible()
    screen.go(f"{AT}/alerts/{'a' + '0' * 30 + '2'}")
    page.get_by_role("button", name="受理").click()
    expect(page.locator(".head .badge", has_text="已受理")).to_be_visible()


def test_a_page_left_open_comes_back_after_the_server(browser: Browser, tmp_path: Path, redis_url: str) -> None:
    settings = furnished_in(tmp_path / "var", redis_url=redis_url)
    with api_server(settings, None, ManualClock(NOW)) as server:
        port = server.service.port
        screen = Screen(browser, server.url)
        screen.sign_in("officer")
        state = screen.page.locator("#live-state")
        expect(state).to_have_attribute("data-state", "on")
    expect(state).to_have_attribute("data-state", "off")
    expect(screen.page.locator(".cell.s-overdue")).to_have_count(1)
    engine = open_store(settings, Store.OCCUPANCY)
    with engine.begin() as connection:
        connection.execute(o.findings.update().where(o.findings.c.kind == "overdue").values(ended_on=NOW.date()))
    engine.dispose()
    with api_server(settings, None, ManualClock(NOW), port=port):
        expect(state).to_have_attribute("data-state", "on")
        expect(screen.page.locator(".cell.s-overdue")).to_have_count(0)
        screen.context.close()
