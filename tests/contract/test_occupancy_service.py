"""The occupancy service on both databases: the log in; presence, home-days, outages, findings and alerts out."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.clock import CHINA, day_start_us, from_us
from core.db import writing
from housing import tables as t
from occupancy import registries, views
from occupancy.service import Service
from occupancy.store import CursorMoved
from occupancy.tables import alerts, cursors, dirty, findings, home_days, presence
from tests.contract import occupancy_bench
from tests.contract.occupancy_bench import DAY, Bench, days_from, local
from tests.contract.occupancy_estates import ESTATE, HOUR, SINCE, at, daily, note_change

bench = occupancy_bench.bench  # the fixture


def test_the_log_becomes_presence_and_home_days(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([
        {"taken_us": at(DAY, 9)},
        {"taken_us": at(DAY, 9.1), "door": "h0-door", "home": "h0"},
        {"person": "p2", "taken_us": at(DAY, 10), "direction": "out"},
        {"person": None, "outcome": "unrecognised", "opens": False, "door": "h1-door", "home": "h1",
         "taken_us": at(DAY, 11)},
    ])  # fmt: skip
    bench.go_to(local(DAY))
    assert [(row["subject"], row["state"], row["home"]) for row in stores.rows(presence, "subject")] == [
        ("p0", "at_home", "h0"), ("p2", "away", "h1"),
    ]  # fmt: skip
    h0, h1 = stores.rows(home_days, "home")
    assert (h0["entries"], h0["members_seen"], h0["last_member_us"]) == (2, 1, at(DAY, 9.1))
    assert (h1["entries"], h1["exits"], h1["unknown_entries"], h1["other_hours"]) == (0, 1, 1, 1 << 11)
    assert stores.rows(dirty) == []
    assert {row["source"]: row["pos"] for row in stores.rows(cursors)} == {"log:s1": 4, "registry:e1": 1}


def test_late_and_repeated_news_change_only_their_own_day(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]))
    bench.go_to(local(DAY, 20))
    stores.seen(daily("p0", [DAY - timedelta(1)], (7, 8), direction="out"))
    bench.go_to(local(DAY, 21))
    assert [(row["day"], row["entries"], row["exits"]) for row in stores.rows(home_days, "day")] == [
        (DAY - timedelta(1), 0, 2), (DAY, 1, 0),
    ]  # fmt: skip
    (row,) = stores.rows(presence)
    assert (row["state"], row["since_us"]) == ("on_estate", at(DAY, 18))  # the exit came late: it was earlier


def test_a_registry_change_remakes_the_days_it_names(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p9", days_from(DAY - timedelta(3), 3)))
    bench.go_to(local(DAY))
    assert stores.rows(home_days) == []  # nobody knows p9
    stores.change(
        t.people, {"person": "p9", "name": "新住户", "born": None}, home="h1", first=DAY - timedelta(2)
    )  # fmt: skip
    stores.change(
        t.members,
        {"person": "p9", "home": "h1", "estate": ESTATE, "relation": "child", "from_day": DAY - timedelta(2),
         "until_day": None, "lives_alone": False},
        home="h1", first=DAY - timedelta(2),
    )  # fmt: skip
    bench.go_to(local(DAY, 13))
    assert [row["day"] for row in stores.rows(home_days, "day")] == days_from(DAY - timedelta(2), 2)


def test_a_change_of_everything_remakes_every_home(bench: Bench) -> None:
    stores = bench.stores
    stores.found(homes=3)
    stores.seen([row for n in (0, 2, 4) for row in daily(f"p{n}", [DAY])])
    bench.go_to(local(DAY, 20))
    with writing(stores.housing) as conn:
        conn.execute(t.members.update().values(from_day=DAY + timedelta(1)))
        note_change(conn, "home", first=SINCE)
    bench.go_to(local(DAY, 21))
    assert stores.rows(home_days) == []
    assert stores.rows(dirty) == []


def test_a_silent_gateway_is_blind_until_it_says_otherwise(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]))
    stores.heard(at(DAY, 12))
    bench.clock.advance(local(DAY, 18) - bench.clock.now())
    bench.settle()
    assert stores.rows(home_days, "home")[0]["outage_share"] == pytest.approx(6 / 24, abs=1e-3)
    bench.go_to(local(DAY, 19))  # it is heard again, and says nothing of having been blind
    assert [row["outage_share"] for row in stores.rows(home_days)] == [0.0]
    stores.blind(at(DAY, 12), at(DAY, 15))
    bench.go_to(local(DAY, 20))
    assert [row["outage_share"] for row in stores.rows(home_days)] == [0.125, 0.125]


def test_an_outage_that_lasts_over_midnight_fills_every_day(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY], (1,)))
    stores.blind(at(DAY, 12), None)
    bench.go_to(local(DAY, 20))
    bench.go_to(local(DAY + timedelta(3), 6))
    shares = {row["day"]: row["outage_share"] for row in stores.rows(home_days) if row["home"] == "h1"}
    assert list(shares.values())[:3] == [0.5, 1.0, 1.0]
    assert shares[DAY + timedelta(3)] == pytest.approx(0.25, abs=1e-3)


def test_six_idle_months_open_one_alert_and_an_entry_closes_it(bench: Bench) -> None:
    stores = bench.stores
    stores.found(homes=1)
    stores.seen(daily("p0", days_from(date(2026, 1, 1), 31)))
    bench.go_to(local(date(2026, 2, 15)))
    assert stores.rows(findings) == []
    bench.go_to(local(date(2026, 7, 31), 23))
    (watch,) = stores.rows(findings)
    assert (watch["stage"], watch["flagged_on"]) == ("watch", None)  # five months and 30 days are no ground
    bench.go_to(local(date(2026, 8, 1), 0.1))
    bench.restart()
    bench.settle()
    (found,) = stores.rows(findings)
    assert (found["stage"], found["flagged_on"], found["onset"]) == ("suspected", date(2026, 8, 1), date(2026, 2, 1))
    assert found["first_known_us"] is not None
    with stores.occupancy.connect() as conn:
        (alert,) = views.alerts_page(conn, [ESTATE])
        seen = views.finding(conn, alert.finding)
    assert seen is not None
    assert "连续闲置满6个月" in seen.evidence[1].zh
    assert "Idle for 6 months" in seen.evidence[1].en
    assert (alert.urgent, alert.stage, alert.closed_us) == (False, "suspected", None)
    stores.seen(daily("p1", [date(2026, 8, 1)], (9,)))
    bench.go_to(local(date(2026, 8, 1), 10))
    (ended,) = stores.rows(findings)
    assert ended["ended_on"] == date(2026, 8, 1)
    assert [row["closed_us"] is None for row in stores.rows(alerts)] == [False]


def test_who_comes_back_after_the_return_is_told_of_the_same_day(bench: Bench) -> None:
    """The morning's sweep had nothing to say of a home given back; its household uses it at noon (L12)."""
    stores = bench.stores
    stores.found(homes=1)
    with writing(stores.housing) as conn:
        conn.execute(t.leases.update().values(ended=DAY - timedelta(10)))
        note_change(conn, "home", "h0", first=SINCE)
    stores.seen(daily("p0", days_from(DAY - timedelta(20), 8)))
    bench.go_to(local(DAY, 6))
    assert [row for row in stores.rows(findings) if row["kind"] == "overdue"] == []
    stores.seen(daily("p0", [DAY], (12,)))
    bench.go_to(local(DAY, 13))
    (found,) = (row for row in stores.rows(findings) if row["kind"] == "overdue")
    assert (found["stage"], found["flagged_on"]) == ("suspected", DAY)


def test_two_services_cannot_fold_the_same_log(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]))
    other = Service(bench.settings, bench.clock)
    fold, moved = other._folding._fold, []

    def overtaken(conn: sa.Connection, rows: list[object]) -> object:
        if bench.settings.database_url:  # the other's transaction commits in between; SQLite lets only one begin
            bench.service._folding.fold("s1")
            moved.append(True)
        return fold(conn, rows)

    other._folding._fold = overtaken  # type: ignore[assignment,method-assign]
    if bench.settings.database_url:
        with pytest.raises((CursorMoved, sa.exc.DBAPIError)):
            other._folding.fold("s1")
        assert moved
    else:
        assert other._folding.fold("s1").rows == 1
        assert bench.service._folding.fold("s1").rows == 0
    other.close()
    assert len(stores.rows(presence)) == 1
    assert [row["pos"] for row in stores.rows(cursors)] == [1]


def test_every_shard_has_its_own_cursor(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]), shard="a")
    stores.seen(daily("p2", [DAY], gateway="gw2"), shard="b")
    bench.go_to(local(DAY, 20))
    assert {row["source"]: row["pos"] for row in stores.rows(cursors)} == {"log:a": 1, "log:b": 1, "registry:e1": 1}
    assert len(stores.rows(home_days)) == 2


def test_day_boundaries_are_chinas(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([{"taken_us": day_start_us(DAY) - 1}, {"taken_us": day_start_us(DAY)}])
    bench.go_to(local(DAY, 1))
    assert [row["day"] for row in stores.rows(home_days, "day")] == [DAY - timedelta(1), DAY]
    assert from_us(day_start_us(DAY)).astimezone(CHINA).hour == 0
    assert HOUR == 3_600_000_000


def test_a_gateway_never_heard_of_was_blind_all_along(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]))
    bench.clock.advance(local(DAY + timedelta(2)) - bench.clock.now())
    bench.settle()
    rows = stores.rows(home_days, "home", "day")
    assert [(row["home"], row["day"]) for row in rows] == [(h, d) for h in ("h0", "h1") for d in days_from(DAY, 3)]
    assert [row["outage_share"] for row in rows] == pytest.approx([1.0, 1.0, 0.5] * 2, abs=1e-3)


def test_a_registered_outage_counts_until_it_is_taken_back(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", [DAY]))
    stores.change(t.outages, *(
        {"door": door, "gateway": None, "from_us": at(DAY, 0), "until_us": at(DAY, 6)} for door in ("gate", "b1-door")
    ))  # fmt: skip
    bench.go_to(local(DAY, 20))
    assert [row["outage_share"] for row in stores.rows(home_days)] == [0.0]  # their own doors still saw
    stores.change(t.outages, {"door": "h0-door", "gateway": None, "from_us": at(DAY, 0), "until_us": at(DAY, 6)})
    bench.go_to(local(DAY, 21))
    assert [row["outage_share"] for row in stores.rows(home_days)] == [0.25]
    with writing(stores.housing) as conn:
        conn.execute(t.outages.delete())
    bench.go_to(local(DAY, 22))
    assert [row["outage_share"] for row in stores.rows(home_days)] == [0.0]


def test_withdrawn_consent_ends_a_care_alert(bench: Bench) -> None:
    stores = bench.stores
    stores.found(homes=1, members=1)
    with writing(stores.housing) as conn:
        conn.execute(t.consents.insert().values(
            person="p0", purpose="care", modality="card", given_us=0, text_version="1"
        ))  # fmt: skip
        note_change(conn, "rights")
    stores.seen(daily("p0", [DAY]))
    bench.go_to(local(DAY + timedelta(4)))
    with stores.occupancy.connect() as conn:
        (alert,) = views.alerts_page(conn, [ESTATE])
    assert (alert.kind, alert.urgent) == ("welfare", True)
    with writing(stores.housing) as conn:
        conn.execute(t.consents.update().values(withdrawn_us=at(DAY, 0)))
    bench.go_to(local(DAY + timedelta(5)))
    with stores.occupancy.connect() as conn:
        assert views.alerts_page(conn, [ESTATE]) == []


def test_who_withdrew_face_and_finger_is_known_since_the_last_of_them(bench: Bench) -> None:
    bench.stores.found(homes=1, members=3)
    given = [
        ("p0", "door", "face", at(DAY, 8)), ("p0", "door", "finger", at(DAY, 9)), ("p0", "care", "card", None),
        ("p1", "door", "face", at(DAY, 8)), ("p1", "door", "finger", None),
        ("p2", "occupancy", "face", at(DAY, 8)), ("p2", "door", "card", at(DAY, 8)),
    ]  # fmt: skip
    rows = [
        {"person": person, "purpose": purpose, "modality": modality, "given_us": 0, "withdrawn_us": gone,
         "text_version": "1"}
        for person, purpose, modality, gone in given
    ]  # fmt: skip
    with writing(bench.stores.housing) as conn:
        conn.execute(t.consents.insert(), rows)
    with bench.stores.housing.connect() as conn:
        assert registries.read(conn, ESTATE, 0, local(DAY)).withdrawn == [("p0", at(DAY, 9))]
