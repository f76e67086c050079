"""Anti-passback windows and weekly hours: the folds and calendars under the access policy."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import to_us
from core.errors import InvalidValue
from recognition.arrays import NOBODY
from recognition.errors import BadArray
from recognition.schedules import ALWAYS, Period, Schedules, minute_of_week
from recognition.windows import LastPassages
from tests import reference

MINUTE = 60_000_000
ZONES = 2
Passage = tuple[int, int, int, bool]  # person, zone, time, inward
passages_drawn = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, ZONES - 1), st.integers(-3, 3), st.booleans()), max_size=10
)


def after(seen: LastPassages, passages: Sequence[Passage]) -> LastPassages:
    return seen.after(
        np.array([person for person, _, _, _ in passages], np.int32),
        np.array([zone for _, zone, _, _ in passages], np.int32),
        np.array([at for _, _, at, _ in passages], np.int64),
        np.array([inward for _, _, _, inward in passages], np.bool_),
    )


def held(seen: LastPassages) -> dict[tuple[int, int], tuple[int, bool]]:
    rows = zip(seen.keys.tolist(), seen.at_us.tolist(), seen.inward.tolist(), strict=True)
    return {divmod(key, seen.zones): (at, inward) for key, at, inward in rows}


@given(passages_drawn)
def test_equals_the_slow_twin(passages: list[Passage]) -> None:
    seen = after(LastPassages.none(ZONES), passages)
    assert held(seen) == reference.last_passages(passages)
    assert (np.diff(seen.keys) > 0).all()


@given(passages_drawn, st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_order_grouping_and_repetition_mean_nothing(passages: list[Passage], cut: int, seed: int) -> None:
    mixed = [passages[n] for n in np.random.default_rng(seed).permutation(len(passages))]
    grouped = after(after(after(LastPassages.none(ZONES), mixed[:cut]), mixed[cut:]), passages)
    assert held(grouped) == held(after(LastPassages.none(ZONES), passages))


def test_who_entered_how_long_ago() -> None:
    seen = after(LastPassages.none(ZONES), [(1, 0, 100, True), (2, 0, 100, False)])
    persons, zones = np.array([1, 1, 1, 1, 2, 3], np.int32), np.array([0, 0, 0, 1, 0, 0], np.int32)
    at_us = np.array([100, 109, 110, 105, 105, 105], np.int64)
    within = seen.entered_within(persons, zones, at_us, np.full(6, 10, np.int64))
    assert within.tolist() == [True, True, False, False, False, False]


def test_nobody_entered_before_anybody_came() -> None:
    one = np.zeros(1, np.int32)
    assert LastPassages.none(1).entered_within(one, one, np.zeros(1, np.int64), np.ones(1, np.int64)).tolist() == [
        False
    ]


def test_old_windows_are_dropped() -> None:
    seen = after(LastPassages.none(ZONES), [(1, 0, 5, True), (1, 1, 20, True)])
    assert held(seen.since(20)) == {(1, 1): (20, True)}


@pytest.mark.parametrize("passage", [(NOBODY, 0, 0, True), (1, ZONES, 0, True), (1, NOBODY, 0, True)])
def test_an_impossible_passage_is_refused(passage: Passage) -> None:
    with pytest.raises(BadArray):
        after(LastPassages.none(ZONES), [passage])


def test_a_period_may_run_into_the_next_day_and_the_next_week() -> None:
    nights = Schedules.of([[Period(weekday=6, start=22 * 60, stop=6 * 60)]], utc_offset_minutes=0)
    sunday = to_us(datetime(2026, 3, 8, 22, 0, tzinfo=UTC))
    at = np.array([sunday - 1, sunday, sunday + 8 * 60 * MINUTE - 1, sunday + 8 * 60 * MINUTE], np.int64)
    assert nights.are_open(np.ones(4, np.int32), at).tolist() == [False, True, True, False]


@pytest.mark.parametrize("stop", [0, 24 * 60])
def test_a_whole_day(stop: int) -> None:
    monday = Schedules.of([[Period(weekday=0, start=0, stop=stop)]], utc_offset_minutes=0)
    assert np.flatnonzero(monday.open[1]).tolist() == list(range(24 * 60))


def test_every_table_begins_with_always() -> None:
    schedules = Schedules.of([[]], utc_offset_minutes=480)
    assert len(schedules) == 2
    assert schedules.open[ALWAYS].all()
    assert not schedules.open[1].any()


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-12 * 60, 14 * 60))
def test_the_minute_of_the_week_is_the_calendars(local: datetime, offset: int) -> None:
    at_us = np.array([to_us(local) - offset * MINUTE], np.int64)
    assert minute_of_week(at_us, offset).tolist() == [(local.weekday() * 24 + local.hour) * 60 + local.minute]


@pytest.mark.parametrize(("weekday", "start", "stop"), [(7, 0, 1), (-1, 0, 1), (0, 1440, 1), (0, -1, 1), (0, 0, 1441)])
def test_an_impossible_period_is_refused(weekday: int, start: int, stop: int) -> None:
    with pytest.raises(InvalidValue):
        Period(weekday=weekday, start=start, stop=stop)


def test_an_impossible_offset_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Schedules.of(utc_offset_minutes=15 * 60)
