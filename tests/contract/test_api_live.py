"""The live feed on a real server with a real Valkey: rung by it, and without it only a beat later."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from api.auth import ATTEMPTS
from core import log
from core.clock import to_us
from core.db import Store, open_store
from core.live import WAKE_LOG, feed_channel
from core.settings import Settings
from simulators.world import draw
from tests.api_client import furnished_in
from tests.api_server import Feed, Server, api_server
from tests.console import ESTATE, PASSWORD, SEED, sighting
from tests.contract.parts import Part
from tests.factories import NOW

PATH = f"/api/v1/estates/{ESTATE}/feed"
WORLD = draw(SEED, NOW.date(), homes=6, estate=ESTATE)


def commit(settings: Settings, **changes: Any) -> int:
    """One more sighting in the log, as recognition commits it; returns its position."""
    engine = open_store(settings, Store.RECOGNITION)
    with engine.begin() as connection:
        pos = int(connection.exec_driver_sql("SELECT max(pos) FROM sightings").scalar() or 0) + 1
        connection.execute(log.sightings.insert(), sighting(WORLD, pos, to_us(NOW) + pos * 1_000_000, **changes))
    engine.dispose()
    return pos


def opened(server: Server, user: str = "officer", after: str = "") -> Feed:
    feed = Feed(server.client(user), PATH + (f"?after={after}" if after else ""))
    feed.wait_open()
    assert feed.status == 200
    return feed


def ring(url: str, channel: str = WAKE_LOG, payload: bytes = b"1") -> None:
    with redis.Redis.from_url(url) as client:
        client.publish(channel, payload)


@pytest.fixture
def only_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves for a long time: what arrives was rung."""
    monkeypatch.setattr("api.feed.BEAT_S", 600.0)


@pytest.mark.usefixtures("only_the_bell")
def test_a_committed_sighting_is_on_every_page_of_every_worker_when_the_bell_rings(
    tmp_path: Path, redis_url: str
) -> None:
    settings = furnished_in(tmp_path, redis_url=redis_url)
    with api_server(settings) as one, api_server(settings) as two:
        feeds = [opened(one), opened(one, "desk"), opened(two)]
        ring(redis_url)  # both have looked once, and know where they stand
        pos = commit(settings)
        ring(redis_url)
        for feed in feeds:
            data, identity = feed.wait("sighting")[0]
            assert json.loads(data)["pos"] == pos
            assert identity == f"s1:{pos}"
            assert json.loads(data)["name"].endswith("*")


@pytest.mark.usefixtures("only_the_bell")
def test_the_estates_own_bell_rings_for_alerts_and_the_board(tmp_path: Path, redis_url: str) -> None:
    settings = furnished_in(tmp_path, redis_url=redis_url)
    with api_server(settings) as server:
        feed = opened(server)
        ring(redis_url, feed_channel(ESTATE), b'{"kind": "board"}')
        officer = server.client("officer")
        alert = officer.get(f"/api/v1/estates/{ESTATE}/alerts").json()["items"][0]["alert"]
        body = {"action": "acknowledge"}
        assert officer.post(f"/api/v1/estates/{ESTATE}/alerts/{alert}/actions", json=body).status_code == 201
        data, _identity = feed.wait("needs")[0]
        assert json.loads(data)["alerts"] == 4


def test_without_redis_a_page_is_a_beat_behind_and_with_it_again_it_is_rung(
    tmp_path: Path, make_valkey: Callable[[], Part]
) -> None:
    valkey = make_valkey()
    settings = furnished_in(tmp_path, redis_url=valkey.url)
    with api_server(settings) as server:
        feed = opened(server)
        valkey.kill()
        first = commit(settings)
        assert json.loads(feed.wait("sighting")[0][0])["pos"] == first
        valkey.start()
        second = commit(settings)
        assert json.loads(feed.wait("sighting", 2)[1][0])["pos"] == second
        assert not feed.ended.is_set()


def test_a_page_that_comes_back_hears_what_it_missed(tmp_path: Path, redis_url: str) -> None:
    settings = furnished_in(tmp_path, redis_url=redis_url)
    with api_server(settings) as server:
        before = commit(settings)
        missed = [commit(settings), commit(settings)]
        feed = opened(server, after=f"s1:{before}")
        assert [json.loads(data)["pos"] for data, _ in feed.wait("sighting", 2)] == missed
        client = server.client("officer")
        client.headers["Last-Event-ID"] = f"s1:{missed[0]}"
        back = Feed(client, f"{PATH}?after=s1:{before}")
        assert [json.loads(data)["pos"] for data, _ in back.wait("sighting")] == [missed[1]]
        assert opened(server, after="gone:1").wait("stale")


def test_who_is_signed_out_hears_no_more(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.HEARTBEAT_S", 0.1)
    monkeypatch.setattr("api.stream.SESSION_LOOK_S", 0.0)
    settings = furnished_in(tmp_path, redis_url=redis_url)
    with api_server(settings) as server:
        client = server.client("officer")
        feed = Feed(client, PATH)
        feed.wait_open()
        assert client.delete("/api/v1/session").status_code == 204
        assert feed.ended.wait(20)


def test_the_feed_of_another_estate_is_not_there(tmp_path: Path, redis_url: str) -> None:
    with api_server(furnished_in(tmp_path, redis_url=redis_url)) as server:
        assert server.client("stranger").get(PATH).status_code == 404
        assert httpx.get(server.url + PATH).status_code == 401


def test_an_open_feed_does_not_keep_the_process(tmp_path: Path, redis_url: str) -> None:
    with api_server(furnished_in(tmp_path, redis_url=redis_url)) as server:
        feed = opened(server)
    assert feed.ended.wait(20)


def test_one_address_may_try_so_often(tmp_path: Path, redis_url: str) -> None:
    with api_server(furnished_in(tmp_path, redis_url=redis_url)) as server:
        for number in range(ATTEMPTS):
            guess = {"user": f"nobody{number}", "password": PASSWORD}
            assert httpx.post(f"{server.url}/api/v1/session", json=guess, timeout=20).status_code == 401
        answer = httpx.post(f"{server.url}/api/v1/session", json={"user": "desk", "password": PASSWORD}, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_often")
