"""People of whom there are real pictures: which residents they are, and walks enough that one sees them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.clock import US_PER_SECOND
from simulators.day import Day, What, presented, way
from simulators.faces import Sitter
from simulators.households import FACE_AGE, age_on
from simulators.randomness import stream
from simulators.readers import Readers
from simulators.tables import Ints, World

EVERY_S = 900  # of the day's own time, a walk in or out of each sitter


class TooManySitters(ValueError):
    """More people with pictures than residents who could be them."""


def seat(world: World, sitters: Sequence[Sitter]) -> tuple[World, dict[int, Sitter]]:
    """Give sitters a home: the world with their names in it, and who is who by row.

    The first grown-up tenants who use their face and are not away become the sitters.

    Raises:
        TooManySitters: The estate is too small for them all.
    """
    people, away = world.people, set(world.absences.home.tolist())
    tenants = (people.relation == "tenant") & people.face & (age_on(people.born, world.today) >= FACE_AGE)
    rows = [row for row in np.flatnonzero(tenants).tolist() if int(people.home[row]) not in away][: len(sitters)]
    if len(rows) < len(sitters):
        raise TooManySitters(f"{len(sitters)} people with pictures, but only {len(rows)} residents who could be them")
    names = people.name.astype(object)
    for row, sitter in zip(rows, sitters, strict=True):
        names[row] = sitter.name
    named = replace(people, name=names.astype(np.str_))
    return replace(world, people=named), dict(zip(rows, sitters, strict=True))


def draw_rounds(world: World, readers: Readers, people: Sequence[int], begin_us: int, end_us: int) -> Day:
    """Walks of `people` (rows), in and out by turns, door by door, every quarter of an hour from begin to end."""
    rng = stream(world.seed, "rounds")
    starts = np.arange(begin_us, end_us, EVERY_S * US_PER_SECOND, dtype=np.int64)
    person = np.repeat(np.array(people, dtype=np.int64), len(starts))
    at_us, inward = np.tile(starts, len(people)), np.tile(np.arange(len(starts)) % 2 == 0, len(people))
    gates: Ints = world.doorways.gates
    home = world.people.home[person]
    doors, seconds = way(rng, world, home, inward, gates[rng.integers(0, len(gates), size=len(home))])
    walk, hop = np.nonzero(doors >= 0)
    reader = readers.place[doors[walk, hop], inward[walk].astype(np.int64)]
    shown = presented(at_us[walk] + seconds[walk, hop] * US_PER_SECOND, reader, What.FACE, person=person[walk])
    return shown.rows(np.argsort(shown.at_us, kind="stable"))
