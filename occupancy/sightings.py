"""Sightings of one estate as columns: what presence and home-days are folded from.

Persons, passes, plates, doors and homes are handles of a `Registry`: their place in its lists. A row that the log or a
file holds twice has the same key twice; every fold here looks at each key once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from occupancy.arrays import Bools, Indices, Int8s, Int32s, Int64s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sightings:
    """N sightings; N may be 0. Handles are -1 where there is nobody, none, or nothing the registry knows.

    Attributes:
        key: (N,) int64, the event's own number: its position in a shard of the log, or its number in a file.
        taken_us: (N,) int64, when the capture was taken, microseconds UTC.
        door: (N,) int32.
        way: (N,) int8 of `codes.Way`.
        modality: (N,) int8 of `codes.By`.
        outcome: (N,) int8 of `codes.Said`.
        opens: (N,) bool, the decision was to open.
        person: (N,) int32, who was identified; for a mismatch the credential's owner.
        seen: (N,) int32, for a mismatch: who was matched instead.
        pass_, plate: (N,) int32, a registered pass or vehicle.
        home: (N,) int32, the home that the door or the credential itself is tied to.
    """

    key: Int64s
    taken_us: Int64s
    door: Int32s
    way: Int8s
    modality: Int8s
    outcome: Int8s
    opens: Bools
    person: Int32s
    seen: Int32s
    pass_: Int32s
    plate: Int32s
    home: Int32s

    def __len__(self) -> int:
        return len(self.key)

    def take(self, index: Indices) -> "Sightings":
        """The rows of `index`, (k,), in its order."""
        return Sightings(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def once(self) -> "Sightings":
        """Every key once. Costs a sort only where the keys do not ascend already, as they do in the log."""
        if len(self) < 2 or bool((self.key[1:] > self.key[:-1]).all()):
            return self
        _, first = np.unique(self.key, return_index=True)
        return self.take(first)


DTYPES = {
    "key": np.int64, "taken_us": np.int64, "door": np.int32, "way": np.int8, "modality": np.int8, "outcome": np.int8,
    "opens": np.bool_, "person": np.int32, "seen": np.int32, "pass_": np.int32, "plate": np.int32, "home": np.int32,
}  # fmt: skip


def columns(**values: Sequence[int] | Sequence[bool]) -> Sightings:
    """Sightings from one sequence a column, all of the same length."""
    return Sightings(**{name: np.array(values[name], dtype) for name, dtype in DTYPES.items()})


def together(parts: Sequence[Sightings]) -> Sightings:
    """The rows of all parts, one after another; none for no parts."""
    if not parts:
        return columns(**{name: [] for name in DTYPES})
    return Sightings(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Sightings)}
    )
