"""At the doors: who decides, what opens, and what is reported of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import wire
from core.clock import ManualClock
from core.facts import Capture, CredentialRead, Decision, Direction, DoorActed, LocalDecision, Modality, Outcome
from core.vault import EstateKey
from gateway.age import CopyAge
from gateway.alone import Alone
from gateway.devices.base import DoorMove
from gateway.devices.relays import RelayBoard, SimulatedRelay
from gateway.doors import Doors
from gateway.estate_copy import build
from gateway.fire import Fire
from gateway.outbox_file import Entry
from gateway.waiting import Waiting
from tests.unit.test_gateway_sets import NOW_US, rows

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
PATIENCE = 1.5
KEY = EstateKey("laurel", 1, bytes(32))


class Strike:
    """Remembers what it was told; `works` False: it does not answer."""

    def __init__(self) -> None:
        self.moves: list[DoorMove] = []
        self.works = True

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        self.moves += moves
        return [self.works] * len(moves)

    @property
    def opened(self) -> list[str]:
        return [move.door for move in self.moves if move.opened]


class Scene:
    """Doors with all they need, and a clock that stands still."""

    def __init__(self, *, copy: bool = True) -> None:
        self.clock = ManualClock(NOW)
        self.strike = Strike()
        self.reports: list[DoorActed] = []
        self.fire = False
        self.held_back = False
        self.age = CopyAge(None, self.clock, "boot")
        self.age.confirm(self.clock)
        self.alone = Alone(self.clock, self.age, KEY, max_age_s=3600.0)
        if copy:
            self.alone.use(build("laurel", 3, rows(), NOW_US)[0])
        self.doors = Doors(
            self.strike, self.alone, self.clock, fire=lambda: self.fire, post=self.post,
            held_back=lambda: self.held_back, patience_s=PATIENCE,
        )  # fmt: skip

    def post(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            fact = wire.decode_body(entry.body)
            assert isinstance(fact, DoorActed)
            self.reports.append(fact)

    def wait(self, seq: int, one: Capture, let_out_at: datetime | None = None) -> Waiting:
        now = self.clock.monotonic()
        waiting = Waiting(seq, one, now, now + PATIENCE, let_out_at)
        self.doors.expect([waiting])
        return waiting

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.doors.tick()


def capture(credential: str = "c|1", *, door: str = "d-1", direction: Direction = Direction.IN) -> Capture:
    return Capture(
        door=door, direction=direction, device="reader", device_event="e-1", device_time=NOW, clock_offset_ms=0,
        taken_at=NOW, probe=CredentialRead(kind=Modality.CARD, credential=credential), quality=1.0, recogniser="reader",
    )  # fmt: skip


def decision(seq: int = 1, *, opens: bool = True, reason: str = "granted", door: str = "d-1") -> Decision:
    outcome = Outcome.GRANTED if opens else Outcome.DENIED
    return Decision(
        seq=seq, door=door, outcome=outcome, opens=opens, reason=reason, decided_at=NOW,
        expires_at=NOW + timedelta(seconds=5),
    )  # fmt: skip


@pytest.mark.parametrize(("opens", "reason"), [(True, "granted"), (False, "no_right")])
def test_the_door_follows_the_server(opens: bool, reason: str) -> None:
    scene = Scene()
    scene.wait(1, capture())
    scene.clock.advance(timedelta(milliseconds=30))
    scene.doors.decisions([decision(opens=opens, reason=reason)])
    assert [(move.opened, move.device_event) for move in scene.strike.moves] == [(opens, "e-1")]
    (report,) = scene.reports
    assert (report.capture_seq, report.door, report.opened, report.reason) == (1, "d-1", opens, reason)
    assert report.decision_ms == pytest.approx(30)
    assert scene.doors.waiting == 0


def test_one_decision_opens_once() -> None:
    scene = Scene()
    scene.wait(1, capture())
    scene.doors.decisions([decision(), decision()])
    scene.doors.decisions([decision()])
    assert scene.strike.opened == ["d-1"]
    assert len(scene.reports) == 1


def test_without_an_answer_the_gateway_decides_and_a_late_one_opens_nothing() -> None:
    scene = Scene()
    scene.wait(1, capture("c|1"))
    scene.wait(2, capture("c-9"))
    scene.pass_time(PATIENCE - 0.01)
    assert scene.reports == []
    scene.pass_time(0.02)
    assert [(one.opened, one.reason) for one in scene.reports] == [
        (True, "alone_granted"),
        (False, "alone_credential_unknown"),
    ]
    assert scene.reports[0].decision_ms == pytest.approx(1510)
    scene.doors.decisions([decision(2)])
    assert scene.strike.opened == ["d-1"]
    assert len(scene.reports) == 2


def test_past_its_age_the_copy_still_lets_its_people_in_and_says_so() -> None:
    scene = Scene()
    scene.clock.advance(timedelta(hours=2))
    scene.wait(1, capture())
    scene.pass_time(PATIENCE)
    assert [(one.opened, one.reason) for one in scene.reports] == [(True, "alone_stale_granted")]


def test_without_a_copy_nobody_is_known_and_the_way_out_is_open() -> None:
    scene = Scene(copy=False)
    scene.wait(1, capture())
    scene.wait(2, capture(direction=Direction.OUT))
    scene.pass_time(PATIENCE)
    assert [(one.opened, one.reason) for one in scene.reports] == [(False, "alone_no_copy"), (True, "alone_exit")]


def test_deciding_alone_waits_for_a_copy_that_is_being_brought_up_to_date() -> None:
    scene = Scene()
    scene.held_back = True
    scene.wait(1, capture())
    scene.pass_time(PATIENCE + 1)
    assert scene.reports == []
    scene.held_back = False
    scene.pass_time(0)
    assert [one.reason for one in scene.reports] == ["alone_granted"]


def test_what_was_decided_before_it_was_stored_is_carried_out() -> None:
    scene = Scene()
    local = LocalDecision(outcome=Outcome.GRANTED, opened=True, reason="granted", policy_version=3, policy_age_s=0)
    scene.doors.expect([], [(Waiting(1, capture(), 0.0, PATIENCE), local)])
    scene.doors.tick()
    assert [(one.opened, one.reason) for one in scene.reports] == [(True, "alone_granted")]
    assert scene.strike.opened == ["d-1"]


def test_the_way_out_opens_at_once_and_is_reported_once_when_decided() -> None:
    scene = Scene()
    (at,) = scene.doors.let_out([DoorMove(door="d-1", opened=True, reason="exit")])
    assert scene.strike.opened == ["d-1"]
    scene.wait(1, capture(direction=Direction.OUT), at)
    scene.clock.advance(timedelta(milliseconds=30))
    scene.doors.decisions([decision(opens=False, reason="passback_hard")])
    assert scene.strike.opened == ["d-1"]
    (report,) = scene.reports
    assert (report.opened, report.reason, report.acted_at) == (True, "exit", NOW)
    assert report.decision_ms == pytest.approx(30)


def test_a_way_out_whose_strike_failed_is_tried_again() -> None:
    scene = Scene()
    scene.strike.works = False
    assert scene.doors.let_out([DoorMove(door="d-1", opened=True, reason="exit")]) == [None]
    scene.strike.works = True
    scene.wait(1, capture(direction=Direction.OUT), None)
    scene.doors.decisions([decision(reason="exit")])
    assert len(scene.strike.opened) == 2
    assert scene.reports[0].opened


def test_a_strike_that_does_not_answer_is_reported() -> None:
    scene = Scene()
    scene.strike.works = False
    scene.wait(1, capture())
    scene.doors.decisions([decision()])
    assert [(one.opened, one.reason) for one in scene.reports] == [(False, "relay_failed")]


def test_a_refusal_needs_no_strike() -> None:
    scene = Scene()
    scene.strike.works = False
    scene.wait(1, capture())
    scene.doors.decisions([decision(opens=False, reason="no_right")])
    assert [(one.opened, one.reason) for one in scene.reports] == [(False, "no_right")]


def test_under_fire_every_decision_opens() -> None:
    scene = Scene()
    scene.fire = True
    scene.wait(1, capture())
    scene.doors.decisions([decision(opens=False, reason="no_right")])
    scene.wait(2, capture("c-9"))
    scene.pass_time(PATIENCE)
    assert [(one.opened, one.reason) for one in scene.reports] == [(True, "fire"), (True, "fire")]
    assert all(move.hold for move in scene.strike.moves)


def test_at_the_end_whoever_waits_is_served() -> None:
    scene = Scene()
    scene.held_back = True
    scene.wait(1, capture())
    scene.doors.tick(ending=True)
    assert [one.reason for one in scene.reports] == ["alone_granted"]


def test_the_board_sends_each_move_to_its_doors_relay() -> None:
    here, there = Strike(), Strike()
    there.works = False
    board = RelayBoard({"d-1": here, "d-2": there, "d-3": here})
    moves = [DoorMove(door=door, opened=True, reason="granted") for door in ("d-1", "d-2", "d-3", "d-9")]
    assert board.move(moves) == [True, False, True, False]
    assert (here.opened, there.opened) == (["d-1", "d-3"], ["d-2"])
    assert SimulatedRelay().move(moves) == [True] * 4
    assert board.move([]) == []


def fire(tmp_path: Path) -> tuple[Fire, Strike]:
    strike = Strike()
    return Fire(tmp_path, ("d-1", "d-2"), strike), strike


def test_the_fire_input_of_the_link_opens_all_doors_until_it_is_reset(tmp_path: Path) -> None:
    input_, strike = fire(tmp_path)
    input_.signal(True)
    input_.signal(True)
    assert input_.on()
    assert [(move.door, move.opened, move.hold) for move in strike.moves] == [("d-1", True, True), ("d-2", True, True)]
    again, strike_again = fire(tmp_path)  # after a restart it still burns
    again.look()
    assert again.on()
    assert strike_again.opened == ["d-1", "d-2"]
    again.signal(False)
    assert not again.on()
    assert [(move.door, move.opened, move.reason) for move in strike_again.moves[2:]] == [
        ("d-1", False, "fire_reset"),
        ("d-2", False, "fire_reset"),
    ]


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_file_is_the_signal(tmp_path: Path, by_hand: bool) -> None:
    input_, strike = fire(tmp_path)
    input_.look()
    assert not input_.on()
    (tmp_path / "fire").touch()
    input_.look()
    assert input_.on()
    reset: Callable[[], None] = (tmp_path / "fire").unlink if by_hand else lambda: input_.signal(False)
    reset()
    input_.look()
    assert not input_.on()
    assert strike.moves[-1].reason == "fire_reset"


def test_a_disk_that_takes_no_file_keeps_no_door_shut(tmp_path: Path) -> None:
    strike = Strike()
    input_ = Fire(tmp_path / "missing", ("d-1",), strike)
    input_.signal(True)
    input_.look()
    assert input_.on()
    assert strike.opened == ["d-1"]
    input_.signal(False)
    assert not input_.on()
