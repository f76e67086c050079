"""The seeded estate: the same bytes for a seed, and nothing in it that the registry would refuse."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ids import check_id, check_topic_id
from simulators import households
from simulators.belongings import add_years
from simulators.plate_numbers import PlateKind, draw_plates
from simulators.tables import World
from simulators.world import draw, write

TODAY = date(2026, 11, 23)
HEADERS = {
    "homes": "home,estate,building,floor,unit,area_m2,state",
    "doors": "door,estate,kind,building,home,counts_tailgating",
    "leases": "lease,home,tenant,start,end,rent_month,ended,end_reason,relocation_until,renewal_applied,"
    "objection_718_served,objection_734_served",
    "people": "person,name,born,home,relation,from,until,lives_alone",
    "vehicles": "plate,person,home,from,until",
    "absences": "home,person,from,until,kind,approved",
    "passes": "pass,home,kind,holder,from,until,doors",
    "credentials": "credential,person,kind,from,until",
    "consents": "person,purpose,modality,given,withdrawn,text_version,guardian",
    "gateways": "gateway,estate,doors",
}
SEVEN = re.compile(r"[\u4e00-\u9fff][A-HJ-NP-Z][A-HJ-NP-Z0-9]{5}")
EIGHT = re.compile(r"[\u4e00-\u9fff][A-HJ-NP-Z][A-HJK][A-HJ-NP-Z0-9][0-9]{4}")


@pytest.fixture(scope="module")
def world() -> World:
    return draw(1, TODAY)


def test_a_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    for folder, seed in ((first, 5), (again, 5), (other, 6)):
        write(draw(seed, TODAY, homes=130), folder)
    names = sorted(path.name for path in first.iterdir())
    assert [(first / name).read_bytes() for name in names] == [(again / name).read_bytes() for name in names]
    assert (first / "people.csv").read_bytes() != (other / "people.csv").read_bytes()


def test_files_carry_the_columns_of_the_import(world: World, tmp_path: Path) -> None:
    written = write(world, tmp_path)
    assert {path.stem: path.read_text("utf-8").splitlines()[0] for path in written} == HEADERS


def test_ids_can_stand_where_they_are_used(world: World) -> None:
    for name in (*world.doors.id, *world.gateways, world.estate):
        check_topic_id(str(name), "door")
    for ids in (world.homes.id, world.people.id, world.leases.id, world.credentials.id, world.passes.id):
        assert len(np.unique(ids)) == len(ids)
        check_id(str(max(ids, key=len)), "id")


def test_references_point_at_rows_that_exist(tmp_path: Path) -> None:
    write(draw(3, TODAY, homes=260), tmp_path)
    rows = {
        path.stem: list(csv.DictReader(io.StringIO(path.read_text("utf-8"), newline=""))) for path in tmp_path.iterdir()
    }
    homes, people, doors = ({row[key] for row in rows[file]} for file, key in
                            (("homes", "home"), ("people", "person"), ("doors", "door")))  # fmt: skip
    for row in rows["leases"]:
        assert row["home"] in homes
        assert row["tenant"] in people
        assert row["start"] < row["end"]
    for file in ("people", "vehicles", "absences", "passes"):
        assert {row["home"] for row in rows[file]} <= homes | {""}
    assert {row["person"] for file in ("vehicles", "credentials", "consents") for row in rows[file]} <= people
    held = [door for row in rows["gateways"] for door in row["doors"].split(";")]
    assert sorted(held) == sorted(doors)
    assert {door for row in rows["passes"] for door in row["doors"].split(";")} <= doors


def test_a_lease_is_of_a_let_home_and_at_most_five_years(world: World) -> None:
    leases = world.leases
    assert set(world.homes.state[leases.home]) == {"let"}
    assert len(np.unique(leases.home)) == len(leases.home) == int((world.homes.state == "let").sum())
    assert (leases.end <= add_years(leases.start, 5)).all()
    overdue = (leases.end < np.datetime64(TODAY)).mean()
    assert 0 < overdue < 0.05


def test_children_consent_through_a_guardian_and_nobody_without_consent_uses_the_face(world: World) -> None:
    people, consents = world.people, world.consents
    child = households.age_on(people.born, TODAY)[consents.person] < 14
    assert (consents.guardian[child] >= 0).all()
    assert child.any()
    assert (consents.guardian[households.age_on(people.born, TODAY)[consents.person] >= 20] == -1).all()
    assert np.array_equal(np.unique(consents.person[consents.purpose == "door"]), np.flatnonzero(people.face))
    assert not people.face.all()


def test_everybody_of_school_age_has_a_way_in_without_a_biometric(world: World) -> None:
    able = np.flatnonzero(households.age_on(world.people.born, TODAY) >= 7)
    assert set(able) <= set(world.credentials.person)


def test_twins_are_of_one_home_one_birthday_and_one_another(world: World) -> None:
    people = world.people
    twins = np.flatnonzero(people.twin >= 0)
    assert len(twins) >= 2
    assert np.array_equal(people.twin[people.twin[twins]], twins)
    for values in (people.home, people.born, people.male):
        assert np.array_equal(values[twins], values[people.twin[twins]])


def test_the_estate_has_everybody_it_should(world: World) -> None:
    assert set(world.people.relation) == {"tenant", "spouse", "child", "parent", "co-resident", "carer", "staff"}
    carers = world.people.relation == "carer"
    assert (world.people.home[world.people.relation == "staff"] == -1).all()
    assert (world.people.home[carers] >= 0).all()
    assert world.people.lives_alone.any()


@given(count=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_plates_follow_the_grammar_and_none_comes_twice(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, size=count)
    plates = draw_plates(rng, kinds)
    assert len(set(plates.tolist())) == count
    for plate, kind in zip(plates.tolist(), kinds.tolist(), strict=True):
        assert (EIGHT if kind == PlateKind.GREEN else SEVEN).fullmatch(plate)


@settings(max_examples=15)
@given(homes=st.integers(1, 230), seed=st.integers(0, 2**32))
def test_any_size_makes_an_estate(homes: int, seed: int) -> None:
    world = draw(seed, TODAY, homes=homes)
    assert len(world.homes.id) == homes
    assert np.array_equal(world.doors.home[world.doorways.home], np.arange(homes))
    assert (np.bincount(world.doors.gateway, minlength=len(world.gateways)) > 0).all()
    assert (world.people.since >= world.people.born).all()


def test_an_estate_without_homes_or_with_a_wild_name_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one home"):
        draw(1, TODAY, homes=0)
    with pytest.raises(ValueError, match="estate id"):
        draw(1, TODAY, estate="a/b")


def test_adding_years_keeps_month_ends() -> None:
    days = np.array(["2024-02-29", "2023-12-31"], dtype="datetime64[D]")
    assert add_years(days, 1).astype(str).tolist() == ["2025-02-28", "2024-12-31"]
