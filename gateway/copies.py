"""Keeping the local copy: ask the server what changed, apply it, judge by it.

A gateway asks (`Have`) when a connection stands, when it is woken, when an answer is overdue and every now and then;
the server answers with the difference. On a new connection a withdrawn template must be gone before the next match
(D3): so deciding alone is held back until all sets are confirmed, though never longer than HOLD_BACK_S: a server that
does not answer is away, and nobody is locked out by an outage.
"""

import contextlib
import queue
import sqlite3
import threading

import structlog
from prometheus_client import Counter, Gauge

from core import sets, wire
from core.clock import Clock, to_us
from core.errors import AnjuError
from core.mqtt import Link
from core.topics import Address, Channel
from core.vault import EstateKey, SealBroken
from gateway import estate_copy
from gateway.age import CopyAge
from gateway.alone import Alone
from gateway.held_sets import Drift, Held, SetStore, Staging, apply
from gateway.threads import Crew

log = structlog.get_logger(__name__)
ASK_S = 30.0
OVERDUE_S = 5.0
HOLD_BACK_S = 2.0
REBUILD_S = 600.0  # vehicles come and go by the clock
BEAT_S = 0.5
DELTAS_MAX = 1_000

asked_total = Counter("anju_sets_asked_total", "Questions to the server about versioned sets")
refused_total = Counter("anju_sets_refused_total", "Answers that were not applied", ["reason"])
version_gauge = Gauge("anju_set_version", "Version held of a versioned set", ["name"])
unreadable_gauge = Gauge("anju_set_rows_unreadable", "Rows of the versioned sets that this release cannot use")
rows_gauge = Gauge("anju_set_rows", "Rows held of a versioned set", ["name"])


class Copies:
    """Owns the sets; one thread applies what comes.

    Args:
        alone: gets every new copy.
        age: is confirmed whenever all sets are what the server has.
    """

    def __init__(
        self,
        store: SetStore,
        key: EstateKey,
        link: Link,
        address: Address,
        clock: Clock,
        *,
        alone: Alone,
        age: CopyAge,
    ) -> None:
        self._store, self._key, self._link, self._clock = store, key, link, clock
        self._topic = Address(address.estate, address.gateway, Channel.PULL).topic()
        self._alone, self._age = alone, age
        self._held = store.load()
        self._staging = {name: Staging() for name in sets.NAMES}
        self._deltas: queue.Queue[wire.SetDelta | None] = queue.Queue(DELTAS_MAX)
        self._anew: set[str] = set()  # sets to be asked for from nothing
        self._confirmed: set[str] = set()
        self._changed = False  # since the copy in use was built
        self._asked_at = self._built_at = float("-inf")
        self._wanted = threading.Event()
        self._connected_at: float | None = None
        self.settled = threading.Event()  # confirmed since the connection stands
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._rebuild()

    def start(self, crew: Crew) -> None:
        """Begin to ask and apply."""
        self._thread = crew.start("copies", self._run)

    def stop(self) -> None:
        """End; the age is kept."""
        self._stop.set()
        self._stir()
        if self._thread is not None:
            self._thread.join()
        self._save_mark()
        self._store.close()

    def connected(self) -> None:
        """A connection stands: everything is in doubt until the server confirms it."""
        self.settled.clear()
        self._connected_at = self._clock.monotonic()
        self.wake()

    def wake(self) -> None:
        """The server says that something changed."""
        self._wanted.set()
        self._stir()

    def take(self, delta: wire.SetDelta) -> None:
        """An answer, or a part of one."""
        if delta.name not in sets.NAMES:
            refused_total.labels("unknown_set").inc()
            return
        try:
            self._deltas.put_nowait(delta)
        except queue.Full:
            refused_total.labels("too_many").inc()  # it is asked for again

    def _stir(self) -> None:
        with contextlib.suppress(queue.Full):
            self._deltas.put_nowait(None)

    def held_back(self) -> bool:
        """Whether a match must wait because the copy is being brought up to date."""
        since = self._connected_at
        if since is None or self.settled.is_set() or not self._link.connected:
            return False
        return self._clock.monotonic() - since < HOLD_BACK_S

    def versions(self) -> dict[str, int]:
        """The versions held, by name."""
        return {name: held.version for name, held in self._held.items()}

    def _run(self) -> None:
        while not self._stop.is_set():
            self._ask_if_due()
            with contextlib.suppress(queue.Empty):
                part = self._deltas.get(timeout=BEAT_S)
                if part is not None:
                    self._apply(part)
            old = self._clock.monotonic() - self._built_at > REBUILD_S
            if old or (self._changed and self._deltas.empty()):
                self._rebuild()

    def _ask_if_due(self) -> None:
        patience = ASK_S if self.settled.is_set() else OVERDUE_S
        due = self._clock.monotonic() - self._asked_at > patience
        if not (due or self._wanted.is_set()) or not self._link.connected:
            return
        self._wanted.clear()
        self._asked_at = self._clock.monotonic()
        self._confirmed = set()
        for name in sets.NAMES:
            self._ask(name)

    def _ask(self, name: str) -> None:
        held = Held() if name in self._anew else self._held[name]
        question = wire.Have(v=wire.VERSION, name=name, version=held.version, digest=held.digest)
        self._link.publish(self._topic, wire.encode(question), qos=0)
        asked_total.inc()

    def _apply(self, part: wire.SetDelta) -> None:
        whole = self._staging[part.name].add(part)
        if whole is None:
            return
        held = self._held[whole.name]
        try:
            after = apply(held, whole, self._key)
            changed = after.digest != held.digest
            if changed or after.version != held.version:
                self._store.save(whole)
        except Drift as error:
            self._refuse(whole.name, error, again=whole.base != 0)
            return
        except SealBroken as error:
            self._refuse(whole.name, error, again=False)
            return
        except sqlite3.Error as error:  # the disk: the copy in memory is the truth until the next start
            refused_total.labels("disk").inc()
            log.error("set_not_saved", name=whole.name, error=str(error))  # noqa: TRY400 - told in words
        self._hold(whole.name, after, changed)

    def _hold(self, name: str, after: Held, changed: bool) -> None:
        self._held = {**self._held, name: after}
        self._anew.discard(name)
        if changed:
            self._changed = True
            log.info("set_updated", name=name, version=after.version, rows=len(after.rows))
        self._confirmed.add(name)
        if len(self._confirmed) == len(sets.NAMES):
            if self._changed:
                self._rebuild()  # before anybody may match
            self._age.confirm(self._clock)
            self.settled.set()
            self._save_mark()

    def _refuse(self, name: str, error: AnjuError, *, again: bool) -> None:
        """Not applied: asked for from nothing, at once where that promises more than the next turn."""
        refused_total.labels(error.code).inc()
        log.warning("set_refused", name=name, error=str(error))
        self._anew.add(name)
        if again:
            self._ask(name)

    def _rebuild(self) -> None:
        self._built_at, self._changed = self._clock.monotonic(), False
        for name, held in self._held.items():
            version_gauge.labels(name).set(held.version)
            rows_gauge.labels(name).set(len(held.rows))
        if not any(held.version for held in self._held.values()):
            return
        rows = {name: held.rows for name, held in self._held.items()}
        version = self._held[sets.RIGHTS].version
        copy, unreadable = estate_copy.build(
            self._key.estate, version, rows, to_us(self._clock.now()), self._alone.copy
        )
        unreadable_gauge.set(unreadable)
        if unreadable:
            log.error("rows_unreadable", count=unreadable, mend="bring the gateway to the server's release")
        self._alone.use(copy)

    def _save_mark(self) -> None:
        try:
            self._store.save_mark(self._age.mark(self._clock))
        except sqlite3.Error as error:
            log.warning("age_not_saved", error=str(error))
