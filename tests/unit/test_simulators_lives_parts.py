"""What lives are made of: outings that do not overlap, seasons, files that import, the same stream for a seed."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import US_PER_DAY, day_start_us
from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from housing.registry.importing import run_import
from simulators.lives import Shares, bodies, make
from simulators.lives.bodies import Quiet, Rate, spells
from simulators.lives.outings import _apart, passages
from simulators.lives.rhythms import TEMPLATES, draw_rhythms
from simulators.lives.seasons import draw_seasons
from simulators.streams import SIGHTINGS

START = date(2026, 1, 1)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
EVERYTHING = Shares(swap=0.06, sublet_room=0.06, idle=0.08, overstay=0.06, keys_kept=0.06, welfare=0.06)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(30, 75), st.sampled_from([0.0, 0.5, 1.0]))
def test_any_small_village_lives(seed: int, homes: int, days: int, home_doors: float) -> None:
    stream = make(seed, homes, START, days, prevalence=0.3, shares=EVERYTHING, home_doors=home_doors)
    assert stream.sightings.schema.equals(SIGHTINGS)
    stream.sightings.validate(full=True)
    at = stream.sightings["at"].cast("int64").to_numpy()
    assert (np.diff(at) >= 0).all()
    begin = day_start_us(START)
    assert ((at >= begin) & (at < begin + days * US_PER_DAY)).all()
    assert {row.home for row in stream.truth} == set(stream.registry["homes"]["home"].to_pylist())
    own = sum(kind == "home" for kind in stream.registry["doors"]["kind"].to_pylist())
    assert home_doors != 0.0 or own == 0
    assert home_doors != 1.0 or own == homes


def test_a_seed_gives_the_same_stream_and_another_seed_does_not() -> None:
    one, again, other = (make(seed, 60, START, 60, prevalence=0.1) for seed in (5, 5, 6))
    assert one.sightings.equals(again.sightings)
    assert one.truth == again.truth
    assert all(one.registry[name].equals(again.registry[name]) for name in one.registry)
    assert not one.sightings.equals(other.sightings)


@pytest.mark.parametrize("seed", [1, 2])
def test_files_import_without_a_refusal_and_read_back(tmp_path: Path, seed: int) -> None:
    stream = make(seed, 130, START, 365, prevalence=0.1, shares=EVERYTHING)
    stream.write(tmp_path / "estate")
    config = Settings(var_dir=tmp_path)
    migrate_store(config, Store.HOUSING)
    engine = open_store(config, Store.HOUSING)
    report = run_import(engine, tmp_path / "estate", strict=True, actor="test", now=NOW)
    engine.dispose()
    assert report.refusals == ()
    assert report.accepted == sum(table.num_rows for table in stream.registry.values())
    assert pyarrow.parquet.read_table(tmp_path / "estate" / "sightings.parquet").num_rows == stream.sightings.num_rows
    with (tmp_path / "estate" / "truth.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(row["home"], row["scenario"], row["label"]) for row in told] == [
        (row.home, row.scenario, row.label) for row in stream.truth
    ]


outing = st.tuples(st.integers(0, 3), st.integers(0, 200), st.integers(1, 60))


@given(st.lists(outing, max_size=40), st.lists(st.integers(0, 50), min_size=4, max_size=4))
def test_outings_are_kept_as_one_by_one(found: list[tuple[int, int, int]], busy: list[int]) -> None:
    """The slow twin: one body after another, each outing that begins after all before it ended."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    free = dict(enumerate(busy))
    for body, start, length in sorted({(body, start): (body, start, length) for body, start, length in found}.values()):
        if start <= busy[body]:
            continue
        if start > free[body]:
            wanted.setdefault(body, []).append((start, start + length))
        free[body] = max(free[body], start + length)
    unique = {(body, start): length for body, start, length in found}
    table = np.array([(b, s, s + k) for (b, s), k in unique.items()], np.int64).reshape(-1, 3)
    until = np.array(busy, np.int64)
    kept = _apart(table[:, 0], table[:, 1], table[:, 2], until)
    got: dict[int, list[tuple[int, int]]] = {}
    for b, s, e in sorted(zip(*(column.tolist() for column in kept), strict=True)):
        got.setdefault(b, []).append((s, e))
    assert got == wanted
    assert all(until[b] == max(e for _, e in spans) for b, spans in got.items())


def _one(days: int, **columns: object) -> bodies.Bodies:
    """Somebody who goes to work at eight for nine hours on every working day."""
    body = bodies.blank([0], days)
    body.resident[:] = True
    body.here[:] = True
    body.rhythm[:, :, 0] = (1.0, 0.0, 8.0, 0.0, 9.0, 0.0)
    for name, value in columns.items():
        getattr(body, name)[:] = value
    return body


def _walks(body: bodies.Bodies, days: int) -> list[tuple[int, float, bool]]:
    rng = np.random.default_rng(1)
    seasons = draw_seasons(rng, START, days)
    walks = passages(rng, body, seasons, 0, days, np.zeros(len(body), np.int64))
    since = (walks.at_us - day_start_us(START)) / US_PER_DAY
    found = zip(since.tolist(), walks.inward.tolist(), strict=True)
    return sorted((int(at), round(at % 1 * 24, 2), inward) for at, inward in found)


def test_a_worker_goes_on_working_days_only() -> None:
    walks = _walks(_one(14), 14)
    holidays = {0, 1, 2, 9, 10}  # New Year, its free Saturday, and a weekend; Sunday the 4th is worked
    assert {day for day, _, _ in walks} == set(range(14)) - holidays
    assert [walk[1:] for walk in walks[:2]] == [(8.0, False), (17.0, True)]


def test_a_stay_begins_with_an_entry_and_ends_with_an_exit() -> None:
    here = spells(np.array([4]), np.array([8]), 14)
    walks = _walks(_one(14, here=here, arrives=20.0, leaves=7.0), 14)
    assert (walks[0][0], walks[0][2]) == (4, True)
    assert (walks[-1][0], walks[-1][2]) == (7, False)
    assert [inward for _, _, inward in walks] == [True, *([False, True] * 2), False]


def test_silence_has_no_passage_and_no_farewell() -> None:
    body = _one(14, here=spells(np.array([0]), np.array([8]), 14))
    body.quiet[:, 5:8] = Quiet.SILENT
    assert max(day for day, _, _ in _walks(body, 14)) == 4


def test_visitors_come_first_and_shifts_turn() -> None:
    visitor = _walks(_one(7, resident=False), 7)
    assert [inward for _, _, inward in visitor[:2]] == [True, False]
    shift = _walks(_one(12, cycle=4, on=2, phase=0), 12)
    assert {day for day, _, _ in shift} == {0, 1, 4, 5, 8, 9}


def test_rhythms_are_probabilities_and_nobody_is_like_another() -> None:
    names = [name for name in TEMPLATES for _ in range(300)]
    drawn = draw_rhythms(np.random.default_rng(1), names, np.arange(len(names)) // 2)
    shares = drawn[..., : Rate.START]
    assert ((shares >= 0) & (shares < 1)).all()
    assert (drawn[..., Rate.STAY] > 0).all()
    assert drawn[:300, 0, Rate.START].std() > 0.5


def test_seasons_know_the_festivals() -> None:
    seasons = draw_seasons(np.random.default_rng(1), date(2025, 6, 1), 365)
    assert [seasons.day(place) for place in seasons.spring] == [date(2026, 2, 15)]
    assert date(2025, 10, 1) in [seasons.day(place) for place in seasons.holidays]
    assert not seasons.free[(date(2026, 2, 14) - date(2025, 6, 1)).days]  # a Saturday that is worked
