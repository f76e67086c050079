"""How sure is a rule that says 90 %? Fits what it should have said, on estates that are for tuning only.

Two numbers a kind: log-odds that should be said = shift + slope x log-odds that are said, slope >= 0, so that the order
of findings stays (Platt 1999, with his smoothed targets). Every week each open finding says something; a finding's
weeks weigh as much as one, so long ones do not drown the rest. Estates are made with more sublets than there are, and
homes with a label weigh less by as much (Elkan 2001), so the numbers hold at the prevalence that is asked for. Fitted
on both generators together; each is also judged by the numbers of the other.

A rule that applies shift A and slope B already takes shift + slope x A and slope x B.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from benchmarks import publish
from benchmarks.detect import TUNING, USUAL, seeds
from benchmarks.detect_pool import run_all
from benchmarks.detect_sensing import seen
from benchmarks.detect_truth import CONFUSABLE, GRACE, holds
from benchmarks.detect_worlds import GENERATORS, START, Told, World
from core.clock import SystemClock
from occupancy import days
from occupancy.backtest.docket import Docket
from occupancy.backtest.estates import load
from occupancy.backtest.folding import Fold, shelve
from occupancy.backtest.refusals import Tally
from occupancy.backtest.running import HISTORY, Season
from occupancy.backtest.shelves import Shelves
from occupancy.registry import Registry
from occupancy.rules.base import Values
from simulators.streams import Stream, Truth

PREVALENCE = 0.005
EVERY = 7  # days between looks at what is open
NEAREST = 5e-5  # findings carry four places: nothing is said surer than that
Doubles = NDArray[np.float64]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding said one week, whether it was so, and how much that weighs."""

    generator: str
    finding: str
    kind: str
    probability: float
    right: bool
    weight: float


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """Log-odds to log-odds."""

    shift: float = 0.0
    slope: float = 1.0

    def of(self, probability: Doubles) -> Doubles:
        """(n,) what should have been said."""
        mapped: Doubles = 1 / (1 + np.exp(-(self.shift + self.slope * log_odds(probability))))
        return mapped


def log_odds(probability: Doubles) -> Doubles:
    """(n,) finite for 0 and 1 too."""
    inside = np.clip(probability, NEAREST, 1 - NEAREST)
    return np.log(inside / (1 - inside))


def main() -> None:
    """Command line; see the module."""
    options = arguments()
    made = [
        World(generator=generator, seed=seed, homes=options.homes, days=options.days, settings=(USUAL,),
              prevalence=options.prevalence)
        for seed in options.seeds for generator in GENERATORS
    ]  # fmt: skip
    said = [row for rows in run_all(made, said_in, processes=options.processes) for row in rows]
    result: dict[str, object] = {kind: fitted(said, kind) for kind in sorted(CONFUSABLE)}
    result["from"] = {"seeds": list(options.seeds), "homes": options.homes, "days": options.days, "start": str(START),
                      "generators": list(GENERATORS), "made_with_prevalence": options.prevalence,
                      "weighed_to_prevalence": PREVALENCE}  # fmt: skip
    publish(result, as_json=options.json)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detect_calibrate", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--homes", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seeds", type=_tuning_seeds, default=(1, 2, 3, 4), help="from 1 to 99")
    parser.add_argument("--prevalence", type=float, default=0.03, help="share of homes that are sublet, while fitting")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return parser.parse_args(given)


def _tuning_seeds(text: str) -> tuple[int, ...]:
    given = seeds(text)
    if any(seed not in TUNING for seed in given):
        raise argparse.ArgumentTypeError("seeds above 99 are for reporting: nothing may be fitted on them")
    return given


def said_in(world: World, told: Told) -> Iterator[list[Said]]:
    """What every open finding of an accusing kind said, week by week."""
    for setting in world.settings:
        made = GENERATORS[world.generator](
            world.seed, world.homes, world.start, world.days, prevalence=world.prevalence
        )  # fmt: skip
        labelled = {truth.home for truth in made.truth if truth.label}
        truths: dict[str, list[Truth]] = defaultdict(list)
        for truth in made.truth:
            truths[truth.home].append(truth)
        rows: dict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
        kinds = {}
        for day, docket in weeks(seen(made, setting, world.seed), told):
            for finding in docket.findings.values():
                if finding.kind in CONFUSABLE and finding.is_open and finding.quiet_since is None:
                    right = any(row.label == finding.kind and holds(row, day, GRACE) for row in truths[finding.home])
                    rows[finding.finding, finding.home].append((finding.probability, right))
                    kinds[finding.finding] = finding.kind
        usual = PREVALENCE / world.prevalence
        yield [
            Said(generator=world.generator, finding=f"{world.seed}/{finding}", kind=kinds[finding], probability=p,
                 right=right, weight=(usual if home in labelled else 1.0) / len(found))
            for (finding, home), found in rows.items() for p, right in found
        ]  # fmt: skip


def weeks(stream: Stream, told: Told) -> Iterator[tuple[date, Docket]]:
    """The back-test of a stream, halted once a week."""
    first = days.number(stream.start)
    period = range(first, first + stream.days)
    (estate,) = load(stream.registry, SystemClock().now(), lambda *_: None).estates
    registry, docket = Registry.of(estate.rows), Docket(Values())
    with ExitStack() as stack:
        held = stack.enter_context(Shelves(period.start - HISTORY, period.stop))
        shelve(stream.sightings, [registry], [held], Tally(), lambda _share: None)
        season = Season(Fold(registry, held, estate.outages), estate.care, period, [docket])
        for evening in season.evenings():
            told("sweep", (evening - first + 1) / stream.days)
            if (evening - first) % EVERY == EVERY - 1:
                yield stream.start + timedelta(days=evening - first), docket


def fitted(said: Sequence[Said], kind: str) -> dict[str, object]:
    """The numbers of one kind, and how much better they say it."""
    mine = [row for row in said if row.kind == kind]
    right = {row.finding for row in mine if row.right}
    result: dict[str, object] = {"findings": len({row.finding for row in mine}), "findings_right": len(right)}
    if not 0 < len(right) < len({row.finding for row in mine}):
        return result | {"note": "nothing to tell apart: right and wrong findings are needed"}
    found = fit(mine)
    result |= {"shift": round(found.shift, 3), "slope": round(found.slope, 3), "brier_before": brier(mine, Map()),
               "brier_after": brier(mine, found)}  # fmt: skip
    for name in GENERATORS:
        here, others = ([row for row in mine if (row.generator == name) is same] for same in (True, False))
        if here and 0 < sum(row.right for row in others) < len(others):
            result[f"brier_{name}_by_the_others_numbers"] = brier(here, fit(others))
            result[f"brier_{name}_before"] = brier(here, Map())
    return result


def fit(said: Sequence[Said]) -> Map:
    """The map under which what came true is likeliest; needs one right and one wrong row."""
    x = log_odds(np.array([row.probability for row in said]))
    right, weight = np.array([row.right for row in said]), np.array([row.weight for row in said])
    yes, no = weight[right].sum(), weight[~right].sum()
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(numbers: Doubles) -> tuple[float, Doubles]:
        z = numbers[0] + numbers[1] * x
        value = float((weight * (np.logaddexp(0, z) - target * z)).sum())
        slack = weight * (1 / (1 + np.exp(-z)) - target)
        return value, np.array([slack.sum(), (slack * x).sum()])

    best = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)])
    return Map(shift=float(best.x[0]), slope=float(best.x[1]))


def brier(said: Sequence[Said], by: Map) -> float:
    """The weighed mean squared difference of what is said and what came."""
    weight = np.array([row.weight for row in said])
    off = by.of(np.array([row.probability for row in said])) - np.array([row.right for row in said])
    return round(float((weight * off**2).sum() / weight.sum()), 5)


if __name__ == "__main__":
    main()
