"""The occupancy service and a real Redis: the board, the bell, the wake-up, and Redis or the stores away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY as METRICS

from core.live import WAKE_LOG, Live, board_key, feed_channel
from core.settings import Settings
from occupancy import board, views
from occupancy.service import Service
from occupancy.tables import home_days, presence
from tests.contract import occupancy_bench
from tests.contract.occupancy_bench import DAY, Bench, local
from tests.contract.occupancy_estates import ESTATE, Stores, at, daily
from tests.contract.parts import Part

bench = occupancy_bench.bench  # the fixture


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


@contextmanager
def running(settings: Settings) -> Iterator[Service]:
    """The service in a thread, by the machine's clock."""
    service, stop = Service(settings), threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        yield service
    finally:
        stop.set()
        thread.join()


def within(seconds: float, done: Callable[[], bool]) -> bool:
    """Whether something the service does in its own time comes true."""
    deadline, beat = time.monotonic() + seconds, threading.Event()
    while not done() and time.monotonic() < deadline:
        beat.wait(0.02)
    return done()


def test_a_wake_up_is_heard(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("occupancy.service.POLL_S", 3600.0)
    settings = Settings(var_dir=tmp_path, redis_url=redis_url)
    stores, live = Stores(settings), Live(redis_url)
    stores.found()
    stores.seen(daily("p0", [DAY]))
    with running(settings):
        assert within(20, lambda: len(stores.rows(presence)) == 1)
        stores.seen(daily("p2", [DAY]))
        assert within(20, lambda: live.publish(WAKE_LOG, b"1") and len(stores.rows(presence)) == 2)
    stores.close()
    live.close()


def test_it_waits_for_its_stores(tmp_path: Path, redis_url: str) -> None:
    settings = Settings(var_dir=tmp_path, redis_url=redis_url)

    def given_up() -> bool:
        return (METRICS.get_sample_value("anju_occupancy_failures_total", {"reason": "database"}) or 0) > before

    before = METRICS.get_sample_value("anju_occupancy_failures_total", {"reason": "database"}) or 0
    with running(settings) as service:
        assert within(20, given_up)
        stores = Stores(settings)
        stores.found()
        stores.seen(daily("p0", [DAY]))
        assert within(20, lambda: len(stores.rows(presence)) == 1)
        assert all(check() for check in service.checks().values())
    stores.close()
