"""The access policy and its windows: every line of the table, against the slow twin."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import CHINA, to_us
from core.facts import Direction
from recognition import access
from recognition.access import (
    ALWAYS_US,
    FOREVER_US,
    WAYS,
    AccessPolicy,
    Doors,
    Passback,
    Reason,
    Requests,
    Rights,
    Verdicts,
)
from recognition.arrays import NOBODY, Int32s
from recognition.errors import BadArray
from recognition.schedules import ALWAYS, Period, Schedules
from recognition.windows import LastPassages
from tests import reference

MINUTE = 60_000_000
IN, OUT, UNKNOWN = (WAYS.index(way) for way in (Direction.IN, Direction.OUT, Direction.UNKNOWN))
NOON = to_us(datetime(2026, 3, 4, 12, 0, tzinfo=CHINA))  # a Wednesday
OFFICE_HOURS = [Period(weekday=day, start=8 * 60, stop=20 * 60) for day in range(5)]
WEEKS = Schedules.of([OFFICE_HOURS, []], utc_offset_minutes=480)
Right = tuple[int, int, int, int, int]  # person, door, from, until, schedule
Request = tuple[int, int, int, int, bool]  # person, door, way, time, fire
Passage = tuple[int, int, int, bool]  # person, zone, time, inward
# Doors: 0 and 1 without anti-passback; 2 flags, 3 refuses within ten minutes; 4 refuses until the person left.
DOORS = Doors(
    zones=np.array([NOBODY, 0, 0, 0, 1], np.int32),
    passback=np.array([Passback.HARD, Passback.OFF, Passback.SOFT, Passback.HARD, Passback.HARD], np.uint8),
    window_us=np.array([FOREVER_US, FOREVER_US, 10 * MINUTE, 10 * MINUTE, FOREVER_US], np.int64),
)


def column(rows: Sequence[tuple[int, ...]], at: int, dtype: type[np.generic]) -> np.ndarray:
    return np.array([row[at] for row in rows], dtype)


def policy(rights: Sequence[Right]) -> AccessPolicy:
    return AccessPolicy(
        doors=DOORS,
        schedules=WEEKS,
        rights=Rights.of(
            persons=column(rights, 0, np.int32),
            doors=column(rights, 1, np.int32),
            valid_from_us=column(rights, 2, np.int64),
            valid_until_us=column(rights, 3, np.int64),
            schedules=column(rights, 4, np.int32),
            door_count=len(DOORS),
        ),
    )


def requests(asked: Sequence[Request]) -> Requests:
    return Requests(
        persons=column(asked, 0, np.int32),
        doors=column(asked, 1, np.int32),
        ways=column(asked, 2, np.uint8),
        at_us=column(asked, 3, np.int64),
        fire=column(asked, 4, np.bool_),
    )


def windows(passages: Sequence[Passage]) -> LastPassages:
    return LastPassages.none(2).after(
        column(passages, 0, np.int32),
        column(passages, 1, np.int32),
        column(passages, 2, np.int64),
        column(passages, 3, np.bool_),
    )


def decide(rights: Sequence[Right], asked: Sequence[Request], passages: Sequence[Passage] = ()) -> Verdicts:
    return access.decide(policy(rights), requests(asked), windows(passages))


def reason(right: Sequence[Right], asked: Request, passages: Sequence[Passage] = ()) -> Reason:
    verdicts = decide(right, [asked], passages)
    why = Reason(int(verdicts.reason[0]))
    assert bool(verdicts.granted[0]) is (why in {Reason.GRANTED, Reason.PASSBACK_SOFT, Reason.EXIT, Reason.FIRE})
    return why


times = st.integers(-20, 20).map(lambda step: NOON + step * 3 * 60 * MINUTE + step)
rights_drawn = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 4),
        st.one_of(st.just(ALWAYS_US), times),
        st.integers(1, 20).map(lambda step: NOON + step * 9 * 60 * MINUTE) | st.just(FOREVER_US),
        st.integers(0, 2),
    ).filter(lambda right: right[2] < right[3]),
    max_size=12,
)
requests_drawn = st.lists(
    st.tuples(
        st.integers(-1, 4), st.integers(-1, 6), st.integers(0, 2), times, st.integers(0, 9).map(lambda n: n == 0)
    ),
    max_size=8,
)
just_now = st.integers(-12, 3).map(lambda minutes: NOON + minutes * MINUTE)
passages_drawn = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), times | just_now, st.booleans()), max_size=8)


@given(rights_drawn, requests_drawn, passages_drawn)
def test_equals_the_slow_twin(rights: list[Right], asked: list[Request], passages: list[Passage]) -> None:
    rules, batch = policy(rights), requests(asked)
    verdicts = access.decide(rules, batch, windows(passages))
    wanted = [reference.verdict(rules, batch, at, reference.last_passages(passages)) for at in range(len(batch))]
    assert [Reason(code) for code in verdicts.reason.tolist()] == wanted
    assert verdicts.granted.tolist() == [why <= Reason.FIRE for why in wanted]


@given(rights_drawn, requests_drawn, passages_drawn, st.integers(0, 2**32 - 1))
def test_order_means_nothing(rights: list[Right], asked: list[Request], passages: list[Passage], seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(asked))
    mixed = [rights[n] for n in rng.permutation(len(rights))]
    shuffled = decide(mixed, [asked[n] for n in order], [passages[n] for n in rng.permutation(len(passages))])
    np.testing.assert_array_equal(shuffled.reason, decide(rights, asked, passages).reason[order])


@given(rights_drawn, requests_drawn, passages_drawn)
def test_the_way_out_is_always_open(rights: list[Right], asked: list[Request], passages: list[Passage]) -> None:
    leaving = [(person, door, OUT, at, fire) for person, door, _, at, fire in asked]
    assert decide(rights, leaving, passages).granted.all()


@given(rights_drawn, requests_drawn, passages_drawn)
def test_fire_opens_everything(rights: list[Right], asked: list[Request], passages: list[Passage]) -> None:
    burning = [(person, door, way, at, True) for person, door, way, at, _ in asked]
    verdicts = decide(rights, burning, passages)
    assert verdicts.granted.all()
    assert (verdicts.reason == Reason.FIRE).all()


FOR_GOOD: Right = (1, 0, ALWAYS_US, FOREVER_US, ALWAYS)


def test_who_has_a_right_comes_in() -> None:
    assert reason([FOR_GOOD], (1, 0, IN, NOON, False)) is Reason.GRANTED
    assert reason([FOR_GOOD], (1, 0, UNKNOWN, NOON, False)) is Reason.GRANTED


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((NOBODY, 0, IN, NOON, False), Reason.UNIDENTIFIED),
        ((NOBODY, NOBODY, IN, NOON, False), Reason.UNIDENTIFIED),
        ((1, NOBODY, IN, NOON, False), Reason.UNKNOWN_DOOR),
        ((1, 5, IN, NOON, False), Reason.UNKNOWN_DOOR),
        ((1, 1, IN, NOON, False), Reason.NO_RIGHT),
        ((2, 0, IN, NOON, False), Reason.NO_RIGHT),
        ((NOBODY, NOBODY, OUT, NOON, False), Reason.EXIT),
        ((NOBODY, NOBODY, IN, NOON, True), Reason.FIRE),
    ],
)
def test_who_has_none_does_not(asked: Request, why: Reason) -> None:
    assert reason([FOR_GOOD], asked) is why


def test_a_right_is_half_open() -> None:
    pass_of_an_hour: Right = (1, 0, NOON, NOON + 60 * MINUTE, ALWAYS)
    for at, why in (
        (NOON - 1, Reason.NOT_YET_VALID),
        (NOON, Reason.GRANTED),
        (NOON + 60 * MINUTE - 1, Reason.GRANTED),
        (NOON + 60 * MINUTE, Reason.EXPIRED),
    ):
        assert reason([pass_of_an_hour], (1, 0, IN, at, False)) is why


def test_an_overdue_household_keeps_its_door() -> None:
    """A lease's term is no recorded end: a right without one holds years later, and nothing here knows of the term."""
    years_later = to_us(datetime(2036, 1, 1, tzinfo=UTC))
    assert reason([FOR_GOOD], (1, 0, IN, years_later, False)) is Reason.GRANTED


def test_one_right_of_several_is_enough() -> None:
    over: Right = (1, 0, ALWAYS_US, NOON, ALWAYS)
    never: Right = (1, 0, ALWAYS_US, FOREVER_US, 2)
    assert reason([over, never, FOR_GOOD], (1, 0, IN, NOON, False)) is Reason.GRANTED
    assert reason([over, never], (1, 0, IN, NOON, False)) is Reason.OUTSIDE_SCHEDULE
    assert reason([over], (1, 0, IN, NOON, False)) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("local", "why"),
    [
        ("2026-03-06T07:59:59.999999+08:00", Reason.OUTSIDE_SCHEDULE),
        ("2026-03-06T08:00:00+08:00", Reason.GRANTED),
        ("2026-03-06T19:59:59.999999+08:00", Reason.GRANTED),
        ("2026-03-06T20:00:00+08:00", Reason.OUTSIDE_SCHEDULE),
        ("2026-03-07T12:00:00+08:00", Reason.OUTSIDE_SCHEDULE),  # a Saturday
        ("1969-12-31T12:00:00+08:00", Reason.GRANTED),  # a Wednesday before the epoch
    ],
)
def test_office_hours_are_local(local: str, why: Reason) -> None:
    office: Right = (1, 0, ALWAYS_US, FOREVER_US, 1)
    assert reason([office], (1, 0, IN, to_us(datetime.fromisoformat(local)), False)) is why


def came_in(zone: int, minutes_ago: int) -> Passage:
    return (1, zone, NOON - minutes_ago * MINUTE, True)


def left(zone: int, minutes_ago: int) -> Passage:
    return (1, zone, NOON - minutes_ago * MINUTE, False)


@pytest.mark.parametrize(
    ("door", "passages", "why"),
    [
        (2, [], Reason.GRANTED),
        (2, [came_in(0, 9)], Reason.PASSBACK_SOFT),
        (3, [came_in(0, 9)], Reason.PASSBACK_HARD),
        (3, [came_in(0, 10)], Reason.GRANTED),
        (3, [came_in(0, 9), left(0, 5)], Reason.GRANTED),
        (3, [came_in(0, -1)], Reason.GRANTED),  # this event came late
        (3, [came_in(1, 1)], Reason.GRANTED),  # another zone
        (4, [came_in(1, 600_000)], Reason.PASSBACK_HARD),
        (4, [came_in(1, 600_000), left(1, 500_000)], Reason.GRANTED),
        (1, [came_in(0, 1)], Reason.GRANTED),  # off
        (0, [came_in(0, 1), (0, 1, NOON, True)], Reason.GRANTED),  # no zone
    ],
)
def test_anti_passback(door: int, passages: list[Passage], why: Reason) -> None:
    right: Right = (1, door, ALWAYS_US, FOREVER_US, ALWAYS)
    assert reason([right], (1, door, IN, NOON, False), passages) is why


def test_passback_judges_only_who_comes_in_by_right() -> None:
    right: Right = (1, 3, ALWAYS_US, FOREVER_US, ALWAYS)
    assert reason([right], (1, 3, UNKNOWN, NOON, False), [came_in(0, 1)]) is Reason.GRANTED
    assert reason([right], (1, 3, OUT, NOON, False), [came_in(0, 1)]) is Reason.EXIT
    assert reason([right], (1, 3, IN, NOON, True), [came_in(0, 1)]) is Reason.FIRE
    assert reason([], (1, 3, IN, NOON, False), [came_in(0, 1)]) is Reason.NO_RIGHT


def test_an_empty_batch_and_an_empty_policy() -> None:
    assert len(decide([], [])) == 0
    nothing = AccessPolicy(
        doors=Doors(zones=np.empty(0, np.int32), passback=np.empty(0, np.uint8), window_us=np.empty(0, np.int64)),
        rights=Rights.of(
            persons=np.empty(0, np.int32),
            doors=np.empty(0, np.int32),
            valid_from_us=np.empty(0, np.int64),
            valid_until_us=np.empty(0, np.int64),
            schedules=np.empty(0, np.int32),
            door_count=0,
        ),
        schedules=Schedules.of(utc_offset_minutes=480),
    )
    verdicts = access.decide(
        nothing, requests([(1, 0, IN, NOON, False), (1, 0, OUT, NOON, False)]), LastPassages.none(1)
    )
    assert verdicts.reason.tolist() == [Reason.UNKNOWN_DOOR, Reason.EXIT]


def test_codes_are_those_of_facts() -> None:
    assert [why.code for why in Reason][:3] == ["granted", "passback_soft", "exit"]


@pytest.mark.parametrize(
    "right",
    [
        (NOBODY, 0, 0, 1, 0),
        (1, 5, 0, 1, 0),
        (1, NOBODY, 0, 1, 0),
        (1, 0, 5, 5, 0),
        (1, 0, 0, 1, -1),
        (1, 0, 0, 1, 3),
    ],
    ids=["no person", "no such door", "no door", "empty period", "no schedule", "no such schedule"],
)
def test_an_impossible_right_is_refused(right: Right) -> None:
    with pytest.raises(BadArray):
        policy([right])


@pytest.mark.parametrize(("zone", "mode", "window"), [(-2, 0, 1), (0, 3, 1), (0, 1, 0)], ids=["zone", "mode", "window"])
def test_an_impossible_door_is_refused(zone: int, mode: int, window: int) -> None:
    with pytest.raises(BadArray):
        Doors(
            zones=np.array([zone], np.int32),
            passback=np.array([mode], np.uint8),
            window_us=np.array([window], np.int64),
        )


def test_an_impossible_request_is_refused() -> None:
    with pytest.raises(BadArray, match="in, out or unknown"):
        requests([(1, 0, 3, NOON, False)])


def test_many_rights_and_requests() -> None:
    """Ten thousand people with five doors each, a thousand requests, spot-checked against the slow twin."""
    rng = np.random.default_rng(0)
    persons: Int32s = np.repeat(np.arange(10_000, dtype=np.int32), 5)
    rights = Rights.of(
        persons=persons,
        doors=rng.integers(0, 5, len(persons)).astype(np.int32),
        valid_from_us=NOON + rng.integers(-10, 3, len(persons)) * MINUTE,
        valid_until_us=NOON + rng.integers(3, 10, len(persons)) * MINUTE,
        schedules=rng.integers(0, 3, len(persons)).astype(np.int32),
        door_count=len(DOORS),
    )
    rules = AccessPolicy(doors=DOORS, rights=rights, schedules=WEEKS)
    asked = [
        (int(person), int(door), IN, NOON + int(step) * MINUTE, False)
        for person, door, step in rng.integers([0, 0, -9], [10_000, 5, 9], (1_000, 3))
    ]
    batch = requests(asked)
    verdicts = access.decide(rules, batch, LastPassages.none(2))
    assert set(np.unique(verdicts.reason)) >= {Reason.GRANTED, Reason.NO_RIGHT, Reason.EXPIRED, Reason.NOT_YET_VALID}
    for at in range(0, 1_000, 125):
        assert verdicts.reason[at] == reference.verdict(rules, batch, at, {})
