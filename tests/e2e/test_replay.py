"""A small stream through real processes, interrupted on the way: what the services store is what its file says.

Gateway, broker, recognition and occupancy know nothing of the stream but what devices present; the back-test folds the
same rows from the file. Cell by cell the two must make the same home-days.
"""

import io
import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlalchemy.engine import Row, RowMapping

from anju.replaying import LEDGER, Outcome, replay
from core import log
from core.clock import SystemClock, day_start_us, local_day
from core.db import Store, open_store
from core.facts import Lane
from core.settings import Settings
from occupancy import days, store
from occupancy.backtest.estates import load
from occupancy.backtest.folding import Fold, shelve
from occupancy.backtest.refusals import Tally
from occupancy.backtest.shelves import Shelves
from occupancy.homedays import COLUMNS
from occupancy.registry import Registry
from simulators.replay import StreamPlan
from simulators.replay_streams import Asked, Generator, moved
from simulators.streams import Stream
from tests.e2e.system import until
from tests.replayed import DAYS, HOMES, LEFT_OUT, SEED, START, small_stream

WITHIN_S = 240
SPEED = 12_000.0  # the three days take some twenty seconds: time enough to be interrupted
SOME = 20  # events that are stored when the interruption comes
STORED = b'["s",'
# A plate is drawn and read by two real readers, who do not agree on every one: then a person has to look.
READ_OTHERWISE = {("plate", "granted", "ambiguous", "readers_disagree")}


@pytest.fixture
def stream() -> Stream:
    """The small stream, its last day yesterday."""
    today = local_day(datetime.now(UTC))
    return moved(small_stream(), (today - START).days - DAYS)


def play(var: Path, stream: Stream, speed: float) -> Outcome | None:
    settings = Settings(var_dir=var, database_url="", sweep_s=1.0, api_port=0, language="en")
    asked = Asked(generator=Generator.ELSEWHERE, seed=SEED, homes=HOMES, start=stream.start, days=stream.days)
    console = Console(file=io.StringIO())
    return replay(settings, asked, speed, clock=SystemClock(), console=console, make=lambda _asked, _tell: stream)


def interrupt(var: Path) -> None:
    """Ctrl-C as soon as some events are stored."""
    ledger = var / LEDGER
    until(lambda: ledger.exists() and ledger.read_bytes().count(STORED) >= SOME, 120.0, "some events")
    os.kill(os.getpid(), signal.SIGINT)


def recorded(var: Path) -> list[Row[Any]]:
    engine = open_store(Settings(var_dir=var, database_url=""), Store.RECOGNITION, read_only=True)
    with engine.connect() as conn:
        rows = list(conn.execute(sa.select(log.sightings)))
    engine.dispose()
    return rows


def folded(stream: Stream, rows: pa.Table) -> tuple[Registry, dict[str, Any]]:
    """The home-days of the back-test over the stream's days, by column."""
    (estate,) = load(stream.registry, datetime.now(UTC), lambda _what, _done, _of: None).estates
    registry, first = Registry.of(estate.rows), days.number(stream.start)
    with Shelves(first, first + stream.days) as shelves:
        shelve(rows, [registry], [shelves], Tally())
        weeks = list(Fold(registry, shelves, estate.outages).weeks())
    assert weeks[0].first_day == first
    return registry, {name: np.concatenate([getattr(week, name) for week in weeks], axis=1) for name in COLUMNS}


def stored(var: Path, stream: Stream, registry: Registry) -> dict[str, Any]:
    """The home-days that the service wrote, by column."""
    engine = open_store(Settings(var_dir=var, database_url=""), Store.OCCUPANCY, read_only=True)
    homes = np.arange(len(registry.homes), dtype=np.int32)
    with engine.connect() as conn:
        found = store.window(conn, registry.estate, registry.homes, homes, days.number(stream.start), stream.days)
    engine.dispose()
    return {name: getattr(found, name) for name in COLUMNS}


def said(row: Mapping[Any, Any] | RowMapping) -> tuple[Any, ...]:
    """What a row of the stream, or of the log, tells; a vehicle's owner is told by the log only."""
    person = None if row["modality"] == "plate" else row["person"]
    return (row["door"], row["direction"], person, row["pass"], row["plate"], row["outcome"], row["seen"])


@pytest.mark.timeout(2 * WITHIN_S)
def test_what_the_services_record_agrees_with_the_stream(tmp_path: Path, stream: Stream) -> None:
    var = tmp_path / "var"
    killer = threading.Thread(target=interrupt, args=(var,))
    killer.start()
    assert play(var, stream, SPEED) is None, "it was interrupted"
    killer.join()
    before = len(recorded(var))
    outcome = play(var, stream, float("inf"))

    assert outcome is not None
    plan = StreamPlan(stream, speed=1.0, seed=SEED)
    summary = outcome.summary
    assert 0 < before < outcome.presented == summary.sightings
    assert (summary.lost, summary.duplicated, summary.refused, outcome.folded) == (0, 0, {}, True)
    assert outcome.left_out == LEFT_OUT
    assert outcome.presented + sum(LEFT_OUT.values()) == stream.sightings.num_rows

    told, otherwise = stream.sightings.to_pylist(), Counter[tuple[str, ...]]()
    agreed: list[int] = []
    rows = recorded(var)
    for row in rows:
        number = plan.row_in_stream(row.device_event)
        line = told[number]
        assert row.taken_us == int(line["at"].timestamp()) * 1_000_000 + line["at"].microsecond
        if said(row._mapping) == said(line):
            agreed.append(number)
        else:
            otherwise[line["modality"], line["outcome"], row.outcome, row.reason] += 1
    assert set(otherwise) <= READ_OTHERWISE
    assert {row.lane for row in rows} == {Lane.REPLAY}
    assert {row.modality for row in rows} == {"face", "card", "pin", "pass", "plate"}

    registry, expected = folded(stream, stream.sightings.take(pa.array(sorted(agreed))))
    found = stored(var, stream, registry)
    for name in COLUMNS:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    said_nothing = {name for name in COLUMNS if len(np.unique(expected[name])) == 1}
    assert said_nothing <= {"rung_in", "other_vehicles", "outage_share", "vehicle_entries"}


def test_the_stream_ends_before_today(stream: Stream) -> None:
    last = stream.sightings["at"].cast(pa.int64()).to_numpy().max()
    assert stream.start + timedelta(days=stream.days) == local_day(datetime.now(UTC))
    assert last < day_start_us(local_day(datetime.now(UTC)))
