"""Findings: what the rules say about a home over time. Pure; the store writes what comes out.

A home has at most one open finding of a kind. It opens when its rule first says something, follows the rule's stage up
and down with a dated history, and ends when the rule has been silent for its patience. `to_verify` is the last stage
there is: nothing here confirms, accuses or takes anything away. That only people do, in the casework.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import blake2b

import msgspec

from occupancy import days
from occupancy.rules.base import Reason, Rule, Stage, Verdicts


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stage, the day it was reached, and the probability stated then (None: written before it was kept)."""

    stage: str
    on: date
    probability: float | None = None

    @property
    def is_raised(self) -> bool:
        """Whether that is suspected or above."""
        return Stage[self.stage.upper()] >= Stage.SUSPECTED


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One suspicion about one home. `quiet_since`: the rule has said nothing since; `ended_on`: closed for that."""

    finding: str
    estate: str
    home: str
    kind: str
    stage: str
    stages: tuple[Step, ...]
    flagged_on: date | None  # first day at suspected or above
    onset: date | None
    onset_low: date | None
    onset_high: date | None
    probability: float
    evidence: tuple[Reason, ...]
    counter_evidence: tuple[Reason, ...]
    legal_basis: str
    first_known_us: int | None  # suspected for the first time: silence costs rights from here on (Civil Code 718)
    updated_us: int
    quiet_since: date | None = None
    ended_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_on is None

    @property
    def is_raised(self) -> bool:
        """Whether it is open at suspected or above."""
        return self.is_open and Stage[self.stage.upper()] >= Stage.SUSPECTED


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says about one home today, as plain values: a row of `Verdicts`."""

    home: str
    stage: Stage
    probability: float
    onset: date
    onset_low: date
    onset_high: date
    legal_basis: str
    evidence: tuple[Reason, ...]
    counter_evidence: tuple[Reason, ...]


def raised_step(stages: Sequence[Step]) -> Step | None:
    """Where the last stretch at suspected or above began; None where it never was there."""
    found = None
    for step, before in zip(stages, (None, *stages), strict=False):
        if step.is_raised and not (before and before.is_raised):
            found = step
    return found


def doubt_when_raised(finding: Finding) -> float:
    """1 - the probability at which a finding was last raised; of one from before that was kept, 1 - the present one."""
    step = raised_step(finding.stages)
    stated = None if step is None else step.probability
    return 1 - (finding.probability if stated is None else stated)


def identity(now_us: int, *parts: str) -> str:
    """An id of 32 hexadecimal characters that sorts by the millisecond; the same for the same parts and time."""
    return f"{now_us // 1000:012x}{blake2b('|'.join(parts).encode(), digest_size=10).hexdigest()}"


def rows_of(verdicts: Verdicts, homes: Sequence[str]) -> list[Verdict]:
    """A value a home; `homes` are the ids that handles stand for."""
    return [
        Verdict(
            home=homes[verdicts.homes[k]],
            stage=Stage(int(verdicts.stage[k])),
            probability=round(float(verdicts.probability[k]), 4),
            onset=days.day_of(verdicts.onset[k]),
            onset_low=days.day_of(verdicts.onset_low[k]),
            onset_high=days.day_of(verdicts.onset_high[k]),
            legal_basis=verdicts.basis[k],
            evidence=verdicts.evidence[k],
            counter_evidence=verdicts.counter_evidence[k],
        )
        for k in range(len(verdicts))
    ]


def follow(
    rule: Rule,
    estate: str,
    open_findings: Mapping[str, Finding],
    verdicts: Iterable[Verdict],
    looked_at: Iterable[str],
    today: date,
    now_us: int,
) -> list[Finding]:
    """The findings that today's verdicts open, change or end; those that stay as they are, are left out.

    Args:
        rule: whose verdicts.
        estate: the estate of the homes.
        open_findings: the open findings of this kind by home.
        verdicts: of the homes looked at.
        looked_at: the homes the rule looked at; of others nothing is concluded.
        today: the day they were looked at.
        now_us: when this is written, microseconds UTC.
    """
    said = {verdict.home: verdict for verdict in verdicts}
    changed = []
    for home in looked_at:
        before, verdict = open_findings.get(home), said.get(home)
        if verdict is not None:
            after = _raised(rule, estate, before, verdict, today, now_us)
        elif before is not None:
            after = _silent(rule, before, today, now_us)
        else:
            continue
        if before is None or msgspec.structs.replace(after, updated_us=before.updated_us) != before:
            changed.append(after)
    return changed


def _raised(rule: Rule, estate: str, before: Finding | None, verdict: Verdict, today: date, now_us: int) -> Finding:
    stages, flagged_on, known_us = (
        ((), None, None) if before is None else (before.stages, before.flagged_on, before.first_known_us)
    )
    if not stages or stages[-1].stage != verdict.stage.word:
        stages = (*stages, Step(verdict.stage.word, today, verdict.probability))
    if verdict.stage >= Stage.SUSPECTED:
        flagged_on, known_us = flagged_on or today, known_us or now_us
    return Finding(
        finding=identity(now_us, estate, verdict.home, rule.kind) if before is None else before.finding,
        estate=estate,
        home=verdict.home,
        kind=rule.kind,
        stage=verdict.stage.word,
        stages=stages,
        flagged_on=flagged_on,
        onset=verdict.onset,
        onset_low=verdict.onset_low,
        onset_high=verdict.onset_high,
        probability=verdict.probability,
        evidence=verdict.evidence,
        counter_evidence=verdict.counter_evidence,
        legal_basis=verdict.legal_basis,
        first_known_us=known_us,
        updated_us=now_us,
    )


def _silent(rule: Rule, before: Finding, today: date, now_us: int) -> Finding:
    quiet_since = before.quiet_since or today
    over = (today - quiet_since).days >= rule.patience
    return msgspec.structs.replace(
        before, quiet_since=quiet_since, ended_on=today if over else None, updated_us=now_us
    )  # fmt: skip
