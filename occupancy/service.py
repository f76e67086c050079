"""The service: one loop that folds what came, sweeps when it is time, and tells Redis. Holds the clock and the links.

A message on the wake channel only makes the next batch come sooner; without Redis the log is looked at twice a second.
A database that is away is waited for: nothing was acknowledged to anybody, and the cursors say where to go on.
"""

import threading
from collections.abc import Iterator, Mapping

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError

from core.clock import Clock, SystemClock
from core.db import Store, open_store
from core.errors import AnjuError
from core.live import WAKE_LOG, WAKE_REGISTRY, Live
from core.runtime import Check
from core.settings import Settings
from occupancy.folding import BATCH, Folding
from occupancy.projection import Projection
from occupancy.registries import Registries
from occupancy.sweeping import Sweeping

log = structlog.get_logger(__name__)
POLL_S = 0.5
GATHER_S = 0.05  # after a batch that was not full: let the next one grow
BUSY_ROWS, BUSY_S = 200, 0.4  # under load a batch costs less a row the larger it is
RETRY_S = 1.0
SHARDS_S = 5.0  # how soon a new shard is noticed
STUCK_S = 30.0

failures_total = Counter("anju_occupancy_failures_total", "Rounds that were given up and tried again", ["reason"])


class Service:
    """Occupancy, made from settings; see `core.runtime.Runnable`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._sweep_s = settings.sweep_s
        self._engines = [
            open_store(settings, Store.OCCUPANCY),
            open_store(settings, Store.RECOGNITION, read_only=True),
            open_store(settings, Store.HOUSING, read_only=True),
        ]
        occupancy, recognition, housing = self._engines
        self._live = Live(settings.redis_url)
        self._registries = Registries(housing)
        self._folding = Folding(occupancy, recognition, self._registries, self._clock)
        self._sweeping = Sweeping(occupancy, recognition, housing, self._registries)
        self._projection = Projection(self._live, occupancy, self._registries, self._clock)
        self._wake = threading.Event()
        self._well_at = self._clock.monotonic()
        self._shards: list[str] = []
        self._shards_at = self._swept_at = float("-inf")
        self._slices: Iterator[None] | None = None

    def checks(self) -> Mapping[str, Check]:
        """Ready while rounds succeed."""
        return {"rounds": lambda: self._clock.monotonic() - self._well_at < STUCK_S}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; a batch or slice under way is finished."""
        listener = threading.Thread(target=self._listen, args=(stop,), name="wake", daemon=True)
        listener.start()
        try:
            while not stop.is_set():
                self._wait(stop, self._try_round())
        finally:
            stop.set()
            listener.join()
            self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._live.close()
        for engine in self._engines:
            engine.dispose()

    def _listen(self, stop: threading.Event) -> None:
        for message in self._live.listen(WAKE_LOG, WAKE_REGISTRY, stop=stop):
            if message is not None:
                self._wake.set()

    def _wait(self, stop: threading.Event, seconds: float) -> None:
        if seconds >= POLL_S and not stop.is_set():
            self._wake.wait(seconds)
        elif seconds > 0:
            stop.wait(seconds)

    def _try_round(self) -> float:
        """One round; returns how long to wait for the next, 0 where there is more to do."""
        self._wake.clear()
        try:
            pause = self.round()
        except DBAPIError as error:
            self._give_up("database", error)
            return RETRY_S
        except AnjuError as error:  # a cursor somebody else moved, a registry that cannot be read
            self._give_up(error.code, error)
            return RETRY_S
        self._well_at = self._clock.monotonic()
        return pause

    def _give_up(self, reason: str, error: Exception) -> None:
        failures_total.labels(reason).inc()
        self._slices = None
        log.warning("round_given_up", reason=reason, error=str(error))

    def round(self) -> float:
        """Fold a batch of every shard, do a slice of the sweep if one is due, tell Redis."""
        rows = 0
        for shard in self._known_shards():
            done = self._folding.fold(shard)
            self._projection.folded(done)
            rows = max(rows, done.rows)
        swept = self._slice()
        self._projection.alerted(self._sweeping.news)
        self._sweeping.news = []
        self._projection.tend()
        if rows >= BATCH or swept:
            return 0.0
        if rows >= BUSY_ROWS:
            return BUSY_S
        return GATHER_S if rows else POLL_S

    def _known_shards(self) -> list[str]:
        now = self._clock.monotonic()
        if now - self._shards_at >= SHARDS_S or not self._shards:
            self._shards = self._folding.shards()
            self._shards_at = now
        return self._shards

    def _slice(self) -> bool:
        """One slice of the sweep; False where none is due."""
        now = self._clock.monotonic()
        if self._slices is None:
            if now - self._swept_at < self._sweep_s:
                return False
            self._slices = self._sweeping.sweep(self._clock.now())
        if next(self._slices, self) is not None:  # a slice gives None
            self._slices, self._swept_at = None, now
            return False
        return True
