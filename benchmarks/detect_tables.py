"""From scored runs to the benchmark's figures, each with its interval."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from scipy.stats import chi2  # type: ignore[import-untyped]

from benchmarks import interval
from benchmarks.detect_truth import Exact, Judged, Scored, Told

DAYS_A_YEAR, DAYS_A_MONTH = 365.25, 30.4375
RESAMPLES = 2_000
BINS = 10
AT = (10, 25, 50, 100, 200)
Figures = dict[str, Any]


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """A probability, of a finding at watch or above, and whether it was so."""

    kind: str
    probability: float
    right: bool


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One estate under one setting, scored: everything the figures are made of, so that runs can be pooled.

    Attributes:
        generator, seed, missed_percent, outage: which estate, how it was seen.
        days: length. households: how many homes of each kind.
        scored, told: flagged findings and truths, by kind of finding.
        alerts: how many findings called staff, by kind.
        sightings, seconds: how many were folded, and how long the back-test took.
    """

    generator: str
    seed: int
    missed_percent: int
    outage: str
    days: int
    households: Mapping[str, int]
    scored: Mapping[str, Sequence[Scored]]
    told: Mapping[str, Sequence[Told]]
    rated: Sequence[Rated]
    alerts: Mapping[str, int]
    vacancy: Exact
    overdue: Exact
    sightings: int
    seconds: float

    @property
    def homes(self) -> int:
        """How many homes."""
        return sum(self.households.values())


def headline(runs: Sequence[Run]) -> Figures:
    """The figures that are compared between settings, and `intervals` by figure."""
    scored, told = pooled(runs, "sublet")
    hits, false = sum(row.judged is Judged.HIT for row in scored), sum(row.judged.is_false for row in scored)
    lasting = [row for row in told if row.lasting]
    found = sum(row.found for row in lasting)
    years = sum(run.homes * run.days for run in runs) / DAYS_A_YEAR
    delays, errors = by_home(runs, lambda row: row.delay_days), by_home(runs, lambda row: abs_or_none(row))
    return {
        "sublet_precision": share(hits, hits + false),
        "sublet_recall": share(found, len(lasting)),
        "sublet_delay_days_median": statistic(delays, np.median),
        "onset_mae_days": statistic(errors, np.mean),
        "false_sublets_per_1000_homes_year": rounded(1000 * false / years if years else None),
        "vacancy_exact": msgspec.to_builtins(sum((run.vacancy for run in runs), Exact())),
        "overdue_exact": msgspec.to_builtins(sum((run.overdue for run in runs), Exact())),
        "intervals": {
            "sublet_precision": interval(hits, hits + false),
            "sublet_recall": interval(found, len(lasting)),
            "sublet_delay_days_median": bootstrap(delays, np.median),
            "onset_mae_days": bootstrap(errors, np.mean),
            "false_sublets_per_1000_homes_year": rate_interval(false, years / 1000),
        },
        "counts": {
            "homes": sum(run.homes for run in runs), "home_years": rounded(years), "hits": hits, "false": false,
            "truths_lasting": len(lasting), "found_lasting": found,
            "truths_all": len(told), "found_all": sum(row.found for row in told),
            "truths_begun_late": sum(row.begun_late for row in told),
            "found_begun_late": sum(row.begun_late and row.found for row in told),
            "recall_all": share(sum(row.found for row in told), len(told)),
            **{f"findings_{name}": count for name, count in sorted(Counter(r.judged.value for r in scored).items())},
        },
    }  # fmt: skip


def details(runs: Sequence[Run]) -> Figures:
    """What else is worth knowing of the same runs."""
    scored, told = pooled(runs, "sublet")
    months = sum(run.homes * run.days for run in runs) / DAYS_A_MONTH / 1000
    alerts: Counter[str] = Counter()
    for run in runs:
        alerts.update(run.alerts)
    return {
        "by_household": by_household(runs),
        "by_kind": {kind: one_kind(runs, kind) for kind in sorted({kind for run in runs for kind in run.told})},
        "precision_at": precision_at(scored),
        "probabilities": probabilities([row for run in runs for row in run.rated]),
        "alerts_per_1000_homes_month": {
            "all": rounded(alerts.total() / months if months else None),
            **{kind: rounded(count / months) for kind, count in sorted(alerts.items())},
        },
        "false_by_scenario": counted(row.scenario for row in scored if row.judged.is_false),
        "missed_by_scenario": counted(row.truth.scenario for row in told if row.lasting and not row.found),
    }


def pooled(runs: Sequence[Run], kind: str) -> tuple[list[Scored], list[Told]]:
    """All flagged findings and all truths of one kind."""
    scored = [row for run in runs for row in run.scored.get(kind, ())]
    return scored, [row for run in runs for row in run.told.get(kind, ())]


def one_kind(runs: Sequence[Run], kind: str) -> Figures:
    """Precision and recall of any kind by the same matching, and what its false findings were."""
    scored, told = pooled(runs, kind)
    judged = Counter(row.judged.value for row in scored)
    false, lasting = sum(row.judged.is_false for row in scored), [row for row in told if row.lasting]
    found = sum(row.found for row in lasting)
    return {
        "precision": share(judged["hit"], judged["hit"] + false),
        "precision_interval": interval(judged["hit"], judged["hit"] + false),
        "recall": share(found, len(lasting)),
        "recall_interval": interval(found, len(lasting)),
        "truths": len(told),
        "truths_lasting": len(lasting),
        "findings": dict(sorted(judged.items())),
        "false_by_scenario": counted(row.scenario for row in scored if row.judged.is_false),
        "missed_by_scenario": counted(row.truth.scenario for row in lasting if not row.found),
    }


def by_household(runs: Sequence[Run]) -> Figures:
    """False sublet findings per 1,000 homes a year by kind of household, and how many times the average that is."""
    scored, _ = pooled(runs, "sublet")
    false = Counter(row.household for row in scored if row.judged.is_false)
    years: dict[str, float] = defaultdict(float)
    for run in runs:
        for household, homes in run.households.items():
            years[household] += homes * run.days / DAYS_A_YEAR
    average = false.total() / sum(years.values()) if years else 0.0
    return {
        household: {
            "home_years": rounded(years[household]),
            "false": false[household],
            "per_1000_homes_year": rounded(1000 * false[household] / years[household]),
            "interval": rate_interval(false[household], years[household] / 1000),
            "ratio": rounded(false[household] / years[household] / average) if average else None,
        }
        for household in sorted(years)
    }


def precision_at(scored: Sequence[Scored]) -> Figures:
    """Precision of the k likeliest sublet findings, for somebody who goes down the list; repeats are left out."""
    told_apart = [row for row in scored if row.judged is not Judged.REPEAT]
    ranked = sorted(told_apart, key=lambda row: (-row.claim.probability, row.claim))
    found: Figures = {}
    for k in (k for k in AT if k <= len(ranked)):
        hits = sum(not row.judged.is_false for row in ranked[:k])
        found[str(k)] = {"precision": share(hits, k), "interval": interval(hits, k)}
    return found


def probabilities(rated: Iterable[Rated]) -> Figures:
    """Brier score and reliability table of each kind (watch included, where the probability matters most)."""
    kinds: dict[str, list[Rated]] = defaultdict(list)
    for row in rated:
        kinds[row.kind].append(row)
    return {kind: reliability(rows) for kind, rows in sorted(kinds.items())}


def reliability(rated: Sequence[Rated]) -> Figures:
    """Does what is said with 70 % come true 70 times in 100? Bins of equal width, empty ones left out."""
    said = np.array([row.probability for row in rated])
    right = np.array([row.right for row in rated], np.float64)
    bins = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    table = []
    for bin_ in np.unique(bins):
        here = bins == bin_
        came = int(right[here].sum())
        table.append({
            "from": bin_ / BINS, "to": (bin_ + 1) / BINS, "count": int(here.sum()),
            "said": rounded(said[here].mean()), "came_true": share(came, int(here.sum())),
            "interval": interval(came, int(here.sum())),
        })  # fmt: skip
    base = float(right.mean()) if len(right) else 0.0
    return {
        "count": len(rated),
        "share_right": rounded(base),
        "brier": rounded(float(np.mean((said - right) ** 2)) if len(rated) else None),
        "brier_of_the_share": rounded(base * (1 - base)),  # what saying the share every time would score
        "reliability": table,
    }


def by_home(runs: Sequence[Run], value: Callable[[Told], int | None]) -> list[list[int]]:
    """The values of found sublets, a list a home."""
    homes: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    for run in runs:
        for row in run.told.get("sublet", ()):
            got = value(row)
            if got is not None:
                homes[run.generator, run.seed, row.truth.home].append(got)
    return [homes[key] for key in sorted(homes)]


def abs_or_none(row: Told) -> int | None:
    """How many days the onset is off, either way."""
    return None if row.onset_error_days is None else abs(row.onset_error_days)


def statistic(homes: Sequence[Sequence[int]], of: Callable[..., Any]) -> float | None:
    """The median or mean of all homes' values; None without any."""
    return rounded(of(np.concatenate(homes))) if homes else None


def bootstrap(homes: Sequence[Sequence[int]], of: Callable[..., Any]) -> list[float] | None:
    """95 % percentile interval by drawing homes anew (Efron 1979), so that values of one home stay together."""
    if not homes:
        return None
    rng = np.random.default_rng(20261123)
    arrays = [np.array(values, np.float64) for values in homes]
    drawn = rng.integers(0, len(arrays), (RESAMPLES, len(arrays)))
    values = [float(of(np.concatenate([arrays[place] for place in row]))) for row in drawn.tolist()]
    return [round(float(edge), 3) for edge in np.percentile(values, [2.5, 97.5])]


def rate_interval(events: int, exposure: float) -> list[float] | None:
    """The exact 95 % interval of a Poisson rate (Garwood 1936); None without exposure."""
    if exposure <= 0:
        return None
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return [round(low / exposure, 4), round(float(chi2.ppf(0.975, 2 * events + 2)) / 2 / exposure, 4)]


def counted(names: Iterable[str]) -> dict[str, int]:
    """How often each occurs, the most frequent first."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def share(part: int, whole: int) -> float | None:
    """A rate; None of nothing."""
    return rounded(part / whole) if whole else None


def rounded(value: float | None) -> float | None:
    """Four places are enough."""
    return None if value is None else round(float(value), 4)
