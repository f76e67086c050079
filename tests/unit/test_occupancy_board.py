"""The board: what is most urgent to know of a home comes first."""

import pytest

from core.clock import US_PER_DAY
from occupancy import board
from occupancy.board import LATELY_US, BoardLine
from occupancy.presence import HOLD_US, PresenceRow

NOW = 1_000 * US_PER_DAY


def row(subject: str, state: str, kind: str = "person", home: str = "h0", ago: int = 0) -> PresenceRow:
    at = NOW - ago
    return PresenceRow(
        kind=kind, subject=subject, estate="e1", home=home, state=state, since_us=at, last_us=at, last_door="gate"
    )


def line(*rows: PresenceRow, findings: tuple[tuple[str, str], ...] = (), away: bool = False) -> BoardLine:
    found = [("h0", kind, stage) for kind, stage in findings]
    (made,) = board.lines(["h0"], rows, found, {"h0"} if away else set(), NOW)
    return made


def test_members_are_counted_by_where_they_are() -> None:
    made = line(
        row("a", "at_home"), row("b", "on_estate"), row("c", "away"), row("d", "at_home", ago=HOLD_US + 1),
        row("v", "at_home", kind="pass"), row("w", "away", kind="pass"), row("car", "on_estate", kind="vehicle"),
        row("z", "at_home", home="h9"),
    )  # fmt: skip
    assert (made.at_home, made.on_estate, made.away, made.unknown, made.guests) == (1, 1, 1, 1, 1)
    assert made.last_us == NOW


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (line(), "unknown"),
        (line(row("a", "away")), "occupied"),
        (line(row("a", "away", ago=LATELY_US + 1)), "unknown"),
        (line(row("a", "away"), away=True), "declared_away"),
        (line(row("a", "at_home"), away=True), "occupied"),
        (line(row("a", "at_home"), findings=(("vacancy", "watch"),)), "occupied"),
        (line(findings=(("vacancy", "suspected"),)), "suspected_idle"),
        (line(findings=(("vacancy", "suspected"), ("sublet", "to_verify"))), "suspected_sublet"),
        (line(findings=(("overdue", "suspected"), ("sublet", "to_verify"))), "overdue"),
        (line(row("a", "away"), findings=(("welfare", "suspected"),)), "occupied"),
    ],
)
def test_a_home_in_a_word(made: BoardLine, state: str) -> None:
    assert made.state == state


def test_lines_survive_redis() -> None:
    made = line(row("a", "at_home"), findings=(("vacancy", "watch"),))
    assert board.decode(board.encode(made)) == made
    assert made.findings == ("vacancy",)
