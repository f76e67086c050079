"""Leases, absences and visits as columns against the rows they were made from."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from housing.leases import lease_on
from housing.registry.rows import AbsenceRow, LeaseRow
from occupancy import days
from occupancy.tenure import home_and_day, keys
from tests.unit.occupancy_cases import lease, registry
from tests.unit.occupancy_worlds import START

FIRST = days.number(START)
HOMES = np.array([0, 1], np.int32)
moments = st.integers(0, 30).map(lambda n: START + timedelta(n))


def row(home: str, person: str | None, first: date, length: int | None, approved: bool) -> AbsenceRow:
    return AbsenceRow(home, person, first, None if length is None else first + timedelta(length), "work", approved)


absences = st.builds(
    row, st.sampled_from(["h0", "h1", "elsewhere"]), st.sampled_from([None, "p0", "p1", "p9"]), moments,
    st.none() | st.integers(0, 15), st.booleans(),
)  # fmt: skip


@given(st.lists(absences, max_size=8))
def test_excused_days_are_the_loops(rows: list[AbsenceRow]) -> None:
    known = registry(absences=rows)
    got = set(known.absences.excused(known.living, FIRST, FIRST + 40).tolist())
    for home, handle in (("h0", 0), ("h1", 1)):
        for offset in range(40):
            day = START + timedelta(offset)
            covering = {
                r.person
                for r in rows
                if r.approved and r.home == home and r.from_day <= day and (r.until_day is None or day < r.until_day)
            }
            everybody = home == "h0" and {"p0", "p1"} <= covering
            expected = None in covering or everybody
            key = int(keys(np.array([handle], np.int32), np.array([FIRST + offset], np.int32))[0])
            assert (key in got) == expected, (home, day)


@given(st.lists(st.tuples(st.sampled_from(["h0", "h1"]), moments), max_size=6, unique=True), moments)
def test_the_lease_that_counts_is_housings(rows: list[tuple[str, date]], day: date) -> None:
    leases: list[LeaseRow] = [lease(home, start) for home, start in rows]
    known = registry(leases=leases)
    found = known.leases.on(HOMES, days.number(day))
    for handle, home in enumerate(("h0", "h1")):
        expected = lease_on([one for one in leases if one.home == home], day)
        if expected is None:
            assert found[handle] == -1
        else:
            assert days.day_of(known.leases.start[found[handle]]) == expected.start


@given(
    st.lists(st.tuples(st.sampled_from(["h0", "h1"]), moments, moments), max_size=6, unique_by=lambda r: r[:2]), moments
)
def test_homes_whose_right_is_over_are_the_loops(rows: list[tuple[str, date, date]], day: date) -> None:
    leases = [lease(home, start, max(start, end)) for home, start, end in rows]
    newest = [lease_on([one for one in leases if one.home == home], day) for home in ("h0", "h1")]
    expected = [n for n, one in enumerate(newest) if one is not None and one.end < day]
    assert registry(leases=leases).leases.over(2, days.number(day)).tolist() == expected


@given(st.lists(st.tuples(st.integers(-1, 5_000), st.integers(-20_000, 60_000)), max_size=5))
def test_keys_come_apart_again(pairs: list[tuple[int, int]]) -> None:
    home, day = (np.array([pair[n] for pair in pairs], np.int32) for n in (0, 1))
    again = home_and_day(keys(home, day))
    assert again[0].tolist() == home.tolist()
    assert again[1].tolist() == day.tolist()


def test_registry_leaves_out_what_it_cannot_place() -> None:
    rows = registry(leases=[lease("h0"), lease("nowhere")], absences=[row("h0", "p7", START, 3, True)])
    assert len(rows.leases.home) == 1
    assert len(rows.absences.home) == 0


def test_who_agreed_to_care_is_read_anew() -> None:
    known = registry(care=["p0", "somebody of another estate"])
    assert known.care.tolist() == [True, False, False]
    assert known.caring_for(["p1", "nobody"]).care.tolist() == [False, True, False]
