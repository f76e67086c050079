"""What Redis is told: the live board of each estate, and a bell for open pages. After the commit, never before.

Everything here can be lost: the board is made from SQL whenever Redis does not know our generation of it, and in any
case now and then, because what was believed yesterday is not believed today (`presence.as_shown`).
"""

from collections.abc import Iterable

import msgspec
import numpy as np
from prometheus_client import Counter
from sqlalchemy.engine import Connection, Engine

from core.clock import Clock, to_us
from core.ids import new_id
from core.live import Live, board_key, feed_channel
from occupancy import board, days, finding_store, store
from occupancy.alerts import Alert
from occupancy.arrays import NOBODY
from occupancy.folding import Folded
from occupancy.registries import Registries
from occupancy.registry import Registry

FLUSH_S = 0.25  # changed homes are gathered for so long
CHECK_S = 2.0  # how soon a wiped Redis is noticed
REFRESH_S = 300.0
AWAY_S = 5.0  # after a failure Redis is left alone so long: a dead one costs a second each time

rebuilt_total = Counter("anju_board_rebuilt_total", "Live boards written anew", ["reason"])
_encoder = msgspec.json.Encoder()


class Projection:
    """Keeps Redis in step with the store; Redis may be away for as long as it likes."""

    def __init__(self, live: Live, occupancy: Engine, registries: Registries, clock: Clock) -> None:
        self._live, self._occupancy = live, occupancy
        self._registries, self._clock = registries, clock
        self._generation = new_id()
        self._waiting: dict[str, set[str]] = {}
        self._flushed = self._checked = clock.monotonic()
        self._refreshed: dict[str, float] = {}
        self._away_until = float("-inf")

    def folded(self, done: Folded) -> None:
        """A batch was committed."""
        for estate, count in done.sightings.items():
            self._tell(estate, {"kind": "sighting", "count": count})
        for estate, homes in done.homes.items():
            self._waiting.setdefault(estate, set()).update(homes)

    def alerted(self, changed: Iterable[Alert]) -> None:
        """Alerts were committed."""
        for alert in changed:
            state = "open" if alert.closed_us is None else "closed"
            self._tell(alert.estate, {"kind": "alert", "alert": alert.alert, "state": state, "urgent": alert.urgent})
            self._waiting.setdefault(alert.estate, set()).add(alert.home)

    def tend(self) -> None:
        """Flush what was gathered, and look whether Redis still has our boards. Cheap to call often."""
        now = self._clock.monotonic()
        if now < self._away_until:
            return
        if self._waiting and now - self._flushed >= FLUSH_S:
            self._flush()
            self._flushed = now
        if now - self._checked >= CHECK_S or not self._refreshed:
            self._check(now)
            self._checked = now

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for estate, homes in waiting.items():
            registry = self._registries.of(estate)
            if registry is None:
                continue
            with self._occupancy.connect() as conn:
                lines = self._lines(conn, registry, sorted(homes))
            if self._noted(self._live.put(board_key(estate), {line.home: board.encode(line) for line in lines})):
                self._tell(estate, {"kind": "board", "homes": len(lines)})
            else:
                self._waiting.setdefault(estate, set()).update(homes)

    def _check(self, now: float) -> None:
        for estate in self._registries.estates:
            known = self._live.generation(board_key(estate)) == self._generation
            stale = now - self._refreshed.get(estate, now) >= REFRESH_S
            if not known or stale:
                self._rebuild(estate, "refresh" if known else "unknown_generation")
                self._refreshed[estate] = now

    def _rebuild(self, estate: str, reason: str) -> None:
        registry = self._registries.of(estate)
        if registry is None or not self._noted(self._live.ping()):
            return
        with self._occupancy.connect() as conn:
            lines = self._lines(conn, registry, registry.homes.ids)
        fields = {line.home: board.encode(line) for line in lines}
        if self._noted(self._live.replace(board_key(estate), fields, self._generation)):
            rebuilt_total.labels(reason).inc()
            self._tell(estate, {"kind": "board", "homes": len(lines)})

    def _noted(self, done: bool) -> bool:
        """Whether Redis did it; where it did not, it is left alone for a while."""
        if not done:
            self._away_until = self._clock.monotonic() + AWAY_S
        return done

    def _lines(self, conn: Connection, registry: Registry, homes: Iterable[str]) -> list[board.BoardLine]:
        names = [home for home in homes if registry.homes.handle(home) != NOBODY]
        now_us = to_us(self._clock.now())
        return board.lines(
            names,
            store.presence_of_homes(conn, names),
            finding_store.open_kinds(conn, registry.estate),
            _away(registry, days.number_at(now_us)),
            now_us,
        )

    def _tell(self, estate: str, message: dict[str, object]) -> None:
        if self._clock.monotonic() >= self._away_until:
            self._noted(self._live.publish(feed_channel(estate), _encoder.encode(message | {"estate": estate})))


def _away(registry: Registry, today: int) -> set[str]:
    """Homes whose whole household is away with approval."""
    absences = registry.absences
    now = (absences.person == NOBODY) & (absences.from_day <= today) & (today < absences.until_day)
    return {registry.homes.ids[home] for home in np.unique(absences.home[now])}
