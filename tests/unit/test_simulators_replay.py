"""What a stream's rows become at a device: what is shown, what is left out, when, and by which reader."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_DAY, day_start_us, from_us
from core.facts import Direction, Modality
from gateway.clocks import DeviceClock, place
from gateway.config import load_config
from gateway.devices.base import Drawn, Picture, Presented, Shown
from simulators.replay import MOST_DAYS, StreamPlan, _due, readers_of, write_gateway_files
from simulators.replay_showing import What, Words, _Held, choose, enrolled
from simulators.replay_streams import Asked, Generator, draw, last_days, moved
from simulators.streams import Stream, Truth
from tests.replayed import DAYS, LEFT_OUT, SEED, Cast, small_stream, told

NOW_US = day_start_us(date(2026, 3, 5)) + 77


@pytest.fixture(scope="module")
def stream() -> Stream:
    return small_stream()


@pytest.fixture(scope="module")
def plan(stream: Stream) -> StreamPlan:
    return StreamPlan(stream, speed=1000.0, seed=SEED)


def shown(plan: StreamPlan, stream: Stream, **wanted: Any) -> list[Presented]:
    """What is presented for the rows with these words."""
    table = stream.sightings.to_pylist()
    rows = [
        row
        for row, number in enumerate(plan.showing.row.tolist())
        if all(table[number][name] == word for name, word in wanted.items())
    ]
    assert rows
    return plan.build(rows, "r", [0] * len(rows), NOW_US)


def test_every_row_is_shown_or_left_out_for_a_reason(plan: StreamPlan, stream: Stream) -> None:
    assert plan.showing.left_out == LEFT_OUT
    assert len(plan.showing.row) + sum(LEFT_OUT.values()) == stream.sightings.num_rows
    assert len(np.unique(plan.showing.row)) == len(plan.showing.row)


@pytest.mark.parametrize("modality", ["card", "pin"])
def test_a_credential_is_its_owners(plan: StreamPlan, stream: Stream, modality: str) -> None:
    owner = {row["credential"]: row["person"] for row in stream.registry["credentials"].to_pylist()}
    table = stream.sightings.to_pylist()
    for event in shown(plan, stream, modality=modality, outcome="granted"):
        assert isinstance(event.content, Shown)
        assert event.content.kind == Modality(modality)
        assert owner[event.content.credential] == table[plan.row_in_stream(event.device_event)]["person"]
        assert event.claim is None


def test_a_pass_is_shown_as_itself(plan: StreamPlan, stream: Stream) -> None:
    table = stream.sightings.to_pylist()
    for event in shown(plan, stream, modality="pass"):
        said = table[plan.row_in_stream(event.device_event)]["pass"]
        assert event.content == Shown(kind=Modality.PASS, credential=said)


def test_a_mismatch_is_a_face_with_somebody_elses_card(plan: StreamPlan, stream: Stream) -> None:
    cast = Cast(stream)
    for event in shown(plan, stream, outcome="mismatch"):
        assert isinstance(event.content, Drawn)
        assert event.claim is not None
        assert (event.claim.kind, event.claim.credential.startswith(cast.own)) == (Modality.CARD, True)
    people, whose = plan.showing.people, plan.showing.person[plan.showing.owner >= 0]
    assert sorted(people[row] if row >= 0 else "" for row in whose) == ["", cast.other]


def test_cars_are_pictures_and_faces_are_drawn(plan: StreamPlan, stream: Stream) -> None:
    assert all(isinstance(event.content, Picture) for event in shown(plan, stream, modality="plate"))
    faces = shown(plan, stream, modality="face")
    assert all(isinstance(event.content, Drawn) and event.claim is None for event in faces)


def test_a_row_is_the_same_whenever_it_is_built(plan: StreamPlan, stream: Stream) -> None:
    rows = list(range(len(plan.showing.row)))
    first = plan.build(rows, "r", rows, NOW_US)
    later = StreamPlan(stream, speed=float("inf"), seed=SEED).build(rows[::-1], "r", rows, NOW_US + US_PER_DAY)
    assert first == later[::-1]


def test_the_gateway_takes_the_time_as_the_stream_says_it(plan: StreamPlan) -> None:
    rows = list(range(len(plan.showing.row)))
    clock = DeviceClock()
    for row, event in zip(rows, plan.build(rows, "r", rows, NOW_US), strict=True):
        assert event.late
        assert event.handed_at is None
        taken = int(plan.showing.at_us[row])
        clock, placed = place(clock, device_us=taken, handed_us=None, late=event.late, arrived_us=NOW_US)
        assert (placed.taken_us, event.device_time) == (taken, from_us(taken))


def test_a_stream_that_long_is_not_too_old_while_it_is_replayed() -> None:
    arrived = day_start_us(date(2026, 3, 5)) + US_PER_DAY - 1
    begins = day_start_us(date(2026, 3, 5) - timedelta(days=MOST_DAYS))
    _, placed = place(DeviceClock(), device_us=begins, handed_us=None, late=True, arrived_us=arrived)
    assert not placed.too_old(arrived)
    assert place(DeviceClock(), device_us=begins - US_PER_DAY, handed_us=None, late=True, arrived_us=arrived)[
        1
    ].too_old(arrived)


@given(st.lists(st.integers(0, 10**12), max_size=40), st.floats(0.1, 1e6))
def test_rows_are_due_in_their_order_and_no_sooner_than_taken(at: list[int], speed: float) -> None:
    at_us = np.array(at, np.int64)
    due = _due(at_us, speed)
    assert (np.diff(due) >= 0).all()
    assert (due >= (at_us - at_us[:1]) / speed - 1).all()
    latest = np.maximum.accumulate(at_us)
    assert np.abs(due[:-1] - ((latest - latest[:1]) / speed)[:-1]).max(initial=0) <= 1


def test_at_infinite_speed_everything_is_due_but_the_plan_keeps_times() -> None:
    due = _due(np.array([5, 7, 6], np.int64) * US_PER_DAY, float("inf"))
    assert due.tolist() == [0, 0, 1]
    assert _due(np.array([], np.int64), 5.0).tolist() == []


def test_gateways_know_every_reader_that_speaks(tmp_path: Path, plan: StreamPlan, stream: Stream) -> None:
    files = write_gateway_files(stream, tmp_path)
    kinds = {row["door"]: row["kind"] for row in stream.registry["doors"].to_pylist()}
    spoken = {(int(plan.gateway[row]), plan.device(row)) for row in range(len(plan.showing.row))}
    for number, (path, name) in enumerate(zip(files, plan.gateways, strict=True)):
        config = load_config(path.parent, name)
        assert config.notes == ()
        assert {device for gateway, device in spoken if gateway == number} <= {one.id for one in config.devices}
        assert [one.id for one in config.devices] == plan.devices[number]
        assert all((one.recognise == (Modality.PLATE,)) == (kinds[one.door] == "garage") for one in config.devices)
        assert {one.direction for one in config.devices} == set(Direction)
    assert sum(len(readers) for readers in readers_of(stream)) == sum(len(ids) for ids in plan.devices)


def test_a_row_comes_from_the_reader_of_its_door_and_way(plan: StreamPlan, stream: Stream) -> None:
    by_id = {device: (door, way) for readers in readers_of(stream) for device, door, way in readers}
    table = stream.sightings.to_pylist()
    for row, number in enumerate(plan.showing.row.tolist()):
        assert by_id[plan.device(row)] == (table[number]["door"], table[number]["direction"])


def test_who_withdrew_is_not_enrolled(stream: Stream) -> None:
    cast = Cast(stream)
    assert cast.plain not in enrolled(stream)
    consents = stream.registry["consents"].to_pylist()
    for row in consents:
        if row["person"] == cast.own:
            row["withdrawn"] = "2026-03-03T10:00:00+08:00"
    changed = {**stream.registry, "consents": pa.Table.from_pylist(consents)}
    after = Stream(
        start=stream.start, days=DAYS, registry=changed, sightings=stream.sightings, truth=stream.truth
    )  # fmt: skip
    assert set(enrolled(stream)) - set(enrolled(after)) == {cast.own}
    assert choose(after, SEED).left_out["no_template"] > LEFT_OUT["no_template"]


CARDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["card", "pin"]), st.integers(0, 20), st.integers(1, 9)),
    max_size=8, unique_by=lambda card: card[:3],
)  # fmt: skip
ASKED = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.sampled_from([-1, 0, 1]), st.integers(-2, 32)),
    min_size=1, max_size=20,
)  # fmt: skip


@given(CARDS, ASKED)
def test_a_credential_is_the_last_one_handed_out_that_is_held_on_the_day(
    cards: list[tuple[str, str, int, int]], asked: list[tuple[str | None, int, int]]
) -> None:
    first = date(2026, 1, 1)
    registry = pa.table({
        "credential": [f"c{number}" for number in range(len(cards))],
        "person": pa.array([card[0] for card in cards], pa.string()),
        "kind": pa.array([card[1] for card in cards], pa.string()),
        "from": pa.array([str(first + timedelta(days=card[2])) for card in cards], pa.string()),
        "until": pa.array([str(first + timedelta(days=card[2] + card[3])) for card in cards], pa.string()),
    })  # fmt: skip
    held = _Held(
        Stream(start=first, days=1, registry={"credentials": registry}, sightings=pa.table({}), truth=())
    )  # fmt: skip
    people = pa.chunked_array([pa.array([row[0] for row in asked], pa.string()).dictionary_encode()])
    at_us = np.array([day_start_us(first + timedelta(days=row[2])) + 5 for row in asked], np.int64)
    found = held.of(Words.of(people), np.array([row[1] for row in asked]), at_us)

    def slow(person: str | None, kind: str, day: int) -> str | None:
        mine = [(card[2], f"c{n}", card[2] + card[3]) for n, card in enumerate(cards) if card[:2] == (person, kind)]
        begun = [card for card in mine if card[0] <= day]
        return max(begun)[1] if begun and day < max(begun)[2] else None

    for place_, (person, kind, day) in zip(found.tolist(), asked, strict=True):
        kinds = ("card", "pin") if kind < 0 else (("card", "pin")[kind],)
        wanted = next((name for one in kinds if (name := slow(person, one, day))), None)
        assert (held.credentials[place_][1] if place_ >= 0 else None) == wanted


def test_a_moved_stream_is_the_same_but_for_its_days(stream: Stream) -> None:
    later = moved(stream, 14)
    assert later.start == stream.start + timedelta(days=14)
    shift = later.sightings["at"].cast(pa.int64()).to_numpy() - stream.sightings["at"].cast(pa.int64()).to_numpy()
    assert set(shift.tolist()) == {14 * US_PER_DAY}
    assert later.sightings.schema == stream.sightings.schema
    assert later.sightings.drop_columns("at").equals(stream.sightings.drop_columns("at"))
    for name, table in stream.registry.items():
        assert later.registry[name].schema == table.schema
    before, after = (one.registry["passes"].to_pylist()[0] for one in (stream, later))
    for column in ("from", "until"):
        assert datetime.fromisoformat(after[column]) - datetime.fromisoformat(before[column]) == timedelta(days=14)
    assert {**before, "from": "", "until": ""} == {**after, "from": "", "until": ""}
    back = moved(later, -14)
    assert back.registry == stream.registry
    assert back.sightings.equals(stream.sightings)


def test_truth_moves_along() -> None:
    row = Truth(home="h", household="couple", scenario="sublet_whole", label="sublet", since=date(2026, 3, 2))
    empty = Stream(start=date(2026, 3, 1), days=1, registry={}, sightings=_nothing(), truth=(row,))
    (later,) = moved(empty, 1).truth
    assert (later.since, later.until) == (date(2026, 3, 3), None)


def _nothing() -> pa.Table:
    return pa.table({"at": pa.array([], pa.timestamp("us", tz="UTC"))})


def test_the_last_days_keep_what_was_seen_in_them(stream: Stream) -> None:
    cut = last_days(stream, 2)
    begins = datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert (cut.start, cut.days) == (stream.start + timedelta(days=1), 2)
    assert cut.sightings.to_pylist() == [row for row in stream.sightings.to_pylist() if row["at"] >= begins]
    assert 0 < cut.sightings.num_rows < stream.sightings.num_rows
    assert last_days(stream, DAYS) is stream


@pytest.mark.parametrize("generator", list(Generator))
def test_each_generator_gives_as_many_days_as_asked(generator: Generator) -> None:
    asked = Asked(generator=generator, seed=2, homes=6, start=date(2026, 3, 2), days=4)
    steps: list[tuple[int, int]] = []
    made = draw(asked, lambda done, of: steps.append((done, of)))
    at = made.sightings["at"].cast(pa.int64()).to_numpy()
    assert (made.start, made.days) == (asked.start, asked.days)
    assert day_start_us(asked.start) <= at.min() < at.max() < day_start_us(asked.start + timedelta(days=4))
    assert draw(asked).sightings.equals(made.sightings)
    assert steps


def test_rows_told_by_hand_are_of_every_kind(plan: StreamPlan, stream: Stream) -> None:
    assert set(np.unique(plan.showing.what).tolist()) == set(What)
    assert {row["outcome"] for row in told(Cast(stream))} == {"granted", "unrecognised", "ambiguous", "mismatch"}
