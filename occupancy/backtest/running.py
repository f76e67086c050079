"""A back-test from end to end: the registry in, sightings folded week by week, a sweep at the end of every day.

Two passes: the file is read once and sorted onto shelves by its days; then each shelf is folded to home-days and every
evening of it is swept. Several sets of parameters are judged over the same home-days, so that comparing costs no second
fold. A back-test knows the registry as it is in its files: absences, leases, swaps and passes from the start, while a
visit, a renewal applied for or a consent to care counts from its own day on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.clock import Clock, SystemClock
from core.errors import InvalidValue
from housing.parameters import ParameterRow
from housing.registry import importing
from occupancy import days
from occupancy.alerts import Alert
from occupancy.arrays import Int64s
from occupancy.backtest.docket import Docket, Evening
from occupancy.backtest.encoding import UNREADABLE, Encoder
from occupancy.backtest.estates import Estate, blind_intervals, cared_for, load
from occupancy.backtest.reel import Reel
from occupancy.backtest.refusals import Tally
from occupancy.backtest.shelves import Shelves
from occupancy.files import open_sightings
from occupancy.findings import Finding
from occupancy.homedays import COLUMNS, HomeDays, recompute
from occupancy.outages import blind_share
from occupancy.registry import Registry
from occupancy.rules import WINDOW
from occupancy.rules.base import Values
from occupancy.sightings import Sightings

HISTORY = WINDOW  # days before the first evening whose sightings count as past
Progress = Callable[[str, float, float], None]  # what, done, of how much
Source = Path | Mapping[str, pa.Table] | Sequence[Estate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a back-test said; `findings` and `alerts` hold one tuple for every set of parameters.

    Attributes:
        findings: at their end state, by home, kind and the day they began.
        alerts: in the same way, of those findings that staff were alerted to.
        homes, days: swept. sightings: folded, each event once. seconds: reading, folding and sweeping.
        tally: what was read, and what was left out. report: of the registry's import; None where rows were given.
    """

    findings: tuple[tuple[Finding, ...], ...]
    alerts: tuple[tuple[Alert, ...], ...]
    homes: int
    days: int
    sightings: int
    seconds: float
    tally: Tally
    report: importing.Report | None


def _silent(_what: str, _done: float, _of: float) -> None:
    """No progress is shown."""


def run(
    source: Source,
    sightings: Path | pa.Table,
    first: date,
    until: date,
    parameters: Iterable[ParameterRow] = (),
    progress: Progress = _silent,
) -> Iterable[Finding]:
    """The findings of a period under one set of parameters, at their end state; see `compare` for the arguments."""
    return compare(source, sightings, first, until, [parameters], progress).findings[0]


def compare(
    source: Source,
    sightings: Path | pa.Table,
    first: date,
    until: date,
    settings: Sequence[Iterable[ParameterRow]] = ((),),
    progress: Progress = _silent,
    *,
    clock: Clock | None = None,
    complete: bool = True,
) -> Result:
    """Sweep every evening from `first` until before `until`, under each of several sets of parameters.

    Args:
        source: the folder of the registry's files, the same as tables by name of the file, or estates as rows.
        sightings: a .csv or .parquet file, or a table with the same columns.
        first, until: days; `until` is not swept. Sightings from HISTORY days before `first` on count as past.
        settings: rows of parameters; what a set does not say stands at its default.
        progress: told what is done, and how much of it.
        clock: measures the seconds; the machine's where it is left out.
        complete: each day is over when it is swept. Not so is how the service sees the last moment of a day.

    Raises SightingsRefused, SourceRefused, FilesMissing, InvalidValue.
    """
    if first >= until:
        raise InvalidValue(
            f"起始日{first}应早于截止日{until}（不含截止日）。",
            f"the first day, {first}, must lie before {until}, which is not swept itself.",
        )
    clock = clock or SystemClock()
    started = clock.monotonic()
    if isinstance(source, (Path, Mapping)):
        loaded = load(source, clock.now(), lambda what, done, of: progress(f"import.{what}", done, of))
        estates, report = loaded.estates, loaded.report
    else:
        estates, report = tuple(source), None
    tally, period = Tally(), range(days.number(first), days.number(until))
    registries = [Registry.of(estate.rows) for estate in estates]
    with ExitStack() as stack:
        shelves = [stack.enter_context(Shelves(period.start - HISTORY, period.stop)) for _ in estates]
        _shelve(sightings, registries, shelves, tally, progress)
        work = [
            Season(estate, registry, held, period, [Docket(Values(rows)) for rows in map(tuple, settings)], complete)
            for estate, registry, held in zip(estates, registries, shelves, strict=True)
        ]
        for number, season in enumerate(work):
            for evening in season.evenings():
                progress("sweep", number * len(period) + evening - period.start + 1, len(work) * len(period))
    tally.repeated = sum(season.repeated for season in work)
    tally.outside = sum(held.outside for held in shelves)
    return Result(
        findings=tuple(_in_order(season.dockets[k].findings.values() for season in work) for k in range(len(settings))),
        alerts=tuple(
            tuple(alert for season in work for alert in season.dockets[k].alerts.values())
            for k in range(len(settings))
        ),
        homes=sum(len(registry.homes) for registry in registries),
        days=len(period),
        sightings=sum(season.folded for season in work),
        seconds=clock.monotonic() - started,
        tally=tally,
        report=report,
    )  # fmt: skip


def _in_order(groups: Iterable[Iterable[Finding]]) -> tuple[Finding, ...]:
    found = [finding for group in groups for finding in group]
    return tuple(sorted(found, key=lambda finding: (finding.home, finding.kind, finding.stages[0].on)))


def _shelve(
    source: Path | pa.Table, registries: Sequence[Registry], shelves: Sequence[Shelves], tally: Tally, told: Progress
) -> None:
    """Read the whole source onto the shelves of each estate."""

    def unsplit(line: int, found: int, expected: int) -> None:
        tally.rows += 1
        tally.refused[UNREADABLE] += 1
        tally.list_refused(
            line, "", f"该行有{found}个单元格，应为{expected}个。", f"The row has {found} cells, not {expected}."
        )

    sheet = open_sightings(source, unsplit)
    tally.file, tally.strange = sheet.name, sheet.strange
    encoder = Encoder(registries, sheet, tally)
    for piece in sheet.pieces:
        for place, rows in encoder.encode(piece):
            shelves[place].put(rows)
        told("read", piece.share, 1)


@dataclass
class Season:
    """One estate's days: folded shelf by shelf, swept evening by evening under each docket's parameters."""

    estate: Estate
    registry: Registry
    shelves: Shelves
    period: range
    dockets: Sequence[Docket]
    complete: bool = True
    folded: int = 0
    repeated: int = 0
    _spent: set[int] = field(default_factory=set)  # keys that come more than once, from their first row on
    _cared: frozenset[str] | None = None

    def evenings(self) -> Iterator[int]:
        """Do it, a day at a time; gives the day numbers. An estate of which nothing was seen is not judged."""
        if self.shelves.first_us is None or not len(self.registry.homes):
            return
        observed_from = days.number_at(self.shelves.first_us)
        reel = Reel(len(self.registry.homes), WINDOW, observed_from)
        for made in self._home_days(observed_from):
            reel.add(made)
            if made.first_day in self.period:
                self._sweep(reel, observed_from, made.first_day)
                yield made.first_day

    def _home_days(self, observed_from: int) -> Iterator[HomeDays]:
        """Home-days, a day at a time, from the first day on which anything was seen."""
        registry, repeated = self.registry, self.shelves.repeated_keys()
        blind = blind_intervals(
            self.estate.outages, registry, days.start_us(observed_from), days.start_us(self.period.stop)
        )
        homes = np.arange(len(registry.homes), dtype=np.int32)
        for first, count, rows in self.shelves.take():
            if first + count <= observed_from:
                continue
            once = self._once(rows, repeated)
            self.folded += len(once)
            share = blind_share(blind, registry.places, homes, first, count)
            made = recompute(once, registry, first, count, outage_share=share)
            for day in range(max(first, observed_from), first + count):
                yield _one_day(made, day)

    def _once(self, rows: Sightings, repeated: Int64s) -> Sightings:
        """Each event once, the first of several by time; numbered as they stand, so that nobody sorts them again."""
        keep = np.ones(len(rows), np.bool_)
        for row in np.flatnonzero(np.isin(rows.key, repeated)).tolist():
            key = int(rows.key[row])
            keep[row] = key not in self._spent
            self._spent.add(key)
        self.repeated += len(rows) - int(keep.sum())
        kept = rows if keep.all() else rows.take(np.flatnonzero(keep))
        return replace(kept, key=np.arange(len(kept)))

    def _sweep(self, reel: Reel, observed_from: int, day: int) -> None:
        now_us = days.start_us(day + 1) - 1
        cared = cared_for(self.estate.care, now_us)
        if cared != self._cared:
            self.registry, self._cared = self.registry.caring_for(cared), cared
        evening = Evening(
            registry=self.registry, reel=reel, observed_from=observed_from, day=day, now_us=now_us,
            complete=self.complete,
        )  # fmt: skip
        for docket in self.dockets:
            docket.sweep(evening)


def _one_day(made: HomeDays, day: int) -> HomeDays:
    column = day - made.first_day
    columns = {name: getattr(made, name)[:, column : column + 1] for name in COLUMNS}
    return replace(made, first_day=day, **columns)
