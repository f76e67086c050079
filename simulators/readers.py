"""Which reader hangs where: one device a door and direction, with the id that devices, gateways and ledgers share."""

from dataclasses import dataclass

import numpy as np

from simulators.tables import Bools, Ints, Strings, World

_WAYS = {"gate": (True, False), "building": (True, False), "lift": (True,), "home": (True,)}


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers (n_readers) of an estate, ordered by door and then in before out."""

    id: Strings
    door: Ints
    inward: Bools
    gateway: Ints
    place: Ints  # (n_doors, 2): the row of the reader at a door, [out, in]; -1: nobody reads that way

    def by_gateway(self, gateways: int) -> list[list[str]]:
        """The ids of the readers of each gateway."""
        return [[str(name) for name in self.id[self.gateway == place]] for place in range(gateways)]


def lay_readers(world: World) -> Readers:
    """The readers of the estate: gates and buildings' doors read both ways, lifts and home doors the way in only."""
    doors = world.doors
    rows = [(door, inward) for door, kind in enumerate(doors.kind.tolist()) for inward in _ways(world, door, kind)]
    door, inward = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    place = np.full((len(doors.id), 2), -1)
    place[door, inward.astype(np.int64)] = np.arange(len(rows))
    ids = np.array([f"{doors.id[d]}-{'in' if way else 'out'}" for d, way in rows])
    return Readers(id=ids, door=door, inward=inward, gateway=doors.gateway[door], place=place)


def _ways(world: World, door: int, kind: str) -> tuple[bool, ...]:
    return (door == int(world.doorways.barriers[0]),) if kind == "garage" else _WAYS[kind]
