"""One micro-batch: what is published at once and what is committed, from what arrived. Pure but for `Seen`.

A capture that came before gets the answer it got the first time. A capture in the replay lane was decided at its door:
it is recorded, never decided again. The same number with other bytes is an alarm, not a duplicate.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
from prometheus_client import Counter

from core.clock import to_us
from core.facts import Capture, Decision, DoorActed, InputRefused, Lane, Rejection
from core.topics import Address
from core.vault import EstateKey
from recognition import recording, threshold_files
from recognition.estate import EstateView
from recognition.fingers.sealing import opened
from recognition.intake import Arrived, Intake
from recognition.judge import Judgement, judge
from recognition.seen import Seen
from recognition.store import Answer, Batch
from recognition.threshold_files import NOTHING_MEASURED, Measured

captures_total = Counter("anju_captures_total", "Captures recorded", ["modality", "outcome", "lane"])
duplicates_total = Counter("anju_captures_duplicate_total", "Captures that came again and got their first answer")
rejected_total = Counter("anju_rejected_total", "Items refused for good, by reason", ["reason"])
clock_behind_total = Counter(
    "anju_clock_behind_total", "Live captures taken long ago by their gateway's clock", ["gateway"]
)

Place = tuple[Address, str]  # a gateway's channel and its epoch


class Answers(msgspec.Struct, kw_only=True):
    """What a micro-batch leads to; receipts may go out only after `batch` is committed."""

    decisions: dict[Place, list[Decision]] = msgspec.field(default_factory=dict)
    batch: Batch = msgspec.field(default_factory=Batch)
    kept: dict[Place, list[int]] = msgspec.field(default_factory=dict)
    rejected: dict[Place, list[Rejection]] = msgspec.field(default_factory=dict)


class Answering:
    """Answers micro-batches; belongs to one thread."""

    def __init__(
        self,
        seen: Seen,
        views: Callable[[], Mapping[str, EstateView]],
        keys: Callable[[str], EstateKey],
        *,
        life: timedelta,
        clock_slack: timedelta,
        measured: Mapping[str, Measured] = NOTHING_MEASURED,
    ) -> None:
        self._seen, self._views, self._keys = seen, views, keys
        self._tables, self._calibrations = threshold_files.tables(measured), threshold_files.calibrations(measured)
        self._life, self._slack = life, clock_slack

    def answer(self, intake: Intake, now: datetime) -> Answers:
        """Decide what is new, repeat what was decided, refuse what cannot be used."""
        answers = Answers()
        known = self._seen.answers(intake.captures)
        new: list[tuple[Arrived, Capture]] = []
        coming: dict[object, bytes] = {}
        for arrived in intake.captures:
            first = known.get(arrived.key)
            first_hash = first.payload_hash if first else coming.get(arrived.key)
            if first_hash is not None and first_hash != arrived.payload_hash:
                self._reject(answers, arrived, "key_reused", "this number was used before for another capture", now)
            elif first is not None:
                self._repeat(answers, arrived, first, now)
            elif (
                first_hash is None
                and isinstance(capture := arrived.fact, Capture)
                and self._usable(answers, arrived, capture, now)
            ):
                coming[arrived.key] = arrived.payload_hash
                new.append((arrived, capture))
            # else: twice within one delivery; the first of the two is answered and receipted for both
        self._decide(answers, new, now)
        self._report(answers, intake, now)
        return answers

    def _usable(self, answers: Answers, arrived: Arrived, capture: Capture, now: datetime) -> bool:
        if arrived.address.estate not in self._views():
            self._reject(answers, arrived, "estate_unknown", "this estate is not registered here", now)
            return False
        if capture.taken_at > now + self._slack:
            ahead = int((capture.taken_at - now).total_seconds())
            self._reject(
                answers, arrived, "clock_ahead", f"taken {ahead} s in the future: set the gateway's clock", now
            )
            return False
        if arrived.lane is Lane.LIVE and capture.taken_at < now - self._slack:
            clock_behind_total.labels(arrived.address.gateway).inc()
        return True

    def _repeat(self, answers: Answers, arrived: Arrived, first: Answer, now: datetime) -> None:
        duplicates_total.inc()
        place = arrived.address, arrived.epoch
        answers.kept.setdefault(place, []).append(arrived.seq)
        if arrived.lane is Lane.LIVE and isinstance(arrived.fact, Capture):
            answers.decisions.setdefault(place, []).append(self._decision(arrived.seq, arrived.fact, first, now))

    def _decide(self, answers: Answers, new: list[tuple[Arrived, Capture]], now: datetime) -> None:
        received_us = to_us(now)
        by_estate: dict[str, list[tuple[Arrived, Capture]]] = {}
        for pair in new:
            by_estate.setdefault(pair[0].address.estate, []).append(pair)
        views = self._views()
        for estate, pairs in by_estate.items():
            view = views[estate]
            captures = [capture for _, capture in pairs]
            judgements = judge(
                view,
                captures,
                tables=self._tables,
                calibrations=self._calibrations,
                records=opened(self._keys(estate), captures),
            )
            for (arrived, capture), judged in zip(pairs, judgements, strict=True):
                self._keep(answers, arrived, capture, judged, received_us, now)

    def _keep(
        self, answers: Answers, arrived: Arrived, capture: Capture, judged: Judgement, received_us: int, now: datetime
    ) -> None:
        judgement = recording.decided_alone(capture, judged.home) or judged
        row = recording.sighting_row(arrived, capture, judgement, received_us)
        answer = Answer(arrived.payload_hash, judgement.outcome, judgement.opens, judgement.reason)
        self._seen.remember(arrived, answer)
        answers.batch.sightings.append(row)
        place = arrived.address, arrived.epoch
        answers.kept.setdefault(place, []).append(arrived.seq)
        captures_total.labels(row["modality"], row["outcome"], row["lane"]).inc()
        if arrived.lane is Lane.LIVE:
            answers.decisions.setdefault(place, []).append(self._decision(arrived.seq, capture, answer, now))

    def _decision(self, seq: int, capture: Capture, answer: Answer, now: datetime) -> Decision:
        return Decision(
            seq=seq,
            door=capture.door,
            outcome=answer.outcome,
            opens=answer.opens,
            reason=answer.reason,
            decided_at=now,
            expires_at=now + self._life,
        )

    def _report(self, answers: Answers, intake: Intake, now: datetime) -> None:
        """Door reports, refused input, unreadable items and dead letters go down as they are."""
        at_us = to_us(now)
        for arrived in intake.reports:
            answers.kept.setdefault((arrived.address, arrived.epoch), []).append(arrived.seq)
            if isinstance(arrived.fact, DoorActed):
                answers.batch.door_acts.append(recording.door_act_row(arrived, arrived.fact))
            elif isinstance(arrived.fact, InputRefused):
                answers.batch.rejected.append(recording.input_refused_row(arrived, arrived.fact))
        for refused in intake.refused:
            rejected_total.labels(refused.reason).inc()
            answers.batch.rejected.append(recording.refused_row(refused, at_us))
            rejection = Rejection(seq=refused.seq, reason=refused.reason, detail=refused.detail)
            answers.rejected.setdefault((refused.address, refused.epoch), []).append(rejection)
        for letter in intake.dead:
            rejected_total.labels(letter.reason).inc()
            answers.batch.rejected.append(recording.dead_letter_row(letter, at_us))

    def _reject(self, answers: Answers, arrived: Arrived, reason: str, detail: str, now: datetime) -> None:
        rejected_total.labels(reason).inc()
        place = arrived.address, arrived.epoch
        answers.rejected.setdefault(place, []).append(Rejection(seq=arrived.seq, reason=reason, detail=detail))
        capture = arrived.fact if isinstance(arrived.fact, Capture) else None
        answers.batch.rejected.append(
            recording.rejected_row(
                at_us=to_us(now),
                estate=arrived.address.estate,
                gateway=arrived.address.gateway,
                reason=reason,
                detail=detail,
                epoch=arrived.epoch,
                seq=arrived.seq,
                door=capture.door if capture else None,
                device=capture.device if capture else None,
            )
        )
