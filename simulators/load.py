"""The load of the pipeline benchmark: faces at doors, as many and as fast as wanted, cheap to make.

Nine in ten show somebody enrolled at one of their own doors, the others a stranger at the same doors. Embeddings are
drawn in blocks; what a row costs here is one small message.
"""

from collections.abc import Sequence

import numpy as np

from core.clock import from_us
from gateway.devices.base import Drawn, Presented
from simulators import embeddings
from simulators.likeness import Likenesses
from simulators.plan import LATE_US, event_id
from simulators.randomness import stream
from simulators.readers import lay_readers
from simulators.tables import Ints, World

GENUINE_SHARE = 0.9


class LoadPlan:
    """A plan (see `Plan`) of `events` faces.

    Args:
        world: Whose people and doors; people without a face template are left out.
        events: How many.
        rate: Events a second over all gateways, evenly spaced; None: as fast as they are taken.
        seed: Another one gives other pictures and another order.
    """

    def __init__(self, world: World, events: int, *, rate: float | None = None, seed: int = 1) -> None:
        rng, readers = stream(seed, "load"), lay_readers(world)
        person = rng.choice(_walkers(world), size=events)
        self._reader = readers.place[_doors(rng, world, person), 1]
        self._id = readers.id
        shown = np.where(rng.random(events) < GENUINE_SHARE, person, -1)
        centres = embeddings.draw_centres(world.seed, len(world.people.id), world.people.twin)
        self._likenesses = Likenesses(seed, centres, shown)
        self.gateways: Sequence[str] = world.gateways.tolist()
        self.gateway = readers.gateway[self._reader]
        self.devices: Sequence[list[str]] = readers.by_gateway(len(self.gateways))
        spacing = 1e6 / rate if rate else 0.0
        self.due_us = (np.arange(events) * spacing).astype(np.int64)

    def device(self, row: int) -> str:
        """See Plan."""
        return str(self._id[self._reader[row]])

    def build(self, rows: Sequence[int], run: str, at_us: Sequence[int], now_us: int) -> list[Presented]:
        """See Plan."""
        handed = from_us(now_us)
        drawn = self._likenesses.of(rows).astype("<f4")
        return [
            Presented(
                device=self.device(row),
                device_event=event_id(run, row),
                device_time=from_us(at),
                handed_at=handed,
                late=now_us - at > LATE_US,
                content=Drawn(model=embeddings.MODEL, embedding=vector.tobytes()),
            )
            for row, at, vector in zip(rows, at_us, drawn, strict=True)
        ]


def _walkers(world: World) -> Ints:
    """People with a template and a home."""
    return np.flatnonzero(world.people.face & (world.people.home >= 0))


def _doors(rng: np.random.Generator, world: World, person: Ints) -> Ints:
    """(n,) one of each person's own doors on the way in: a gate, the building's, the lift's or the home's."""
    home, ways = world.people.home[person], world.doorways
    building = world.homes.building[home]
    own = np.stack([rng.choice(ways.gates, size=len(home)), ways.building[building], ways.lift[building],
                    ways.home[home]], axis=1)  # fmt: skip
    doors: Ints = own[np.arange(len(home)), rng.integers(0, own.shape[1], size=len(home))]
    return doors
