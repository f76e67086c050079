"""A back-test from end to end: the registry in, sightings folded week by week, a sweep at the end of every day.

Two passes: the file is read once and sorted onto shelves by its days; then each shelf is folded to home-days and every
evening of it is swept. Several sets of parameters are judged over the same home-days, so that comparing costs no second
fold. A back-test knows the registry as it is in its files: absences, leases, swaps and passes from the start, while a
visit, a renewal applied for or a consent to care counts from its own day on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from core.clock import Clock, SystemClock
from core.errors import InvalidValue
from housing.parameters import ParameterRow
from housing.registry import importing
from occupancy import days
from occupancy.alerts import Alert
from occupancy.backtest.docket import Docket, Evening
from occupancy.backtest.estates import Care, Estate, cared_for, load
from occupancy.backtest.folding import Fold, shelve
from occupancy.backtest.reel import Reel
from occupancy.backtest.refusals import Tally
from occupancy.backtest.shelves import Shelves
from occupancy.findings import Finding
from occupancy.registry import Registry
from occupancy.rules import WINDOW
from occupancy.rules.base import Values

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
        shelve(sightings, registries, shelves, tally, lambda share: progress("read", share, 1))
        work = [
            Season(
                Fold(registry, held, estate.outages), estate.care, period,
                [Docket(Values(rows)) for rows in map(tuple, settings)], complete,
            )
            for estate, registry, held in zip(estates, registries, shelves, strict=True)
        ]  # fmt: skip
        for number, season in enumerate(work):
            for evening in season.evenings():
                progress("sweep", number * len(period) + evening - period.start + 1, len(work) * len(period))
    tally.repeated = sum(season.fold.repeated for season in work)
    tally.outside = sum(held.outside for held in shelves)
    return Result(
        findings=tuple(_in_order(season.dockets[k].findings.values() for season in work) for k in range(len(settings))),
        alerts=tuple(
            tuple(alert for season in work for alert in season.dockets[k].alerts.values())
            for k in range(len(settings))
        ),
        homes=sum(len(registry.homes) for registry in registries),
        days=len(period),
        sightings=sum(season.fold.folded for season in work),
        seconds=clock.monotonic() - started,
        tally=tally,
        report=report,
    )  # fmt: skip


def _in_order(groups: Iterable[Iterable[Finding]]) -> tuple[Finding, ...]:
    found = [finding for group in groups for finding in group]
    return tuple(sorted(found, key=lambda finding: (finding.home, finding.kind, finding.stages[0].on)))


@dataclass
class Season:
    """One estate's days: folded week by week, swept evening by evening under each docket's parameters."""

    fold: Fold
    care: Sequence[Care]
    period: range
    dockets: Sequence[Docket]
    complete: bool = True
    _cared: frozenset[str] | None = None

    def evenings(self) -> Iterator[int]:
        """Do it, a day at a time; gives the day numbers. An estate of which nothing was seen is not judged."""
        registry, observed_from = self.fold.registry, self.fold.observed_from
        if observed_from is None or not len(registry.homes):
            return
        reel = Reel(len(registry.homes), WINDOW, observed_from)
        for week in self.fold.weeks():
            for day in range(week.first_day, week.first_day + week.shape[1]):
                reel.add(week, day)
                if day in self.period:
                    self._sweep(reel, observed_from, day)
                    yield day

    def _sweep(self, reel: Reel, observed_from: int, day: int) -> None:
        now_us = days.start_us(day + 1) - 1
        cared = cared_for(self.care, now_us)
        if cared != self._cared:
            self.fold.registry, self._cared = self.fold.registry.caring_for(cared), cared
        evening = Evening(
            registry=self.fold.registry, reel=reel, observed_from=observed_from, day=day, now_us=now_us,
            complete=self.complete,
        )  # fmt: skip
        for docket in self.dockets:
            docket.sweep(evening)
