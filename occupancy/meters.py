"""Meter readings of an estate as columns: what each home used on each day, where somebody read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from housing.registry.rows import MeterRow
from occupancy import days
from occupancy.arrays import NOBODY, Doubles, Int32s, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meters:
    """M readings in any order.

    Attributes:
        home, day: (M,) int32. electricity_kwh, water_m3: (M,) float64, NaN where it was not read.
    """

    home: Int32s
    day: Int32s
    electricity_kwh: Doubles
    water_m3: Doubles

    @classmethod
    def of(cls, rows: Sequence[MeterRow], handle: Callable[[str], int]) -> "Meters":
        """From the readers' rows; those of unknown homes are left out."""
        known = [row for row in rows if handle(row.home) != NOBODY]
        return cls(
            home=read_only(np.array([handle(row.home) for row in known], np.int32)),
            day=read_only(np.array([days.number(row.day) for row in known], np.int32)),
            electricity_kwh=read_only(np.array([row.electricity_kwh for row in known], np.float64)),
            water_m3=read_only(np.array([row.water_m3 for row in known], np.float64)),
        )

    def on(self, homes: Int32s, first_day: int, count: int) -> tuple[Doubles, Doubles]:
        """(H, D) electricity and water of `homes`, (H,) ascending handles, on consecutive days; NaN for no reading."""
        electricity, water = (np.full((len(homes), count), np.nan) for _ in range(2))
        place = np.searchsorted(homes, self.home)
        column = self.day - first_day
        wanted = (place < len(homes)) & (column >= 0) & (column < count)
        wanted[wanted] = homes[place[wanted]] == self.home[wanted]
        at = (place[wanted], column[wanted])
        electricity[at], water[at] = self.electricity_kwh[wanted], self.water_m3[wanted]
        return electricity, water
