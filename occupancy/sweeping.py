"""The sweep: absences make no events, so from time to time everything is looked at.

In slices, so that sightings are folded in between: what the registry changed marks days, outages are counted, dirty
home-days are made again, and the rules judge. Once a day, and after a start, they judge all homes. In between, a home
that was merely seen today is judged only if something is open about it, which today may end or raise, or if nobody has
a right to it any more: its use is told of the same day (L12). A home whose past or papers changed is judged in any
case. Homes that may have been swapped are judged together.

Each slice is a transaction of its own. A sweep that was cut off leaves its dirty days and its cursors where they are.
"""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.engine import Engine

from core import log
from core.clock import to_us
from core.db import writing
from housing.parameters import UNSEEN_DAY_PERCENT
from housing.registry import reading
from occupancy import alerts, blindness, days, finding_store, judging, store
from occupancy.alerts import Alert
from occupancy.arrays import Int32s
from occupancy.homedays import recompute
from occupancy.log_days import FEW_HOMES, read_days
from occupancy.outages import blind_share
from occupancy.registries import Registries
from occupancy.registry import Registry
from occupancy.rules import RULES, WINDOW
from occupancy.rules.base import View
from occupancy.store import EVERY_HOME

HOMES_AT_ONCE = 250  # judged in one slice; a home's window of days is read in about 7 ms
SWAP_DAYS = 28  # homes in which another household showed in so many days are judged together
DAYS_AT_ONCE = 31  # made again in one slice for few homes; for many, one day
_CHANGES = 1_000

dirty_gauge = Gauge("anju_occupancy_dirty", "Home-days waiting to be made again")
home_days_total = Counter("anju_occupancy_home_days_total", "Home-days made")
findings_total = Counter("anju_findings_total", "Findings written, by kind and stage", ["kind", "stage"])
alerts_gauge = Gauge("anju_alerts_open", "Open alerts, by kind", ["kind"])
waiting_gauge = Gauge("anju_alerts_waiting", "Accusations whose alert waits for the week's budget, by kind", ["kind"])
false_gauge = Gauge("anju_findings_expected_false", "Mean doubt of the accusations that stand, by kind", ["kind"])
slice_seconds = Histogram("anju_occupancy_slice_seconds", "One slice of a sweep", ["work"])


class Sweeping:
    """Does the slices; `sweep` gives them one by one. `news` collects the alerts that changed, for whoever tells."""

    def __init__(self, occupancy: Engine, recognition: Engine, housing: Engine, registries: Registries) -> None:
        self._occupancy, self._recognition, self._housing = occupancy, recognition, housing
        self._registries = registries
        self._seen: dict[str, set[str]] = {}  # today's home-days were made again
        self._changed: dict[str, set[str]] = {}  # their past or their papers are not what they were
        self._judged_all: dict[str, int] = {}  # not stored: a start judges everything anew
        self.news: list[Alert] = []

    def sweep(self, now: datetime) -> Iterator[None]:
        """A whole sweep as of `now`, yielding after each slice."""
        self._registries.refresh(now)
        self._registries.reload(now)
        for estate in self._registries.estates:
            registry = self._registries.of(estate)
            observed_from = self._observed_from(estate)
            if registry is None or observed_from is None:
                continue
            yield from self._follow_registry(registry, observed_from, now)
            yield from self._count_outages(registry, observed_from, now)
            yield from self._remake(estate, days.number_at(to_us(now)))
            yield from self._judge(estate, observed_from, now)
            self._open_waiting(estate, now)
            yield
        self._measure()

    def _observed_from(self, estate: str) -> int | None:
        """The first day on which anything of an estate was seen; None before that."""
        s = log.sightings.c
        with self._recognition.connect() as conn:
            first_us = conn.scalar(sa.select(sa.func.min(s.taken_us)).where(s.estate == estate))
        with self._occupancy.connect() as conn:
            first_day = store.first_home_day(conn, estate)
        known = [days.number_at(first_us)] if first_us is not None else []
        return min(known + ([days.number(first_day)] if first_day else []), default=None)

    def _follow_registry(self, registry: Registry, observed_from: int, now: datetime) -> Iterator[None]:
        """Mark the days that changes of the registry concern."""
        source, today = f"registry:{registry.estate}", days.number_at(to_us(now))
        more = True
        while more:
            with slice_seconds.labels("registry").time(), writing(self._occupancy) as conn:
                before = store.cursor(conn, source)
                with self._housing.connect() as housing:
                    changes = reading.changes_after(housing, registry.estate, before, _CHANGES)
                for change in (change for change in changes if change.kind == "home"):
                    first = observed_from if change.from_day is None else days.number(change.from_day)
                    until = today + 1 if change.until_day is None else days.number(change.until_day)
                    span = range(max(first, observed_from), min(until, today + 1))
                    store.mark_dirty(conn, registry.estate, [(change.subject, day) for day in span])
                    every = change.subject == EVERY_HOME
                    homes = set(registry.homes.ids) if every else {change.subject}
                    self._changed.setdefault(registry.estate, set()).update(homes)
                if changes:
                    store.move_cursor(conn, source, before, changes[-1].version)
            more = len(changes) == _CHANGES
            yield
        self._registries.refresh(now)  # what marked the days is known when they are made again

    def _count_outages(self, registry: Registry, observed_from: int, now: datetime) -> Iterator[None]:
        """Mark the days on which outages are known otherwise than they were."""
        now_us = to_us(now)
        with slice_seconds.labels("outages").time():
            with self._recognition.connect() as recognition, self._housing.connect() as housing:
                after = blindness.declared(recognition, housing, registry, days.start_us(observed_from), now_us)
            with writing(self._occupancy) as conn:
                changed = blindness.difference(blindness.counted(conn, registry.estate, now_us), after)
                for day, homes in blindness.touched(registry, changed.values()).items():
                    every = len(homes) == len(registry.homes)
                    names = [EVERY_HOME] if every else [registry.homes.ids[home] for home in homes]
                    store.mark_dirty(conn, registry.estate, [(name, day) for name in names])
                blindness.put(conn, registry.estate, after, changed)
        yield

    def _remake(self, estate: str, today: int) -> Iterator[None]:
        """Make dirty home-days again, the newest first, by the registry as it is at each slice."""
        while (registry := self._registries.of(estate)) is not None:
            with slice_seconds.labels("home_days").time(), self._occupancy.connect() as conn:
                cells = store.newest_dirty(conn, registry.estate, DAYS_AT_ONCE)
            if not cells:
                return
            homes = _handles(registry, {home for names in cells.values() for home in names})
            if len(homes) > FEW_HOMES:
                cells = {max(cells): cells[max(cells)]}
                homes = _handles(registry, set(cells[max(cells)]))
            self._remake_days(registry, homes, cells)
            touched = self._seen if min(cells) >= today else self._changed
            touched.setdefault(estate, set()).update(registry.homes.ids[home] for home in homes)
            yield

    def _remake_days(self, registry: Registry, homes: Int32s, cells: dict[int, list[str]]) -> None:
        first, count = min(cells), max(cells) - min(cells) + 1
        with slice_seconds.labels("home_days").time(), writing(self._occupancy) as conn:
            with self._recognition.connect() as recognition:
                seen = read_days(recognition, registry, first, count, homes)
            blind = blindness.intervals(conn, registry, days.start_us(first), days.start_us(first + count))
            share = blind_share(blind, registry.places, homes, first, count)
            made = recompute(seen, registry, first, count, homes=homes, outage_share=share)
            store.replace_home_days(conn, registry.estate, registry.homes, made, cells)
        home_days_total.inc(len(homes) * len(cells))

    def _judge(self, estate: str, observed_from: int, now: datetime) -> Iterator[None]:
        """Let the rules look at the homes that need it, once a day at all of them."""
        registry, today = self._registries.of(estate), days.number_at(to_us(now))
        if registry is None:
            return
        with self._occupancy.connect() as conn:
            swapped = set(store.swapped_homes(conn, estate, today - SWAP_DAYS))
            concerned = {home for home, _kind, _stage in finding_store.open_kinds(conn, estate)}
        concerned |= {registry.homes.ids[home] for home in registry.leases.over(len(registry.homes), today)}
        names = self._changed.get(estate, set()) | (self._seen.get(estate, set()) & concerned)
        if self._judged_all.get(estate) != today:
            names = set(registry.homes.ids)
        together, apart = swapped if names & swapped else set(), names - swapped
        for homes in (_handles(registry, together), *_slices(_handles(registry, apart))):
            if len(homes):
                with slice_seconds.labels("rules").time():
                    self._judge_homes(registry, homes, observed_from, now)
                yield
        self._changed.pop(estate, None)
        self._seen.pop(estate, None)
        self._judged_all[estate] = today

    def _judge_homes(self, registry: Registry, homes: Int32s, observed_from: int, now: datetime) -> None:
        """One transaction: what the rules say about some homes becomes findings and alerts."""
        now_us = to_us(now)
        today, names = days.number_at(now_us), [registry.homes.ids[home] for home in homes]
        changed_alerts: list[Alert] = []
        with writing(self._occupancy) as conn:
            view = self._view(conn, registry, homes, observed_from, today)
            for rule in RULES.values():
                open_now = finding_store.open_findings(conn, rule.kind, names)
                elsewhere = finding_store.raised_elsewhere(conn, registry.estate, rule.kind, set(names))
                changed = judging.judge(rule, view, open_now, elsewhere, now_us)
                finding_store.put_findings(conn, changed)
                theirs = alerts.follow(rule, finding_store.alerts_of(conn, changed), changed, now_us)
                finding_store.put_alerts(conn, theirs)
                changed_alerts += theirs
                for finding in changed:
                    findings_total.labels(rule.kind, finding.stage if finding.is_open else "ended").inc()
        self.news += changed_alerts

    def _open_waiting(self, estate: str, now: datetime) -> None:
        """One transaction: accusations without an alert get theirs, as far as the week's budget goes."""
        now_us = to_us(now)
        with writing(self._occupancy) as conn:
            opened = alerts.within_budget(
                RULES,
                [finding_store.finding_of(row) for row in conn.execute(finding_store.waiting(estate))],
                opened=finding_store.opened_since(conn, estate, alerts.week_start_us(now_us)),
                values=self._registries.values(estate),
                now_us=now_us,
            )
            finding_store.put_alerts(conn, opened)
        self.news += opened

    def _view(self, conn: sa.Connection, registry: Registry, homes: Int32s, observed_from: int, today: int) -> View:
        values, names = self._registries.values(registry.estate), registry.homes
        share = values.on(UNSEEN_DAY_PERCENT, today) / 100
        return View(
            registry=registry,
            values=values,
            observed_from=observed_from,
            complete=False,
            days=store.window(conn, registry.estate, names, homes, today - WINDOW + 1, WINDOW),
            last_entry=store.last_entries(conn, names, homes, days.start_us(today + 1)),
            unseen=store.unseen_days(conn, names, homes, share),
        )

    def _measure(self) -> None:
        with self._occupancy.connect() as conn:
            dirty_gauge.set(store.count_dirty(conn))
            open_alerts, waiting = finding_store.count_open_alerts(conn), finding_store.count_waiting(conn)
            doubts = finding_store.expected_false(conn)
        for kind in RULES:
            waiting_gauge.labels(kind).set(waiting.get(kind, 0))
            false_gauge.labels(kind).set(doubts.get(kind, 0.0))
            alerts_gauge.labels(kind).set(open_alerts.get(kind, 0))


def _slices(homes: Int32s) -> Iterator[Int32s]:
    """So many homes at a time, each slice no longer than folding can wait."""
    return (homes[start : start + HOMES_AT_ONCE] for start in range(0, len(homes), HOMES_AT_ONCE))


def _handles(registry: Registry, names: set[str]) -> Int32s:
    """(h,) ascending handles of the homes named; of every home where EVERY_HOME is among them."""
    if EVERY_HOME in names:
        return np.arange(len(registry.homes), dtype=np.int32)
    handles = sorted(handle for handle in registry.homes.handles(names) if handle >= 0)
    return np.array(handles, np.int32)
