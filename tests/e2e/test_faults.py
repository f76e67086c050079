"""Every process is killed once, Redis and the broker's queue are wiped, a gateway's disk is replaced: nothing is lost
and nothing is doubled, by the ledger of the devices themselves.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import redis

from core.db import Store
from gateway.devices.base import DoorMove, Drawn, Stored
from simulators import embeddings
from simulators.reckoning import Reckoning
from tests.contract.parts import Part
from tests.e2e.system import Camera, System, until
from tests.e2e.town import town

pytestmark = pytest.mark.timeout(400)
RATE = 100.0


def assert_whole(result: Reckoning) -> None:
    """Everything presented is in exactly one sighting, and no door opened twice for one event."""
    assert (result.stored, result.refused) == (result.presented, {})
    assert (result.lost, result.duplicated, result.unknown, result.opened_twice) == (0, 0, 0, 0), result.examples


def test_each_process_killed_once(tmp_path: Path) -> None:
    with town(tmp_path / "var") as place:
        devices = place.devices(RATE)
        for victim in ("recognition", place.gateways[0], "nats", "occupancy", "valkey", "api"):
            place.wait_for_more(devices, 100)
            place.kill(victim)
            if victim == "nats":  # and the devices themselves: their ledger goes on
                devices = place.restart(devices)
        assert_whole(place.finish(devices))
        until(place.followed, what="occupancy at the end of the log")


def test_redis_and_the_broker_s_queue_wiped(
    tmp_path: Path, make_broker: Callable[[], Part], make_valkey: Callable[[], Part]
) -> None:
    broker, valkey = make_broker(), make_valkey()
    with town(tmp_path / "var", mqtt_url=broker.url, redis_url=valkey.url) as place:
        devices = place.devices(RATE)
        place.wait_for_more(devices, 300)
        with redis.Redis.from_url(valkey.url) as client:
            client.flushall()
        place.wait_for_more(devices, 300)
        place.supervisor.signal("recognition")  # so that something waits in the broker's queue
        broker.kill()
        for left in broker.directory.iterdir():
            if left.is_dir() and left.name != "run":
                shutil.rmtree(left)
        broker.start()
        assert_whole(place.finish(devices))
        until(place.followed, what="occupancy at the end of the log")
        with redis.Redis.from_url(valkey.url) as client:
            assert until(lambda: client.keys("anju:*"), what="the board in Redis again")


def test_a_gateway_s_disk_replaced(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)

    def faces(system: System, name: str) -> None:
        with Camera(system) as camera:
            for n in range(20):
                drawn = embeddings.draw_strangers(rng, 1)[0].astype("<f4")
                camera.show(f"{name}-{n}", Drawn(model=embeddings.MODEL, embedding=drawn.tobytes()))
            for n in range(20):
                camera.hear(Stored, f"{name}-{n}")
                camera.hear(DoorMove, f"{name}-{n}")

    with System(tmp_path / "var") as system:
        faces(system, "before")
        until(lambda: len(system.sightings()) == 20, what="all sightings")
    for file in (tmp_path / "var" / "gateways" / "gw1").glob("*.db*"):
        file.unlink()
    with System(tmp_path / "var") as system:
        faces(system, "after")
        rows = until(lambda: (rows := system.sightings()) and len(rows) >= 40 and rows, what="all sightings")
        assert len(rows) == len({row.device_event for row in rows}) == 40
        assert len({row.epoch for row in rows}) == 2
        assert {row.seq for row in rows[:20]} & {row.seq for row in rows[20:]}, "the new epoch counts from the start"


def test_the_server_away_for_a_while(tmp_path: Path) -> None:
    """A tenant is let in by the gateway alone; what it decided is recorded afterwards, once, as it was."""
    rng = np.random.default_rng(4)
    with System(tmp_path / "var") as system, Camera(system) as camera:
        until(lambda: _copied(system), what="the gateway's copy of the gallery")

        def show(event: str, person: int | None) -> bool:
            drawn = (
                embeddings.draw_strangers(rng, 1)
                if person is None
                else embeddings.draw_pictures(rng, system.centres[[person]])
            )[0].astype("<f4")
            camera.show(event, Drawn(model=embeddings.MODEL, embedding=drawn.tobytes()))
            return bool(camera.hear(DoorMove, event).opened)

        assert show("with", 0)
        for n in range(3):  # it comes back each time; the door does not wait for it
            system.supervisor.signal("recognition")
            assert show(f"alone-{n}", 0)
            assert not show(f"stranger-{n}", None)
        for event in ("with", "alone-0", "alone-1", "alone-2"):
            assert system.sighting_of(event).person == "p0"
        assert system.sighting_of("stranger-0").person is None


def _copied(system: System) -> bool:
    held = system.scalar(Store.RECOGNITION, "SELECT set_versions FROM gateway_status") or ""
    return '"gallery"' in held and '"gallery":0' not in held.replace(" ", "")
