"""Verdicts and waiting alerts on the pages and over the api: numbers with intervals, nothing held back in silence."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.clock import ManualClock, local_day, to_us
from core.db import Store, open_store
from housing import tables as t
from housing import triage
from housing.triage import Action, Verdict
from occupancy import tables as o
from occupancy.feedback import ENOUGH, interval
from tests.api_client import Person, Served, furnished_in, serving
from tests.console import ESTATE
from tests.factories import NOW
from tests.unit.test_api_pages import text_of

AT, API = f"/e/{ESTATE}", f"/api/v1/estates/{ESTATE}"
TODAY, DAY = local_day(NOW), timedelta(days=1)
PROTECTED = ("born", "age", "sex", "gender", "ethnic", "nation", "faith", "disab", "hukou", "marital", "name", "person")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The furnished estate: a swap and a room-mate wait for their alerts, a renewal is due, verdicts of two months."""
    settings = furnished_in(tmp_path_factory.mktemp("var"), homes=20)
    occupancy, housing = open_store(settings, Store.OCCUPANCY), open_store(settings, Store.HOUSING)
    with occupancy.begin() as conn, housing.begin() as office:
        taken = set(conn.scalars(sa.select(o.findings.c.home)))
        let = office.scalars(sa.select(t.homes.c.home).where(t.homes.c.state == "let"))
        home = next(one for one in let if one not in taken)
        for n in range(ENOUGH + 4):
            kind = "sublet" if n < ENOUGH else ("swap", "extra_resident", "renewal_due", "sublet")[n - ENOUGH]
            conn.execute(o.findings.insert().values(
                finding=f"g{n:02}", estate=ESTATE, home=home if n >= ENOUGH else f"x{n}", kind=kind,
                stage="watch" if kind == "renewal_due" else "suspected", flagged_on=TODAY - 40 * DAY,
                stages=json.dumps([{"stage": "suspected", "on": str(TODAY - 50 * DAY), "probability": 0.96}]),
                onset=TODAY - 60 * DAY, onset_low=TODAY - 66 * DAY, onset_high=TODAY - 50 * DAY,
                probability=0.9 + n / 1000, evidence='[{"kind":"sublet.one_kind","values":{}}]', counter_evidence="[]",
                legal_basis="Order 11 Art. 27(1)", first_known_us=to_us(NOW - 20 * DAY), updated_us=to_us(NOW),
                ended_on=None if n >= ENOUGH else TODAY,
            ))  # fmt: skip
            if n < ENOUGH:
                conn.execute(o.alerts.insert().values(
                    alert=f"v{n:02}", finding=f"g{n:02}", estate=ESTATE, home=f"x{n}", kind=kind, urgent=False,
                    opened_us=to_us(NOW - 40 * DAY), refreshed_us=0, closed_us=1,
                ))  # fmt: skip
                triage.act(
                    office, alert=f"v{n:02}", estate=ESTATE, user="officer", action=Action.VERDICT, reason="上门",
                    verdict=Verdict.RIGHT if n else Verdict.WRONG, now=NOW - (45 if n < 2 else 5) * DAY,
                )  # fmt: skip
        office.execute(t.estates.insert(), [{"estate": "elsewhere", "name": "别苑"}])
    occupancy.dispose()
    housing.dispose()
    with serving(settings, ManualClock(NOW)) as running:
        yield running


@pytest.fixture(scope="module")
def officer(served: Served) -> Person:
    return served.person("officer", "occupancy")


def test_precision_comes_with_its_interval_and_its_period(officer: Person) -> None:
    whole = officer.get(f"{API}/reports/precision").json()
    lines = {line["kind"]: line for line in whole["precision"]}
    sublet, low, high = lines["sublet"], *interval(19, 20)
    assert (sublet["right"], sublet["wrong"], sublet["unclear"], sublet["share"]) == (19, 1, 0, 0.95)
    assert (sublet["low"], sublet["high"]) == pytest.approx((low, high))
    assert lines["welfare"] == {
        "kind": "welfare", "right": 0, "wrong": 0, "unclear": 0, "share": None, "low": 0.0, "high": 1.0,
    }  # fmt: skip
    assert whole["verdicts"] == 20
    (rule,) = whole["reliability"]
    assert (rule["kind"], rule["verdicts"], rule["seen"]["right"], rule["bins"][0]["above"]) == ("sublet", 20, 19, 0.95)
    month = officer.get(f"{API}/reports/precision", **{"from": str(TODAY - 29 * DAY), "until": str(TODAY)}).json()
    assert (month["verdicts"], month["reliability"], month["first"]) == (18, [], str(TODAY - 29 * DAY))
    assert officer.get(f"{API}/reports/precision", **{"from": "1111-01-01"}).status_code == 422


def test_everybody_sees_the_estates_they_work_for(served: Served, officer: Person) -> None:
    assert [row["estate"] for row in officer.get("/api/v1/reports/precision").json()] == [ESTATE]
    admin = served.person("admin")
    verdicts = {row["estate"]: row["verdicts"] for row in admin.get("/api/v1/reports/precision").json()}
    assert verdicts == {ESTATE: 20, "elsewhere": 0}
    words = text_of(admin.get("/e/elsewhere/reports").text)
    assert words.index("别苑") < words.index("清溪苑")
    assert "95%" in words


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [("zh", ("尚无结论", "属实比例", "95%", "75% – 100%", "平均所报96%，20个中属实19个", "0.950 – 1")),
     ("en", ("no verdicts yet", "Share right", "95%", "75% – 100%", "stated 96% on average, right 19 of 20"))],
)  # fmt: skip
def test_the_page_says_how_often_and_how_surely(served: Served, lang: str, wanted: tuple[str, ...]) -> None:
    viewer = served.person("viewer", **{"Accept-Language": lang})
    words = text_of(viewer.get(f"{AT}/reports").text)
    for part in wanted[:5]:
        assert part in words
    empty = text_of(served.person("stranger", **{"Accept-Language": lang}).get("/e/elsewhere/reports").text)
    assert words.count(wanted[0]) < empty.count(wanted[0])
    for period in ("month", "quarter", "year", "all"):
        assert viewer.get(f"{AT}/reports", period=period).status_code == 200
    assert viewer.get(f"{AT}/reports", period="century").status_code == 422


def test_a_report_knows_rules_and_counts_and_nobody(officer: Person) -> None:
    """No figure is broken down by anything about the people concerned."""

    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(inner)

    found = set(keys(officer.get(f"{API}/reports/precision").json()))
    assert found == {
        "estate", "first", "last", "verdicts", "precision", "reliability", "kind", "right", "wrong", "unclear", "share",
        "low", "high", "stated", "seen", "of", "brier", "bins", "above", "until",
    }  # fmt: skip
    assert not [key for key in found for word in PROTECTED if word in key]


def test_waiting_alerts_are_told_on_today_and_listed(served: Served, officer: Person) -> None:
    words = text_of(officer.get(f"{AT}/today").text)
    assert "3条疑似线索的告警在排队" in words
    listed = officer.get(f"{API}/alerts/waiting").json()
    assert [row["kind"] for row in listed] == ["sublet", "extra_resident", "swap"]  # the likeliest first
    assert listed[0]["clock"]["state"] == "running"
    assert listed[0]["clock"]["next_reminder"] == str(TODAY + 10 * DAY)
    assert listed[1]["clock"] is None
    page = officer.get(f"{AT}/alerts", show="waiting").text
    assert [text_of(page).count(word) for word in ("疑似转租", "疑似未登记同住", "疑似互换")] == [1, 1, 1]
    viewer = served.person("viewer").get(f"{AT}/alerts", show="waiting").text
    assert f'href="{AT}/homes/' not in viewer
    english = served.person("viewer", **{"Accept-Language": "en"})
    assert "3 suspicions wait for their alerts" in text_of(english.get(f"{AT}/today").text)


def test_a_home_shows_findings_without_an_alert_whole(officer: Person) -> None:
    home = officer.get(f"{API}/alerts/waiting").json()[0]["home"]
    html = officer.get(f"{AT}/homes/{home}").text
    words = text_of(html)
    for wanted in (
        "疑似互换",
        "疑似未登记同住",
        "续租提醒",
        "告警排队中",
        "他人居住的迹象只有一类证据",
        "首次得知",
        "下次提醒",
    ):
        assert wanted in words
    assert words.count("告警排队中") == 3  # what is only watched waits for nothing
    assert html.count('class="finding calm"') == 2
    assert 'class="d-band"' in html


def test_an_alert_has_its_clock(officer: Person) -> None:
    alerts = {row["kind"]: row for row in officer.get(f"{API}/alerts", limit=50).json()["items"]}
    sublet = officer.get(f"{API}/alerts/{'a' + '0' * 30 + '1'}").json()["clock"]
    since = TODAY - 96 * DAY
    assert (sublet["article"], sublet["since"], sublet["days"], sublet["state"]) == (718, str(since), 96, "running")
    assert (sublet["next_reminder"], sublet["red_from"]) == (str(since + 150 * DAY), str(since + 180 * DAY))
    overdue = alerts["overdue"]["clock"]
    assert (overdue["article"], overdue["state"], overdue["since"]) == (734, "object", str(TODAY - 25 * DAY))
    assert alerts["vacancy"]["clock"] is None
    words = text_of(officer.get(f"{AT}/alerts/{alerts['overdue']['alert']}").text)
    assert "《民法典》第734条时限" in words
    assert "期满仍有使用迹象且未提出异议" in words
    assert "近一年内此规则尚无核实结论" in words
    rule = text_of(officer.get(f"{AT}/alerts/{alerts['sublet']['alert']}").text)
    assert "近一年内此规则20个结论中95%属实（75% – 100%）" in rule
    assert isinstance(date.fromisoformat(sublet["last_day"]), date)
