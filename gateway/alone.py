"""Deciding alone, with the local copy: when the server is away or does not answer in time (F2)."""

import threading
from collections.abc import Mapping, Sequence

import structlog
from prometheus_client import Counter, Gauge

from core.clock import Clock
from core.facts import Capture, LocalDecision, Outcome
from core.vault import EstateKey
from gateway.age import CopyAge
from gateway.finger_copy import FingerCopy
from recognition.estate import EstateView
from recognition.fingers.sealing import opened
from recognition.judge import Judgement, judge
from recognition.thresholds import TABLES, ThresholdTable

log = structlog.get_logger(__name__)
_CODE = 48

alone_total = Counter("anju_gateway_decided_alone_total", "Decisions the gateway took by itself", ["outcome", "stale"])
age_gauge = Gauge("anju_gateway_copy_age_seconds", "Since the server last confirmed the local copy")


class Copy:
    """What the gateway knows of its estate; replaced as a whole, read from any thread."""

    def __init__(
        self, view: EstateView, tables: Mapping[str, ThresholdTable], fingers: FingerCopy | None = None
    ) -> None:
        self.view, self.fingers = view, fingers
        self.tables = {**TABLES, **tables}


class Alone:
    """Judges captures with the newest copy.

    Args:
        key: the estate's, which opens finger probes.
        max_age_s: past this age of the copy its people are still let in, and every decision is marked as stale.
    """

    def __init__(self, clock: Clock, age: CopyAge, key: EstateKey, *, max_age_s: float) -> None:
        self._clock, self._age, self._key, self._max_age_s = clock, age, key, max_age_s
        self._copy: Copy | None = None
        self._warned = threading.Event()

    @property
    def copy(self) -> Copy | None:
        """The copy in use."""
        return self._copy

    def use(self, copy: Copy) -> None:
        """From now on judge by this copy."""
        self._copy = copy

    def decide(self, captures: Sequence[Capture], *, fire: bool) -> list[LocalDecision]:
        """The gateway's own decisions, in order; without any copy nobody is known, but the way out opens."""
        copy, age = self._copy, self._age.seconds(self._clock)
        age_gauge.set(age)
        stale = copy is not None and age > self._max_age_s
        if stale and not self._warned.is_set():
            log.error("copy_stale", age_h=round(age / 3600), mend="restore the connection to the server")
        (self._warned.set if stale else self._warned.clear)()
        if copy is None:
            judgements = [_without_copy(capture, fire) for capture in captures]
        else:
            judgements = judge(copy.view, captures, fire=fire, tables=copy.tables, records=opened(self._key, captures))
        version = copy.view.version if copy else 0
        for one in judgements:
            alone_total.labels(one.outcome.value, str(stale).lower()).inc()
        return [_local(one, version, age, stale) for one in judgements]


def _without_copy(capture: Capture, fire: bool) -> Judgement:
    out = capture.direction == "out"
    reason = "fire" if fire else ("exit" if out else "no_copy")
    return Judgement(outcome=Outcome.UNRECOGNISED, opens=fire or out, reason=reason)


def _local(judgement: Judgement, version: int, age: float, stale: bool) -> LocalDecision:
    return LocalDecision(
        outcome=judgement.outcome,
        opened=judgement.opens,
        reason=f"stale_{judgement.reason}"[:_CODE] if stale else judgement.reason,
        person=judgement.person or "",
        policy_version=version,
        policy_age_s=int(age),
    )
