"""What officers' verdicts say about the rules (O7): precision with intervals; do stated probabilities hold? Pure.

A verdict is counted by its rule, estate and day, and by nothing about the people concerned. Shares come with the exact
interval of Clopper and Pearson (1934): with few verdicts it is wide, and says so. "Unclear" is shown and left out of
the share. Precision is of the alerts that were judged, not of all: whoever judges only the doubtful ones sees less.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import numpy as np
from scipy.special import betaincinv  # type: ignore[import-untyped]

from core.errors import InvalidValue
from housing.triage import Verdict
from occupancy.findings import Step

CONFIDENCE = 0.95
ENOUGH = 20  # verdicts before a reliability is shown
EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)  # accusations are stated high: the bins are narrow there


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on one alert. `probability`: stated with the stage that was looked into; None where it was not kept."""

    kind: str
    estate: str
    verdict: Verdict
    probability: float | None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How many of so many were right, and the interval of the share; no share of none."""

    right: int
    of: int
    share: float | None
    low: float
    high: float


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """What verdicts say of one rule."""

    kind: str
    right: int
    wrong: int
    unclear: int
    share: float | None  # right among right and wrong
    low: float
    high: float


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts whose stated probability lies from `above` (excluded, but for 0) to `until`."""

    above: float
    until: float
    stated: float  # mean
    seen: Share


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Stated probability against the share right, of one rule. `brier`: mean squared difference, 0 best."""

    kind: str
    verdicts: int
    stated: float
    seen: Share
    brier: float
    bins: tuple[Bin, ...]


def interval(right: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934); (0, 1) of none. Raises InvalidValue."""
    if not 0 <= right <= of:
        raise InvalidValue("数量不合理。", "No share is right of so many.")
    tail = (1 - confidence) / 2
    low = float(betaincinv(right, of - right + 1, tail)) if right else 0.0
    high = float(betaincinv(right + 1, of - right, 1 - tail)) if right < of else 1.0
    return low, high


def share(right: int, of: int) -> Share:
    """A share with its interval."""
    low, high = interval(right, of)
    return Share(right=right, of=of, share=right / of if of else None, low=low, high=high)


def stated(stages: Sequence[Step], on: date) -> float | None:
    """The probability stated with the last stage at suspected or above until a day, else with the last stage."""
    until = [step for step in stages if step.on <= on]
    looked_into = [step for step in until if step.is_raised] or until
    return looked_into[-1].probability if looked_into else None


def precision(rows: Iterable[Judged], kinds: Sequence[str]) -> list[Precision]:
    """A line for each of `kinds`, in their order, those without verdicts too; then for kinds of older releases."""
    counts: dict[str, dict[Verdict, int]] = {kind: dict.fromkeys(Verdict, 0) for kind in kinds}
    for row in rows:
        counts.setdefault(row.kind, dict.fromkeys(Verdict, 0))[row.verdict] += 1
    lines = []
    for kind, count in counts.items():
        of = share(count[Verdict.RIGHT], count[Verdict.RIGHT] + count[Verdict.WRONG])
        lines.append(
            Precision(
                kind=kind, right=of.right, wrong=of.of - of.right, unclear=count[Verdict.UNCLEAR],
                share=of.share, low=of.low, high=of.high,
            )
        )  # fmt: skip
    return lines


def reliability(rows: Iterable[Judged], enough: int = ENOUGH) -> list[Reliability]:
    """Of every rule with at least `enough` verdicts, right or wrong, whose probability was stated; by kind."""
    by_kind: dict[str, list[tuple[float, bool]]] = {}
    for row in rows:
        if row.probability is not None and row.verdict is not Verdict.UNCLEAR:
            by_kind.setdefault(row.kind, []).append((row.probability, row.verdict is Verdict.RIGHT))
    return [_reliability(kind, pairs) for kind, pairs in sorted(by_kind.items()) if len(pairs) >= enough]


def _reliability(kind: str, pairs: Sequence[tuple[float, bool]]) -> Reliability:
    p, right = np.array([pair[0] for pair in pairs], np.float64), np.array([pair[1] for pair in pairs], np.bool_)
    place = np.maximum(np.searchsorted(np.array(EDGES), p, side="left") - 1, 0)
    bins = [
        Bin(
            above=EDGES[n], until=EDGES[n + 1], stated=float(p[place == n].mean()),
            seen=share(int(right[place == n].sum()), int((place == n).sum())),
        )
        for n in np.unique(place).tolist()
    ]  # fmt: skip
    return Reliability(
        kind=kind, verdicts=len(p), stated=float(p.mean()), seen=share(int(right.sum()), len(p)),
        brier=float(((p - right) ** 2).mean()), bins=tuple(bins),
    )  # fmt: skip
