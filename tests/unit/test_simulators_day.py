"""A day at the doors: in order, complete, repeatable, and only through doors that are there."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import US_PER_DAY, day_start_us
from simulators.day import Day, What, draw_day
from simulators.readers import Readers, lay_readers
from simulators.tables import World
from simulators.world import draw

TODAY = date(2026, 11, 23)  # a Monday


@pytest.fixture(scope="module")
def world() -> World:
    return draw(1, TODAY)


@pytest.fixture(scope="module")
def readers(world: World) -> Readers:
    return lay_readers(world)


@pytest.fixture(scope="module")
def busy(world: World) -> Day:
    return draw_day(1, world, TODAY)


def test_presentations_are_in_time_order_within_about_a_day(busy: Day) -> None:
    assert (np.diff(busy.at_us) >= 0).all()
    start = day_start_us(TODAY)
    assert busy.at_us[0] >= start
    assert busy.at_us[-1] < start + US_PER_DAY + US_PER_DAY // 24


def test_everything_is_presented_to_a_reader_that_exists(busy: Day, readers: Readers) -> None:
    assert (busy.reader >= 0).all()
    assert (busy.reader < len(readers.id)).all()
    assert len(np.unique(readers.id)) == len(readers.id)


def test_each_kind_shows_what_it_says(busy: Day) -> None:
    face, plate = busy.what == What.FACE, busy.what == What.PLATE
    assert (busy.credential[busy.what == What.CREDENTIAL] >= 0).all()
    assert (busy.pass_[busy.what == What.PASS] >= 0).all()
    assert ((busy.vehicle[plate] >= 0) ^ (busy.plate[plate] != "")).all()
    assert (busy.person[~face] == -1).all()


def test_the_day_has_strangers_mismatches_visitors_and_unknown_cars(busy: Day) -> None:
    face = busy.what == What.FACE
    assert (face & (busy.person < 0) & (busy.credential < 0)).sum() >= 10
    assert (face & (busy.person < 0) & (busy.credential >= 0)).sum() >= 2
    assert (busy.what == What.PASS).any()
    assert (busy.plate != "").any()


def test_plates_are_shown_at_barriers_only_and_nothing_else_is(busy: Day, world: World, readers: Readers) -> None:
    at_barrier = np.isin(readers.door[busy.reader], world.doorways.barriers)
    assert np.array_equal(at_barrier, busy.what == What.PLATE)


def test_nobody_shows_a_face_without_consent(busy: Day, world: World) -> None:
    assert world.people.face[busy.person[(busy.what == What.FACE) & (busy.person >= 0)]].all()


def test_residents_pass_only_their_own_building_and_home(busy: Day, world: World, readers: Readers) -> None:
    shown = np.flatnonzero(busy.person >= 0)
    home, door = world.people.home[busy.person[shown]], readers.door[busy.reader[shown]]
    own = world.doors.home[door]
    assert ((own < 0) | (own == home)).all()
    inside = world.doors.building[door] >= 0
    assert (world.doors.building[door[inside]] == world.homes.building[home[inside]]).all()


def test_mornings_go_out_and_evenings_come_in(busy: Day, readers: Readers) -> None:
    hour = (busy.at_us - day_start_us(TODAY)) // 3_600_000_000
    inward = readers.inward[busy.reader]
    assert inward[(hour >= 6) & (hour < 8)].mean() < 0.4
    assert inward[(hour >= 17) & (hour < 19)].mean() > 0.8


def test_a_household_declared_away_is_not_seen(world: World, busy: Day) -> None:
    away = world.absences.home[world.absences.person < 0]
    assert not np.isin(world.people.home[busy.person[busy.person >= 0]], away).any()


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), homes=st.integers(1, 120), days=st.integers(0, 6))
def test_a_day_can_be_drawn_again(seed: int, homes: int, days: int) -> None:
    world, day = draw(seed, TODAY, homes=homes), TODAY + timedelta(days=days)
    first, again = draw_day(seed, world, day), draw_day(seed, world, day)
    assert np.array_equal(first.at_us, again.at_us)
    assert np.array_equal(first.person, again.person)
