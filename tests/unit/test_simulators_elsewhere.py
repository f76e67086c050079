"""Elsewhere's streams: the same seed the same estate, well formed, and of the shape that was asked for."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from simulators.elsewhere import SHAPES, STEPS, BadEstate, Shape, make
from simulators.elsewhere.ground import lay
from simulators.elsewhere.register import meters
from simulators.streams import SIGHTINGS, Stream

START = date(2026, 3, 1)
DAYS = 40
NAMES = [shape.name for shape in SHAPES]


@pytest.fixture(scope="module")
def estates() -> dict[str, Stream]:
    return {shape.name: make(7, 250, START, DAYS, prevalence=0.05, shape=shape) for shape in SHAPES}


def text(estate: Stream, column: str) -> pa.Array:
    return estate.sightings[column].combine_chunks().cast(pa.string())


def where(estate: Stream, **wanted: str) -> np.ndarray:
    """(n,) bool, the rows whose columns hold these words; `kind` is the door's."""
    kind = dict(zip(*(estate.registry["doors"][name].to_pylist() for name in ("door", "kind")), strict=True))
    found = np.ones(estate.sightings.num_rows, np.bool_)
    for column, value in wanted.items():
        if column == "kind":
            doors = pa.array([door for door, known in kind.items() if known == value], pa.string())
            found &= pc.is_in(text(estate, "door"), doors).to_numpy(zero_copy_only=False)
        else:
            found &= pc.equal(text(estate, column), value).fill_null(False).to_numpy(zero_copy_only=False)
    return found


def test_the_same_seed_gives_the_same_estate_and_another_another() -> None:
    one, same, other = (make(seed, 40, START, 30, prevalence=0.1) for seed in (5, 5, 6))
    assert one.sightings.equals(same.sightings)
    assert one.truth == same.truth
    assert one.registry.keys() == same.registry.keys()
    assert all(table.equals(same.registry[name]) for name, table in one.registry.items())
    assert not one.sightings.equals(other.sightings)


def test_seeds_draw_every_shape() -> None:
    assert {make(seed, 1, START, 1).registry["doors"]["kind"].to_pylist()[0] for seed in range(40)} >= {"gate", "home"}
    with_meters = ["meters" in make(seed, 1, START, 1).registry for seed in range(40)]
    assert 5 < sum(with_meters) < 30


def test_each_step_is_told_once() -> None:
    told: list[int] = []
    make(1, 3, START, 3, told=lambda _what, number: told.append(number))
    assert told == list(range(STEPS))


@pytest.mark.parametrize(("homes", "days", "prevalence"), [(0, 10, 0.1), (10, 0, 0.1), (10, 10, -0.1)])
def test_an_estate_of_nothing_is_refused(homes: int, days: int, prevalence: float) -> None:
    with pytest.raises(BadEstate):
        make(1, homes, START, days, prevalence=prevalence)


@pytest.mark.parametrize(("homes", "days"), [(1, 1), (1, 400), (25, 2)])
def test_small_and_long_estates(homes: int, days: int) -> None:
    estate = make(9, homes, date(2027, 12, 20), days, prevalence=1.0)  # a year whose holidays nobody has announced
    assert estate.registry["homes"].num_rows == homes
    assert len({row.home for row in estate.truth}) == homes


@pytest.mark.parametrize("name", NAMES)
def test_sightings_are_in_order_and_name_what_is_registered(estates: dict[str, Stream], name: str) -> None:
    estate = estates[name]
    table = estate.sightings
    assert table.schema.equals(SIGHTINGS)
    at, event = table["at"].cast(pa.int64()).to_numpy(), table["event"].to_numpy()
    assert (np.diff(at) >= 0).all()
    step = np.diff(event)
    assert set(np.unique(step).tolist()) <= {0, 1}
    twice = np.flatnonzero(step == 0)
    for row in twice[:20].tolist():
        assert table.slice(row, 1).equals(table.slice(row + 1, 1))
    registered = {
        "door": "doors", "person": "people", "seen": "people", "pass": "passes", "home": "homes", "plate": "vehicles",
    }  # fmt: skip
    for column, file in registered.items():
        key = "person" if column == "seen" else column
        named = set(pc.unique(text(estate, column)).to_pylist()) - {None}
        assert named <= set(estate.registry[file][key].to_pylist())


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_what_its_modality_can(estates: dict[str, Stream], name: str) -> None:
    estate = estates[name]
    table = estate.sightings
    empty = {column: table[column].is_null().to_numpy() for column in SIGHTINGS.names[5:]}
    own = where(estate, kind="home")
    unrecognised = where(estate, outcome="unrecognised") | where(estate, outcome="ambiguous")
    assert empty["person"][unrecognised].all()
    assert (empty["home"][unrecognised] == ~own[unrecognised]).all()  # only an own door knows whose it is
    assert not empty["home"][own].any()
    assert (empty["pass"] == ~where(estate, modality="pass")).all()
    assert (empty["plate"] == ~where(estate, modality="plate")).all()
    assert empty["seen"][~where(estate, outcome="mismatch")].all()
    granted = where(estate, outcome="granted")
    for modality in ("face", "card", "pin"):
        assert not empty["person"][granted & where(estate, modality=modality)].any()
    seen, person = (np.array(text(estate, column).fill_null("").to_pylist()) for column in ("seen", "person"))
    assert not ((seen == person) & (seen != "")).any()


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_doors_are_those_of_the_shape(estates: dict[str, Stream], shape: Shape) -> None:
    estate = estates[shape.name]
    kinds = estate.registry["doors"]["kind"].to_pylist()
    assert kinds.count("gate") == shape.gates
    assert bool(kinds.count("home")) == (shape.own > 0)
    assert bool(kinds.count("lift")) == shape.lift
    assert where(estate, direction="out").any() == (shape.exits > 0)
    assert where(estate, direction="unknown").any() == (shape.no_way > 0)
    assert where(estate, modality="pin").any() == (shape.own > 0 or shape.building)
    face = where(estate, modality="face")
    failed = (face & where(estate, outcome="unrecognised")).sum() / face.sum()
    if shape.name.startswith("poor"):
        assert 0.2 < failed < 0.4
    else:
        assert failed < 0.2


def test_couriers_come_several_times_a_day_to_some(estates: dict[str, Stream]) -> None:
    estate = estates["every_door"]
    kind = dict(zip(*(estate.registry["passes"][name].to_pylist() for name in ("pass", "kind")), strict=True))
    used = pc.value_counts(text(estate, "pass")).to_pylist()
    most = max(row["counts"] for row in used if kind.get(row["values"]) == "courier")
    assert most > 2 * DAYS
    assert {"visitor", "courier", "contractor"} <= set(kind.values())


def test_riders_pass_ten_times_a_day_and_the_homebound_hardly_ever() -> None:
    estate = make(3, 500, START, DAYS, prevalence=0.0, shape=SHAPES[NAMES.index("half_and_half")])
    kinds = {row.home: row.household for row in estate.truth}
    people = estate.registry["people"].to_pylist()
    tenant = {row["person"]: kinds[row["home"]] for row in people if row["relation"] == "tenant"}
    counts = {row["values"]: row["counts"] / DAYS for row in pc.value_counts(text(estate, "person")).to_pylist()}
    a_day = {
        kind: float(np.mean([counts.get(person, 0) for person, known in tenant.items() if known == kind]))
        for kind in ("rider", "homebound", "elderly_alone")
    }
    assert a_day["rider"] > 8
    assert a_day["homebound"] < 0.6 * a_day["elderly_alone"]
    card_only = {row["person"] for row in people if kinds[row["home"]].startswith("card_only")}
    faces = where(estate, modality="face")
    assert card_only
    assert not card_only & set(pc.unique(text(estate, "person").filter(pa.array(faces))).to_pylist())


def test_no_prevalence_leaves_nothing_to_find_and_more_gives_more() -> None:
    none, some = (make(2, 400, START, 250, prevalence=share) for share in (0.0, 0.1))
    labels = [row.label for row in some.truth if row.label == "sublet"]
    assert sum(row.label == "sublet" for row in none.truth) <= 5  # each kind is rounded by lot, never up for certain
    assert 25 < len(labels) < 55


def test_the_festival_empties_the_estate() -> None:
    estate = make(8, 700, date(2026, 1, 20), 60, prevalence=0.0, shape=SHAPES[NAMES.index("own_doors_only")])
    day = (estate.sightings["at"].cast(pa.int64()).to_numpy() // 86_400_000_000).astype(np.int64)
    counts = np.bincount(day - day.min())
    new_year = 28  # 17 February
    assert counts[new_year - 1 : new_year + 4].mean() < 0.8 * np.median(counts[2:16])


def test_nobody_reaches_their_own_door_before_the_house_door(estates: dict[str, Stream]) -> None:
    estate = estates["every_door"]
    rows = np.flatnonzero(where(estate, direction="in", modality="face", outcome="granted"))
    at = estate.sightings["at"].cast(pa.int64()).to_numpy()[rows] / 60e6
    person = np.array(text(estate, "person").to_pylist())[rows]
    own, house = where(estate, kind="home")[rows], where(estate, kind="building")[rows]
    order = np.lexsort((at, person))
    near = (person[order][1:] == person[order][:-1]) & (np.diff(at[order]) < 8)
    inwards = (near & house[order][:-1] & own[order][1:]).sum()
    backwards = (near & own[order][:-1] & house[order][1:]).sum()
    assert inwards > 1000
    assert backwards < 0.01 * inwards


def test_meters_tell_a_home_that_is_lived_in_from_one_that_is_not() -> None:
    ground = lay(1, 60, 24.0 * DAYS, None)
    heads = np.zeros((60, DAYS), np.int32)
    heads[30:] = 2
    table = meters(np.random.default_rng(1), ground, heads, START)
    read = table.to_pylist()
    assert len({(row["home"], row["date"]) for row in read}) == len(read) > 0.95 * 60 * DAYS
    lived_in = set(ground.home[30:])
    power, water = (
        [np.mean([float(row[name]) for row in read if (row["home"] in lived_in) == there]) for there in (False, True)]
        for name in ("electricity_kwh", "water_m3")
    )
    assert 0 < power[0] < 0.5 * power[1]
    assert water[0] == 0 < water[1]
