"""Which findings are right, and which truths were found? Pure; the rules of matching are written in docs/detection.md.

A finding counts from the day it is flagged, that is suspected or above; watch accuses nobody. A truth of the same kind
in the same home is found when a finding was flagged from its first day until GRACE days after its last. A second
finding about the same truth is a repeat: neither a hit nor false. Every other finding is false, and said why: another
kind was true in that home then, the same kind was true at another time, or nothing was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from occupancy.findings import Finding
from simulators.streams import Truth

GRACE = timedelta(days=14)  # the rules look back four weeks: what has just ended may still be flagged
LASTING = timedelta(days=30)  # a truth counts for the headline when it lasted so long within the stream
CONFUSABLE = frozenset({"sublet", "swap", "extra_resident"})  # each says who lives there instead, or besides


class Claim(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is scored of a finding, at its end state."""

    home: str
    kind: str
    opened_on: date  # first day at any stage
    flagged_on: date | None  # first day at suspected or above
    spoke_until: date  # the last day on which its rule still said so
    onset: date
    probability: float
    stage: str
    grounds: tuple[str, ...] = ()  # message ids of its evidence


class Judged(StrEnum):
    """What a flagged finding is worth."""

    HIT = "hit"
    REPEAT = "repeat"
    OTHER_KIND = "other_kind"  # false, though one of CONFUSABLE was true there then
    OTHER_TIME = "other_time"  # false: it was true there before or after
    FALSE = "false"

    @property
    def is_false(self) -> bool:
        """Whether it counts against precision."""
        return self not in {Judged.HIT, Judged.REPEAT}


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A flagged finding and its worth; household and scenario are of its home on that day."""

    claim: Claim
    judged: Judged
    household: str
    scenario: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A truth and what became of it.

    `delay_days` is counted from the first day, or from the first of the stream where it began earlier, to the flag;
    `onset_error_days` from the true first day to the estimate (positive: estimated too late); both None unless found.
    """

    truth: Truth
    lasting: bool
    begun_late: bool  # fewer than 30 days before the end of the stream
    delay_days: int | None = None
    onset_error_days: int | None = None

    @property
    def found(self) -> bool:
        """Whether a finding hit it."""
        return self.delay_days is not None


def claims_of(findings: Iterable[Finding], last_day: date) -> list[Claim]:
    """What is scored of findings, sorted; a finding that is open spoke until the last day."""
    claims = []
    for finding in findings:
        if finding.onset is None:
            continue
        quiet = finding.quiet_since or finding.ended_on
        claims.append(
            Claim(
                home=finding.home,
                kind=finding.kind,
                opened_on=finding.stages[0].on,
                flagged_on=finding.flagged_on,
                spoke_until=last_day if quiet is None else quiet - timedelta(days=1),
                onset=finding.onset,
                probability=finding.probability,
                stage=finding.stage,
                grounds=tuple(reason.kind for reason in finding.evidence),
            )
        )
    return sorted(claims)


def holds(truth: Truth, day: date, grace: timedelta = timedelta(0)) -> bool:
    """Whether it is so on that day, or was at most `grace` before."""
    begun = truth.since is None or truth.since <= day
    return begun and (truth.until is None or day < truth.until + grace)


def match(
    claims: Iterable[Claim], truths: Sequence[Truth], kind: str, first_day: date, last_day: date
) -> tuple[list[Scored], list[Told]]:
    """Score the flagged findings of one kind against one estate's truths, in whatever order both come.

    Args:
        claims: of any kinds; those of other kinds are left out.
        truths: every truth of the estate, homes where nothing happens included.
        kind: the kind of finding, and the label of the truths it should meet.
        first_day, last_day: of the stream, both included.
    """
    of_home: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        of_home[truth.home].append(truth)
    hits: dict[tuple[str, date], Claim] = {}
    scored = []
    flagged = [(claim.flagged_on, claim) for claim in claims if claim.kind == kind and claim.flagged_on is not None]
    for flagged_on, claim in sorted(flagged):
        there = sorted(of_home[claim.home], key=lambda truth: truth.since or date.min)
        judged = _judge(claim, flagged_on, there, kind, hits)
        now = _then(there, flagged_on)
        scored.append(Scored(claim=claim, judged=judged, household=now.household, scenario=now.scenario))
    wanted = (truth for truth in truths if truth.label == kind)
    told = [_told(truth, hits.get((truth.home, truth.since or date.min)), first_day, last_day) for truth in wanted]
    return scored, told


def _judge(
    claim: Claim, flagged_on: date, there: Sequence[Truth], kind: str, hits: dict[tuple[str, date], Claim]
) -> Judged:
    """Of several truths that a finding may be about, the newest that nothing has found yet takes it."""
    same = [truth for truth in there if truth.label == kind]
    about = [truth for truth in same if holds(truth, flagged_on, GRACE)]
    for truth in reversed(about):
        key = (truth.home, truth.since or date.min)
        if key not in hits:
            hits[key] = claim
            return Judged.HIT
    if about:
        return Judged.REPEAT
    others = CONFUSABLE - {kind} if kind in CONFUSABLE else frozenset()
    if any(truth.label in others and holds(truth, flagged_on, GRACE) for truth in there):
        return Judged.OTHER_KIND
    return Judged.OTHER_TIME if same else Judged.FALSE


def _then(there: Sequence[Truth], day: date) -> Truth:
    """What was played in a home on that day: the newest row that covers it, labelled ones first."""
    now = [truth for truth in there if holds(truth, day)]
    if not there:
        return Truth(home="", household="unknown", scenario="unknown")
    return max(now or there, key=lambda truth: (truth.label != "", truth.since or date.min))


def _told(truth: Truth, claim: Claim | None, first_day: date, last_day: date) -> Told:
    since, after = truth.since or first_day, last_day + timedelta(days=1)
    within = min(truth.until or after, after) - max(since, first_day)
    told = Told(truth=truth, lasting=within >= LASTING, begun_late=after - since < LASTING)
    if claim is None or claim.flagged_on is None:
        return told
    return msgspec.structs.replace(
        told,
        delay_days=(claim.flagged_on - max(since, first_day)).days,
        onset_error_days=(claim.onset - since).days,
    )


def is_right(claim: Claim, truths: Iterable[Truth]) -> bool:
    """Whether its probability was about something so: a truth of its kind held on the last day its rule spoke."""
    return any(truth.label == claim.kind and holds(truth, claim.spoke_until, GRACE) for truth in truths)


class Exact(msgspec.Struct, frozen=True, kw_only=True):
    """How findings that have one right day met it."""

    right_day: int = 0
    wrong_day: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: "Exact") -> "Exact":
        fields = self.__struct_fields__
        return Exact(**{name: getattr(self, name) + getattr(other, name) for name in fields})


def compare(claims: Iterable[Claim], kind: str, due: Mapping[str, Sequence[date]]) -> Exact:
    """Flagged days of findings of one kind against the days on which homes must be flagged, home by home.

    What is left of both after the right days are taken off is paired as wrong days; the rest is missed or false.
    """
    flagged: dict[str, Counter[date]] = defaultdict(Counter)
    for claim in claims:
        if claim.kind == kind and claim.flagged_on is not None:
            flagged[claim.home][claim.flagged_on] += 1
    total = Exact()
    for home in flagged.keys() | due.keys():
        wanted, got = Counter(due.get(home, ())), flagged[home]
        right = (wanted & got).total()
        left, extra = wanted.total() - right, got.total() - right
        wrong = min(left, extra)
        total += Exact(right_day=right, wrong_day=wrong, missed=left - wrong, false=extra - wrong)
    return total
