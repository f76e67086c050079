"""Findings as lines of JSON, one object each, as integrators read them."""

from collections.abc import Iterable
from datetime import date

import msgspec

from core import texts
from occupancy.findings import Finding
from occupancy.rules.base import Reason


class Day(msgspec.Struct, frozen=True):
    """A stage and the day it was reached."""

    stage: str
    on: date


class Onset(msgspec.Struct, frozen=True):
    """When it began, and between which days that may have been."""

    estimate: date | None
    low: date | None
    high: date | None


class Words(msgspec.Struct, frozen=True):
    """A reason in both languages."""

    kind: str
    zh: str
    en: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A finding at its end state, with the history of its stages."""

    home: str
    kind: str
    stage: str
    stages: tuple[Day, ...]
    flagged_on: date | None  # first day at suspected or above
    onset: Onset
    probability: float
    evidence: tuple[Words, ...]
    counter_evidence: tuple[Words, ...]
    legal_basis: str
    ended_on: date | None


_encoder = msgspec.json.Encoder()


def line_of(finding: Finding) -> Line:
    """A finding as integrators read it."""
    return Line(
        home=finding.home,
        kind=finding.kind,
        stage=finding.stage,
        stages=tuple(Day(step.stage, step.on) for step in finding.stages),
        flagged_on=finding.flagged_on,
        onset=Onset(finding.onset, finding.onset_low, finding.onset_high),
        probability=finding.probability,
        evidence=_words(finding.evidence),
        counter_evidence=_words(finding.counter_evidence),
        legal_basis=finding.legal_basis,
        ended_on=finding.ended_on,
    )


def encoded(findings: Iterable[Finding]) -> Iterable[bytes]:
    """A line of JSON for each finding, with its end of line."""
    return (_encoder.encode(line_of(finding)) + b"\n" for finding in findings)


def _words(reasons: Iterable[Reason]) -> tuple[Words, ...]:
    return tuple(
        Words(one.kind, texts.render(one.kind, "zh", **one.values), texts.render(one.kind, "en", **one.values))
        for one in reasons
    )
