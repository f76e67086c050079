"""Sightings onto shelves, shelves into home-days: the first half of a back-test, and what its speed is measured on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from housing.registry.rows import OutageRow
from occupancy import days
from occupancy.arrays import Int64s
from occupancy.backtest.encoding import UNREADABLE, Encoder
from occupancy.backtest.estates import blind_intervals
from occupancy.backtest.refusals import Tally
from occupancy.backtest.shelves import Shelves
from occupancy.files import open_sightings
from occupancy.homedays import HomeDays, recompute
from occupancy.outages import blind_share
from occupancy.registry import Registry
from occupancy.sightings import Sightings


def _untold(_share: float) -> None:
    """Nobody watches."""


def shelve(
    source: Path | pa.Table,
    registries: Sequence[Registry],
    shelves: Sequence[Shelves],
    tally: Tally,
    told: Callable[[float], None] = _untold,
) -> None:
    """Read a whole source onto the shelves of each registry's estate; `told` hears how much is read, 0 to 1."""

    def unsplit(line: int, found: int, expected: int) -> None:
        tally.rows += 1
        tally.refused[UNREADABLE] += 1
        tally.list_refused(
            line, "", f"该行有{found}个单元格，应为{expected}个。", f"The row has {found} cells, not {expected}."
        )

    sheet = open_sightings(source, unsplit)
    tally.file, tally.strange = sheet.name, sheet.strange
    encoder = Encoder(registries, sheet, tally)
    for piece in sheet.pieces:
        for place, rows in encoder.encode(piece):
            shelves[place].put(rows)
        told(piece.share)


@dataclass
class Fold:
    """The shelves of one estate on their way to home-days.

    Attributes:
        folded, repeated: rows so far, each event once; rows of events that had come before.
    """

    registry: Registry
    shelves: Shelves
    outages: Sequence[OutageRow] = ()
    folded: int = 0
    repeated: int = 0
    _spent: set[int] = field(default_factory=set)  # keys that come more than once, from their first row on

    @property
    def observed_from(self) -> int | None:
        """The first day on which anything was seen; None where nothing was."""
        return None if self.shelves.first_us is None else days.number_at(self.shelves.first_us)

    def weeks(self) -> Iterator[HomeDays]:
        """The home-days of all homes from the first day on which anything was seen, a shelf at a time, each once."""
        observed_from = self.observed_from
        if observed_from is None:
            return
        repeated, homes = self.shelves.repeated_keys(), np.arange(len(self.registry.homes), dtype=np.int32)
        since, until = days.start_us(observed_from), days.start_us(self.shelves.until_day)
        blind = blind_intervals(self.outages, self.registry, since, until)
        for begins, count, rows in self.shelves.take():
            first, until_day = max(begins, observed_from), begins + count
            if first < until_day:
                once = self._once(rows, repeated)
                share = blind_share(blind, self.registry.places, homes, first, until_day - first)
                yield recompute(once, self.registry, first, until_day - first, outage_share=share)

    def _once(self, rows: Sightings, repeated: Int64s) -> Sightings:
        """Each event once, the first of several by time; numbered as they stand, so that nobody sorts them again."""
        keep = np.ones(len(rows), np.bool_)
        for row in np.flatnonzero(np.isin(rows.key, repeated)).tolist() if len(repeated) else ():
            key = int(rows.key[row])
            keep[row] = key not in self._spent
            self._spent.add(key)
        kept = rows if keep.all() else rows.take(np.flatnonzero(keep))
        self.folded += len(kept)
        self.repeated += len(rows) - len(kept)
        return replace(kept, key=np.arange(len(kept)))
