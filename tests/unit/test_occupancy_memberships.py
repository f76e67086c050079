"""Who lives where: swaps with consent, and households that stay when only the lease has run out."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing.registry.rows import LeaseRow, MemberRow, SwapRow
from occupancy import days
from occupancy.arrays import NOBODY
from occupancy.memberships import Piece, merged, spells_of
from occupancy.spells import Spell
from occupancy.tenure import lived_in_since
from tests.unit.occupancy_cases import lease
from tests.unit.occupancy_worlds import D2, D4, REGISTRY, START

DAY = timedelta(days=1)
END = date(2026, 9, 30)


def handle(name: str) -> int:
    return {"h0": 0, "h1": 1, "p0": 0, "p1": 1}.get(name, NOBODY)


def until_of(until: date | None, *leases: LeaseRow, relation: str = "tenant", also: date | None = None) -> int:
    """Until when p0 counts to h0 who was entered until a day; `also`: begins to belong to h1 on a day."""
    rows = [MemberRow("p0", "h0", relation, date(2020, 1, 1), until, lives_alone=False)]
    if also is not None:
        rows.append(MemberRow("p0", "h1", "co-resident", also, None, lives_alone=False))
    (spell,) = [s for s in spells_of(rows, leases, (), handle, handle) if s.home == 0]
    return spell.until_day


@pytest.mark.parametrize("entered", [END, END + DAY])  # as a last day, or as the first day after
def test_a_lease_that_runs_out_moves_nobody_out(entered: date) -> None:
    assert until_of(entered, lease(end=END)) == days.FOREVER
    assert until_of(entered, lease(end=END), lease(start=END + 9 * DAY)) == days.number(END + 9 * DAY)
    relocated = lease(end=END - 60 * DAY, relocation_until=END)
    assert until_of(entered, relocated) == days.FOREVER


def test_other_ends_are_ends() -> None:
    known = days.number(END)
    assert until_of(END, lease(end=END + 50 * DAY)) == known  # moved out before
    assert until_of(END, lease(end=END, ended=END)) == known  # gave the home back
    assert until_of(END, lease(end=END), relation="carer") == known
    assert until_of(END, lease(end=END), also=END) == known  # moved to another home of the estate
    assert until_of(END) == known
    assert until_of(None, lease(end=END)) == days.FOREVER


def test_a_swap_with_consent_exchanges_the_households() -> None:
    rows = [MemberRow(f"p{n}", f"h{n}", "tenant", START, None, lives_alone=False) for n in (0, 1)]
    rows.append(MemberRow("p0", "h1", "carer", START, None, lives_alone=False))
    for approved in (True, False):
        swaps = [SwapRow("h0", "h1", D2, D4, approved)]
        found = set(spells_of(rows, (), swaps, handle, handle))
        first, d2, d4 = (days.number(day) for day in (START, D2, D4))
        carer = Spell(0, 1, first, days.FOREVER, household=False)
        apart = {Spell(n, n, first, days.FOREVER, household=True) for n in (0, 1)}
        exchanged = {
            Spell(n, home, start, stop, household=True)
            for n in (0, 1)
            for home, start, stop in ((n, first, d2), (1 - n, d2, d4), (n, d4, days.FOREVER))
        }
        assert found == {carer} | (exchanged if approved else apart)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=8))
def test_merged_pieces_cover_the_same_days_and_never_touch(drawn: list[tuple[int, int]]) -> None:
    pieces = [Piece("h0", first, first + size) for first, size in drawn]
    found = merged(pieces)
    assert [day for piece in found for day in range(piece.start, piece.stop)] == sorted(
        {day for piece in pieces for day in range(piece.start, piece.stop)}
    )
    assert all(before.stop < after.start for before, after in pairwise(found))


def test_a_row_begun_at_a_renewal_moves_nobody_in() -> None:
    """Split on the day of the renewal, and a swap that lasts beyond it."""
    renewed = START + 90 * DAY
    rows = [
        MemberRow("p0", "h0", "tenant", START, renewed, lives_alone=False),
        MemberRow("p0", "h0", "co-resident", renewed, None, lives_alone=False),
        MemberRow("p1", "h1", "tenant", START, None, lives_alone=False),
    ]
    first = days.number(START)
    assert Spell(0, 0, first, days.FOREVER, household=True) in spells_of(rows, (), (), handle, handle)
    swap = SwapRow("h0", "h1", START + 50 * DAY, START + 120 * DAY, True)
    theirs = {s for s in spells_of(rows, (), [swap], handle, handle) if s.subject == 0}
    pieces = ((0, 0, 50), (1, 50, 120), (0, 120, days.FOREVER - first))
    assert theirs == {Spell(0, at, first + start, first + stop, household=True) for at, start, stop in pieces}


def test_since_when_a_household_lives_in_a_home() -> None:
    """h2 and h3 are swapped from D2 until D4."""
    home = {name: REGISTRY.homes.handle(name) for name in ("h1", "h2", "h3")}
    living = REGISTRY.living
    spells = [
        (living.home[at], int(living.from_day[at]), int(living.until_day[at]))
        for at in np.ndindex(living.home.shape)
        if living.household[at]
    ]
    for day in map(days.number, (START, D2, D4)):
        expected = [
            min((start for of, start, stop in spells if of == handle_ and start <= day < stop), default=days.NEVER)
            for handle_ in home.values()
        ]
        assert lived_in_since(living, 3, day).tolist() == expected
    assert lived_in_since(living, 3, days.number(D2)).tolist() == [days.number(day) for day in (START, D2, D2)]
    assert lived_in_since(REGISTRY.living, 3, days.number(START) - 1).tolist() == [days.NEVER] * 3


def test_a_vehicle_moves_with_its_household() -> None:
    """A3 is registered for h2, which is swapped with h3 for as long as it may come in."""
    plate = np.array([REGISTRY.plates.handle("A3")] * 3, np.int32)
    when = np.array([days.number(day) for day in (START, D2, D4)], np.int32)
    found = [REGISTRY.homes.name(int(home)) for home in REGISTRY.vehicles.home_on(plate, when)]
    assert found == [None, "h3", None]
