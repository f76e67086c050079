"""The outbox on disk: one SQLite file that holds every event until the server's receipt. Not shared between threads.

The epoch is born with the file and numbers (`seq`) are never reused, so (gateway, epoch, seq) is the key of an event
for ever; its body never changes. `seen` remembers what each device handed in, delivered or not, so that an event
offered again after a crash is stored once. Every call of `commit` is one transaction on disk (WAL, synchronous FULL).

The tables: outbox (what waits for a receipt), seen (device events of the last days), quarantine (what the server
rejected, what devices handed in that could not be used, what the disk spoiled), meta (epoch, counters, last heartbeat).
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from core.clock import US_PER_DAY, from_us, to_us
from core.errors import AnjuError
from core.facts import Rejection
from core.ids import new_id
from core.wire import payload_hash

log = structlog.get_logger(__name__)
SEEN_DAYS = 14
SEEN_MAX = 1_000_000  # about 100 MB; more than a device keeps
QUARANTINE_MAX = 10_000
TRIM_ROWS = 2_000  # at a time: a heartbeat's transaction stays short
_SPOILED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, created_us INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen(
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, device_event TEXT NOT NULL, day INTEGER NOT NULL,
    UNIQUE(device, device_event));
CREATE TABLE IF NOT EXISTS quarantine(
    id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
    detail TEXT NOT NULL, door TEXT NOT NULL, device TEXT NOT NULL, device_event TEXT NOT NULL, seq INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
"""
_REMEMBER = "INSERT OR IGNORE INTO seen(device, device_event, day) VALUES (?,?,?)"


class OutboxUnwritable(AnjuError):
    """The outbox cannot be written now: the disk is full or broken. Nothing of the transaction is kept."""

    code = "outbox_unwritable"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"网关磁盘无法写入（{detail}），事件由设备保留。",
            f"The gateway's disk cannot be written ({detail}); devices keep their events.",
            mend_zh="请腾出磁盘空间或更换存储，设备会自动重发。",
            mend_en="Free space or replace the disk; devices send again by themselves.",
        )


class Spoiled(sqlite3.DatabaseError):
    """The file opens, but its check finds it damaged."""


class Entry(msgspec.Struct, frozen=True):
    """A fact to be stored. With a `device_event` it is stored once for ever; `refused` files it in quarantine, too."""

    body: bytes
    device: str = ""
    device_event: str = ""
    door: str = ""
    refused: tuple[str, str] | None = None  # reason, detail


class Filed(msgspec.Struct, frozen=True):
    """Where an entry went: its number, or 0 for a device event that was stored before."""

    seq: int
    body: bytes

    @property
    def fresh(self) -> bool:
        """Whether it is new."""
        return self.seq > 0


class OutboxFile:
    """An open outbox. `waiting`, `quarantined` and `refused` count rows without asking the disk.

    Raises OutboxUnwritable where the file cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise OutboxUnwritable(str(error)) from error
        epoch = self._meta("epoch")
        if epoch is None:
            epoch = new_id()
            self._db.execute("INSERT INTO meta VALUES ('epoch', ?), ('refused', 0)", (epoch,))
        self.epoch = str(epoch)
        self.refused = int(str(self._meta("refused") or 0))
        self.waiting = self._count("outbox")
        self.quarantined = self._count("quarantine")
        self._seen = self._count("seen")
        self._next = 1 + self._one("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'")

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if not isinstance(error, Spoiled) and error.sqlite_errorcode not in _SPOILED:
                raise
            log.error("outbox_broken", error=str(error), mend="the file set aside is for rescue")  # noqa: TRY400
        self.set_aside = self.path.with_name(f"{self.path.name}.broken-{new_id()[:12]}")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(f"{self.set_aside}{suffix}")
        return _connect(self.path)

    def commit(
        self,
        *,
        entries: Sequence[Entry] = (),
        kept: Iterable[int] = (),
        rejected: Iterable[Rejection] = (),
        beat: bool = False,
        now: datetime,
    ) -> list[Filed]:
        """All of it in one transaction: store entries, forget what was receipted, move what was rejected aside.

        Returns:
            One Filed an entry, in order.

        Raises:
            OutboxUnwritable: nothing was done.
        """
        before = self._next, self.waiting, self.quarantined, self.refused, self._seen
        at_us = to_us(now)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            filed = [self._file(entry, at_us) for entry in entries]
            self._insert(filed, at_us)
            self._forget(kept)
            for rejection in rejected:
                self._reject(rejection, at_us)
            if beat:
                self._beat(at_us)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._next, self.waiting, self.quarantined, self.refused, self._seen = before
            raise OutboxUnwritable(str(error)) from error
        return filed

    def _file(self, entry: Entry, at_us: int) -> Filed:
        if entry.device_event:
            known = (entry.device, entry.device_event, at_us // US_PER_DAY)
            if not self._db.execute(_REMEMBER, known).rowcount:
                return Filed(0, entry.body)
            self._seen += 1
        if entry.refused is not None:
            reason, detail = entry.refused
            self.refused += 1
            self._quarantine(at_us, "input", reason, detail, entry.door, entry.device, entry.device_event, None, None)
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'refused'", (self.refused,))
        self._next += 1
        return Filed(self._next - 1, entry.body)

    def _insert(self, filed: Iterable[Filed], at_us: int) -> None:
        rows = [(one.seq, at_us, payload_hash(one.body), one.body) for one in filed if one.fresh]
        self._db.executemany("INSERT INTO outbox(seq, created_us, hash, body) VALUES (?,?,?,?)", rows)
        self.waiting += len(rows)

    def _forget(self, seqs: Iterable[int]) -> None:
        gone = self._db.executemany("DELETE FROM outbox WHERE seq = ?", ((seq,) for seq in seqs)).rowcount
        self.waiting -= max(gone, 0)

    def _reject(self, rejection: Rejection, at_us: int) -> None:
        row = self._db.execute("DELETE FROM outbox WHERE seq = ? RETURNING body", (rejection.seq,)).fetchone()
        if row is not None:
            self.waiting -= 1
            reason, detail = rejection.reason, rejection.detail
            self._quarantine(at_us, "rejected", reason, detail, "", "", "", rejection.seq, row[0])

    def _quarantine(self, *row: object) -> None:
        self._db.execute(
            "INSERT INTO quarantine(at_us, kind, reason, detail, door, device, device_event, seq, body)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            row,
        )
        self.quarantined += 1

    def _beat(self, at_us: int) -> None:
        """The gateway lives: mark the time, and trim what is remembered beyond its bounds."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('beat_us', ?)", (at_us,))
        oldest_day, surplus = at_us // US_PER_DAY - SEEN_DAYS, self._seen - SEEN_MAX
        gone = self._db.execute(
            "DELETE FROM seen WHERE id IN (SELECT id FROM seen ORDER BY id LIMIT ?)"
            " AND (day < ? OR id IN (SELECT id FROM seen ORDER BY id LIMIT ?))",
            (TRIM_ROWS, oldest_day, max(0, surplus)),
        ).rowcount
        self._seen -= gone
        surplus = self.quarantined - QUARANTINE_MAX
        if surplus > 0:
            self._db.execute(
                "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine ORDER BY id LIMIT ?)", (surplus,)
            )
            self.quarantined -= surplus
            log.warning("quarantine_trimmed", oldest_removed=surplus, limit=QUARANTINE_MAX)

    def last_beat(self) -> datetime | None:
        """When the gateway that wrote this file last lived; None for a new file."""
        value = self._meta("beat_us")
        return None if value is None else from_us(int(str(value)))

    def waiting_seqs(self) -> list[int]:
        """The numbers of everything that waits for a receipt, in order."""
        return [row[0] for row in self._db.execute("SELECT seq FROM outbox ORDER BY seq")]

    def close(self) -> None:
        """Checkpoint and close; the connection's last act."""
        self._db.close()

    def _meta(self, key: str) -> object:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0] or 0)

    def _count(self, table: str) -> int:
        return self._one(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own table names


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")  # what was delivered does not linger on a disk at a door
    db.execute("PRAGMA busy_timeout=5000")
    db.executescript(_SCHEMA)
    problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        db.close()
        raise Spoiled(problem)
    return db
