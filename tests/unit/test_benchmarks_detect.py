"""The detection benchmark as a whole, on estates small enough for a unit test."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks import detect
from benchmarks.detect_sensing import FIVE_DAYS, Setting, seen
from benchmarks.detect_tables import Run
from benchmarks.detect_truth import claims_of
from benchmarks.detect_worlds import GENERATORS, NotTaken, World, back_test, rate, runs_of
from scripts import bench
from simulators.streams import Stream, Truth
from tests.unit.detect_streams import passage, stream

CONTRACT = {
    "sublet_precision", "sublet_recall", "sublet_delay_days_median", "onset_mae_days",
    "false_sublets_per_1000_homes_year", "vacancy_exact", "overdue_exact", "by_household", "by_missing_reads",
    "by_outage",
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(GENERATORS))
def runs(request: pytest.FixtureRequest) -> list[Run]:
    options = detect.arguments(
        ["--homes", "30", "--days", "70", "--seeds", "3", "--generator", request.param, "--prevalence", "0.1"]
    )
    return [run for world in detect.worlds(options) for run in runs_of(world, lambda *_: None)]


def test_every_key_of_the_contract_is_there_with_its_interval(runs: list[Run]) -> None:
    figures = detect.figures(runs, [3])
    assert figures.keys() >= CONTRACT
    assert list(figures["by_missing_reads"]) == ["0", "10", "20"]
    assert list(figures["by_outage"]) == ["none", "five_days"]
    assert figures["seeds_are_for"] == "tuning"
    assert detect.figures(runs, detect.REPORTING)["seeds_are_for"] == "reporting"
    assert figures["counts"]["homes"] == 30
    assert sum(row["home_years"] for row in figures["by_household"].values()) == pytest.approx(
        30 * 70 / 365.25, abs=0.01
    )
    numbers = [key for key, value in figures.items() if isinstance(value, float)]
    assert set(figures["intervals"]) >= set(numbers) - {"back_test_seconds"}


def test_the_same_lives_are_seen_worse_under_each_setting(runs: list[Run]) -> None:
    none, ten, twenty, dark = (run.sightings for run in runs)
    assert none > ten > twenty
    assert ten / none == pytest.approx(0.9, abs=0.01)
    assert twenty / none == pytest.approx(0.8, abs=0.01)
    assert dark / ten == pytest.approx(65 / 70, abs=0.02)


def test_the_same_seed_gives_the_same_figures(runs: list[Run]) -> None:
    first = runs[1]
    world = World(generator=first.generator, seed=3, homes=30, days=70, settings=(detect.USUAL,), prevalence=0.1)
    (again,) = runs_of(world, lambda *_: None)
    assert detect.figures([again], [3])["intervals"] == detect.figures([first], [3])["intervals"]
    assert again.scored == first.scored


def test_make_bench_runs_it_small_and_leaves_the_calibration_out(tmp_path: Path) -> None:
    command = bench.command("detect", tmp_path, as_json=True)
    assert command is not None
    assert {"--usual-only", "--json"} <= set(command)
    assert detect.arguments(command[3:]).homes < detect.arguments([]).homes
    assert "detect_calibrate" not in bench.names()
    assert "detect" in bench.names()


def small(**tables: object) -> Stream:
    days = [passage(stream().start + timedelta(days=n), person) for n in range(40) for person in ("p1", "p2")]
    return stream(days, days=40, **tables)  # type: ignore[arg-type]


def test_what_is_missed_at_ten_percent_is_missed_at_twenty() -> None:
    made = small()
    events = [
        set(seen(made, Setting(missed_percent=percent), 1).sightings.column("event").to_pylist())
        for percent in (0, 10, 20)
    ]
    assert events[0] > events[1] > events[2]


def test_an_outage_is_five_days_and_the_office_knows() -> None:
    made = small()
    dark = seen(made, Setting(missed_percent=0, outage=FIVE_DAYS), 1)
    day = np.unique(dark.sightings.column("at").cast("int64").to_numpy() // 86_400_000_000)
    assert sorted(np.diff(day)) == [1] * 33 + [6]
    assert dark.registry["outages"].num_rows == made.registry["doors"].num_rows


def test_a_registry_that_is_refused_ends_the_benchmark() -> None:
    with pytest.raises(NotTaken, match="refused"):
        back_test(small(homes=[{"home": "h1", "building": "b", "state": "haunted"}]), lambda *_: None)


def test_all_of_a_tiny_stream_is_swept_and_nothing_is_found() -> None:
    result = back_test(small(), lambda *_: None)
    assert (result.homes, result.days, result.sightings) == (2, 40, 80)
    assert claims_of(result.findings[0], small().start) == []
    assert rate([], [Truth(home="h1", household="family", scenario="usual")]) == []
