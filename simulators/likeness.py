"""The pictures of a run: one embedding a row, drawn in blocks, the same for a row whenever it is asked for."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from simulators.embeddings import DIM, Embeddings, draw_pictures, draw_strangers
from simulators.randomness import stream
from simulators.tables import Ints

BLOCK = 1024
_KEPT = 8


class Likenesses:
    """Pictures of whoever a run's rows show.

    Args:
        seed: Of the run; another seed gives other pictures of the same people.
        centres: (n_people, 128) float32, as `draw_centres` gives them.
        person: (n_rows,) whom each row shows; -1: a stranger, another one each time.
    """

    def __init__(self, seed: int, centres: Embeddings, person: Ints) -> None:
        self._seed, self._centres, self._person = seed, centres, person
        self._blocks: OrderedDict[int, Embeddings] = OrderedDict()

    def of(self, rows: Sequence[int]) -> Embeddings:
        """(len(rows), 128) float32 of unit length; empty for no rows."""
        if not rows:
            return np.empty((0, DIM), dtype=np.float32)
        return np.stack([self._block(row // BLOCK)[row % BLOCK] for row in rows])

    def _block(self, number: int) -> Embeddings:
        if number not in self._blocks:
            if len(self._blocks) >= _KEPT:
                self._blocks.popitem(last=False)
            self._blocks[number] = self._drawn(number)
        return self._blocks[number]

    def _drawn(self, number: int) -> Embeddings:
        person = self._person[number * BLOCK : (number + 1) * BLOCK]
        rng = stream(self._seed, f"pictures/{number}")
        drawn = draw_strangers(rng, len(person))
        known = np.flatnonzero(person >= 0)
        drawn[known] = draw_pictures(rng, self._centres[person[known]])
        return drawn
