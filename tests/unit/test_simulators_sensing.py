"""Faults of sensing keep what was so, and lose, repeat, delay and shift as much as they are told."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.clock import US_PER_DAY, day_start_us
from simulators.lives import make
from simulators.sensing import BadFault, Outage, sense
from simulators.streams import Stream

START = date(2026, 3, 2)


@pytest.fixture(scope="module")
def stream() -> Stream:
    return make(3, 150, START, 40)


def events(stream: Stream) -> NDArray[np.int64]:
    found: NDArray[np.int64] = stream.sightings["event"].to_numpy()
    return found


def at_us(stream: Stream) -> NDArray[np.int64]:
    found: NDArray[np.int64] = stream.sightings["at"].cast(pa.int64()).to_numpy()
    return found


def doors(stream: Stream) -> NDArray[np.str_]:
    return np.array(stream.sightings["door"].cast(pa.string()).to_pylist())


def test_without_faults_nothing_changes(stream: Stream) -> None:
    same = sense(stream, 1)
    assert same.sightings.equals(stream.sightings)
    assert same.truth == stream.truth
    assert all(same.registry[name].equals(stream.registry[name]) for name in stream.registry)


@pytest.mark.parametrize("missed", [0.1, 0.2, 0.3])
def test_missed_readings_are_as_many_as_told_and_spread_evenly(stream: Stream, missed: float) -> None:
    worse = sense(stream, 4, missed=missed)
    total = stream.sightings.num_rows
    assert worse.sightings.num_rows / total == pytest.approx(1 - missed, abs=4 * np.sqrt(missed / total))
    assert (np.diff(events(worse)) > 0).all()
    busiest = Counter(doors(stream).tolist()).most_common(1)[0]
    assert Counter(doors(worse).tolist())[busiest[0]] / busiest[1] == pytest.approx(1 - missed, abs=0.03)


def test_repeated_events_keep_their_number_and_say_the_same(stream: Stream) -> None:
    worse = sense(stream, 4, duplicates=0.1)
    total = stream.sightings.num_rows
    counts = np.unique(events(worse), return_counts=True)[1]
    assert counts.max() == 2
    assert (counts == 2).sum() / total == pytest.approx(0.1, abs=0.01)
    rows = {row["event"]: row for row in stream.sightings.to_pylist()}
    assert all(rows[row["event"]] == row for row in worse.sightings.to_pylist())


def test_late_rows_are_the_same_rows_in_another_order(stream: Stream) -> None:
    worse = sense(stream, 4, reordered=0.05, late_s=7200.0)
    assert sorted(events(worse).tolist()) == events(stream).tolist()
    assert (at_us(worse)[np.argsort(events(worse))] == at_us(stream)).all()
    newest = np.maximum.accumulate(at_us(worse))
    late = (newest - at_us(worse)) > 0
    assert 0.03 < late.mean() < 0.06


def test_wrong_clocks_move_some_doors_for_some_days(stream: Stream) -> None:
    worse = sense(stream, 4, clocks=0.3, clock_error_s=900.0)
    moved = at_us(worse) - at_us(stream)
    assert (events(worse) == events(stream)).all()
    touched = set(doors(stream)[moved != 0].tolist())
    assert 0.15 < len(touched) / len(set(doors(stream).tolist())) < 0.4
    for door in touched:
        assert len(set(moved[(doors(stream) == door) & (moved != 0)].tolist())) == 1
    assert worse.sightings.schema.equals(stream.sightings.schema)


@pytest.mark.parametrize("building", ["", "lives-01"])
def test_in_an_outage_nothing_is_read_and_the_office_may_know(stream: Stream, building: str) -> None:
    out = Outage(first_day=10, days=5, building=building)
    worse = sense(stream, 4, outages=[out])
    begin = day_start_us(START + timedelta(days=10))
    during = (at_us(stream) >= begin) & (at_us(stream) < begin + 5 * US_PER_DAY)
    dark = during & np.char.startswith(doors(stream), building or "lives")
    assert dark.any()
    assert (events(worse) == events(stream)[~dark]).all()
    told = [row for row in worse.registry["outages"].to_pylist() if row["from"].startswith("2026-03-12")]
    assert {row["until"][:10] for row in told} == {"2026-03-17"}
    assert {row["door"] for row in told} >= set(doors(stream)[dark].tolist())
    assert building or len(told) == stream.registry["doors"].num_rows
    kept = {tuple(row.values()) for row in stream.registry["outages"].to_pylist()}
    assert kept <= {tuple(row.values()) for row in worse.registry["outages"].to_pylist()}
    untold = sense(stream, 4, outages=[replace(out, told=False)])
    assert untold.sightings.equals(worse.sightings)
    assert untold.registry["outages"].equals(stream.registry["outages"])


def test_outages_are_written_where_there_was_no_file(stream: Stream) -> None:
    without = replace(stream, registry={name: t for name, t in stream.registry.items() if name != "outages"})
    worse = sense(without, 4, outages=[Outage(first_day=0, days=1)])
    assert worse.registry["outages"].num_rows == stream.registry["doors"].num_rows


@settings(max_examples=10)
@given(
    st.integers(0, 1000), st.floats(0, 0.3), st.floats(0, 0.2), st.floats(0, 0.2), st.floats(0, 1), st.integers(0, 39)
)
def test_all_faults_together(
    stream: Stream, seed: int, missed: float, duplicates: float, reordered: float, clocks: float, day: int
) -> None:
    def worse() -> Stream:
        return sense(
            stream, seed, missed=missed, duplicates=duplicates, reordered=reordered, clocks=clocks,
            clock_error_s=300.0, outages=[Outage(first_day=day, days=1)],
        )  # fmt: skip

    one = worse()
    assert one.truth == stream.truth
    assert set(events(one).tolist()) <= set(events(stream).tolist())
    assert one.sightings.equals(worse().sightings)


@pytest.mark.parametrize("fault", [{"missed": 1.5}, {"duplicates": -0.1}, {"reordered": 2.0}, {"clocks": 7.0}])
def test_what_is_no_share_is_refused(stream: Stream, fault: dict[str, float]) -> None:
    with pytest.raises(BadFault):
        sense(stream, 1, **fault)  # type: ignore[arg-type] # shares only


@pytest.mark.parametrize(("first", "days"), [(-1, 2), (39, 2), (3, 0)])
def test_an_outage_outside_the_period_is_refused(stream: Stream, first: int, days: int) -> None:
    with pytest.raises(BadFault):
        sense(stream, 1, outages=[Outage(first_day=first, days=days)])
