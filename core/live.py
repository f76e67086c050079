"""Redis: what can be rebuilt. Live board, feed to open pages, wake-ups, rate limits.

SQL holds the truth, so Redis may be away: writes are then counted and dropped, readers fall back to SQL, and whoever
owns a projection rebuilds it when Redis is back (it asks `generation`, which a wiped Redis has lost).
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, cast

import redis
import structlog
from prometheus_client import Counter, Gauge

log = structlog.get_logger(__name__)
T = TypeVar("T")
TIMEOUT_S = 1.0

failures_total = Counter("anju_live_failures_total", "Uses of Redis that failed and were left out", ["use"])
up_gauge = Gauge("anju_live_up", "1 while Redis answers")


class Live:
    """A connection that never stops its owner: when Redis is away, uses return their fallback."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

    def _try(self, use: str, call: Callable[[], object], fallback: T) -> T:
        try:
            result = call()
        except redis.RedisError as error:
            failures_total.labels(use).inc()
            up_gauge.set(0)
            log.debug("live_unavailable", use=use, error=str(error))
            return fallback
        up_gauge.set(1)
        return cast(T, result)

    def ping(self) -> bool:
        """Whether Redis answers."""
        return self._try("ping", self._redis.ping, fallback=False)

    def put(self, key: str, fields: Mapping[str, bytes]) -> bool:
        """Set fields of a hash (the board of an estate: one field a home or door)."""
        if not fields:
            return True
        return self._try("put", lambda: self._redis.hset(key, mapping=dict(fields)) >= 0, fallback=False)  # type: ignore[arg-type]

    def replace(self, key: str, fields: Mapping[str, bytes], generation: str) -> bool:
        """Write a whole projection at once and say which generation it is."""

        def call() -> bool:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                if fields:
                    pipe.hset(key, mapping=dict(fields))  # type: ignore[arg-type]
                pipe.set(f"{key}:generation", generation)
                pipe.execute()
            return True

        return self._try("replace", call, fallback=False)

    def generation(self, key: str) -> str | None:
        """The generation of a projection; None when Redis is away or lost it."""
        value = self._try("generation", lambda: self._redis.get(f"{key}:generation"), fallback=cast(bytes | None, None))
        return value.decode() if value else None

    def board(self, key: str) -> dict[str, bytes] | None:
        """All fields of a hash; None when Redis is away."""
        raw = self._try("board", lambda: self._redis.hgetall(key), fallback=cast(dict[bytes, bytes] | None, None))
        return None if raw is None else {name.decode(): value for name, value in raw.items()}

    def publish(self, channel: str, payload: bytes) -> bool:
        """Tell whoever listens now."""
        return self._try("publish", lambda: self._redis.publish(channel, payload) >= 0, fallback=False)

    def count(self, key: str, seconds: int) -> int:
        """How often `count` was called for `key` within its window (rate limits); 0 when Redis is away."""

        def call() -> int:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, seconds, nx=True)
                return int(pipe.execute()[0])

        return self._try("count", call, fallback=0)

    def listen(self, *channels: str, stop: threading.Event, beat_s: float = 1.0) -> Iterator[tuple[str, bytes] | None]:
        """Messages of `channels` until `stop`; None at every beat without one, and while Redis is away."""
        while not stop.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as listener:  # type: ignore[no-untyped-call]
                    listener.subscribe(*channels)
                    while not stop.is_set():
                        message = listener.get_message(timeout=beat_s)
                        yield (message["channel"].decode(), message["data"]) if message else None
            except redis.RedisError as error:
                failures_total.labels("listen").inc()
                log.debug("live_unavailable", use="listen", error=str(error))
                stop.wait(beat_s)
                yield None

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()


def feed_channel(estate: str) -> str:
    """Where an estate's new sightings and alerts are told to open pages."""
    return f"anju:{{{estate}}}:feed"


def board_key(estate: str) -> str:
    """The live board of an estate."""
    return f"anju:{{{estate}}}:board"


WAKE_LOG = "anju:wake:log"  # the sightings log grew
WAKE_REGISTRY = "anju:wake:registry"  # the registry changed
