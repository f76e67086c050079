"""Measurements: `python -m benchmarks.NAME --json` prints one JSON object as its last line."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import beta  # type: ignore[import-untyped]

_T = TypeVar("_T")


def interval(events: int, trials: int, confidence: float = 0.95) -> list[float]:
    """The exact binomial interval of a rate (Clopper and Pearson 1934), [low, high]; [0, 1] without trials."""
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, events, trials - events + 1)) if events > 0 else 0.0
    high = float(beta.ppf(1 - tail, events + 1, trials - events)) if events < trials else 1.0
    return [round(low, 5), round(high, 5)]


def read_labels(data: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of DIR/labels.csv; ends the program with a clear message where it is missing or has other columns."""
    file = data / "labels.csv"
    if not file.is_file():
        sys.exit(f"{file} is not there: give the folder of pictures with --data.")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    missing = set(columns) - set(rows[0] if rows else ())
    if missing:
        sys.exit(f"{file} has no rows, or no column {', '.join(sorted(missing))}.")
    return rows


def progress(items: Sequence[_T], what: str) -> Iterable[_T]:
    """The items one by one, with a bar on standard error."""
    return track(items, what, console=Console(stderr=True), transient=True)


def publish(result: dict[str, object], *, as_json: bool) -> None:
    """The result as a table, or as one JSON object on the last line of standard output."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    table = Table("measure", "value")
    for key, value in result.items():
        table.add_row(key, str(value))
    Console().print(table)
