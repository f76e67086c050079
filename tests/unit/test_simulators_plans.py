"""What devices will present: the same for a row whenever it is asked, and everything a demo wants to show."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_SECOND, day_start_us, to_us
from core.facts import Modality
from gateway.config import load_config
from gateway.devices.base import Drawn, Picture, Shown
from simulators import embeddings
from simulators.day import What
from simulators.faces import Sitter
from simulators.gateway_files import write_gateway_files
from simulators.likeness import BLOCK, Likenesses
from simulators.load import LoadPlan
from simulators.plan import LATE_US, event_id, row_of
from simulators.readers import lay_readers
from simulators.rounds import TooManySitters, draw_encounters, draw_rounds, seat
from simulators.runs import BusyDays, Estate, Load, Run, plan_of
from tests.factories import TODAY, small_world

SITTER = Sitter("小王", (np.full((64, 64, 3), 99, np.uint8),), "test")
BEGIN = day_start_us(TODAY) + 7 * 3600 * US_PER_SECOND
NOW_US = 1_800_000_000_000_000


def _run(what: BusyDays | Load, homes: int = 120) -> Run:
    return Run(run="r1", var="v", ledger="l", estate=Estate(seed=1, today=TODAY, homes=homes), what=what)


def test_a_run_can_be_written_down_and_read_again(tmp_path: Path) -> None:
    run = _run(BusyDays(first=TODAY))
    run.save(tmp_path / "deep" / "run.json")
    assert Run.load(tmp_path / "deep" / "run.json") == run


def test_a_busy_day_begins_at_its_hour_and_grows_in_time() -> None:
    plan = plan_of(_run(BusyDays(first=TODAY, speed=60, days=1)))
    assert plan.due_us[0] == 0
    assert (np.diff(plan.due_us) >= 0).all()
    assert plan.due_us[-1] <= 17 * 60 * US_PER_SECOND
    assert set(plan.gateway.tolist()) == set(range(len(plan.gateways)))


def test_a_row_is_built_the_same_again_but_for_when_it_is_handed_over() -> None:
    plan = plan_of(_run(BusyDays(first=TODAY, days=1)))
    rows = list(range(0, 200, 3))
    at_us = [NOW_US + row for row in rows]
    first = plan.build(rows, "r1", at_us, NOW_US + 1000)
    again = plan_of(_run(BusyDays(first=TODAY, days=1))).build(rows, "r1", at_us, NOW_US + LATE_US * 2)
    assert [event.content for event in first] == [event.content for event in again]
    assert [event.device_time for event in first] == [event.device_time for event in again]
    assert not any(event.late for event in first)
    assert all(event.late for event in again)


def test_devices_clocks_are_off_and_they_say_so() -> None:
    plan = plan_of(_run(BusyDays(first=TODAY, days=1), homes=400))
    rows = list(range(len(plan.due_us)))[:2000]
    events = plan.build(rows, "r1", [NOW_US] * len(rows), NOW_US)
    off = np.array([to_us(event.device_time) - NOW_US for event in events])
    assert (np.abs(off) < 2 * US_PER_SECOND).mean() > 0.9
    assert (np.abs(off) > 3600 * US_PER_SECOND).any()
    assert all(event.handed_at == event.device_time for event in events)


def test_contents_are_what_the_day_says() -> None:
    plan = plan_of(_run(BusyDays(first=TODAY, days=1)))
    events = plan.build(range(400), "r1", [NOW_US] * 400, NOW_US)
    kinds = {type(event.content) for event in events}
    assert kinds == {Drawn, Picture, Shown}
    assert any(event.claim is not None and isinstance(event.content, Drawn) for event in events)
    assert {event.content.kind for event in events if isinstance(event.content, Shown)} <= {
        Modality.CARD, Modality.PIN, Modality.PASS,
    }  # fmt: skip


def test_sitters_get_a_home_and_their_name() -> None:
    world, sitters = seat(small_world(), [SITTER])
    (row,) = sitters
    assert world.people.name[row] == "小王"
    assert world.people.face[row]
    assert world.people.relation[row] == "tenant"
    assert world.homes.id.tolist() == small_world().homes.id.tolist()


def test_more_sitters_than_tenants_are_refused() -> None:
    with pytest.raises(TooManySitters, match="residents"):
        seat(small_world(homes=2), [SITTER] * 9)


def test_sitters_walk_door_by_door_in_and_out() -> None:
    world, sitters = seat(small_world(homes=120), [SITTER])
    readers = lay_readers(world)
    rounds = draw_rounds(world, readers, list(sitters), BEGIN, BEGIN + 3600 * US_PER_SECOND)
    inward = readers.inward[rounds.reader]
    assert inward.any()
    assert not inward.all()
    home = world.people.home[next(iter(sitters))]
    assert home in world.doors.home[readers.door[rounds.reader]]


def test_encounters_show_every_kind_within_half_an_hour() -> None:
    world = small_world(homes=200)
    readers = lay_readers(world)
    met = draw_encounters(world, readers, BEGIN, BEGIN + 1800 * US_PER_SECOND)
    face = met.what == What.FACE
    assert (face & (met.person < 0) & (met.credential < 0)).any()
    assert (face & (met.person < 0) & (met.credential >= 0)).any()
    assert (met.plate != "").any()
    assert (face & (met.person >= 0)).any()
    assert (met.reader >= 0).all()


def test_a_load_shows_people_at_their_own_doors() -> None:
    world = small_world(homes=230)
    plan = LoadPlan(world, 5_000, rate=200)
    readers = lay_readers(world)
    assert plan.due_us[200] == pytest.approx(US_PER_SECOND, abs=5)
    assert {plan.device(row) for row in range(300)} <= set(readers.id.tolist())
    assert np.bincount(plan.gateway, minlength=len(plan.gateways)).min() > 100
    events = plan.build([3, 4], "r1", [NOW_US, NOW_US], NOW_US)
    assert [event.device_event for event in events] == ["r1-3", "r1-4"]


@given(rows=st.lists(st.integers(0, 3 * BLOCK - 1), max_size=30))
def test_a_row_has_one_likeness_in_whatever_order_it_is_asked(rows: list[int]) -> None:
    person = np.arange(3 * BLOCK) % 7 - 1
    centres = embeddings.draw_centres(1, 6)
    drawn = Likenesses(4, centres, person).of(rows)
    assert drawn.shape == (len(rows), 128)
    fresh = Likenesses(4, centres, person)
    assert all(np.array_equal(fresh.of([row])[0], one) for row, one in zip(rows, drawn, strict=True))


@given(row=st.integers(0, 2**40))
def test_a_serial_leads_back_to_its_row(row: int) -> None:
    assert row_of(event_id("r1", row)) == row


def test_gateways_can_read_their_files(tmp_path: Path) -> None:
    world = small_world(homes=230)
    written = write_gateway_files(world, tmp_path, recognise=True)
    configs = [load_config(path.parent, path.parent.name) for path in written]
    devices = [device for config in configs for device in config.devices]
    assert [device.id for device in devices if Modality.PLATE in device.recognise] == [
        "qingxi-barrier-in-in", "qingxi-barrier-out-out",
    ]  # fmt: skip
    assert sorted(device.id for device in devices) == sorted(lay_readers(world).id.tolist())
    assert not any(config.notes for config in configs)


def test_without_recognisers_no_device_takes_pictures(tmp_path: Path) -> None:
    (path, *_) = write_gateway_files(small_world(), tmp_path, recognise=False)
    assert not any(device.recognise for device in load_config(path.parent, path.parent.name).devices)


def test_another_day_has_its_own_visitors() -> None:
    runs = [plan_of(_run(BusyDays(first=date(2026, 11, day), days=1))) for day in (23, 24)]
    passes = [
        {event.content.credential for event in plan.build(range(len(plan.due_us)), "r", [0] * len(plan.due_us), 0)
         if isinstance(event.content, Shown) and event.content.kind is Modality.PASS}
        for plan in runs
    ]  # fmt: skip
    assert all(passes)
    assert not passes[0] & passes[1]
