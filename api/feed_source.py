"""What is new in the stores, for the live feed: sightings of the log, homes that changed, what needs a look."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.feed import News, dropped_total
from api.reading.board import Board, board, change
from api.reading.needs import Needs, Stores, needs_of
from api.reading.sightings import named
from core import log
from core.clock import local_day
from core.db import Store
from housing.registry import reading
from recognition.views import SightingRow, sightings_after

READ_MAX = 500
MISSED_MAX = 100


def shard_of(conn: Connection, estate: str) -> str | None:
    """The shard that holds the estate's newest sighting; None where there is none."""
    s = log.sightings.c
    return conn.scalar(sa.select(s.shard).where(s.estate == estate).order_by(s.taken_us.desc()).limit(1))


def head_of(conn: Connection, shard: str) -> int:
    """The last position of a shard."""
    return conn.scalar(sa.select(sa.func.max(log.sightings.c.pos)).where(log.sightings.c.shard == shard)) or 0


def cursor_of(conn: Connection, estate: str) -> str:
    """Where a page that is made now stands in the log."""
    shard = shard_of(conn, estate)
    return "" if shard is None else f"{shard}:{head_of(conn, shard)}"


class FeedSource:
    """Reads for all pages of one process; used by one thread at a time, but for `after` and `estates`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._heads: dict[str, int] = {}
        self._shards: dict[str, str] = {}
        self._boards: dict[str, Board] = {}
        self._told_needs: dict[str, Needs] = {}
        self._seen: frozenset[str] = frozenset()

    def estates(self) -> list[str]:
        """Every registered estate."""
        with self._stores.reading(Store.HOUSING) as housing:
            return reading.estates(housing)

    def read(self, watched: frozenset[str], *, board: bool) -> list[News]:
        """What is new in the watched estates, sightings in the order of the log.

        An estate that was not watched the last time begins at what is newest now; what its pages missed before that
        they ask for with `after`.
        """
        self._forget(self._seen - watched)
        news = self._sightings(watched)
        self._seen = watched
        if board:
            for estate in sorted(watched):
                news += self._board(estate)
                news += self._needs(estate)
        return news

    def after(self, estate: str, cursor: str) -> list[News] | None:
        """Sightings after a page's cursor; None where that is no place of the log, or too long ago."""
        shard, _, number = cursor.rpartition(":")
        if not shard or not number.isdigit():
            return None
        with self._stores.reading(Store.RECOGNITION) as recognition:
            if shard_of(recognition, estate) != shard:
                return None
            rows = sightings_after(recognition, shard, int(number), limit=MISSED_MAX + 1)
        return None if len(rows) > MISSED_MAX else self._told(shard, [r for r in rows if r.estate == estate])

    def _forget(self, estates: frozenset[str]) -> None:
        for kept in (self._shards, self._boards, self._told_needs):
            for estate in estates:
                kept.pop(estate, None)
        for shard in self._heads.keys() - self._shards.values():
            del self._heads[shard]

    def _find_shard(self, recognition: Connection, estate: str) -> bool:
        """Follow the estate's shard; True where a watched one got another, or its first: its pages must look anew."""
        shard = shard_of(recognition, estate)
        if shard is None or shard == self._shards.get(estate):
            return False
        self._shards[estate] = shard
        self._heads.setdefault(shard, head_of(recognition, shard))
        return estate in self._seen

    def _sightings(self, watched: frozenset[str]) -> list[News]:
        with self._stores.reading(Store.RECOGNITION) as recognition:
            moved = [estate for estate in sorted(watched) if self._find_shard(recognition, estate)]
            read = {
                shard: sightings_after(recognition, shard, self._heads[shard], limit=READ_MAX)
                for shard in sorted({self._shards[e] for e in watched if e in self._shards})
            }
            for shard, rows in read.items():
                if len(rows) == READ_MAX:  # further behind than any page shows: begin again at the end
                    self._heads[shard] = head_of(recognition, shard)
                    dropped_total.labels("behind").inc(max(0, self._heads[shard] - rows[-1].pos))
        news = [News(estate, "stale", "board live-list") for estate in moved]
        for shard, rows in read.items():
            if rows and len(rows) < READ_MAX:
                self._heads[shard] = rows[-1].pos
            news += self._told(shard, [row for row in rows if row.estate in watched])
        return news

    def _told(self, shard: str, rows: list[SightingRow]) -> list[News]:
        by_estate: dict[str, list[SightingRow]] = {}
        for row in rows:
            by_estate.setdefault(row.estate, []).append(row)
        news: list[News] = []
        today = local_day(self._stores.now())
        with self._stores.reading(Store.HOUSING) as housing:
            for estate, mine in by_estate.items():
                shown = named(housing, estate, mine, today=today, full=False)
                news += [News(estate, "sighting", row, f"{shard}:{row.pos}") for row in shown]
        return news

    def _board(self, estate: str) -> list[News]:
        with self._stores.reading(Store.HOUSING) as housing, self._stores.reading(Store.OCCUPANCY) as occupancy:
            new = board(housing, occupancy, estate, self._stores.now())
        old, self._boards[estate] = self._boards.get(estate), new
        if old is None or old.digest == new.digest:
            return []
        if old.cells.keys() != new.cells.keys():
            return [News(estate, "stale", "board")]
        return [News(estate, "board", change(old, new))]

    def _needs(self, estate: str) -> list[News]:
        new = needs_of(self._stores, estate)
        old, self._told_needs[estate] = self._told_needs.get(estate), new
        return [] if old is None or old == new else [News(estate, "needs", new)]
