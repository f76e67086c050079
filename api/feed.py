"""The one live channel: what happens now, told to every open page that may see it.

SQL holds the truth and Redis is only the bell: a message says that the log grew, or that something changed in an
estate; what it is gets read from the stores, from a cursor that every process keeps for itself. So any number of
workers tell the same, a bell that was missed (Redis away, a restart) costs one beat of a second, and nothing that was
not committed is ever shown. A reader that is too slow loses its oldest rows, counted; its page fetches itself anew.

One thread listens, one reads; each open page has a bounded queue on its own event loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from typing import Protocol

import msgspec
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from api.errors import Unavailable
from core.live import WAKE_LOG, Live, feed_channel

log = structlog.get_logger(__name__)
BEAT_S = 1.0  # without a bell the stores are read so often
LISTEN_S = 1.0  # how long the ear waits before it looks whether it is wanted
REST_S = 0.1  # between two readings, however often the bell rings
QUEUE_MAX = 200
BEATS_A_LISTENING = 60  # then it is asked again which estates there are
READERS_MAX = 500

readers_gauge = Gauge("anju_feed_readers", "Open live feeds")
dropped_total = Counter("anju_feed_dropped_total", "Live rows left out", ["reason"])
refused_total = Counter("anju_feed_refused_total", "Live feeds that were not opened", ["reason"])
read_failures_total = Counter("anju_feed_read_failures_total", "Readings of the stores that failed")


class News(msgspec.Struct, frozen=True):
    """Something new in an estate: `kind` is sighting, board, needs or stale; `row` what the source made of it."""

    estate: str
    kind: str
    row: object
    cursor: str = ""


class Source(Protocol):
    """Where news comes from."""

    def estates(self) -> list[str]:
        """Every estate there is."""
        ...

    def read(self, watched: frozenset[str], *, board: bool) -> list[News]:
        """What is new since the last reading, in order; the board too where `board`."""
        ...

    def after(self, estate: str, cursor: str) -> list[News] | None:
        """What a page that stopped at `cursor` missed; None where it must fetch itself anew."""
        ...


class Subscription:
    """One open page's queue. `next` is awaited on the loop that made it."""

    def __init__(self, estate: str, loop: asyncio.AbstractEventLoop) -> None:
        self.estate = estate
        self.closed = False
        self.lost = 0
        self._loop = loop
        self._news: deque[News] = deque(maxlen=QUEUE_MAX)
        self._ready = asyncio.Event()

    def put(self, news: list[News]) -> None:
        """Hand over from any thread; a full queue loses its oldest."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._append, news)

    def _append(self, news: list[News]) -> None:
        over = max(0, len(self._news) + len(news) - QUEUE_MAX)
        if over:
            self.lost += over
            dropped_total.labels("slow_reader").inc(over)
        self._news.extend(news)
        self._ready.set()

    def end(self) -> None:
        """Wake the reader for the last time, from any thread."""
        self.closed = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)

    async def next(self, timeout_s: float) -> list[News]:
        """Everything that waits, or nothing after `timeout_s`."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout_s)
        except TimeoutError:
            return []
        self._ready.clear()
        news = list(self._news)
        self._news.clear()
        return news


class Hub:
    """Reads what is new once for all pages of this process."""

    def __init__(self, source: Source, live: Live) -> None:
        self._source = source
        self._live = live
        self._stop = threading.Event()
        self._bell = threading.Event()
        self._board = threading.Event()
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._threads = [
            threading.Thread(target=self._listen, name="feed-listen", daemon=True),
            threading.Thread(target=self._work, name="feed-read", daemon=True),
        ]

    def start(self) -> None:
        """Listen and read until `stop`."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End every feed and both threads."""
        self._stop.set()
        self._bell.set()
        with self._lock:
            for subscription in self._subscriptions:
                subscription.end()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def require_room(self) -> None:
        """Raise Unavailable where too many feeds are open or the process is ending; asked before an answer begins."""
        if self._stop.is_set() or len(self._subscriptions) >= READERS_MAX:
            refused_total.labels("too_many_readers").inc()
            raise Unavailable(
                "实时连接过多。", "Too many live feeds are open.",
                mend_zh="请关闭不用的页面，稍后会自动重连。",
                mend_en="Close pages you do not use; this one tries again by itself.",
            )  # fmt: skip

    def subscribe(self, estate: str) -> Subscription:
        """A queue for one page, on the running loop."""
        subscription = Subscription(estate, asyncio.get_running_loop())
        with self._lock:
            self._subscriptions.add(subscription)
            readers_gauge.set(len(self._subscriptions))
        if self._stop.is_set():
            subscription.end()
        self._bell.set()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """The page is gone."""
        with self._lock:
            self._subscriptions.discard(subscription)
            readers_gauge.set(len(self._subscriptions))

    def after(self, estate: str, cursor: str) -> list[News] | None:
        """What a page that stopped at `cursor` missed; None where it must fetch itself anew."""
        return self._source.after(estate, cursor)

    def _watched(self) -> frozenset[str]:
        with self._lock:
            return frozenset(subscription.estate for subscription in self._subscriptions)

    def _listen(self) -> None:
        """Ring at every message; ask every minute whether there are new estates."""
        while not self._stop.is_set():
            channels = [WAKE_LOG, *(feed_channel(estate) for estate in self._estates())]
            for beats, message in enumerate(self._live.listen(*channels, stop=self._stop, beat_s=LISTEN_S)):
                if message is not None:
                    if message[0] != WAKE_LOG:
                        self._board.set()
                    self._bell.set()
                elif beats >= BEATS_A_LISTENING:
                    break

    def _estates(self) -> list[str]:
        try:
            return self._source.estates()
        except SQLAlchemyError as error:
            read_failures_total.inc()
            log.warning("feed_estates_unread", error=str(error))
            return []

    def _work(self) -> None:
        watched: frozenset[str] = frozenset()
        beats = 0
        while not self._stop.is_set():
            rung = self._bell.wait(BEAT_S)
            self._bell.clear()
            beats += 1
            before, watched = watched, self._watched()
            if not watched and not before:
                continue
            try:
                board = self._board.is_set() or beats % 5 == 0 or watched != before
                self._board.clear()
                self._tell(self._source.read(watched, board=board))
            except SQLAlchemyError as error:
                read_failures_total.inc()
                log.warning("feed_unread", error=str(error))
            if rung:
                self._stop.wait(REST_S)

    def _tell(self, news: list[News]) -> None:
        if not news:
            return
        by_estate: dict[str, list[News]] = {}
        for item in news:
            by_estate.setdefault(item.estate, []).append(item)
        with self._lock:
            open_now = list(self._subscriptions)
        for subscription in open_now:
            if subscription.estate in by_estate:
                subscription.put(by_estate[subscription.estate])


def event(kind: str, data: str, identity: str = "") -> bytes:
    """One server-sent event (HTML standard, 9.2): every line of `data` on a line of its own."""
    lines = [f"event: {kind}", *(f"id: {identity}" for _ in range(bool(identity)))]
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


HEARTBEAT = b": beat\n\n"
SSE_HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
