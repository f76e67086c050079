"""The link's promises, kept by paho on a real broker and by its twin in memory alike; and Redis, there and away."""

import threading
import uuid
from collections.abc import Callable, Iterator

import pytest

from core.live import Live, board_key
from core.mqtt import BrokerUrlWrong, Link, MemoryBroker, MemoryLink, Message, PahoLink

Make = Callable[..., Link]
WAIT_S = 10.0


@pytest.fixture(params=["memory", "nats"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Links to one broker by client id; started, and stopped at the end."""
    made: list[Link] = []
    url = request.getfixturevalue("mqtt_url") if request.param == "nats" else ""
    memory = MemoryBroker()

    def start(client_id: str, *subscriptions: tuple[str, int]) -> Link:
        link: Link = PahoLink(url, client_id, subscriptions) if url else MemoryLink(memory, client_id, subscriptions)
        link.start()
        made.append(link)
        if isinstance(link, PahoLink):
            assert link.wait_connected(WAIT_S)
        return link

    yield start
    for link in made:
        link.stop()


@pytest.fixture
def topic() -> str:
    return f"anju/1/t{uuid.uuid4().hex[:8]}/gw/up/live"


def take(link: Link, count: int) -> list[Message]:
    taken: list[Message] = []
    for _ in range(100):
        taken += link.receive(count - len(taken), 0.1)
        if len(taken) >= count:
            break
    return taken


def test_messages_arrive_in_order_and_in_batches(make: Make, topic: str) -> None:
    reader, writer = make(f"r{topic[-20:-8]}", (topic, 1)), make(f"w{topic[-20:-8]}")
    for n in range(50):
        assert writer.publish(topic, str(n).encode())
    got = take(reader, 50)
    assert [m.payload for m in got] == [str(n).encode() for n in range(50)]
    reader.ack(got)
    assert reader.receive(10, 0.05) == []


def test_what_was_not_acknowledged_comes_again_after_a_restart(make: Make, topic: str) -> None:
    name = f"again-{topic.split('/')[2]}"
    reader, writer = make(name, (topic, 1)), make(f"{name}-w")
    for n in range(3):
        writer.publish(topic, str(n).encode())
    got = take(reader, 3)
    reader.ack(got[:1])
    reader.stop()
    writer.publish(topic, b"3")  # while nobody listens
    again = take(make(name, (topic, 1)), 3)
    assert sorted(m.payload for m in again) == [b"1", b"2", b"3"]  # brokers do not promise old before new


def test_a_link_that_is_away_says_so_for_what_cannot_wait(topic: str) -> None:
    link = PahoLink("mqtt://127.0.0.1:1", "away")
    link.start()
    assert not link.connected
    assert not link.publish(topic, b"decision", qos=0)
    assert link.publish(topic, b"capture", qos=1)  # waits for the broker
    link.stop()


def test_a_wrong_broker_address_is_told() -> None:
    with pytest.raises(BrokerUrlWrong):
        PahoLink("http://example", "x")


def test_redis_projections(redis_url: str) -> None:
    live, key = Live(redis_url), board_key("e1")
    assert live.ping()
    assert live.generation(key) is None
    assert live.replace(key, {"h1": b"1", "h2": b"2"}, "g1")
    assert live.put(key, {"h2": b"3"})
    assert (live.board(key), live.generation(key)) == ({"h1": b"1", "h2": b"3"}, "g1")
    assert live.replace(key, {}, "g2")
    assert live.board(key) == {}
    assert [live.count("limit", 60) for _ in range(3)] == [1, 2, 3]
    live.close()


def test_redis_tells_who_listens(redis_url: str) -> None:
    live, stop = Live(redis_url), threading.Event()
    beats = live.listen("news", stop=stop, beat_s=0.2)
    assert next(beats) is None  # subscribed, and nothing yet
    assert live.publish("news", b"1")
    heard = next(message for message in beats if message)
    assert heard == ("news", b"1")
    stop.set()
    live.close()


def test_without_redis_everything_goes_on() -> None:
    live, stop = Live("redis://127.0.0.1:1/0"), threading.Event()
    assert not live.ping()
    assert (live.board("k"), live.generation("k"), live.count("k", 1)) == (None, None, 0)
    assert [live.put("k", {"a": b"1"}), live.publish("c", b"1"), live.replace("k", {}, "g")] == [False] * 3
    assert next(live.listen("c", stop=stop, beat_s=0.01)) is None
    live.close()
