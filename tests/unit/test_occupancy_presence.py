"""Presence: every pair of the table, and a fold that no order, repetition or split changes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_DAY, from_us, local_day
from occupancy import fold, presence_page
from occupancy.attach import attach
from occupancy.codes import By, DoorKind, Said, Way
from occupancy.fold import Key, Latest
from occupancy.places import DoorClass
from occupancy.presence import (
    HOLD_US,
    TABLE,
    Missed,
    NoSuchEvent,
    PresenceRow,
    State,
    as_shown,
    missed_readings,
    states_after,
    step,
)
from occupancy.sightings import Sightings, together
from tests.unit import occupancy_reference as reference
from tests.unit.occupancy_worlds import REGISTRY, ROWS, row, sightings

PAIRS = [(state, door, way) for state in State for door in DoorClass for way in Way]
WORLD = reference.World(ROWS, REGISTRY)
DOOR = REGISTRY.doors.handle


@pytest.mark.parametrize(("state", "door", "way"), PAIRS)
def test_every_pair_is_in_the_table_and_in_the_arrays(state: State, door: DoorClass, way: Way) -> None:
    then, missed = step(state, door, way)
    one = np.array([door], np.int8), np.array([way], np.int8)
    elsewhere = np.array([DoorClass.ELSEWHERE], np.int8)
    assert states_after(one[0], elsewhere, one[1], vehicle=True)[0] == then
    assert missed_readings(np.array([state], np.int8), *one)[0] == missed
    # the state before decides which reading is missing and never where somebody is
    assert {step(other, door, way)[0] for other in State} == {then}
    if state is State.UNKNOWN:
        assert missed is Missed.NONE


def test_the_table_holds_each_event_once_and_nothing_else() -> None:
    assert set(TABLE) == {(door, way) for door in DoorClass for way in Way}


@pytest.mark.parametrize(
    ("state", "door", "way"),
    [(9, DoorClass.GATE, Way.IN), (State.AWAY, 7, Way.IN), (State.AWAY, DoorClass.GATE, 5), ("away", "gate", "in")],
)
def test_what_is_not_in_the_table_is_refused(state: object, door: object, way: object) -> None:
    with pytest.raises(NoSuchEvent):
        step(state, door, way)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "door", "way", "missed"),
    [
        (State.AT_HOME, DoorClass.HOME, Way.IN, Missed.OUT),  # the way out has no reader: the normal case
        (State.AWAY, DoorClass.HOME, Way.IN, Missed.IN),
        (State.AWAY, DoorClass.GATE, Way.IN, Missed.NONE),
        (State.ON_ESTATE, DoorClass.GATE, Way.OUT, Missed.NONE),
        (State.AT_HOME, DoorClass.HOME, Way.OUT, Missed.NONE),
        (State.AWAY, DoorClass.GATE, Way.OUT, Missed.IN),
    ],
)
def test_which_reading_is_missing(state: State, door: DoorClass, way: Way, missed: Missed) -> None:
    assert step(state, door, way)[1] is missed


def folded(parts: list[Sightings]) -> dict[Key, PresenceRow]:
    """Batch after batch, as the service does."""
    rows: dict[Key, PresenceRow] = {}
    for part in parts:
        for group in fold.moves(part, attach(part, REGISTRY), REGISTRY):
            for new in fold.latest(group, REGISTRY):
                key = (new.kind, new.subject)
                rows[key] = fold.merged("e1", rows.get(key), new)
    return rows


def slow(found: Sightings) -> dict[Key, tuple[str, int, int, str]]:
    """By looking at every sighting in turn: state, since, last seen, at which door."""
    passages: dict[Key, tuple[int, int]] = {}
    seen: dict[Key, tuple[int, str]] = {}
    for line in reference.rows_of(found):
        key = _about(line)
        if key is None:
            continue
        door = REGISTRY.doors.name(line["door"])
        seen[key] = max(seen.get(key, (-1, "")), (line["taken_us"], door or ""))
        if door is not None and (line["opens"] or line["outcome"] == Said.GRANTED):
            state = step(State.UNKNOWN, _door_class(key, line, door), Way(line["way"]))[0]
            passages[key] = max(passages.get(key, (-1, 0)), (line["taken_us"], state))
    unknown = (-1, State.UNKNOWN)
    return {
        key: (State(passages.get(key, unknown)[1]).word, passages.get(key, unknown)[0], *last)
        for key, last in seen.items()
    }


def _about(line: reference.Row) -> Key | None:
    if line["modality"] == By.PLATE:
        return ("vehicle", str(REGISTRY.plates.name(line["plate"]))) if line["plate"] >= 0 else None
    person = line["seen"] if line["outcome"] == Said.MISMATCH else line["person"]
    if person >= 0:
        return "person", str(REGISTRY.persons.name(person))
    return ("pass", str(REGISTRY.passes.name(line["pass_"]))) if line["pass_"] >= 0 else None


def _door_class(key: Key, line: reference.Row, door: str) -> DoorClass:
    home = _home_of(key, line)
    building = next((h.building for h in ROWS.homes if h.home == home), None)
    spec = next(d for d in ROWS.doors if d.door == door)
    found = DoorClass.ELSEWHERE
    if spec.kind in {"gate", "garage"}:
        found = DoorClass.GATE
    elif spec.kind in {"building", "lift"} and home and spec.building == building:
        found = DoorClass.SHARED
    elif spec.kind == "home" and home and spec.home == home:
        found = DoorClass.HOME
    own_reader = any(d.home == home for d in ROWS.doors if d.home)
    innermost = DoorClass.HOME if own_reader else DoorClass.SHARED  # both buildings of this estate have a reader
    return DoorClass.HOME if home and found is innermost and line["way"] == Way.IN and key[0] != "vehicle" else found


def _home_of(key: Key, line: reference.Row) -> str | None:
    kind, subject = key
    if kind == "pass":
        return next(p.home for p in ROWS.passes if p.pass_ == subject)
    day = local_day(from_us(line["taken_us"]))
    if kind == "vehicle":
        return WORLD._vehicle_home(line["plate"], day)
    lived = WORLD.homes_lived_in(REGISTRY.persons.handle(subject), day, household=False)
    return lived[0] if lived else None


@given(sightings())
def test_the_fold_is_the_loop(found: Sightings) -> None:
    rows = folded([found])
    assert {
        key: (line.state, line.since_us, line.last_us, line.last_door) for key, line in rows.items()
    } == slow(found)  # fmt: skip


@given(sightings(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_repetition_and_splits_change_nothing(found: Sightings, random: object, size: int) -> None:
    order = np.arange(len(found))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = np.concatenate([order, order[: len(order) // 3]])
    parts = [found.take(again[start : start + size]) for start in range(0, len(again), size)]
    once = {key: (line.state, line.since_us, line.last_us, line.last_door) for key, line in folded([found]).items()}
    split = {key: (line.state, line.since_us, line.last_us, line.last_door) for key, line in folded(parts).items()}
    assert split == once


def state_after(*rows: Sightings, who: Key = ("person", "p0")) -> str:
    return folded([together(list(rows))])[who].state


def test_a_refused_face_goes_nowhere_but_was_seen() -> None:
    (line,) = folded([row(outcome=Said.DENIED, opens=0)]).values()
    assert (line.state, line.since_us, line.last_door) == ("unknown", -1, "gate")


def test_a_mismatch_moves_whoever_was_there_not_the_cards_owner() -> None:
    rows = folded([row(outcome=Said.MISMATCH, opens=1, seen=REGISTRY.persons.handle("p2"))])
    assert set(rows) == {("person", "p2")}
    assert folded([row(outcome=Said.MISMATCH, opens=1, seen=-1)]) == {}


def test_own_door_building_and_gate() -> None:
    assert state_after(row()) == "on_estate"
    assert state_after(row(door=DOOR("h1-door"))) == "at_home"
    assert state_after(row(door=DOOR("h2-door"))) == "on_estate"  # at a neighbour's
    assert state_after(row(way=Way.OUT)) == "away"
    assert state_after(row(way=Way.UNKNOWN)) == "unknown"


def test_without_an_own_door_the_innermost_reader_stands_for_it() -> None:
    child = REGISTRY.persons.handle("p3")
    at_lift = row(person=-1, modality=By.PASS, pass_=REGISTRY.passes.handle("k3"), door=DOOR("b2-lift"))
    assert state_after(at_lift, who=("pass", "k3")) == "at_home"
    assert REGISTRY.places.kind[DOOR("b2-lift")] == DoorKind.LIFT
    assert state_after(row(person=child, door=DOOR("b1-door")), who=("person", "p3")) == "on_estate"


def test_a_vehicle_parks() -> None:
    car = {"person": REGISTRY.persons.handle("p0"), "modality": By.PLATE, "plate": REGISTRY.plates.handle("A1")}
    rows = folded([row(door=DOOR("garage"), **car)])
    assert {key: line.state for key, line in rows.items()} == {("vehicle", "A1"): "on_estate"}


def test_staff_have_no_home() -> None:
    assert (
        state_after(row(person=REGISTRY.persons.handle("s"), door=DOOR("b1-door")), who=("person", "s")) == "on_estate"
    )


def test_an_entry_is_believed_for_a_day_and_an_exit_until_the_next_entry() -> None:
    assert as_shown(State.AT_HOME, 0, HOLD_US) is State.AT_HOME
    assert as_shown(State.AT_HOME, 0, HOLD_US + 1) is State.UNKNOWN
    assert as_shown(State.ON_ESTATE, 0, 2 * US_PER_DAY) is State.UNKNOWN
    assert as_shown(State.AWAY, 0, 100 * US_PER_DAY) is State.AWAY


def test_missing_readings_are_counted_within_and_before_a_batch() -> None:
    rows = together([row(key=n, taken_us=row().taken_us[0] + n, door=DOOR("h1-door")) for n in range(3)])
    (group, *_) = fold.moves(rows, attach(rows, REGISTRY), REGISTRY)
    assert fold.count_missed(group, REGISTRY.persons, {}) == {Missed.IN: 0, Missed.OUT: 2}
    gone = PresenceRow(
        kind="person", subject="p0", estate="e1", home="h1", state="away", since_us=5, last_us=5, last_door=""
    )
    before = {("person", "p0"): gone}
    assert fold.count_missed(group, REGISTRY.persons, before) == {Missed.IN: 1, Missed.OUT: 2}
    (empty, *_) = fold.moves(together([]), attach(together([]), REGISTRY), REGISTRY)
    assert fold.count_missed(empty, REGISTRY.persons, {}) == {}


def test_an_older_batch_changes_nothing() -> None:
    before = PresenceRow(
        kind="person", subject="p0", estate="e1", home="h1", state="away", since_us=9, last_us=9, last_door="gate"
    )
    late = Latest(
        kind="person", subject="p0", home="h2", state=State.AT_HOME, passed_us=8, last_us=8, last_door="h2-door"
    )
    assert fold.merged("e1", before, late) == before
    assert fold.changed({("person", "p0"): before}, [before]) == []


def test_the_page_is_the_tables() -> None:
    assert presence_page.PAGE.read_text(encoding="utf-8") == presence_page.render(), (
        "docs/presence.md is out of step: run python -m occupancy.presence_page"
    )
    lines = [line for line in presence_page.render().splitlines() if re.match(r"\| \w+ (in|out|unknown) \|", line)]
    assert len(lines) == len(TABLE)
