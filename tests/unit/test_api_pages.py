"""The console's pages on a furnished estate: what they say, in both languages, and what they never say."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from core.clock import ManualClock
from core.db import Store
from simulators.tables import World
from tests.api_client import Person, Served, serving, settings_in
from tests.console import ESTATE, FINDINGS, furnish
from tests.factories import NOW

AT = f"/e/{ESTATE}"
ALERT = "a" + "0" * 30 + "1"  # the sublet


class Furnished:
    """A running application with its world."""

    def __init__(self, served: Served, world: World) -> None:
        self.served, self.world = served, world
        self.home = str(world.homes.id[np.flatnonzero(world.homes.state == "let")[0]])
        self.person = str(world.people.id[0])


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    settings = settings_in(tmp_path_factory.mktemp("var"))
    world = furnish(settings, NOW, homes=60)
    with serving(settings, ManualClock(NOW)) as served:
        yield Furnished(served, world)


@pytest.fixture(scope="module")
def officer(estate: Furnished) -> Person:
    return estate.served.person("officer", "occupancy")


def pages(estate: Furnished) -> list[str]:
    return [
        f"{AT}/today", f"{AT}/alerts", f"{AT}/alerts?show=closed", f"{AT}/alerts/{ALERT}", f"{AT}/events",
        f"{AT}/homes", f"{AT}/homes/{estate.home}", f"{AT}/people", f"{AT}/people/{estate.person}", f"{AT}/doors",
        "/imports", "/audit", "/audit/verification",
    ]  # fmt: skip


def text_of(html: str) -> str:
    """What a reader sees: no tags, no attributes."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*?</head>", "", html)))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_there_in_both_languages(estate: Furnished, lang: str) -> None:
    admin = estate.served.person("admin", "occupancy", **{"Accept-Language": lang})
    for path in pages(estate):
        answer = admin.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in answer.text
        words = text_of(answer.text)
        if lang == "zh":
            for english in ("Today", "Alerts", "Household", "not enrolled", "None.", "Next page"):
                assert english not in words, f"{path} says {english!r}"
        else:
            assert "今日" not in words


def test_nothing_inline_and_nothing_from_elsewhere(estate: Furnished) -> None:
    admin = estate.served.person("admin", "occupancy")
    for path in pages(estate):
        html = admin.get(path).text
        assert " style=" not in html
        assert "<style" not in html
        assert not re.search(r"\son[a-z]+=", html)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html)


def test_the_policy_allows_only_our_own_files(officer: Person) -> None:
    answer = officer.get(f"{AT}/today")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    asset = re.search(r"/static/app\.css\?v=[0-9a-f]+", answer.text)
    assert asset
    assert "immutable" in officer.get(asset[0]).headers["cache-control"]


def test_today_shows_the_board_the_needs_and_masked_names(estate: Furnished, officer: Person) -> None:
    html = officer.get(f"{AT}/today").text
    assert html.count('class="cell s-') == len(estate.world.homes.id)
    words = text_of(html)
    assert "关爱探访" in words
    assert words.index("关爱探访") < words.index("疑似转租"), "care comes first"
    events = html[html.index('id="live-rows"') :]
    names = {str(name) for name in estate.world.people.name if len(name) > 1}
    assert not [name for name in names if f">{name}<" in events], "live rows name nobody in full"


def test_the_board_follows_the_stores(estate: Furnished, officer: Person) -> None:
    html = officer.get(f"{AT}/today").text
    states = dict.fromkeys(re.findall(r'class="cell s-([a-z_]+)"', html))
    assert {"care", "overdue", "suspected_sublet", "suspected_idle", "occupied"} <= states.keys()


def test_a_viewer_sees_no_way_to_people(estate: Furnished) -> None:
    viewer = estate.served.person("viewer")
    html = viewer.get(f"{AT}/today").text
    assert f'href="{AT}/people"' not in html
    assert 'href="/imports"' not in html
    assert f'href="{AT}/homes/' not in html
    events = html[html.index('id="live-rows"') :]
    assert "住户" in events
    assert "home-tag" not in events
    assert "**" not in events


def test_an_alert_gives_reasons_and_counter_reasons_and_its_law(officer: Person) -> None:
    words = text_of(officer.get(f"{AT}/alerts/{ALERT}").text)
    for wanted in (
        "此后计入的56天中住户成员出现4天",
        "住户成员仍有4天出现",
        "《公共租赁住房管理办法》第27条第1项",
        "91%",
        "96 / 180",
    ):
        assert wanted in words
    assert "由您决定" in words


def test_alerts_can_be_taken_up_dismissed_and_judged(estate: Furnished, officer: Person) -> None:
    alert = "a" + "0" * 30 + "4"
    action = f"{AT}/alerts/{alert}/actions"
    assert officer.post(action, data={"action": "acknowledge"}).status_code == 303
    assert officer.post(action, data={"action": "dismiss", "reason": "  "}).status_code == 422
    assert officer.post(action, data={"action": "dismiss", "reason": "住院"}).status_code == 303
    verdict = {"action": "verdict", "verdict": "wrong", "reason": "见到本人"}
    desk = estate.served.person("desk")
    assert desk.post(action, data=verdict).status_code == 403, "a verdict is a housing officer's"
    assert officer.post(action, data=verdict).status_code == 303
    words = text_of(officer.get(f"{AT}/alerts/{alert}").text)
    assert "已排除" in words
    assert "不属实" in words
    assert "李建国" in words
    shown = officer.get(f"/api/v1/estates/{ESTATE}/alerts", show="dismissed").json()["items"]
    assert [(row["alert"], row["verdict"], len(row["actions"])) for row in shown] == [(alert, "wrong", 3)]


def test_alerts_are_paged_without_gaps(officer: Person) -> None:
    seen, before = [], None
    while True:
        query = {"show": "new", "limit": 2, **({"before": before} if before else {})}
        page = officer.get(f"/api/v1/estates/{ESTATE}/alerts", **query).json()
        seen += [row["alert"] for row in page["items"]]
        if not (before := page["next"]):
            break
    assert len(seen) == len(set(seen))
    assert set(seen) >= {f"a{number:031d}" for number in range(len(FINDINGS) - 1)}


def test_sightings_are_paged_without_gaps(estate: Furnished, officer: Person) -> None:
    seen, before = [], None
    while True:
        query = {"limit": 97, **({"before": before} if before else {})}
        page = officer.get(f"/api/v1/estates/{ESTATE}/sightings", **query).json()
        seen += [(row["taken"], row["pos"]) for row in page["items"]]
        if not (before := page["next"]):
            break
    with estate.served.app.state.context.reading(Store.RECOGNITION) as connection:
        total = connection.exec_driver_sql("SELECT count(*) FROM sightings").scalar()
    assert len(seen) == len(set(seen)) == total
    assert seen == sorted(seen, reverse=True)


def test_nobody_under_the_threshold_has_a_name(officer: Person) -> None:
    items = officer.get(f"/api/v1/estates/{ESTATE}/sightings", limit=200).json()["items"]
    unknown = [row for row in items if row["outcome"] == "unrecognised"]
    assert unknown
    assert all(row["person"] is None and row["name"] is None for row in unknown)


def test_a_home_shows_its_household_lease_and_year(estate: Furnished, officer: Person) -> None:
    html = officer.get(f"{AT}/homes/{estate.home}").text
    words = text_of(html)
    tenant = str(estate.world.people.name[0])
    assert tenant in words
    assert "租期" in words
    assert html.count('<rect class="d-') > 360
    assert f'href="{AT}/people/' in html


def test_a_purpose_for_the_register_does_not_open_door_records(estate: Furnished) -> None:
    desk = estate.served.person("desk", "registry")
    html = desk.get(f"{AT}/homes/{estate.home}").text
    assert '<rect class="d-' not in html
    assert "不含通行记录" in html
    assert desk.get(f"{AT}/events").status_code == 403


def test_what_was_refused_is_listed_with_its_reason(officer: Person) -> None:
    words = text_of(officer.get(f"{AT}/doors").text)
    for wanted in (
        "不是图像文件",
        "没有收到图像",
        "时间在将来，请校准网关时钟",
        "协议版本不受支持",
        "故障",
        "时钟偏差5400.0秒",
    ):
        assert wanted in words
    rows = officer.get(f"/api/v1/estates/{ESTATE}/rejected").json()["items"]
    assert {row["reason"] for row in rows} >= {"image_not_a_picture", "malformed"}
    assert all(row["words"] for row in rows)
    counts = officer.get(f"/api/v1/estates/{ESTATE}/rejected-counts").json()
    assert counts["image_not_a_picture"] == 1


def test_gateways_say_how_they_are(officer: Person) -> None:
    states = {row["gateway"]: row["state"] for row in officer.get(f"/api/v1/estates/{ESTATE}/gateways").json()}
    assert states[f"{ESTATE}-gw-01"] == "trouble"
    assert states[f"{ESTATE}-gw-gates"] == "well"
    doors = {row["door"]: row["state"] for row in officer.get(f"/api/v1/estates/{ESTATE}/doors").json()}
    assert doors[f"{ESTATE}-gate-n"] == "well"
    acts = officer.get(f"/api/v1/estates/{ESTATE}/gateways/{ESTATE}-gw-01/acts")
    assert (acts.status_code, acts.json()) == (200, [])
    assert officer.get(f"/api/v1/estates/{ESTATE}/gateways/other/acts").status_code == 404


def test_an_unknown_home_person_alert_or_page_is_said_to_be_unknown(officer: Person) -> None:
    for path in (f"{AT}/homes/none", f"{AT}/people/none", f"{AT}/alerts/none", f"{AT}/nothing", "/nothing"):
        answer = officer.get(path)
        assert answer.status_code == 404
        assert "没有找到" in answer.text
    problem = officer.get("/api/v1/nothing")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == "not_found"


def test_lists_are_capped_and_places_in_them_checked(officer: Person) -> None:
    assert officer.get(f"/api/v1/estates/{ESTATE}/sightings", limit=100_000).status_code == 422
    for before in ("x", "bm90IGpzb24", "WzFd"):
        answer = officer.get(f"/api/v1/estates/{ESTATE}/sightings", before=before)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
        assert officer.get(f"{AT}/events", before=before).status_code == 422


def test_a_search_finds_and_its_wildcards_are_letters(estate: Furnished, officer: Person) -> None:
    name = str(estate.world.people.name[0])
    rows = officer.get(f"/api/v1/estates/{ESTATE}/people", q=name).json()["items"]
    assert estate.person in {row["person"] for row in rows}
    assert officer.get(f"/api/v1/estates/{ESTATE}/people", q="%").json()["items"] == []
    homes = officer.get(f"/api/v1/estates/{ESTATE}/homes", q="01-0101").json()["items"]
    assert [row["label"] for row in homes] == ["01-0101"]


def test_the_api_describes_itself_without_the_pages(officer: Person) -> None:
    described = officer.get("/api/v1/openapi.json").json()
    assert all(path.startswith("/api/v1/") for path in described["paths"])
    assert "/api/v1/estates/{estate}/sightings" in described["paths"]
    upload = described["paths"]["/api/v1/estates/{estate}/templates/{person}"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]


def test_health_says_what_answers(officer: Person) -> None:
    said = officer.get("/api/v1/health").json()
    assert said == {
        "stores": {"housing": True, "recognition": True, "occupancy": True}, "redis": False, "recogniser": False,
    }  # fmt: skip


def test_language_and_looks_are_kept_by_the_browser(estate: Furnished) -> None:
    visitor = estate.served.anybody(**{"Accept-Language": "zh"})
    answer = visitor.post("/preferences", data={"lang": "en", "theme": "dark", "next": "/sign-in"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    html = visitor.get("/sign-in").text
    assert "User name" in html
    assert "/static/dark.css?v=" in html
    assert "media=" not in html
    assert visitor.post("/preferences", data={"lang": "fr"}).status_code == 422


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "x", ""])
def test_nobody_is_sent_elsewhere_after_signing_in(estate: Furnished, elsewhere: str) -> None:
    data = {"user": "viewer", "password": "three grey herons", "next": elsewhere}
    answer = estate.served.anybody().post("/sign-in", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
