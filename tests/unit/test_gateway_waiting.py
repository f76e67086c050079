"""Who waits at a door: every pair of what is waited for and what comes."""

from datetime import UTC, datetime, timedelta

import pytest

from core.facts import Capture, CredentialRead, Decision, Direction, Modality, Outcome
from gateway.waiting import REMEMBERED, Verdict, Waiting, WaitingRoom

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def capture(door: str = "d-1", direction: Direction = Direction.IN, event: str = "e-1") -> Capture:
    return Capture(
        door=door,
        direction=direction,
        device="reader-1",
        device_event=event,
        device_time=NOW,
        clock_offset_ms=0,
        taken_at=NOW,
        probe=CredentialRead(kind=Modality.CARD, credential="c-1"),
        quality=1.0,
        recogniser="reader",
    )


def waits(seq: int, *, built: float = 0.0, patience: float = 1.5, door: str = "d-1") -> Waiting:
    return Waiting(seq, capture(door), built, built + patience)


def decision(seq: int, *, door: str = "d-1", life_s: float = 5.0, at: datetime = NOW) -> Decision:
    return Decision(
        seq=seq,
        door=door,
        outcome=Outcome.GRANTED,
        opens=True,
        reason="granted",
        decided_at=at,
        expires_at=at + timedelta(seconds=life_s),
    )


def room(*seqs: int) -> WaitingRoom:
    made = WaitingRoom()
    made.enter(waits(seq) for seq in seqs)
    return made


def test_a_decision_is_used_once() -> None:
    here = room(1)
    verdict, who = here.answer(decision(1), 0.02)
    assert verdict is Verdict.ANSWER
    assert who is not None
    assert who.seq == 1
    assert here.answer(decision(1), 0.03) == (Verdict.DUPLICATE, None)
    assert len(here) == 0


def test_a_decision_for_another_door_opens_nothing_and_spoils_nothing() -> None:
    here = room(1)
    assert here.answer(decision(1, door="d-2"), 0.02) == (Verdict.WRONG_DOOR, None)
    assert here.answer(decision(1), 0.03)[0] is Verdict.ANSWER
    assert here.answer(decision(1, door="d-2"), 0.04) == (Verdict.WRONG_DOOR, None)


def test_a_decision_outlived_by_its_capture_is_dropped() -> None:
    here = room(1)
    assert here.answer(decision(1, life_s=1.0), 1.0) == (Verdict.EXPIRED, None)
    assert here.answer(decision(1, life_s=1.0), 0.9)[0] is Verdict.ANSWER


def test_a_decision_that_ends_before_it_begins_is_dropped() -> None:
    assert room(1).answer(decision(1, life_s=-1.0), 0.0) == (Verdict.EXPIRED, None)


@pytest.mark.parametrize("hours", [-48, 48])
def test_wall_clocks_that_disagree_keep_no_door_shut(hours: int) -> None:
    verdict, _ = room(1).answer(decision(1, at=NOW + timedelta(hours=hours)), 0.02)
    assert verdict is Verdict.ANSWER


def test_after_patience_a_decision_is_late() -> None:
    here = room(1, 2)
    assert [one.seq for one in here.impatient(1.4)] == []
    assert [one.seq for one in here.impatient(1.5)] == [1, 2]
    assert here.impatient(9.0) == []
    assert here.answer(decision(1), 1.6) == (Verdict.LATE, None)


def test_a_decision_from_before_a_restart_is_for_a_stranger() -> None:
    assert WaitingRoom().answer(decision(7), 0.0) == (Verdict.UNKNOWN, None)


def test_patience_ends_in_the_order_of_arrival() -> None:
    here = WaitingRoom()
    here.enter([waits(1, built=0.0), waits(2, built=1.0)])
    assert here.next_until() == 1.5
    assert [one.seq for one in here.impatient(1.5)] == [1]
    assert here.next_until() == 2.5
    here.answer(decision(2), 1.6)
    assert here.next_until() is None


def test_what_is_done_is_remembered_within_bounds() -> None:
    here = WaitingRoom()
    here.enter(waits(seq) for seq in range(1, REMEMBERED + 3))
    for seq in range(1, REMEMBERED + 3):
        here.answer(decision(seq), 0.1)
    assert here.answer(decision(1), 0.2)[0] is Verdict.UNKNOWN
    assert here.answer(decision(3), 0.2)[0] is Verdict.DUPLICATE
