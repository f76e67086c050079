"""Where is somebody now? A transition table, and the reasons it looks as it does.

**States.** `unknown` (nothing said so far, or too long ago), `away` (went out of the estate), `on_estate` (on the
estate, not known to be in the home), `at_home` (came in by their own door, or by the innermost reader on the way to it
where the home has none of its own). For a visitor's pass "home" is the host's; a vehicle never gets further than
`on_estate`.

**Events.** A passage through a door: what the door is to that person (`places.DoorClass`) and the way taken. Only a
passage counts: the decision was to open, or access was granted. A face that was refused was seen at the door
(`last_us`), it did not go anywhere. After a mismatch it is not the credential's owner who passed, but whoever was
matched instead, if anybody was. Where the reader cannot tell the way, the table claims no more than is certain: at the
edge of the estate nothing is known afterwards, further in the person is at least on the estate.

**The next state depends on the event alone.** That is why late, repeated and reordered events do no harm: the latest
passage by the time it was taken decides, in whatever order the passages arrive (of two taken in the same microsecond
the one further in, `at_home` over `on_estate` over `away`). Nothing has to be unwound, and a replay gives the same.

**What the state before is good for** is telling which reading is missing. Somebody `at_home` who comes in again must
have gone out unread (`out` in the table), somebody `away` at their own door must have come in unread (`in`). No pair is
refused: the door did open, and a reading that is missing is a fact about readers, not about tenants. They are counted
(`anju_presence_missed_readings_total`), by order of arrival, as a measure of the readers' quality.

**The way out needs no credential** (fire law, F1), so most estates read nobody leaving. Entries without exits are the
normal case, and `at_home` then means "came in, and was not seen leaving". That is believed for HOLD_US and no longer:
`as_shown` turns an older `at_home` or `on_estate` into `unknown`. `away` does not age: coming back needs a credential.
The stored state is left as it is, so that no clock decides what the fold holds.
"""

from dataclasses import dataclass
from enum import IntEnum

import msgspec
import numpy as np

from core.clock import US_PER_DAY
from core.errors import AnjuError
from occupancy.arrays import Bools, Indices, Int8s, Int32s, Int64s, last_of_groups
from occupancy.codes import By, Said, Way
from occupancy.places import DoorClass
from occupancy.sightings import Sightings

PERSON, PASS, VEHICLE = "person", "pass", "vehicle"  # kinds of subjects
HOLD_US = US_PER_DAY  # how long "came in" is believed without an exit having been read


class State(IntEnum):
    """Where somebody is; of two passages in the same microsecond the larger state wins."""

    UNKNOWN = 0
    AWAY = 1
    ON_ESTATE = 2
    AT_HOME = 3

    @property
    def word(self) -> str:
        """As the store has it."""
        return self.name.lower()


class PresenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person, pass or vehicle was last known to be, as the store has it."""

    kind: str
    subject: str
    estate: str
    home: str | None
    state: str
    since_us: int
    last_us: int
    last_door: str


class Missed(IntEnum):
    """Which reading must be missing for a state and an event to follow each other."""

    NONE = 0
    IN = 1
    OUT = 2


class NoSuchEvent(AnjuError):
    """A state or an event that is not in the transition table."""

    code = "no_such_event"


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the table: the state after it, and the states before it that tell of a missing reading."""

    then: State
    missed: tuple[tuple[State, Missed], ...] = ()


_IN_UNREAD = (State.AWAY, Missed.IN)  # away, yet inside
_LEFT_HOME = (State.AT_HOME, Missed.OUT)  # at home, yet outside the own door
_LEFT_ESTATE = (State.ON_ESTATE, Missed.OUT)  # on the estate, yet outside the gate
_CAME_HOME = (State.ON_ESTATE, Missed.IN)  # not known to be in, yet leaving the own door

TABLE: dict[tuple[DoorClass, Way], Row] = {
    (DoorClass.GATE, Way.IN): Row(State.ON_ESTATE, (_LEFT_HOME, _LEFT_ESTATE)),
    (DoorClass.GATE, Way.OUT): Row(State.AWAY, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.GATE, Way.UNKNOWN): Row(State.UNKNOWN),
    (DoorClass.SHARED, Way.IN): Row(State.ON_ESTATE, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.SHARED, Way.OUT): Row(State.ON_ESTATE, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.SHARED, Way.UNKNOWN): Row(State.ON_ESTATE, (_IN_UNREAD,)),
    (DoorClass.HOME, Way.IN): Row(State.AT_HOME, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.HOME, Way.OUT): Row(State.ON_ESTATE, (_IN_UNREAD, _CAME_HOME)),
    (DoorClass.HOME, Way.UNKNOWN): Row(State.ON_ESTATE, (_IN_UNREAD,)),
    (DoorClass.ELSEWHERE, Way.IN): Row(State.ON_ESTATE, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.ELSEWHERE, Way.OUT): Row(State.ON_ESTATE, (_IN_UNREAD, _LEFT_HOME)),
    (DoorClass.ELSEWHERE, Way.UNKNOWN): Row(State.ON_ESTATE, (_IN_UNREAD, _LEFT_HOME)),
}


def step(state: State, door: DoorClass, way: Way) -> tuple[State, Missed]:
    """The state after a passage and the reading that is missing before it; raises NoSuchEvent off the table."""
    row = TABLE.get((door, way))
    if row is None or not isinstance(state, State):
        raise NoSuchEvent(
            f"状态表中没有“{state}”经“{door}/{way}”的转移。",
            f"The table has no way from {state!r} by {door!r}, {way!r}.",
        )
    return row.then, dict(row.missed).get(state, Missed.NONE)


_THEN = np.array([[TABLE[door, way].then for way in Way] for door in DoorClass], np.int8)
_MISSED = np.array([[[step(s, door, way)[1] for way in Way] for door in DoorClass] for s in State], np.int8)


def passages(sightings: Sightings) -> tuple[Bools, Int32s]:
    """Who went through a door, if anybody.

    Returns:
        passed: (N,) bool. person: (N,) int32, the person who passed; NOBODY for passes, vehicles and strangers.
    """
    passed = sightings.opens | (sightings.outcome == Said.GRANTED)
    mismatch = sightings.outcome == Said.MISMATCH
    person = np.where(mismatch, sightings.seen, sightings.person)
    return passed, np.where(sightings.modality == By.PLATE, -1, person).astype(np.int32)


def states_after(classes: Int8s, innermost: Int8s, way: Int8s, *, vehicle: bool = False) -> Int8s:
    """(n,) int8 of State after each passage.

    Args:
        classes: (n,) int8 of DoorClass, what the door is to the one who passed.
        innermost: (n,) int8 of DoorClass, the innermost reader on the way to their home.
        way: (n,) int8 of Way.
        vehicle: vehicles do not come home, they park.
    """
    if not vehicle:
        classes = np.where((way == Way.IN) & (classes == innermost), DoorClass.HOME, classes).astype(np.int8)
    states: Int8s = _THEN[classes, way]
    return states


def missed_readings(before: Int8s, classes: Int8s, way: Int8s) -> Int8s:
    """(n,) int8 of Missed, from the states before (n,), the doors' classes (n,) and the ways (n,)."""
    missed: Int8s = _MISSED[before, classes, way]
    return missed


def newest(subject: Int32s, at_us: Int64s, rank: Int8s | Int32s) -> Indices:
    """(k,) the row of each subject's newest event, by subject; of equal times the larger `rank`. All (n,)."""
    order = np.lexsort((rank, at_us, subject))
    return order[last_of_groups(subject[order])]


def as_shown(state: State, since_us: int, now_us: int) -> State:
    """The state as a page may show it: an entry is believed for a day, an exit until the next entry."""
    fresh = now_us - since_us <= HOLD_US
    return state if fresh or state is State.AWAY else State.UNKNOWN
