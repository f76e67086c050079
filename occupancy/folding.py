"""Follow the sightings log: a batch at a time into presence and the list of dirty home-days, with its cursor.

One transaction a batch. Whatever kills the process between two batches, or inside one, the store holds exactly what the
cursor says; the next start reads on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.engine import Connection, Engine

from core import log
from core.clock import US_PER_SECOND, Clock, to_us
from core.db import writing
from occupancy import fold, store
from occupancy.attach import attach
from occupancy.encoding import LOG_COLUMNS, count_unplaced, encode, unplaced_total
from occupancy.presence import PASS, PERSON, PresenceRow
from occupancy.registries import Registries
from occupancy.registry import Registry

BATCH = 8_192  # rows in one transaction; about 0.3 s of work on a slow core
_ESTATE, _POS, _RECEIVED = range(len(LOG_COLUMNS), len(LOG_COLUMNS) + 3)

folded_total = Counter("anju_occupancy_folded_total", "Sightings folded into presence")
fold_seconds = Histogram("anju_occupancy_fold_seconds", "One batch, from reading the log to the commit")
lag_gauge = Gauge("anju_occupancy_lag_seconds", "Age of the newest sighting folded, by when it was received", ["shard"])
missed_total = Counter("anju_presence_missed_readings_total", "Readings that must be missing, by way", ["way"])


@dataclass(kw_only=True)
class Folded:
    """What one batch was: sightings by estate, and the homes whose people moved."""

    rows: int = 0
    sightings: dict[str, int] = field(default_factory=dict)
    homes: dict[str, set[str]] = field(default_factory=dict)


class Folding:
    """Folds shards of the log into the occupancy store."""

    def __init__(self, occupancy: Engine, recognition: Engine, registries: Registries, clock: Clock) -> None:
        self._occupancy, self._recognition = occupancy, recognition
        self._registries, self._clock = registries, clock

    def shards(self) -> list[str]:
        """Every shard of the log."""
        with self._recognition.connect() as conn:
            return log.shards(conn)

    def fold(self, shard: str, limit: int = BATCH) -> Folded:
        """Fold the next batch of a shard; its `rows` is 0 where there was none.

        Raises CursorMoved where another service folds the same log; nothing is written then.
        """
        started = self._clock.monotonic()
        source = f"log:{shard}"
        with self._occupancy.connect() as conn:
            before = store.cursor(conn, source)
        with self._recognition.connect() as conn:
            rows: Sequence[Any] = log.read_after(
                conn, shard, before, limit, *LOG_COLUMNS, "estate", "pos", "received_us"
            )
        if not rows:
            return Folded()
        self._registries.refresh(self._clock.now())  # after the log was read: see `registries`
        with writing(self._occupancy) as conn:
            done = self._fold(conn, rows)
            store.move_cursor(conn, source, before, int(rows[-1][_POS]))
        folded_total.inc(len(rows))
        fold_seconds.observe(self._clock.monotonic() - started)
        age_us = to_us(self._clock.now()) - int(rows[-1][_RECEIVED])
        lag_gauge.labels(shard).set(max(0, age_us) / US_PER_SECOND)
        return done

    def _fold(self, conn: Connection, rows: Sequence[Any]) -> Folded:
        done = Folded(rows=len(rows))
        for estate in sorted({row[_ESTATE] for row in rows}):
            theirs = [row for row in rows if row[_ESTATE] == estate]
            registry = self._registries.of(estate)
            if registry is None:
                unplaced_total.labels("unknown_estate").inc(len(theirs))
                continue
            done.sightings[estate] = len(theirs)
            done.homes[estate] = _fold_estate(conn, registry, theirs)
        return done


def _fold_estate(conn: Connection, registry: Registry, rows: Sequence[Any]) -> set[str]:
    """Fold rows of one estate; returns the homes whose people's presence changed."""
    sightings = encode(rows, registry)
    count_unplaced(rows, sightings, registry)
    at = attach(sightings, registry)
    homes, when = fold.dirty_days(at)
    store.mark_dirty(conn, registry.estate, [(registry.homes.ids[h], int(d)) for h, d in zip(homes, when, strict=True)])
    groups = fold.moves(sightings, at, registry)
    new = [latest for group in groups for latest in fold.latest(group, registry)]
    before = store.presence_rows(conn, [(latest.kind, latest.subject) for latest in new])
    _count_missed(groups, registry, before)
    after = [fold.merged(registry.estate, before.get((latest.kind, latest.subject)), latest) for latest in new]
    changed = fold.changed(before, after)
    store.put_presence(conn, changed)
    old = (before[key].home for row in changed if (key := (row.kind, row.subject)) in before)
    return {home for home in (*(row.home for row in changed), *old) if home is not None}


def _count_missed(groups: Sequence[fold.Moves], registry: Registry, before: dict[fold.Key, PresenceRow]) -> None:
    for group in groups:
        if group.kind in {PERSON, PASS}:
            names = registry.persons if group.kind == PERSON else registry.passes
            for way, count in fold.count_missed(group, names, before).items():
                missed_total.labels(way.name.lower()).inc(count)
