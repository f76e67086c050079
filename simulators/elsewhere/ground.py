"""Estates of several shapes: where readers are, what they see, how well, and which of them fail without a word."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.randomness import stream

NONE = -1
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
GATE, GARAGE, BUILDING, LIFT, HOME = "gate", "garage", "building", "lift", "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a city built: numbers that one estate draws its own from.

    Attributes:
        gates: how many gates have a reader; 0 for an open estate.
        own: share of the homes with a reader at their own door.
        building, lift, garage: whether those have a reader.
        face_ok: from and to of the share of face attempts that succeed, one figure a person.
        exits: share of the ways out that are read at the edge of the estate.
        read: share of the passages at shared doors that are read at all; the rest walk in behind somebody.
        sees_both: share of doors whose card reader looks at the face as well.
        no_way: share of shared doors that cannot tell in from out.
    """

    name: str
    gates: int
    own: float
    building: bool
    lift: bool
    garage: bool
    face_ok: tuple[float, float]
    exits: float
    read: float
    sees_both: float
    no_way: float = 0.0


SHAPES = (
    Shape(name="gates_lifts", gates=3, own=0.0, building=False, lift=True, garage=True, face_ok=(0.93, 0.995),
          exits=0.5, read=0.75, sees_both=0.5),
    Shape(name="own_doors_only", gates=0, own=1.0, building=False, lift=False, garage=False, face_ok=(0.9, 0.995),
          exits=0.0, read=0.9, sees_both=0.6),
    Shape(name="every_door", gates=2, own=0.95, building=True, lift=False, garage=True, face_ok=(0.92, 0.995),
          exits=0.35, read=0.7, sees_both=0.4),
    Shape(name="poor_gates", gates=2, own=0.0, building=True, lift=False, garage=False, face_ok=(0.6, 0.8),
          exits=0.0, read=0.8, sees_both=0.3),
    Shape(name="poor_own_doors", gates=1, own=0.9, building=False, lift=False, garage=True, face_ok=(0.6, 0.8),
          exits=0.2, read=0.6, sees_both=0.7),
    Shape(name="half_and_half", gates=4, own=0.55, building=True, lift=True, garage=True, face_ok=(0.85, 0.99),
          exits=0.8, read=0.55, sees_both=0.5, no_way=0.3),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Homes and doors of one estate, by row; NONE where there is no such door.

    Attributes:
        home, building: (H,) ids and building rows; floor, unit, area_m2 likewise.
        door, kind: ids and kinds of the D doors; door_building, door_home: (D,) rows.
        own: (H,) the home's own door. entrance, lift: (B,) the building's. gates: (g,). garage: one door or NONE.
        face: (D,) the door has a camera. both: (D,) a card is compared with the face. pin: (D,) opened by a number.
        tells_way: (D,). silent, deaf: (D, 2) hours from and to in which the door says nothing at all, or its camera
            recognises nobody; nobody reported either. down: (D, 2) the same as silent, but reported.
    """

    estate: str
    shape: Shape
    home: list[str]
    building: Ints
    building_id: list[str]
    floor: Ints
    unit: list[str]
    area_m2: Doubles
    door: list[str]
    kind: list[str]
    door_building: Ints
    door_home: Ints
    own: Ints
    entrance: Ints
    lift: Ints
    gates: Ints
    garage: int
    face: Bools
    both: Bools
    pin: Bools
    tells_way: Bools
    silent: Doubles
    deaf: Doubles
    down: Doubles

    def way_in(self, home: int) -> list[str]:
        """Ids of every door between the street and a home."""
        inner = (self.entrance[self.building[home]], self.lift[self.building[home]], self.own[home])
        rows = [*self.gates.tolist(), *(int(door) for door in inner if door != NONE)]
        return [self.door[row] for row in rows]


def lay(seed: int, homes: int, hours: float, shape: Shape | None) -> Ground:
    """Draw the estate of `seed`; its shape too, where none is given."""
    rng = stream(seed, "elsewhere/ground")
    shape = shape or SHAPES[int(rng.integers(len(SHAPES)))]
    estate = f"elsewhere-{seed}"
    building = _buildings(rng, homes)
    count = int(building[-1]) + 1
    place = np.concatenate([np.arange(n) for n in np.bincount(building)])
    floor, flat = place // 6 + 1, place % 6 + 1
    own = rng.random(homes) < shape.own
    shared = [(GATE, NONE)] * shape.gates + [(GARAGE, NONE)] * shape.garage
    shared += [(BUILDING, b) for b in range(count) if shape.building] + [(LIFT, b) for b in range(count) if shape.lift]
    kind = [k for k, _ in shared] + [HOME] * int(own.sum())
    door_home = np.concatenate([np.full(len(shared), NONE), np.flatnonzero(own)])
    door_building = np.concatenate([np.array([b for _, b in shared], np.int64), building[own]])
    kinds = np.array(kind)
    number = len(kind)
    pin = (door_building == rng.integers(count)) & (kinds != LIFT)  # one building still has number pads
    building_id = [f"{b + 1}栋" for b in range(count)]
    return Ground(
        estate=estate,
        shape=shape,
        home=[f"{estate}-{b + 1}-{f}{u:02d}" for b, f, u in zip(building, floor, flat, strict=True)],
        building=building,
        building_id=building_id,
        floor=floor,
        unit=[f"{f}{u:02d}" for f, u in zip(floor, flat, strict=True)],
        area_m2=_areas(rng, homes),
        door=[f"{estate}-d{n + 1:05d}" for n in range(number)],
        kind=kind,
        door_building=door_building,
        door_home=door_home,
        own=_row_of(door_home, np.flatnonzero(kinds == HOME), homes),
        entrance=_row_of(door_building, np.flatnonzero(kinds == BUILDING), count),
        lift=_row_of(door_building, np.flatnonzero(kinds == LIFT), count),
        gates=np.flatnonzero(kinds == GATE),
        garage=int(np.flatnonzero(kinds == GARAGE)[0]) if shape.garage else NONE,
        face=~pin,
        both=(rng.random(number) < shape.sees_both) & ~pin,
        pin=pin,
        tells_way=(kinds == HOME) | (rng.random(number) >= shape.no_way),
        silent=np.full((number, 2), np.inf),
        deaf=np.full((number, 2), np.inf),
        down=_outages(rng, number, hours),
    )


def _buildings(rng: np.random.Generator, homes: int) -> Ints:
    """(homes,) ascending building rows; old walk-ups and towers stand side by side."""
    sizes: list[int] = []
    while sum(sizes) < homes:
        sizes.append(int(rng.choice([24, 36, 48, 66, 96, 144])))
    return np.repeat(np.arange(len(sizes)), sizes)[:homes]


def _areas(rng: np.random.Generator, homes: int) -> Doubles:
    areas: Doubles = np.clip(rng.normal(48, 11, homes), 22, 80).round(1)
    return areas


def _row_of(place: Ints, doors: Ints, count: int) -> Ints:
    rows = np.full(count, NONE)
    rows[place[doors]] = doors
    return rows


def _outages(rng: np.random.Generator, doors: int, hours: float) -> Doubles:
    """(doors, 2): a few doors fail once, for hours or a day or two, and somebody writes it down."""
    since = rng.uniform(0, hours, doors)
    until = since + np.clip(rng.lognormal(2.0, 1.2, doors), 1, 72)
    fails = rng.random(doors) < 0.06
    spans: Doubles = np.where(fails[:, None], np.stack([since, until], axis=1), np.inf)
    return spans
