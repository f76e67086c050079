"""From rows of the sightings log to columns of one estate: the only place where the log's words become codes."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from prometheus_client import Counter

from occupancy.arrays import NOBODY
from occupancy.codes import MODALITIES, OUTCOMES, WAYS
from occupancy.registry import Registry
from occupancy.sightings import Sightings, columns, together

# Read with `core.log.read_after` or a query of the same columns, in this order.
LOG_COLUMNS = (
    "taken_us", "door", "direction", "modality", "outcome", "opens", "person", "seen", "pass", "plate", "home",
)  # fmt: skip
LogRow = Sequence[Any]
_PERSON = LOG_COLUMNS.index("person")

unplaced_total = Counter(
    "anju_occupancy_unplaced_total", "Sightings, or parts of them, that the registry could not place", ["reason"]
)


def encode(rows: Sequence[LogRow], registry: Registry, keys: Iterable[int] | None = None) -> Sightings:
    """Rows that begin with LOG_COLUMNS, all of one estate, as columns.

    A name that the registry does not know becomes nobody, a row with a word that no fact may hold is left out; both are
    counted. `keys` number the rows; by default they are numbered as they come.
    """
    if not rows:
        return together([])
    taken, door, direction, modality, outcome, opens, person, seen, pass_, plate, home, *_ = zip(*rows, strict=True)
    found = columns(
        key=list(range(len(rows)) if keys is None else keys),
        taken_us=taken,
        door=registry.doors.handles(door),
        way=[WAYS.get(word, -1) for word in direction],
        modality=[MODALITIES.get(word, -1) for word in modality],
        outcome=[OUTCOMES.get(word, -1) for word in outcome],
        opens=opens,
        person=registry.persons.handles(person),
        seen=registry.persons.handles(seen),
        pass_=registry.passes.handles(pass_),
        plate=registry.plates.handles(plate),
        home=registry.homes.handles(home),
    )
    readable = (found.way >= 0) & (found.modality >= 0) & (found.outcome >= 0)
    return found if readable.all() else found.take(np.flatnonzero(readable))


def count_unplaced(rows: Sequence[LogRow], found: Sightings, registry: Registry) -> None:
    """Count what `encode` could not place: once, where rows are folded for the first time."""
    unplaced_total.labels("unknown_word").inc(len(rows) - len(found))
    unplaced_total.labels("unknown_door").inc(int((found.door < 0).sum()))
    persons = [row[_PERSON] for row in rows if row[_PERSON] is not None]
    unplaced_total.labels("unknown_person").inc(registry.persons.handles(persons).count(NOBODY))
