"""Home-days: the columns against the loop, in any order, repeated, in any split."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.clock import day_start_us
from occupancy import days
from occupancy.codes import By, Said, Way
from occupancy.homedays import COLUMNS, HomeDays, recompute
from occupancy.sightings import Sightings, together
from tests.unit import occupancy_reference as reference
from tests.unit.occupancy_worlds import DAYS, REGISTRY, ROWS, START, row, sightings

FIRST = days.number(START)
WORLD = reference.World(ROWS, REGISTRY)
HOUR = 3600 * 1_000_000


def same(one: HomeDays, other: HomeDays) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def cell(found: HomeDays, home: str, day: int = 0) -> dict[str, int]:
    place = REGISTRY.homes.handle(home)
    return {name: int(getattr(found, name)[place, day]) for name in reference.COUNTED}


def day_of(rows: Sightings, home: str = "h1") -> dict[str, int]:
    return cell(recompute(rows, REGISTRY, FIRST, 1), home)


@given(sightings())
def test_batch_is_the_loop(found: Sightings) -> None:
    made = recompute(found, REGISTRY, FIRST, DAYS)
    rows = reference.rows_of(found)
    for home in REGISTRY.homes.ids:
        for offset in range(DAYS):
            expected = reference.home_day(WORLD, rows, home, START + timedelta(offset))
            assert cell(made, home, offset) == expected, (home, offset)


@given(sightings(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(found: Sightings, random: object) -> None:
    order = np.arange(len(found))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = together([found.take(order), found.take(order[: len(order) // 2])])
    same(recompute(found, REGISTRY, FIRST, DAYS), recompute(again, REGISTRY, FIRST, DAYS))


@given(sightings())
def test_any_day_and_home_alone_is_the_same(found: Sightings) -> None:
    whole = recompute(found, REGISTRY, FIRST, DAYS)
    for home in range(len(REGISTRY.homes)):
        for offset in range(DAYS):
            one = recompute(found, REGISTRY, FIRST + offset, 1, homes=np.array([home], np.int32))
            for name in COLUMNS:
                np.testing.assert_equal(getattr(one, name)[0, 0], getattr(whole, name)[home, offset], name)


def test_nothing_seen_is_zeros() -> None:
    found = recompute(together([]), REGISTRY, FIRST, 2)
    assert found.shape == (3, 2)
    assert found.entries.sum() == 0
    assert (found.last_member_us == -1).all()


def test_no_homes_and_no_days() -> None:
    assert recompute(row(), REGISTRY, FIRST, 0).shape == (3, 0)
    assert recompute(row(), REGISTRY, FIRST, 1, homes=np.empty(0, np.int32)).shape == (0, 1)


def test_a_day_begins_at_midnight_in_china() -> None:
    late = row(taken_us=day_start_us(START) - 1)
    assert day_of(late)["entries"] == 0
    assert day_of(row(taken_us=day_start_us(START)))["entries"] == 1


def test_a_refused_member_did_not_enter() -> None:
    assert day_of(row(outcome=Said.DENIED, opens=0))["entries"] == 0
    assert day_of(row(outcome=Said.DENIED, opens=1))["entries"] == 1  # the door opened all the same


def test_a_plate_is_no_member_even_with_its_driver_named() -> None:
    plate = row(modality=By.PLATE, plate=REGISTRY.plates.handle("A1"))
    assert day_of(plate) | {"vehicle_entries": 1} == day_of(plate)
    assert day_of(plate)["entries"] == 0


def test_a_spouse_with_the_tenants_card_is_no_mismatch() -> None:
    p1, c = REGISTRY.persons.handle("p1"), REGISTRY.persons.handle("c")
    assert day_of(row(outcome=Said.MISMATCH, seen=p1))["mismatches"] == 0
    assert day_of(row(outcome=Said.MISMATCH, seen=c))["mismatches"] == 1
    assert day_of(row(outcome=Said.MISMATCH, seen=-1))["mismatches"] == 1


def test_who_went_out_last_is_not_in_at_night() -> None:
    out = row(key=2, taken_us=day_start_us(START) + 20 * HOUR, way=Way.OUT)
    assert day_of(together([row(), out]))["members_in_at_night"] == 0
    assert day_of(together([out, row(key=3, taken_us=day_start_us(START) + 22 * HOUR)]))["members_in_at_night"] == 1


def test_couriers_are_not_somebody_elses_rhythm() -> None:
    visitor = row(person=-1, modality=By.PASS, pass_=REGISTRY.passes.handle("v1"))
    courier = row(person=-1, modality=By.PASS, pass_=REGISTRY.passes.handle("k3"))
    assert day_of(visitor)["other_hours"] == 1 << 9
    assert day_of(courier, "h3")["passes"] == 1
    assert day_of(courier, "h3")["other_hours"] == 0


def test_meters_stand_on_their_day() -> None:
    found = recompute(together([]), REGISTRY, FIRST, DAYS)
    h2 = REGISTRY.homes.handle("h2")
    assert found.electricity_kwh[h2].tolist()[2:4] == [3.5, 0.0]
    assert np.isnan(found.water_m3[h2, 2])
    assert found.water_m3[h2, 3] == 0.25
    assert np.isnan(found.electricity_kwh).sum() == found.electricity_kwh.size - 2


def test_another_household_in_this_ones_place() -> None:
    p2, h2 = REGISTRY.persons.handle("p2"), REGISTRY.homes.handle("h2")
    shown = day_of(row(outcome=Said.MISMATCH, seen=p2))
    tried = day_of(row(door=REGISTRY.doors.handle("h1-door"), outcome=Said.DENIED, opens=0, person=p2))
    assert (shown["swap_home"], shown["swap_entries"]) == (h2, 1)
    assert (tried["swap_home"], tried["swap_entries"]) == (h2, 1)
    nobody = day_of(row(outcome=Said.MISMATCH, seen=-1))
    assert (nobody["swap_home"], nobody["swap_entries"]) == (-1, 0)


def test_a_visitor_who_left_did_not_stay() -> None:
    visitor = row(person=-1, modality=By.PASS, pass_=REGISTRY.passes.handle("v1"))
    left = row(
        key=2, taken_us=day_start_us(START) + 21 * HOUR, person=-1, modality=By.PASS,
        pass_=REGISTRY.passes.handle("v1"), way=Way.OUT,
    )  # fmt: skip
    assert day_of(visitor)["other_nights"] == 1
    assert day_of(together([visitor, left]))["other_nights"] == 0
    assert day_of(together([visitor, left]))["guests"] == 1


def test_somebody_let_in_by_intercom_is_nobody_known() -> None:
    rung = row(person=-1, modality=By.INTERCOM, home=REGISTRY.homes.handle("h1"))
    assert day_of(rung)["rung_in"] == 1
    assert day_of(rung)["other_hours"] == 1 << 9


def test_only_face_and_finger_are_a_body() -> None:
    assert day_of(row())["bodies_seen"] == 1
    assert day_of(row(modality=By.CARD))["bodies_seen"] == 0
    assert day_of(row(modality=By.CARD))["members_seen"] == 1
