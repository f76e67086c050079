"""Change points, weeks and doors, each against the obvious loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from occupancy.homedays import empty
from occupancy.rules import signs
from occupancy.rules.rhythm import WEEKLY, at_home, change_point, every_week, others_at_night
from tests.unit.occupancy_worlds import REGISTRY

flags = st.lists(st.booleans(), min_size=1, max_size=120)
scores = st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0]), min_size=1, max_size=60)


@given(st.lists(scores, min_size=1, max_size=4))
def test_the_change_point_is_the_loops(rows: list[list[float]]) -> None:
    width = min(len(row) for row in rows)
    table = np.array([row[:width] for row in rows])
    best, low, high = change_point(table)
    for k, row in enumerate(table.tolist()):
        sums = [sum(row[place:]) for place in range(width)]
        most = max(sums)
        near = [place for place, total in enumerate(sums) if total >= most - 3]
        assert best[k] == max(place for place, total in enumerate(sums) if total == most)
        assert (low[k], high[k]) == (min(near), max(near))
        assert low[k] <= best[k] <= high[k]


def test_a_clear_change_is_found_on_its_day() -> None:
    row = np.where(np.arange(100) >= 60, 1.0, -1.0)
    row[70:75] = 0  # no reader worked
    best, low, high = change_point(row[None, :])
    assert (best[0], low[0], high[0]) == (60, 57, 63)


@given(flags, flags, st.sampled_from([7, 14, 28]))
def test_weeks_are_the_loops(happened: list[bool], counted: list[bool], recent: int) -> None:
    width = min(len(happened), len(counted))
    pairs = list(zip(happened[:width], counted[:width], strict=True))
    expected = True
    for back in range(7, min(recent, width) + 1, 7):
        week = pairs[width - back : width - back + 7]
        usable = sum(c for _, c in week)
        expected &= sum(h and c for h, c in week) >= WEEKLY * usable / 7 or usable < WEEKLY
    got = every_week(np.array([happened[:width]]), np.array([counted[:width]]), recent)
    assert bool(got[0]) == expected


@given(flags, flags)
def test_weeks_with_signs_are_the_loops(happened: list[bool], counted: list[bool]) -> None:
    width = min(len(happened), len(counted))
    pairs = list(zip(happened[:width], counted[:width], strict=True))
    last = list(reversed(pairs))[: 7 * signs.WEEKS]
    weeks = [last[start : start + 7] for start in range(0, len(last), 7)]
    seen, known = signs.weeks(np.array([happened[:width]]), np.array([counted[:width]]))
    assert int(known[0]) == sum(any(c for _, c in week) for week in weeks)
    assert int(seen[0]) == sum(any(h and c for h, c in week) for week in weeks)


def test_who_came_home_and_by_which_door() -> None:
    made = empty(np.arange(3, dtype=np.int32), 20_000, 2)
    made.entries[:, :] = 1
    made.members_seen[:, :] = 1
    made.elsewhere[:, 1] = 1
    got = at_home(made, np.arange(3), REGISTRY.places)
    assert got.tolist() == [[True, False], [True, False], [True, True]]  # h3's own door has no reader
    made.other_nights[0, :] = 1
    made.other_hours[0, 0], made.other_hours[0, 1] = 1 << 19, 1 << 9
    assert others_at_night(made, np.array([0])).tolist() == [[True, False]]
