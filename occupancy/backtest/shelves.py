"""Sightings sorted by time without holding them all: rows go on the shelf of their days, full shelves go to disk.

A file may be in any order. What fits in the memory stays there; beyond HELD rows everything is written to a temporary
folder, shelf by shelf, and read again when its days are folded.
"""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import BinaryIO

import numpy as np

from occupancy.arrays import Int64s
from occupancy.days import numbers_at
from occupancy.sightings import DTYPES, Sightings, together

HELD = 12_000_000  # rows of 46 bytes: about half a gigabyte
DAYS = 7  # of one shelf


class Shelves:
    """The sightings of one estate from `first_day` until before `until_day`; to be closed.

    Attributes:
        outside: rows taken on other days; they are not kept.
        first_us: the first moment of any row that was kept; None before the first.
    """

    def __init__(self, first_day: int, until_day: int, held: int = HELD) -> None:
        self._first, self.until_day, self._most = first_day, until_day, held
        self._held: dict[int, list[Sightings]] = {}
        self._count = 0
        self._keys: list[Int64s] = []
        self._folder: TemporaryDirectory[str] | None = None
        self.outside = 0
        self.first_us: int | None = None

    def __enter__(self) -> "Shelves":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def put(self, rows: Sightings) -> None:
        """Shelve rows in any order."""
        day = numbers_at(rows.taken_us)
        within = (day >= self._first) & (day < self.until_day)
        if not within.all():
            kept = np.flatnonzero(within)
            self.outside += len(rows) - len(kept)
            rows, day = rows.take(kept), day[kept]
        if not len(rows):
            return
        earliest = int(rows.taken_us.min())
        self.first_us = earliest if self.first_us is None else min(self.first_us, earliest)
        self._keys.append(rows.key)
        shelf = (day - self._first) // DAYS
        if shelf.min() == shelf.max():
            self._held.setdefault(int(shelf[0]), []).append(rows)
        else:
            order = np.argsort(shelf, kind="stable")
            numbers, starts = np.unique(shelf[order], return_index=True)
            for number, piece in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
                self._held.setdefault(number, []).append(rows.take(piece))
        self._count += len(rows)
        if self._count > self._most:
            self._spill()

    def _spill(self) -> None:
        for number, parts in self._held.items():
            with self._file(number).open("ab") as file:
                _write(file, together(parts))
        self._held, self._count = {}, 0

    def _file(self, number: int) -> Path:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="anju-backtest-")
        return Path(self._folder.name) / f"{number}.rows"

    def repeated_keys(self) -> Int64s:
        """(r,) int64 ascending keys that occur more than once."""
        if _ascending(self._keys):
            return np.empty(0, np.int64)
        found, count = np.unique(np.concatenate(self._keys), return_counts=True)
        return found[count > 1]

    def take(self) -> Iterator[tuple[int, int, Sightings]]:
        """(first day, days, rows) shelf by shelf, empty ones too, rows in the order of time; each once.

        Rows taken at the same moment are ordered by what they say, so that the order of the file does not matter.
        Ask for `repeated_keys` before: afterwards nothing is known of the keys.
        """
        self._keys = []
        for first in range(self._first, self.until_day, DAYS):
            number = (first - self._first) // DAYS
            parts = self._held.pop(number, [])
            if self._folder is not None and self._file(number).exists():
                with self._file(number).open("rb") as file:
                    parts = [*_read(file), *parts]
                self._file(number).unlink()
            yield first, min(DAYS, self.until_day - first), in_time(together(parts))


def _ascending(keys: list[Int64s]) -> bool:
    """Whether every key is larger than the one before, so that none can be there twice."""
    ends = [(int(part[0]), int(part[-1])) for part in keys]
    joined = all(before[1] < after[0] for before, after in pairwise(ends))
    return joined and all(bool((part[1:] > part[:-1]).all()) for part in keys)


def in_time(rows: Sightings) -> Sightings:
    """Rows by moment, then by everything else they say."""
    step = rows.taken_us[1:] - rows.taken_us[:-1]
    if bool((step > 0).all()):
        return rows
    names = [field.name for field in fields(Sightings) if field.name != "taken_us"]
    return rows.take(np.lexsort((*(getattr(rows, name) for name in reversed(names)), rows.taken_us)))


def _write(file: BinaryIO, rows: Sightings) -> None:
    for name in DTYPES:
        np.save(file, getattr(rows, name), allow_pickle=False)


def _read(file: BinaryIO) -> Iterator[Sightings]:
    while file.peek(1) if hasattr(file, "peek") else b"":
        yield Sightings(**{name: np.load(file, allow_pickle=False) for name in DTYPES})
