"""Which captures came before, and what they were answered.

Recent answers are kept in memory. Older ones are looked up in the log, and only where a capture's number is not above
the highest known of its gateway's epoch: a stream of new captures asks the database nothing.
"""

from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy.engine import Engine

from recognition import store
from recognition.intake import Arrived
from recognition.store import Answer, Key

RECENT = 100_000  # more than can wait for a commit: an uncommitted answer is never forgotten


class Seen:
    """Memory of one writer; not shared between threads."""

    def __init__(self, engine: Engine, recent: int = RECENT) -> None:
        self._engine = engine
        self._limit = recent
        self._recent: OrderedDict[Key, Answer] = OrderedDict()
        self._highest: dict[tuple[str, str], int] = {}

    def answers(self, arrived: Sequence[Arrived]) -> dict[Key, Answer]:
        """The answers of those that came before."""
        known: dict[Key, Answer] = {}
        doubtful: list[Key] = []
        for one in arrived:
            key = one.key
            answer = self._recent.get(key)
            if answer is not None:
                known[key] = answer
            elif one.seq <= self._highest_of(one):
                doubtful.append(key)
        if doubtful:
            with self._engine.connect() as connection:
                known.update(store.answers(connection, doubtful))
        return known

    def remember(self, one: Arrived, answer: Answer) -> None:
        """Keep what a new capture was answered."""
        self._recent[one.key] = answer
        epoch = one.address.gateway, one.epoch
        self._highest[epoch] = max(self._highest.get(epoch, 0), one.seq)
        if len(self._recent) > self._limit:
            self._recent.popitem(last=False)

    def _highest_of(self, one: Arrived) -> int:
        epoch = one.address.gateway, one.epoch
        if epoch not in self._highest:
            with self._engine.connect() as connection:
                self._highest[epoch] = store.highest(connection, *epoch)
        return self._highest[epoch]
