"""The stones of an estate: buildings, homes, doors and the gateways that hold the doors."""

import numpy as np

from simulators.randomness import stream
from simulators.tables import Bools, Doors, Doorways, Homes, Ints, Strings

FLOORS = 18
HOMES_PER_FLOOR = 6
HOMES_PER_BUILDING = FLOORS * HOMES_PER_FLOOR
BUILDINGS_PER_GATEWAY = 2
_GATES = ("gate-n", "gate-s")
_BARRIERS = ("barrier-in", "barrier-out")
_STATES = np.array(["let", "vacant", "repair", "reserved"])
_STATE_SHARES = (0.93, 0.04, 0.02, 0.01)


def numbered(prefix: str, numbers: Ints, width: int) -> Strings:
    """(n,) ids: the prefix and each number, padded with zeros to `width`."""
    return np.array([f"{prefix}{number:0{width}d}" for number in numbers.tolist()], dtype=np.str_)


def draw_homes(seed: int, estate: str, count: int) -> Homes:
    """`count` homes, 108 a building, floor by floor; at least one is let."""
    rng = stream(seed, "homes")
    place = np.arange(count)
    building, within = np.divmod(place, HOMES_PER_BUILDING)
    floor, unit = within // HOMES_PER_FLOOR + 1, within % HOMES_PER_FLOOR + 1
    units = numbered("", floor * 100 + unit, 4)
    building_id = numbered(f"{estate}-", building + 1, 2)
    state = rng.choice(_STATES, size=count, p=_STATE_SHARES)
    state[0] = "let"
    areas = np.array([35.5, 39.8, 45.2, 49.6, 54.9, 59.7])
    return Homes(
        id=np.array([f"{b}-{u}" for b, u in zip(building_id.tolist(), units.tolist(), strict=True)]),
        building=building,
        building_id=building_id,
        floor=floor,
        unit=units,
        area_m2=areas[unit - 1],
        state=state,
    )


def lay_doors(estate: str, homes: Homes) -> tuple[Doors, Doorways, Strings]:
    """Every door with its gateway, the rows by use, and the gateways' ids."""
    buildings, n_homes = int(homes.building.max()) + 1, len(homes.id)
    blocks = np.arange(buildings)
    building_ids = numbered(f"{estate}-", blocks + 1, 2).tolist()
    ids = (
        [f"{estate}-{name}" for name in (*_GATES, *_BARRIERS)]
        + [f"{block}-door" for block in building_ids]
        + [f"{block}-lift" for block in building_ids]
        + [f"{home}-door" for home in homes.id.tolist()]
    )
    kinds = ["gate"] * len(_GATES) + ["garage"] * len(_BARRIERS) + ["building"] * buildings + ["lift"] * buildings
    shared = len(_GATES) + len(_BARRIERS)
    building = np.concatenate([np.full(shared, -1), blocks, blocks, homes.building])
    groups = -(-buildings // BUILDINGS_PER_GATEWAY)
    doors = Doors(
        id=np.array(ids),
        kind=np.array(kinds + ["home"] * n_homes),
        building=building,
        home=np.concatenate([np.full(shared + 2 * buildings, -1), np.arange(n_homes)]),
        counts_tailgating=_counted(shared, buildings, n_homes),
        gateway=np.where(building < 0, groups, building // BUILDINGS_PER_GATEWAY),
    )
    gateways = np.array([f"{estate}-gw-{group + 1:02d}" for group in range(groups)] + [f"{estate}-gw-gates"])
    return doors, _doorways(shared, buildings, n_homes), gateways


def _counted(shared: int, buildings: int, homes: int) -> Bools:
    """A counter hangs at the pedestrian gates and the buildings' doors."""
    counted = np.zeros(shared + 2 * buildings + homes, dtype=np.bool_)
    counted[: len(_GATES)] = True
    counted[shared : shared + buildings] = True
    return counted


def _doorways(shared: int, buildings: int, homes: int) -> Doorways:
    rows = np.arange(shared + 2 * buildings + homes)
    return Doorways(
        gates=rows[: len(_GATES)],
        barriers=rows[len(_GATES) : shared],
        building=rows[shared : shared + buildings],
        lift=rows[shared + buildings : shared + 2 * buildings],
        home=rows[shared + 2 * buildings :],
    )
