"""Two sets of parameters over the same past, side by side: what each found, and what moved. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median

import msgspec

from occupancy.alerts import Alert
from occupancy.findings import Finding

DAYS_A_MONTH = 365.25 / 12


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as a stretch of days; `until` None: still open at the end."""

    home: str
    kind: str
    since: date
    flagged_on: date | None
    until: date | None

    @property
    def counted_from(self) -> date:
        """The day that matters: suspected, or where it never was, first watched."""
        return self.flagged_on or self.since


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The same finding under both settings, or a finding of one of them alone."""

    home: str
    kind: str
    a: Span | None
    b: Span | None

    @property
    def moved(self) -> int:
        """By how many days it is later under B; 0 where only one found it."""
        return 0 if self.a is None or self.b is None else (self.b.counted_from - self.a.counted_from).days

    @property
    def differs(self) -> bool:
        """Whether the settings disagree about it, or about its days."""
        return self.a != self.b


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of finding under both settings; pairs are (A, B).

    Attributes:
        raised: findings begun. flagged: of them suspected or above. ended: of them over before the end.
        alerts: alerts a month for a thousand homes.
        only_a, only_b: found by one alone. earlier, later: found by both, under B on another day; and by how many days,
            in the median (0 for none).
    """

    kind: str
    raised: tuple[int, int]
    flagged: tuple[int, int]
    ended: tuple[int, int]
    alerts: tuple[float, float]
    only_a: int
    only_b: int
    earlier: int
    earlier_days: float
    later: int
    later_days: float


def span_of(finding: Finding) -> Span:
    """A finding's days."""
    return Span(
        home=finding.home, kind=finding.kind, since=finding.stages[0].on, flagged_on=finding.flagged_on,
        until=finding.ended_on,
    )  # fmt: skip


def paired(a: Iterable[Finding], b: Iterable[Finding]) -> list[Pair]:
    """Findings of one home and kind that share a day are the same; by home, kind and first day."""
    left, right = _by_subject(a), _by_subject(b)
    pairs = []
    for home, kind in sorted(left.keys() | right.keys()):
        pairs += _matched(home, kind, left.get((home, kind), []), right.get((home, kind), []))
    return pairs


def _by_subject(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Span]]:
    found: dict[tuple[str, str], list[Span]] = {}
    for span in sorted(map(span_of, findings), key=lambda span: span.since):
        found.setdefault((span.home, span.kind), []).append(span)
    return found


def _matched(home: str, kind: str, a: list[Span], b: list[Span]) -> list[Pair]:
    pairs, rest = [], list(b)
    for span in a:
        same = next((other for other in rest if _share_a_day(span, other)), None)
        if same is not None:
            rest.remove(same)
        pairs.append(Pair(home=home, kind=kind, a=span, b=same))
    pairs += [Pair(home=home, kind=kind, a=None, b=span) for span in rest]
    return sorted(pairs, key=lambda pair: min(span.since for span in (pair.a, pair.b) if span))


def _share_a_day(one: Span, other: Span) -> bool:
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)


def lines(
    pairs: Sequence[Pair], alerts: tuple[Sequence[Alert], Sequence[Alert]], homes: int, days: int
) -> list[KindLine]:
    """A line for each kind that either found, by name of the kind."""
    kinds = sorted({pair.kind for pair in pairs})
    return [_line(kind, [pair for pair in pairs if pair.kind == kind], alerts, homes, days) for kind in kinds]


def _line(
    kind: str, pairs: Sequence[Pair], alerts: tuple[Sequence[Alert], Sequence[Alert]], homes: int, days: int
) -> KindLine:
    sides = [[pair.a for pair in pairs if pair.a], [pair.b for pair in pairs if pair.b]]
    moved = [pair.moved for pair in pairs]
    earlier, later = [-by for by in moved if by < 0], [by for by in moved if by > 0]
    scale = 1_000 / max(homes, 1) * DAYS_A_MONTH / max(days, 1)
    opened = [sum(alert.kind == kind for alert in side) for side in alerts]
    return KindLine(
        kind=kind,
        raised=(len(sides[0]), len(sides[1])),
        flagged=(_count(sides[0], "flagged_on"), _count(sides[1], "flagged_on")),
        ended=(_count(sides[0], "until"), _count(sides[1], "until")),
        alerts=(round(opened[0] * scale, 2), round(opened[1] * scale, 2)),
        only_a=sum(pair.b is None for pair in pairs),
        only_b=sum(pair.a is None for pair in pairs),
        earlier=len(earlier),
        earlier_days=float(median(earlier)) if earlier else 0.0,
        later=len(later),
        later_days=float(median(later)) if later else 0.0,
    )


def _count(spans: Iterable[Span], field: str) -> int:
    return sum(getattr(span, field) is not None for span in spans)


def weekly(spans: Iterable[Span], first: date, until: date) -> list[int]:
    """How many findings begin to count in each week from `first` on; those that never were suspected, at watch."""
    counts = [0] * -(-(until - first).days // 7)
    for span in spans:
        place = (span.counted_from - first).days // 7
        if 0 <= place < len(counts):
            counts[place] += 1
    return counts


def months(first: date, until: date) -> list[date]:
    """The first days of the months of a period."""
    found, day = [], first.replace(day=1)
    while day < until:
        if day >= first:
            found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return found
