"""Faces of which the outcome is known beforehand, because a stream has said what came of them.

A stream says that somebody was recognised, or that nobody was. Drawn at random, some pictures of an enrolled person
would be missed and the services would record another story; so a picture is drawn again until it is a clear one. How
often real pictures are missed is a fault of the stream (`sensing`), not of its replay.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from simulators.embeddings import DIM, Embeddings, draw_pictures, draw_strangers
from simulators.likeness import BLOCK
from simulators.randomness import stream
from simulators.tables import Bools, Ints

CLEAR = 0.6  # above the threshold of any gallery up to a hundred thousand templates
LEAD = 0.1  # over everybody else: twice the margin under which two people are too alike
UNLIKE = 0.44  # a stranger's best score: under the lowest threshold, 0.449
UNLIKE_OWNER = 0.35  # with the owner of the credential beside it: where the score speaks against them
TRIES = 64
_KEPT = 8


class ClearFaces:
    """Embeddings of N rows, drawn in blocks: a row's is the same whenever it is asked for.

    Args:
        seed: Of the run.
        centres: (P, 128) float32 of the enrolled people.
        templates: (P, 2, 128) float32 of unit length, what they are enrolled with.
        person: (N,) whose face; -1: a stranger's, another one each time.
        like: (N,) whom else it is as like; -1 for nobody.
        owner: (N,) whom a stranger must not be like at all; -1 for nobody.
    """

    def __init__(
        self, seed: int, centres: Embeddings, templates: Embeddings, person: Ints, like: Ints, owner: Ints
    ) -> None:
        self._seed, self._centres, self._templates = seed, centres, templates
        self._person, self._like, self._owner = person, like, owner
        self._blocks: OrderedDict[int, Embeddings] = OrderedDict()

    def of(self, rows: Sequence[int]) -> Embeddings:
        """(len(rows), 128) float32 of unit length; empty for no rows."""
        if not rows:
            return np.empty((0, DIM), np.float32)
        return np.stack([self._block(row // BLOCK)[row % BLOCK] for row in rows])

    def _block(self, number: int) -> Embeddings:
        if number not in self._blocks:
            if len(self._blocks) >= _KEPT:
                self._blocks.popitem(last=False)
            self._blocks[number] = self._drawn(slice(number * BLOCK, (number + 1) * BLOCK), number)
        return self._blocks[number]

    def _drawn(self, rows: slice, number: int) -> Embeddings:
        """The pictures of a block; what is not clear after TRIES is taken as it is, and the services decide."""
        person, like, owner = self._person[rows], self._like[rows], self._owner[rows]
        rng = stream(self._seed, f"replay/{number}")
        drawn = np.empty((len(person), DIM), np.float32)
        between = np.flatnonzero(like >= 0)
        middle = self._templates[person[between], 0] + self._templates[like[between], 0]
        drawn[between] = middle / np.linalg.norm(middle, axis=1, keepdims=True)
        unclear = np.flatnonzero(like < 0)
        for _ in range(TRIES):
            if not len(unclear):
                break
            drawn[unclear] = self._pictures(rng, person[unclear])
            unclear = unclear[~self._clear(drawn[unclear], person[unclear], owner[unclear])]
        return drawn

    def _pictures(self, rng: np.random.Generator, person: Ints) -> Embeddings:
        drawn = draw_strangers(rng, len(person))
        known = np.flatnonzero(person >= 0)
        drawn[known] = draw_pictures(rng, self._centres[person[known]])
        return drawn

    def _clear(self, drawn: Embeddings, person: Ints, owner: Ints) -> Bools:
        """(n,) whether each picture leaves no doubt about whose it is, or that it is nobody's."""
        count = len(self._templates)
        if not count:
            return np.ones(len(drawn), np.bool_)
        scores = (drawn @ self._templates.reshape(-1, DIM).T).reshape(len(drawn), count, -1).max(axis=2)
        rows = np.arange(len(drawn))
        own = scores[rows, person]
        with_owner = np.where(owner >= 0, scores[rows, owner], -1.0)
        known = person >= 0
        scores[rows[known], person[known]] = -1.0
        other = scores.max(axis=1)
        theirs = (own >= CLEAR) & (own - other >= LEAD)
        nobodys = (other < UNLIKE) & (with_owner < UNLIKE_OWNER)
        clear: Bools = np.where(known, theirs, nobodys)
        return clear
