"""A simulated estate over many days, as the files of an import and a back-test, with the truth beside it.

Every generator of behaviour gives a `Stream`; what reads it does not know which one did. Sightings are an Arrow table
with the columns of `sightings.csv`; the registry is one table a file, by the file's name without its ending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

WORD = pa.dictionary(pa.int32(), pa.string())
SIGHTINGS = pa.schema([
    ("event", pa.int64()),  # ascending with time; a repeated event keeps its number
    ("at", pa.timestamp("us", tz="UTC")),
    ("door", WORD),
    ("direction", WORD),
    ("modality", WORD),
    ("person", WORD),
    ("pass", WORD),
    ("home", WORD),
    ("plate", WORD),
    ("outcome", WORD),
    ("seen", WORD),
])  # fmt: skip


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is so in one home for some time; a home in which nothing happens has one row, `usual`."""

    home: str
    household: str  # the kind of household
    scenario: str  # what was played: usual, travel, sublet_whole, ...
    label: str = ""  # the kind of finding that is right, empty where nothing should be said
    since: date | None = None  # the first day on which it is so
    until: date | None = None  # the first day on which it is not so any more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """One estate from `start` for `days` days.

    Attributes:
        registry: file name (homes, doors, leases, people, ...) to a table of strings with the columns of that file;
            empty strings stand for what is not known.
        sightings: of SIGHTINGS, null where there is nobody or none; ordered by `at` until a fault reorders them.
        truth: one row or more a home.
    """

    start: date
    days: int
    registry: Mapping[str, pa.Table]
    sightings: pa.Table
    truth: Sequence[Truth]

    def write(self, folder: Path) -> None:
        """Every table as a file of `folder`, which is made: CSV, but the sightings as Parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.registry.items():
            pyarrow.csv.write_csv(table, folder / f"{name}.csv")
        pyarrow.parquet.write_table(self.sightings, folder / "sightings.parquet")
        pyarrow.csv.write_csv(truth_table(self.truth), folder / "truth.csv")


def truth_table(truth: Sequence[Truth]) -> pa.Table:
    """The rows as strings; no day is an empty string."""
    rows = [msgspec.to_builtins(row) for row in truth]
    return pa.table({
        name: pa.array(["" if row[name] is None else row[name] for row in rows], pa.string())
        for name in Truth.__struct_fields__
    })  # fmt: skip
