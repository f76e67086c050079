"""Outages: the share of a day in which nobody could have seen a home."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_DAY, day_start_us
from occupancy import days
from occupancy.outages import Intervals, blind_share, no_intervals
from tests.unit import occupancy_reference as reference
from tests.unit.occupancy_worlds import DAYS, REGISTRY, ROWS, START

FIRST, BEGIN = days.number(START), day_start_us(START)
HOMES = np.arange(len(REGISTRY.homes), dtype=np.int32)
WORLD = reference.World(ROWS, REGISTRY)
SIXTH = US_PER_DAY // 6


def intervals(rows: list[tuple[str, int, int]]) -> Intervals:
    return Intervals(
        door=np.array(REGISTRY.doors.handles(name for name, *_ in rows), np.int32),
        from_us=np.array([first for _, first, _ in rows], np.int64),
        until_us=np.array([until for *_, until in rows], np.int64),
    )


def moments() -> st.SearchStrategy[int]:
    return st.integers(-6, 6 * (DAYS + 1)).map(lambda sixth: BEGIN + sixth * SIXTH)


spans = st.tuples(st.sampled_from(REGISTRY.doors.ids), moments(), moments()).map(
    lambda row: (row[0], min(row[1:]), max(row[1:]))
)


@given(st.lists(spans, max_size=30), st.booleans())
def test_share_is_the_loops(rows: list[tuple[str, int, int]], all_gates_down: bool) -> None:
    rows = rows + [(name, BEGIN, BEGIN + 3 * US_PER_DAY) for name in ("gate", "garage") if all_gates_down]
    share = blind_share(intervals(rows), REGISTRY.places, HOMES, FIRST, DAYS)
    for place, home in enumerate(REGISTRY.homes.ids):
        for offset in range(DAYS):
            expected = reference.blind_share(WORLD, rows, home, START + timedelta(offset))
            assert share[place, offset] == np.float64(expected).astype(float) or abs(
                share[place, offset] - expected
            ) < 1e-12, (home, offset)  # fmt: skip


def test_one_working_reader_is_enough() -> None:
    down = [(name, BEGIN, BEGIN + US_PER_DAY) for name in ("gate", "garage", "b1-door", "h1-door")]
    share = blind_share(intervals(down), REGISTRY.places, HOMES, FIRST, 1)
    assert share[:, 0].tolist() == [1.0, 0.0, 0.0]  # h2 and h3 still have a reader


def test_half_a_day() -> None:
    down = [(name, BEGIN + US_PER_DAY // 2, BEGIN + 2 * US_PER_DAY) for name in REGISTRY.doors.ids]
    assert blind_share(intervals(down), REGISTRY.places, HOMES, FIRST, 3)[0].tolist() == [0.5, 1.0, 0.0]


def test_no_outage_no_homes_no_days() -> None:
    assert blind_share(no_intervals(), REGISTRY.places, HOMES, FIRST, 2).tolist() == [[0.0, 0.0]] * 3
    assert blind_share(no_intervals(), REGISTRY.places, HOMES[:0], FIRST, 2).shape == (0, 2)
    assert blind_share(no_intervals(), REGISTRY.places, HOMES, FIRST, 0).shape == (3, 0)


@given(st.lists(spans, max_size=12))
def test_merged_intervals_of_a_door_do_not_touch(rows: list[tuple[str, int, int]]) -> None:
    merged = intervals(rows).clipped(BEGIN, BEGIN + 10 * US_PER_DAY).merged()
    for place in range(1, len(merged)):
        if merged.door[place] == merged.door[place - 1]:
            assert merged.from_us[place] > merged.until_us[place - 1]
