"""Doors and homes: what a door is to whom passes it, and which readers could have seen a home.

A door is one of four things to a person (`DoorClass`). Where a home has no reader of its own, the innermost reader on
the way to it stands for it on the way in: past it nothing more will be read.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from occupancy.arrays import NOBODY, A, Bools, Indices, Int8s, Int32s, read_only
from occupancy.codes import DoorKind


class DoorClass(IntEnum):
    """What a door is to somebody, as int8 in arrays; larger is further in."""

    GATE = 0  # the edge of the estate
    SHARED = 1  # a building's door or lift on the way to their home
    HOME = 2  # their own door
    ELSEWHERE = 3  # inside the estate, not on the way to their home


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """D doors and H homes by handle; build with `of`.

    Attributes:
        kind: (D + 1,) int8 of `codes.DoorKind`; in every column the last entry stands for an unknown door or no home.
        door_building, door_home: (D + 1,) int32, NOBODY where there is none.
        home_building: (H + 1,) int32.
        innermost: (H + 1,) int8 of DoorClass: the class of the home's innermost reader.
        path_start: (H + 1,) intp; home h is seen by doors path_door[path_start[h]:path_start[h + 1]].
        path_door: (m,) int32, the doors with a reader that could have seen each home.
    """

    kind: Int8s
    door_building: Int32s
    door_home: Int32s
    home_building: Int32s
    innermost: Int8s
    path_start: Indices
    path_door: Int32s

    @classmethod
    def of(
        cls, *, kind: Int8s, door_building: Int32s, door_home: Int32s, read: Bools, home_building: Int32s
    ) -> "Places":
        """From a row a door, (D,), and a row a home, (H,); `read` says which doors have a reader."""
        homes = len(home_building)
        gates = np.flatnonzero(np.isin(kind, (DoorKind.GATE, DoorKind.GARAGE)) & read)
        shared = np.flatnonzero(np.isin(kind, (DoorKind.BUILDING, DoorKind.LIFT)) & read)
        own = np.flatnonzero((kind == DoorKind.HOME) & (door_home != NOBODY) & read)
        building_rows, shared_doors = _pairs(door_building[shared], home_building, shared)
        home = np.concatenate([np.repeat(np.arange(homes), len(gates)), building_rows, door_home[own]])
        door = np.concatenate([np.tile(gates, homes), shared_doors, own]).astype(np.int32)
        order = np.lexsort((door, home))
        innermost = np.full(homes + 1, DoorClass.GATE, np.int8)
        innermost[building_rows] = DoorClass.SHARED
        innermost[door_home[own]] = DoorClass.HOME
        innermost[-1] = DoorClass.HOME  # no door is the own door of somebody without a home
        return cls(
            kind=_padded(kind),
            door_building=_padded(door_building),
            door_home=_padded(door_home),
            home_building=_padded(home_building),
            innermost=read_only(innermost),
            path_start=read_only(np.searchsorted(home[order], np.arange(homes + 1))),
            path_door=read_only(door[order]),
        )

    def classes(self, door: Int32s, home: Int32s) -> Int8s:
        """(n,) int8 of DoorClass: what each door (n,) is to somebody who lives in each home (n,), or NOBODY."""
        kind = self.kind[door]
        gate = (kind == DoorKind.GATE) | (kind == DoorKind.GARAGE)
        building = (kind == DoorKind.BUILDING) | (kind == DoorKind.LIFT)
        building &= (self.door_building[door] == self.home_building[home]) & (home != NOBODY)
        own = (self.door_home[door] == home) & (home != NOBODY)
        return np.select(
            [gate, building, own], [DoorClass.GATE, DoorClass.SHARED, DoorClass.HOME], DoorClass.ELSEWHERE
        ).astype(np.int8)


def _pairs(door_building: Int32s, home_building: Int32s, doors: Indices) -> tuple[Indices, Indices]:
    """Every (home, door) of the same building; doors of no building belong to no home."""
    match = (home_building[:, None] == door_building[None, :]) & (door_building != NOBODY)[None, :]
    rows, columns = np.nonzero(match)
    return rows, doors[columns]


def _padded(values: A) -> A:
    """A last entry for whatever handle -1 stands for."""
    padded = np.append(values, np.array([NOBODY], values.dtype))
    return read_only(padded)  # type: ignore[return-value] # append keeps the dtype
