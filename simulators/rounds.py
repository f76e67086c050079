"""What a demo wants to see soon: people of whom there are real pictures on their way, and every kind of encounter."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.clock import US_PER_SECOND
from simulators.day import Day, What, held_credentials, presented, way
from simulators.faces import Sitter
from simulators.households import FACE_AGE, age_on
from simulators.plate_numbers import draw_plates
from simulators.randomness import stream
from simulators.readers import Readers
from simulators.tables import Ints, World

EVERY_S = 900  # of the day's own time, a walk in or out of each sitter
ENCOUNTER_EVERY_S = 240


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
    starts = _moments(begin_us, end_us, EVERY_S)
    person = np.repeat(np.array(people, dtype=np.int64), len(starts))
    at_us, inward = np.tile(starts, len(people)), np.tile(np.arange(len(starts)) % 2 == 0, len(people))
    gates: Ints = world.doorways.gates
    home = world.people.home[person]
    doors, seconds = way(rng, world, home, inward, gates[rng.integers(0, len(gates), size=len(home))])
    walk, hop = np.nonzero(doors >= 0)
    reader = readers.place[doors[walk, hop], inward[walk].astype(np.int64)]
    shown = presented(at_us[walk] + seconds[walk, hop] * US_PER_SECOND, reader, What.FACE, person=person[walk])
    return shown.rows(np.argsort(shown.at_us, kind="stable"))


def draw_encounters(world: World, readers: Readers, begin_us: int, end_us: int) -> Day:
    """What a door must get right, every few minutes in turn, so that nobody has to wait for it.

    A stranger at a gate; a stranger with a resident's card at the resident's door; a car that nobody registered; a
    stranger at a home's door; one of a pair of twins at their own door; a resident at somebody else's door.
    """
    rng = stream(world.seed, "encounters")
    at_us = _moments(begin_us + ENCOUNTER_EVERY_S * US_PER_SECOND // 2, end_us, ENCOUNTER_EVERY_S)
    ways, count = world.doorways, len(at_us)
    people, held = world.people, held_credentials(world)
    resident = rng.choice(np.flatnonzero(people.face & (people.home >= 0) & (held >= 0)), size=count)
    twins = np.flatnonzero(people.face & (people.twin >= 0))
    twin = rng.choice(twins, size=count) if twins.size else resident
    turn, none = np.arange(count) % 6, np.full(count, -1)
    own_door, other_door = ways.home[people.home[resident]], ways.home[rng.integers(0, len(ways.home), size=count)]
    door = np.choose(
        turn,
        [rng.choice(ways.gates, size=count), own_door, np.full(count, ways.barriers[0]), other_door,
         ways.home[people.home[twin]], other_door],
    )  # fmt: skip
    cars = draw_plates(rng, np.zeros(count, dtype=np.int64))
    return presented(
        at_us,
        readers.place[door, 1],
        np.where(turn == 2, What.PLATE, What.FACE),
        person=np.choose(turn, [none, none, none, none, twin, resident]),
        credential=np.where(turn == 1, held[resident], -1),
        plate=np.where(turn == 2, cars, ""),
    )


def _moments(begin_us: int, end_us: int, every_s: int) -> Ints:
    return np.arange(begin_us, end_us, every_s * US_PER_SECOND, dtype=np.int64)
