"""The occupancy service on both databases with a real Redis: log in; presence, home-days, findings and board out."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import CHINA, ManualClock, day_start_us, from_us
from core.db import Store, open_store, writing
from core.live import Live, board_key, feed_channel
from core.settings import Settings
from housing import tables as t
from occupancy import board, views
from occupancy.service import POLL_S, Service
from occupancy.store import CursorMoved
from occupancy.tables import alerts, cursors, dirty, findings, home_days, presence
from tests.contract.occupancy_estates import ESTATE, HOUR, SINCE, Stores, at, daily, note_change
from tests.contract.parts import Part

DAY = date(2026, 3, 2)


def local(day: date, hour: float = 12) -> datetime:
    return from_us(at(day, hour))


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(n) for n in range(count)]


class Bench:
    """Stores, a clock and the service under test."""

    def __init__(self, settings: Settings) -> None:
        self.stores = Stores(settings)
        self.settings = settings
        self.clock = ManualClock(local(DAY))
        self.service = Service(settings, self.clock)

    def close(self) -> None:
        self.service.close()
        self.stores.close()

    def settle(self) -> None:
        """Rounds until there is nothing left to do, with one sweep in them."""
        self.clock.advance(timedelta(seconds=self.settings.sweep_s))
        while self.service.round() < POLL_S:
            pass

    def go_to(self, now: datetime) -> None:
        """Move the clock on; the gateway is heard, then everything settles."""
        self.clock.advance(now - self.clock.now())
        self.stores.heard(int(now.timestamp() * 1_000_000) + 600_000_000)
        self.settle()

    def restart(self) -> None:
        """A new process with nothing in its memory."""
        self.service.close()
        self.service = Service(self.settings, self.clock)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bench(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Bench]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = Bench(Settings(var_dir=tmp_path, database_url=url, redis_url=redis_url, sweep_s=10))
    yield made
    made.close()


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


def test_the_board_is_in_redis_and_comes_back_after_a_wipe(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([{"taken_us": at(DAY, 11), "door": "h0-door", "home": "h0"}])
    bench.go_to(local(DAY))
    live = Live(bench.settings.redis_url)

    def in_redis() -> list[board.BoardLine]:
        return sorted(
            (board.decode(raw) for raw in (live.board(board_key(ESTATE)) or {}).values()), key=lambda b: b.home
        )

    def in_sql() -> list[board.BoardLine]:
        with stores.occupancy.connect() as occ, stores.housing.connect() as housing:
            return views.board(occ, housing, ESTATE, now=bench.clock.now())

    bench.settle()
    assert in_redis() == in_sql()
    assert [(line.home, line.at_home, line.state) for line in in_sql()] == [("h0", 1, "occupied"), ("h1", 0, "unknown")]
    live.replace(board_key(ESTATE), {}, "somebody else's")
    bench.settle()
    assert in_redis() == in_sql()
    live.close()


def test_pages_are_told_after_the_commit(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    live, stop = Live(bench.settings.redis_url), threading.Event()
    heard = live.listen(feed_channel(ESTATE), stop=stop, beat_s=0.05)
    assert next(heard) is None  # subscribed
    stores.seen(daily("p0", [DAY], (11,)))
    bench.go_to(local(DAY))
    message = next(message for message in heard if message is not None)
    assert b'"kind":"sighting"' in message[1]
    assert len(stores.rows(presence)) == 1
    stop.set()
    live.close()


def test_redis_away_never_stops_it(tmp_path: Path, make_valkey: Callable[[], Part]) -> None:
    part = make_valkey()
    bench = Bench(Settings(var_dir=tmp_path, redis_url=part.url, sweep_s=10))
    stores = bench.stores
    stores.found()
    part.kill()
    stores.seen(daily("p0", [DAY], (11,)))
    bench.go_to(local(DAY))
    assert len(stores.rows(presence)) == 1
    assert len(stores.rows(home_days)) == 1
    part.start()
    live = Live(part.url)
    for _ in range(3):  # past the pause after a failure
        bench.settle()
    assert set(live.board(board_key(ESTATE)) or {}) == {"h0", "h1"}
    live.close()
    bench.close()


def test_presence_shows_an_old_entry_as_unknown(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([{"taken_us": at(DAY, 11), "door": "h0-door", "home": "h0"}])
    bench.go_to(local(DAY))
    with stores.occupancy.connect() as conn:
        now, later = local(DAY), local(DAY + timedelta(2))
        assert [line.state for line in views.presence_of(conn, ESTATE, "h0", now=now)] == ["at_home"]
        assert [line.state for line in views.presence_of(conn, ESTATE, now=later)] == ["unknown"]


def test_home_days_are_read_by_span(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", days_from(DAY, 3)))
    bench.go_to(local(DAY + timedelta(3)))
    with stores.occupancy.connect() as conn:
        found = views.home_days_of(conn, "h0", DAY + timedelta(1), DAY + timedelta(3))
    assert [line.day for line in found] == days_from(DAY + timedelta(1), 2)
    assert found[0].last_member_us == at(DAY + timedelta(1), 18)


def test_pages_of_alerts_follow_each_other_urgent_first(bench: Bench) -> None:
    store = open_store(bench.settings, Store.OCCUPANCY)
    base = {"estate": ESTATE, "home": "h0", "kind": "vacancy", "refreshed_us": 0, "closed_us": None}
    with writing(store) as conn:
        for n in range(7):
            conn.execute(findings.insert().values(
                finding=f"f{n}", estate=ESTATE, home=f"h{n}", kind="vacancy", stage="watch", stages="[]",
                probability=0.5, evidence="[]", counter_evidence="[]", legal_basis="x", updated_us=0,
            ))  # fmt: skip
            conn.execute(alerts.insert().values(
                **base | {"closed_us": 5 if n == 6 else None}, alert=f"a{n}", finding=f"f{n}", urgent=n in {1, 4},
                opened_us=n // 2,
            ))  # fmt: skip
    store.dispose()
    with bench.stores.occupancy.connect() as conn:
        read: list[str] = []
        before = None
        while page := views.alerts_page(conn, [ESTATE], before=before, limit=2):
            read += [line.alert for line in page]
            before = page[-1].key
        assert read == ["a4", "a1", "a5", "a3", "a2", "a0"]
        assert [line.alert for line in views.alerts_page(conn, [ESTATE], state="closed")] == ["a6"]
        assert len(views.alerts_page(conn, [ESTATE], state="all")) == 7
        assert views.alerts_page(conn, ["elsewhere"]) == []
        with pytest.raises(views.UnknownAlertState):
            views.alerts_page(conn, [ESTATE], state="new")
        one = views.alert(conn, "a3")
        assert one is not None
        assert one.home == "h0"
        assert views.alert(conn, "nobody") is None
        assert views.finding(conn, "nobody") is None


def test_day_boundaries_are_chinas(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([{"taken_us": day_start_us(DAY) - 1}, {"taken_us": day_start_us(DAY)}])
    bench.go_to(local(DAY, 1))
    assert [row["day"] for row in stores.rows(home_days, "day")] == [DAY - timedelta(1), DAY]
    assert from_us(day_start_us(DAY)).astimezone(CHINA).hour == 0
    assert HOUR == 3_600_000_000
