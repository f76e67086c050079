"""How fast sightings become home-days, from columns and from files, beside DuckDB making the same from the same table.

    python -m benchmarks.fold --sightings 2000000 --json

One thread each. Times are the best of several rounds, ours and DuckDB's in turn, and count only after every column that
DuckDB makes (`benchmarks.fold_duckdb` says which) was found equal to ours, home by home and day by day.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from benchmarks import fold_duckdb, publish
from benchmarks.fold_stream import A_DAY, draw
from core.clock import SystemClock
from occupancy import days
from occupancy.backtest.estates import Estate, load
from occupancy.backtest.folding import Fold, shelve
from occupancy.backtest.refusals import Tally
from occupancy.backtest.shelves import Shelves
from occupancy.registry import Registry
from simulators.streams import Stream

ROUNDS = 3
HOMES = 5_000
Table = dict[str, NDArray[np.int64]]


class Unequal(Exception):
    """DuckDB and we make something else of the same sightings; no time is given."""


def fold(source: Path | pa.Table, registry: Registry, stream: Stream) -> tuple[int, Table]:
    """Sightings folded, and the home-days as (H, D) columns: ours, whole."""
    first = days.number(stream.start)
    tally = Tally()
    with Shelves(first, first + stream.days) as shelves:
        shelve(source, [registry], [shelves], tally)
        work = Fold(registry, shelves)
        parts = list(work.weeks())
    if tally.rows != work.folded:
        raise Unequal(f"{tally.rows - work.folded} of {tally.rows} sightings were not folded")
    return work.folded, {
        name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in fold_duckdb.COLUMNS
    }


def best(rounds: int, *contenders: Callable[[], object]) -> list[float]:
    """The shortest time of each contender, seconds; they take turns, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for taken, run in zip(times, contenders, strict=True):
            begun = time.perf_counter()
            run()
            taken.append(time.perf_counter() - begun)
    return [min(taken) for taken in times]


def measure(sightings: int, homes: int, rounds: int = ROUNDS) -> dict[str, object]:
    """Every figure of this benchmark; raises Unequal where the two do not agree."""
    pa.set_cpu_count(1)
    stream = draw(sightings, homes)
    registry = _registry(stream)
    first = days.number(stream.start)
    made, ours = fold(stream.sightings, registry, stream)
    theirs = fold_duckdb.home_days(stream.registry, stream.sightings, list(registry.homes.ids), first, stream.days)
    wrong = [name for name in fold_duckdb.COLUMNS if not np.array_equal(ours[name], theirs[name])]
    if wrong:
        raise Unequal(f"columns differ from DuckDB's: {', '.join(wrong)}")
    mine, peer = best(
        rounds,
        lambda: fold(stream.sightings, registry, stream),
        lambda: fold_duckdb.home_days(
            stream.registry, stream.sightings, list(registry.homes.ids), first, stream.days
        ),
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        files = _files(stream, Path(folder))
        parquet, csv = best(1, *(partial(fold, file, registry, stream) for file in files))
    return {
        "sightings": made, "homes": homes, "days": stream.days, "sightings_per_second": round(made / mine),
        "duckdb_ratio": round(peer / mine, 2), "duckdb_sightings_per_second": round(made / peer),
        "parquet_sightings_per_second": round(made / parquet), "csv_sightings_per_second": round(made / csv),
        "equal_columns": len(fold_duckdb.COLUMNS), "rounds": rounds,
    }  # fmt: skip


def _registry(stream: Stream) -> Registry:
    estates: tuple[Estate, ...] = load(stream.registry, SystemClock().now(), lambda _what, _done, _of: None).estates
    return Registry.of(estates[0].rows)


def _files(stream: Stream, folder: Path) -> tuple[Path, Path]:
    """The stream as Parquet, and as CSV with moments in RFC 3339."""
    table = stream.sightings
    pyarrow.parquet.write_table(table, folder / "s.parquet")
    texts = {name: table[name].cast(pa.string()) for name in table.column_names if name != "at"}
    texts["at"] = pc.strftime(table["at"], format="%Y-%m-%dT%H:%M:%SZ")
    pyarrow.csv.write_csv(pa.table(texts), folder / "s.csv")
    return folder / "s.parquet", folder / "s.csv"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--sightings", type=int, default=2_000_000)
    parser.add_argument("--homes", type=int, default=HOMES, help=f"{A_DAY} sightings each a day")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    publish(measure(options.sightings, options.homes), as_json=options.json)


if __name__ == "__main__":
    main()
