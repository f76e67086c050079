"""The live board: one line a home, made from presence, findings and declared absences. Pure, and the same from Redis
as from SQL.

A home's state (O1) is what is most urgent to know of it: an open finding that is at least suspected, then a declared
absence nobody contradicts, then whether anybody of it was seen lately.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from core.clock import US_PER_DAY
from occupancy.presence import PASS, PERSON, PresenceRow, State, as_shown
from occupancy.rules.base import Stage

LATELY_US = 14 * US_PER_DAY
SUSPICIONS = {  # one ground of Art. 27 (L1) is one state; a room-mate to be registered leaves the home occupied
    "overdue": "overdue", "sublet": "suspected_sublet", "swap": "suspected_sublet", "vacancy": "suspected_idle",
}  # fmt: skip


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One home on the board: household members by where they are, guests in the home, and its state in a word.

    `state`: occupied, declared_away, unknown, suspected_idle, suspected_sublet, overdue.
    """

    home: str
    state: str
    at_home: int = 0
    on_estate: int = 0
    away: int = 0
    unknown: int = 0
    guests: int = 0
    last_us: int | None = None  # when anybody of the home was last seen
    findings: tuple[str, ...] = ()  # kinds of its open findings, watch included


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(BoardLine)


def encode(line: BoardLine) -> bytes:
    """As Redis keeps it, a field a home."""
    return _encoder.encode(line)


def decode(raw: bytes) -> BoardLine:
    """A line from Redis; raises msgspec.DecodeError for one of another release."""
    return _decoder.decode(raw)


def lines(
    homes: Iterable[str],
    presence: Iterable[PresenceRow],
    open_findings: Iterable[tuple[str, str, str]],
    declared_away: Collection[str],
    now_us: int,
) -> list[BoardLine]:
    """A line for each of `homes`, in their order.

    Args:
        homes: ids.
        presence: rows of these homes, others are left out.
        open_findings: (home, kind, stage).
        declared_away: homes whose household is away with approval today.
        now_us: when the board is looked at; old entries are not believed any more (`presence.as_shown`).
    """
    there: dict[str, list[PresenceRow]] = {home: [] for home in homes}
    for row in presence:
        if row.home in there:
            there[row.home].append(row)
    suspected: dict[str, dict[str, Stage]] = {}
    for home, kind, stage in open_findings:
        suspected.setdefault(home, {})[kind] = Stage[stage.upper()]
    return [_line(home, rows, suspected.get(home, {}), home in declared_away, now_us) for home, rows in there.items()]


def _line(
    home: str, rows: list[PresenceRow], findings: Mapping[str, Stage], declared_away: bool, now_us: int
) -> BoardLine:
    members = dict.fromkeys(State, 0)
    guests = 0
    for row in rows:
        state = as_shown(State[row.state.upper()], row.since_us, now_us)
        if row.kind == PERSON:
            members[state] += 1
        elif row.kind == PASS:
            guests += state is State.AT_HOME
    last_us = max((row.last_us for row in rows if row.kind == PERSON), default=None)
    return BoardLine(
        home=home,
        state=_state(findings, declared_away, members[State.AT_HOME], last_us, now_us),
        at_home=members[State.AT_HOME],
        on_estate=members[State.ON_ESTATE],
        away=members[State.AWAY],
        unknown=members[State.UNKNOWN],
        guests=guests,
        last_us=last_us,
        findings=tuple(sorted(findings)),
    )


def _state(findings: Mapping[str, Stage], declared_away: bool, at_home: int, last_us: int | None, now_us: int) -> str:
    for kind, state in SUSPICIONS.items():
        if findings.get(kind, Stage.NONE) >= Stage.SUSPECTED:
            return state
    if declared_away and not at_home:
        return "declared_away"
    return "occupied" if last_us is not None and now_us - last_us <= LATELY_US else "unknown"
