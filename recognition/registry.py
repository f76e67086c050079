"""Follows the registry in the background: fresh snapshots for deciding, versioned sets for gateways.

Every change of the registry has a number. A wake-up through Redis makes the next look come at once; without one it
comes within a second. Searches go on with the old snapshot until the new one stands.
"""

import queue
import threading
from collections.abc import Mapping

import structlog
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.engine import Connection, Engine

from core import sets, wire
from core.clock import Clock, to_us
from core.errors import AnjuError
from core.live import WAKE_REGISTRY, Live
from core.mqtt import Link
from core.topics import Address, Channel
from core.vault import Vault
from housing.registry import reading
from recognition.downlink import EstateSets
from recognition.estate import EstateView
from recognition.loading import Loader
from recognition.threshold_files import NOTHING_MEASURED, Measured

log = structlog.get_logger(__name__)
MAX_PULLS = 10_000
AGE_MAX_S = 600.0  # validity by the clock (a vehicle's first day) is looked at anew at least so often

version_gauge = Gauge("anju_registry_version", "Newest change of the registry in use", ["estate"])
load_seconds = Histogram("anju_registry_load_seconds", "Loading an estate's snapshot")
pulls_refused_total = Counter(
    "anju_pulls_refused_total", "Questions of gateways that could not be answered", ["reason"]
)


class Registry:
    """Snapshots by estate, swapped whole; `views` may be read from any thread."""

    def __init__(
        self,
        housing: Engine,
        vault: Vault,
        link: Link,
        live: Live,
        clock: Clock,
        *,
        only: tuple[str, ...] = (),
        measured: Mapping[str, Measured] = NOTHING_MEASURED,
    ) -> None:
        self._housing, self._vault, self._link, self._live, self._clock = housing, vault, link, live, clock
        self._only, self._measured = only, measured
        self._views: Mapping[str, EstateView] = {}
        self._loaded_at: dict[str, float] = {}
        self._loaders: dict[str, Loader] = {}
        self._sets: dict[str, EstateSets] = {}
        self._pulls: queue.Queue[tuple[Address, wire.Have]] = queue.Queue(MAX_PULLS)
        self._stop = threading.Event()
        self.loaded = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry")

    def views(self) -> Mapping[str, EstateView]:
        """The newest snapshot of each estate."""
        return self._views

    def start(self) -> None:
        """Load everything once, then follow in the background."""
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the following."""
        self._stop.set()
        self._thread.join()

    def ask(self, address: Address, have: wire.Have) -> None:
        """A gateway says what it has; the answer goes out from the background thread."""
        if have.name not in sets.NAMES or address.estate not in self._views:
            pulls_refused_total.labels("unknown_set" if have.name not in sets.NAMES else "estate_unknown").inc()
            return
        try:
            self._pulls.put_nowait((address, have))
        except queue.Full:
            pulls_refused_total.labels("too_many").inc()  # it asks again by itself

    def refresh(self) -> None:
        """Load what changed; gateways of a changed estate are woken."""
        with self._housing.connect() as connection:
            for estate in reading.estates(connection):
                if (not self._only or estate in self._only) and self._outdated(connection, estate):
                    self._load(connection, estate)
        self.loaded.set()

    def _outdated(self, connection: Connection, estate: str) -> bool:
        view = self._views.get(estate)
        if view is None or self._clock.monotonic() - self._loaded_at[estate] > AGE_MAX_S:
            return True
        return reading.newest_change(connection, estate, "gallery", "rights") != view.version

    def _load(self, connection: Connection, estate: str) -> None:
        key = self._vault.estate(estate)
        loader = self._loaders.setdefault(estate, Loader(estate, key))
        previous = self._views.get(estate)
        with load_seconds.time():
            view = loader.load(connection, to_us(self._clock.now()), previous)
        self._views = {**self._views, estate: view}
        self._loaded_at[estate] = self._clock.monotonic()
        self._sets.setdefault(estate, EstateSets(estate, key, self._measured))
        version_gauge.labels(estate).set(view.version)
        if previous is None or previous.version != view.version:
            log.info("registry_loaded", estate=estate, version=view.version)
            for gateway in reading.gateways(connection, estate):
                self._link.publish(Address(estate, gateway.gateway, Channel.WAKE).topic(), b"", qos=0)

    def _run(self) -> None:
        beats = self._live.listen(WAKE_REGISTRY, stop=self._stop, beat_s=0.5)
        for _ in beats:
            try:
                self.refresh()
                self._answer_pulls()
            except AnjuError as error:
                log.error("registry_refresh_failed", code=error.code, error=str(error))  # noqa: TRY400 - told in words

    def _answer_pulls(self) -> None:
        while not self._stop.is_set():
            try:
                address, have = self._pulls.get_nowait()
            except queue.Empty:
                return
            estate_sets = self._sets[address.estate]
            with self._housing.connect() as connection:
                estate_sets.refresh(connection)
            topic = Address(address.estate, address.gateway, Channel.SET).topic()
            for delta in estate_sets.answer(have):
                self._link.publish(topic, wire.encode(delta))
