"""The stones of the estate and what its readers can see: gates, barriers, buildings, lifts, homes' own doors.

Which doors read the way out, which know the way at all, which look at faces and which miss more than others is drawn
for each estate, building and door.
"""

from dataclasses import dataclass

import numpy as np

from simulators.buildings import draw_homes, numbered
from simulators.lives.bodies import NONE, Floats32, Ints32
from simulators.tables import Bools, Homes, Strings

GATES = 2
BARRIER_IN, BARRIER_OUT = 2, 3
SHARED = 4  # gates and barriers
MISSED = (0.01, 0.03)  # from, to: share of passages that a working reader does not read
BUILDINGS_A_GATEWAY = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Doors:
    """D doors: gates, barriers, then each building's door, lifts where they read, homes' own doors where there are.

    Attributes:
        camera: (D,) sees a face; finger: (D,) reads fingers instead.
        checks: (D,) share of uses of a credential at which the camera looks too.
        reads_in, reads_out: (D,) the share of passages that are presented at a reader at all.
        knows: (D,) says in or out; others say unknown.
        missed: (D,) share of presented passages that get lost.
    """

    id: Strings
    kind: Strings
    building: Ints32
    home: Ints32
    camera: Bools
    finger: Bools
    checks: Floats32
    reads_in: Floats32
    reads_out: Floats32
    knows: Bools
    missed: Floats32
    counts: Bools
    gateway: Ints32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estate:
    """Homes, doors and the way from one to the other; NONE where there is no reader.

    Attributes:
        of_building: (buildings,) the door; lift: (buildings,); own: (homes,) the home's own door.
        gate: (homes,) share of passages through the first gate.
    """

    name: str
    homes: Homes
    doors: Doors
    gateways: Strings
    of_building: Ints32
    lift: Ints32
    own: Ints32
    gate: Floats32


def draw_estate(rng: np.random.Generator, seed: int, name: str, count: int, home_doors: float) -> Estate:
    """`count` homes, `home_doors` of them (by building, with exceptions) with a reader at their own door."""
    homes = draw_homes(seed, name, count)
    buildings = int(homes.building.max()) + 1
    with_own = np.clip(rng.normal(home_doors, 0.25, buildings), 0.0, 1.0) if 0 < home_doors < 1 else None
    share = np.full(buildings, home_doors) if with_own is None else with_own
    owned = np.flatnonzero(rng.random(count) < share[homes.building])
    lifted = np.flatnonzero(rng.random(buildings) < 0.65)
    doors = _doors(rng, name, homes, buildings, lifted, owned)
    first_lift = SHARED + buildings
    lift, own = np.full(buildings, NONE, np.int32), np.full(count, NONE, np.int32)
    lift[lifted] = first_lift + np.arange(len(lifted))
    own[owned] = first_lift + len(lifted) + np.arange(len(owned))
    groups = int(doors.gateway.max())
    return Estate(
        name=name,
        homes=homes,
        doors=doors,
        gateways=np.array([f"{name}-gw-{group + 1:02d}" for group in range(groups)] + [f"{name}-gw-gates"]),
        of_building=(SHARED + np.arange(buildings)).astype(np.int32),
        lift=lift,
        own=own,
        gate=np.clip(rng.beta(1.2, 1.2, count), 0.02, 0.98).astype(np.float32),
    )


def _doors(
    rng: np.random.Generator, name: str, homes: Homes, buildings: int, lifted: np.ndarray, owned: np.ndarray
) -> Doors:
    blocks = np.arange(buildings)
    block = numbered(f"{name}-", blocks + 1, 2)
    ids = [f"{name}-gate-n", f"{name}-gate-s", f"{name}-barrier-in", f"{name}-barrier-out"]
    ids += [f"{b}-door" for b in block.tolist()] + [f"{b}-lift" for b in block[lifted].tolist()]
    ids += [f"{home}-door" for home in homes.id[owned].tolist()]
    kind = np.repeat(["gate", "garage", "building", "lift", "home"], [GATES, 2, buildings, len(lifted), len(owned)])
    building = np.concatenate([np.full(SHARED, NONE), blocks, lifted, homes.building[owned]])
    n = len(ids)
    draw, camera = rng.random(n), rng.random(n)
    finger = (kind == "home") & (draw < 0.12)
    sees = {"gate": 1.0, "garage": 0.0, "building": 0.85, "lift": 0.15, "home": 0.78}
    groups = -(-buildings // BUILDINGS_A_GATEWAY)
    return Doors(
        id=np.array(ids),
        kind=kind,
        building=building.astype(np.int32),
        home=np.concatenate([np.full(n - len(owned), NONE), owned]).astype(np.int32),
        camera=(camera < np.array([sees[word] for word in kind.tolist()])) | finger,
        finger=finger,
        checks=rng.uniform(0.5, 1.0, n).astype(np.float32),
        reads_in=_reads_in(rng, kind),
        reads_out=_reads_out(rng, kind),
        knows=np.where(kind == "lift", rng.random(n) < 0.3, np.where(kind == "building", rng.random(n) < 0.85, True)),
        missed=rng.uniform(*MISSED, n).astype(np.float32),
        counts=np.isin(kind, ("gate", "building")),
        gateway=np.where(building < 0, groups, building // BUILDINGS_A_GATEWAY).astype(np.int32),
    )


def _reads_in(rng: np.random.Generator, kind: Strings) -> Floats32:
    """Lifts are often shared or taken with the door held; everybody else has to show something."""
    return np.where(kind == "lift", rng.uniform(0.4, 0.9, len(kind)), 1.0).astype(np.float32)


def _reads_out(rng: np.random.Generator, kind: Strings) -> Floats32:
    """Barriers always; the second gate's turnstile, some buildings and lifts, a few homes; others open by a button."""
    share = {"garage": 1.0, "gate": 0.0, "building": 0.35, "lift": 0.5, "home": 0.12}
    reads = rng.random(len(kind)) < np.array([share[word] for word in kind.tolist()])
    reads[1] = True  # the turnstile
    return (reads * np.where(kind == "garage", 1.0, rng.uniform(0.6, 0.97, len(kind)))).astype(np.float32)
