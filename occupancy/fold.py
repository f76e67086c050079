"""One batch of sightings folded: who is where now, and which home-days must be made again. Pure.

The fold keeps for each subject the newest passage and the newest sighting, both by the time they were taken. Both are
maxima, so batches may come late, twice, in any order and cut anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from occupancy.arrays import NOBODY, Bools, Int8s, Int32s, Int64s
from occupancy.attach import Attached
from occupancy.codes import By
from occupancy.presence import (
    PASS,
    PERSON,
    VEHICLE,
    Missed,
    PresenceRow,
    State,
    missed_readings,
    newest,
    passages,
    states_after,
)
from occupancy.registry import Names, Registry
from occupancy.sightings import Sightings

Key = tuple[str, str]  # kind, subject


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The newest of one subject in a batch; `passed_us` -1 where nobody passed."""

    kind: str
    subject: str
    home: str | None
    state: State
    passed_us: int
    last_us: int
    last_door: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """What n sightings say about subjects of one kind; (n,) each."""

    kind: str
    subject: Int32s
    at_us: Int64s
    door: Int32s
    home: Int32s
    passed: Bools
    state: Int8s  # after the passage
    door_class: Int8s
    way: Int8s


def moves(sightings: Sightings, at: Attached, registry: Registry) -> list[Moves]:
    """Sightings by whom they are about: persons, passes without a person, vehicles."""
    passed, person = passages(sightings)
    driven = sightings.modality == By.PLATE
    plate = np.where(driven, sightings.plate, NOBODY).astype(np.int32)
    guest = np.where((person == NOBODY) & ~driven, sightings.pass_, NOBODY).astype(np.int32)
    about = (
        (PERSON, person, registry.living.home_on(person, at.day)),
        (PASS, guest, registry.guest_home[guest]),
        (VEHICLE, plate, registry.vehicles.home_on(plate, at.day)),
    )
    known = sightings.door != NOBODY
    return [_moves(kind, subject, home, sightings, passed & known, registry) for kind, subject, home in about]


def _moves(kind: str, subject: Int32s, home: Int32s, sightings: Sightings, passed: Bools, registry: Registry) -> Moves:
    rows = np.flatnonzero(subject != NOBODY)
    home, door, way = home[rows], sightings.door[rows], sightings.way[rows]
    classes = registry.places.classes(door, home)
    innermost = registry.places.innermost[home]
    return Moves(
        kind=kind,
        subject=subject[rows],
        at_us=sightings.taken_us[rows],
        door=door,
        home=home,
        passed=passed[rows],
        state=states_after(classes, innermost, way, vehicle=kind == VEHICLE),
        door_class=classes,
        way=way,
    )


def latest(found: Moves, registry: Registry) -> list[Latest]:
    """The newest passage and sighting of each subject."""
    names = {PERSON: registry.persons, PASS: registry.passes, VEHICLE: registry.plates}[found.kind]
    last = newest(found.subject, found.at_us, found.door)
    went = np.flatnonzero(found.passed)
    went = went[newest(found.subject[went], found.at_us[went], found.state[went])]
    place = np.searchsorted(found.subject[went], found.subject[last])
    place = np.minimum(place, max(len(went) - 1, 0))
    moved = found.subject[went][place] == found.subject[last] if len(went) else np.zeros(len(last), np.bool_)
    return [
        _latest(found, names, registry, int(seen), int(went[place[k]]) if moved[k] else NOBODY)
        for k, seen in enumerate(last)
    ]


def _latest(found: Moves, names: Names, registry: Registry, seen: int, passage: int) -> Latest:
    row = seen if passage == NOBODY else passage
    return Latest(
        kind=found.kind,
        subject=names.ids[found.subject[row]],
        home=registry.homes.name(int(found.home[row])),
        state=State.UNKNOWN if passage == NOBODY else State(int(found.state[passage])),
        passed_us=NOBODY if passage == NOBODY else int(found.at_us[passage]),
        last_us=int(found.at_us[seen]),
        last_door=registry.doors.name(int(found.door[seen])) or "",
    )


def merged(estate: str, before: PresenceRow | None, new: Latest) -> PresenceRow:
    """A subject's row after a batch; the row before where the batch held nothing newer."""
    if before is None:
        before = PresenceRow(
            kind=new.kind, subject=new.subject, estate=estate, home=new.home, state=State.UNKNOWN.word,
            since_us=NOBODY, last_us=NOBODY, last_door="",
        )  # fmt: skip
    home, state, since_us = before.home, before.state, before.since_us
    if (new.passed_us, new.state) > (since_us, State[state.upper()]):
        home, state, since_us = new.home, new.state.word, new.passed_us
    last_us, last_door = max((before.last_us, before.last_door), (new.last_us, new.last_door))
    return PresenceRow(
        kind=before.kind, subject=before.subject, estate=estate, home=home, state=state, since_us=since_us,
        last_us=last_us, last_door=last_door,
    )  # fmt: skip


def count_missed(found: Moves, names: Names, before: Mapping[Key, PresenceRow]) -> dict[Missed, int]:
    """How many readings must be missing between the passages of a batch and what was known before it."""
    rows = np.flatnonzero(found.passed)
    rows = rows[np.lexsort((found.state[rows], found.at_us[rows], found.subject[rows]))]
    if not len(rows):
        return {}
    subject, state = found.subject[rows], found.state[rows]
    first = np.append(True, subject[1:] != subject[:-1])
    prior = np.append(State.UNKNOWN, state[:-1]).astype(np.int8)
    prior[first] = [
        _state_before(before.get((found.kind, names.ids[subject[row]])), int(found.at_us[rows[row]]))
        for row in np.flatnonzero(first)
    ]
    missed = missed_readings(prior, found.door_class[rows], found.way[rows])
    return {kind: int((missed == kind).sum()) for kind in (Missed.IN, Missed.OUT)}


def _state_before(row: PresenceRow | None, at_us: int) -> State:
    return State.UNKNOWN if row is None or row.since_us > at_us else State[row.state.upper()]


def dirty_days(at: Attached) -> tuple[Int32s, Int32s]:
    """The different (home, day) that sightings speak of: homes (k,), days (k,), by day."""
    rows = at.home != NOBODY
    pairs = np.unique(np.stack([at.day[rows], at.home[rows]]), axis=1)
    return pairs[1], pairs[0]


def changed(before: Mapping[Key, PresenceRow], after: Iterable[PresenceRow]) -> list[PresenceRow]:
    """The rows that differ from what is stored."""
    return [row for row in after if before.get((row.kind, row.subject)) != row]
