"""Captures whose decision somebody waits for at a door. Pure: time is an argument.

A capture waits from the moment it is safe until one of these, and each happens once:

| a decision arrives | while it waits | after |
| --- | --- | --- |
| for this capture, at its door, in its life | ANSWER: the door follows it | DUPLICATE or LATE: nothing |
| for this capture, at its door, its life over | EXPIRED: nothing, it goes on waiting | EXPIRED |
| naming another door | WRONG_DOOR: nothing | WRONG_DOOR |
| for a capture nobody knows (before a restart) | | UNKNOWN: nothing |

Without an answer within its patience the gateway decides alone, and whatever comes afterwards is LATE. So an order to
open is used once, by the door it names, while the person stands there. The life of a decision (`expires_at` less
`decided_at`) is counted by the monotonic clock from the capture on: the two machines' wall clocks need not agree, and
it errs to the short side.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from core.facts import Capture, Decision

REMEMBERED = 10_000  # captures done with, to tell a duplicate from a stranger


class Verdict(StrEnum):
    """What becomes of a decision; also the counter's label."""

    ANSWER = "answer"
    DUPLICATE = "duplicate"
    LATE = "late"
    EXPIRED = "expired"
    WRONG_DOOR = "wrong_door"
    UNKNOWN = "unknown"


class Waiting(msgspec.Struct, frozen=True):
    """A capture that waits: when it was built and until when it has patience, both monotonic seconds.

    `let_out_at` is set where the door was opened at once because the way was out.
    """

    seq: int
    capture: Capture
    built: float
    until: float
    let_out_at: datetime | None = None


class WaitingRoom:
    """Who waits, in the order in which patience ends (patience is the same for all, so: the order of arrival)."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, Waiting] = OrderedDict()
        self._done: OrderedDict[int, tuple[str, Verdict]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, many: Iterable[Waiting]) -> None:
        """Begin to wait."""
        for one in many:
            self._waiting[one.seq] = one

    def answer(self, decision: Decision, now: float) -> tuple[Verdict, Waiting | None]:
        """What to do about a decision; with ANSWER, whose it is, who then waits no more."""
        one = self._waiting.get(decision.seq)
        if one is None:
            door, after = self._done.get(decision.seq, ("", Verdict.UNKNOWN))
            return (Verdict.WRONG_DOOR if door and door != decision.door else after), None
        if one.capture.door != decision.door:
            return Verdict.WRONG_DOOR, None
        if now - one.built >= (decision.expires_at - decision.decided_at).total_seconds():
            return Verdict.EXPIRED, None
        self._leave(one, Verdict.DUPLICATE)
        return Verdict.ANSWER, one

    def impatient(self, now: float) -> list[Waiting]:
        """Who has waited long enough, and waits no more: the gateway decides."""
        over = []
        for one in self._waiting.values():
            if one.until > now:
                break
            over.append(one)
        for one in over:
            self._leave(one, Verdict.LATE)
        return over

    def next_until(self) -> float | None:
        """When the first will have waited long enough."""
        first = next(iter(self._waiting.values()), None)
        return None if first is None else first.until

    def _leave(self, one: Waiting, after: Verdict) -> None:
        del self._waiting[one.seq]
        self._done[one.seq] = one.capture.door, after
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
