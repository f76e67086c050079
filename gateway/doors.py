"""At the doors: follow the server, decide alone where it does not answer, let out whoever leaves, report what was done.

Every capture that somebody waits for ends in one DoorActed. Its reason is the decision's own where the server decided;
`alone_...` with the gateway's own reason where it decided by itself; `exit` where the way was out and nothing else
opened it; `fire`; `relay_failed` where the strike did not answer. `decision_ms` runs from the capture built to the
decision at the door, by the monotonic clock, whoever decided; a door on the way out has opened before that.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram

from core.clock import Clock
from core.facts import Decision, Direction, DoorActed, LocalDecision
from core.wire import encode_body
from gateway.alone import Alone
from gateway.devices.base import DoorMove, Relay
from gateway.outbox_file import Entry
from gateway.threads import Crew
from gateway.waiting import Verdict, Waiting, WaitingRoom

log = structlog.get_logger(__name__)
WAITING_MAX = 20_000
IDLE_S = 0.5
HOLD_BACK_S = 0.05
_CODE = 48

decision_seconds = Histogram(
    "anju_decision_seconds", "From a capture built to the decision at its door", ["by"],
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)  # fmt: skip
ignored_total = Counter("anju_decisions_ignored_total", "Decisions that moved no door", ["reason"])
acts_total = Counter("anju_door_acts_total", "What doors did about captures", ["by", "opened"])
_BY = ("server", "alone")
_observe = {by: decision_seconds.labels(by).observe for by in _BY}
_acted_counts = {(by, opened): acts_total.labels(by, str(opened).lower()).inc for by in _BY for opened in (True, False)}
waiting_gauge = Gauge("anju_doors_waiting", "Captures that somebody waits for at a door")


class _Act(msgspec.Struct, frozen=True):
    """A decision to be carried out: whose, by whom (server, alone), what and why."""

    waiting: Waiting
    by: str
    opens: bool
    reason: str


class Doors:
    """Holds who waits; acts in the thread that brings the decision, and in its own for those without one.

    Args:
        relay: the board that drives the doors.
        alone: the gateway's own judgement.
        fire: whether the fire signal is on.
        post: stores reports of what was done and sends them.
        held_back: whether deciding alone must wait a moment, because a copy is being brought up to date.
        patience_s: how long a capture waits for the server.
    """

    def __init__(
        self,
        relay: Relay,
        alone: Alone,
        clock: Clock,
        *,
        fire: Callable[[], bool],
        post: Callable[[Sequence[Entry]], None],
        held_back: Callable[[], bool],
        patience_s: float,
    ) -> None:
        self._relay, self._alone, self._clock = relay, alone, clock
        self._fire, self._post, self._held_back = fire, post, held_back
        self.patience_s = patience_s
        self._room = WaitingRoom()
        self._decided: list[_Act] = []  # alone, before they were stored
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def room(self) -> int:
        """How many more captures may wait."""
        return WAITING_MAX - len(self._room)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._room)

    def start(self, crew: Crew) -> None:
        """Begin to mind patience."""
        self._thread = crew.start("doors", self._run)

    def stop(self) -> None:
        """End; who still waits is decided alone at once."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def let_out(self, moves: Sequence[DoorMove]) -> list[datetime | None]:
        """Open doors whose way is out, at once and whoever it is; when each opened, None where its relay failed."""
        done = self._relay.move(moves) if moves else []
        now = self._clock.now()
        return [now if well else None for well in done]

    def move(self, moves: Sequence[DoorMove]) -> None:
        """Move doors about events that could not be stored: nobody waits for a report of it."""
        if moves:
            self._relay.move(moves)

    def expect(self, waiting: Sequence[Waiting], decided: Iterable[tuple[Waiting, LocalDecision]] = ()) -> None:
        """Captures that are safe now: those that wait, and those the gateway has decided already. Quick."""
        acts = [_alone(one, decision) for one, decision in decided]
        with self._changed:
            self._room.enter(waiting)
            self._decided += acts
            waiting_gauge.set(len(self._room))
            self._changed.notify()

    def decisions(self, decisions: Iterable[Decision]) -> None:
        """Decisions of the server for this gateway and epoch."""
        acts = []
        now = self._clock.monotonic()
        with self._changed:
            for decision in decisions:
                verdict, waiting = self._room.answer(decision, now)
                if waiting is None:
                    ignored_total.labels(verdict.value).inc()
                    if verdict is Verdict.WRONG_DOOR:
                        log.error("decision_for_wrong_door", seq=decision.seq, door=decision.door)
                else:
                    acts.append(_Act(waiting, "server", decision.opens, decision.reason))
            waiting_gauge.set(len(self._room))
        self._act(acts, now)

    def tick(self, *, ending: bool = False) -> None:
        """Carry out what was decided alone, and decide for whoever has waited long enough (all of them at the end)."""
        with self._changed:
            acts, self._decided = self._decided, []
            until = float("inf") if ending else self._clock.monotonic()
            over = [] if self._held_back() and not ending else self._room.impatient(until)
            waiting_gauge.set(len(self._room))
        if over:
            decisions = self._alone.decide([one.capture for one in over], fire=self._fire())
            acts += [_alone(one, decision) for one, decision in zip(over, decisions, strict=True)]
        self._act(acts, self._clock.monotonic())

    def _run(self) -> None:
        ending = False
        while not ending:
            with self._changed:
                if not self._decided and not self._stopping:
                    self._changed.wait(self._patience())
                ending = self._stopping
            self.tick(ending=ending)

    def _patience(self) -> float:
        until = self._room.next_until()
        if until is None:
            return IDLE_S
        left = until - self._clock.monotonic()
        return min(IDLE_S, left) if left > 0 else HOLD_BACK_S * self._held_back()

    def _act(self, acts: Sequence[_Act], now: float) -> None:
        if not acts:
            return
        fire = self._fire()
        moves = [_move(act, fire) for act in acts]
        shown = [place for place, act in enumerate(acts) if act.waiting.let_out_at is None]
        done = [True] * len(acts)
        for place, well in zip(shown, self._relay.move([moves[place] for place in shown]), strict=True):
            done[place] = well
        at = self._clock.now()
        facts = [_acted(*row, at, now) for row in zip(acts, moves, done, strict=True)]
        for act, fact in zip(acts, facts, strict=True):
            _observe[act.by](fact.decision_ms / 1000)
            _acted_counts[act.by, fact.opened]()
        self._post([Entry(encode_body(fact)) for fact in facts])


def _alone(waiting: Waiting, decision: LocalDecision) -> _Act:
    return _Act(waiting, "alone", decision.opened, f"alone_{decision.reason}"[:_CODE])


def _move(act: _Act, fire: bool) -> DoorMove:
    """What the door does; fire and the way out open it whatever was decided."""
    capture = act.waiting.capture
    opens, reason = act.opens, act.reason
    if fire:
        opens, reason = True, "fire"
    elif not opens and capture.direction is Direction.OUT:
        opens, reason = True, "exit"
    return DoorMove(
        door=capture.door, device=capture.device, device_event=capture.device_event, opened=opens, reason=reason,
        hold=fire,
    )  # fmt: skip


def _acted(act: _Act, move: DoorMove, done: bool, at: datetime, now: float) -> DoorActed:
    failed = move.opened and not done
    return DoorActed(
        capture_seq=act.waiting.seq,
        door=move.door,
        opened=move.opened and not failed,
        reason="relay_failed" if failed else move.reason,
        acted_at=act.waiting.let_out_at or at,
        decision_ms=max(0.0, (now - act.waiting.built) * 1000),
    )
