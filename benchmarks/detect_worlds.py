"""One estate of a generator, seen under one setting after another, judged by the back-test and scored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Protocol

import msgspec

from benchmarks.detect_oracle import due_evenings
from benchmarks.detect_sensing import Setting, seen
from benchmarks.detect_tables import Rated, Run
from benchmarks.detect_truth import CONFUSABLE, Claim, claims_of, compare, is_right, match
from occupancy import backtest
from simulators import elsewhere, lives
from simulators.streams import Stream, Truth

START = date(2025, 6, 1)  # Spring Festival (17 February 2026) comes when every home's rhythm is known
SCORED = ("extra_resident", "overdue", "sublet", "swap", "vacancy", "welfare")
Told = Callable[[str, float], None]


class Make(Protocol):
    """How every generator is called."""

    def __call__(self, seed: int, homes: int, start: date, days: int, *, prevalence: float) -> Stream:
        """An estate from `start` for `days` days."""


GENERATORS: Mapping[str, Make] = MappingProxyType({"lives": lives.make, "elsewhere": elsewhere.make})


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Which estate, and how it is to be seen."""

    generator: str
    seed: int
    homes: int
    days: int
    settings: tuple[Setting, ...]
    prevalence: float = 0.005
    start: date = START


class NotTaken(ValueError):
    """The importer or the back-test refused something that a generator made: the figures would not be about it."""


def runs_of(world: World, told: Told) -> Iterator[Run]:
    """A scored run a setting; the same lives under each."""
    told("living", 0)
    stream = GENERATORS[world.generator](
        world.seed, world.homes, world.start, world.days, prevalence=world.prevalence
    )  # fmt: skip
    for setting in world.settings:
        yield scored_run(seen(stream, setting, world.seed), world, setting, told)


def back_test(stream: Stream, told: Told) -> backtest.Result:
    """The findings of the whole stream, each day swept when it is over; raises NotTaken."""
    until = stream.start + timedelta(days=stream.days)
    result = backtest.compare(
        stream.registry, stream.sightings, stream.start, until, progress=lambda what, done, of: told(what, done / of)
    )
    refusals = result.report.refusals if result.report else ()
    if refusals or result.tally.refused:
        raise NotTaken(f"refused: {[row.en for row in refusals[:3]]} {dict(result.tally.refused)}")
    return result


def scored_run(stream: Stream, world: World, setting: Setting, told: Told) -> Run:
    """Back-test one stream and score what it found."""
    result = back_test(stream, told)
    told("scoring", 0)
    first, last = stream.start, stream.start + timedelta(days=stream.days - 1)
    claims, due = claims_of(result.findings[0], last), due_evenings(stream)
    matched = {kind: match(claims, stream.truth, kind, first, last) for kind in SCORED}
    called = [alert.kind for alert in result.alerts[0]]
    return Run(
        generator=world.generator,
        seed=world.seed,
        missed_percent=setting.missed_percent,
        outage=setting.outage,
        days=stream.days,
        households=_households(stream.truth),
        scored={kind: scored for kind, (scored, _) in matched.items()},
        told={kind: told_ for kind, (_, told_) in matched.items()},
        rated=rate(claims, stream.truth),
        alerts={kind: called.count(kind) for kind in sorted(set(called))},
        vacancy=compare(claims, "vacancy", {home: row.vacancy for home, row in due.items()}),
        overdue=compare(claims, "overdue", {home: row.overdue for home, row in due.items()}),
        sightings=result.sightings,
        seconds=result.seconds,
    )


def rate(claims: Sequence[Claim], truths: Sequence[Truth]) -> list[Rated]:
    """What each accusing finding, at watch or above, said last, and whether it was so."""
    of_home: dict[str, list[Truth]] = {}
    for truth in truths:
        of_home.setdefault(truth.home, []).append(truth)
    return [
        Rated(kind=claim.kind, probability=claim.probability, right=is_right(claim, of_home.get(claim.home, ())))
        for claim in claims
        if claim.kind in CONFUSABLE
    ]


def _households(truths: Sequence[Truth]) -> dict[str, int]:
    """How many homes there are of each kind of household, by the first row of each home."""
    kinds: dict[str, str] = {}
    for truth in sorted(truths, key=lambda row: (row.home, row.since or date.min)):
        kinds.setdefault(truth.home, truth.household)
    counted = list(kinds.values())
    return {kind: counted.count(kind) for kind in sorted(set(counted))}
