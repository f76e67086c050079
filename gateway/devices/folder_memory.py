"""Which pictures of a folder were handed over: by name and content, on disk, so that a restart repeats nothing."""

import sqlite3
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS done(
    device TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    PRIMARY KEY(device, name)) WITHOUT ROWID;
"""


class Stamp(msgspec.Struct, frozen=True):
    """What tells, without reading it, that a file is still the same."""

    size: int
    mtime_ns: int


class FolderMemory:
    """One folder's memory; belongs to one thread. A name is remembered with its last content only."""

    def __init__(self, path: Path, device: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._device = device
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # a lost line costs one more look at a picture, no second event
        self._db.executescript(_SCHEMA)
        rows = self._db.execute("SELECT name, hash, size, mtime_ns FROM done WHERE device = ?", (device,))
        self._done = {name: (Stamp(size, mtime_ns), hashed) for name, hashed, size, mtime_ns in rows}

    def unchanged(self, name: str, stamp: Stamp) -> bool:
        """Whether this file was handed over and has not been touched since."""
        known = self._done.get(name)
        return known is not None and known[0] == stamp

    def handed(self, name: str, hashed: bytes) -> bool:
        """Whether this content was handed over under this name."""
        known = self._done.get(name)
        return known is not None and known[1] == hashed

    def remember(self, name: str, stamp: Stamp, hashed: bytes) -> None:
        """It was handed over, or refused for good."""
        row = (self._device, name, hashed, stamp.size, stamp.mtime_ns)
        self._done[name] = stamp, hashed
        self._write("INSERT OR REPLACE INTO done VALUES (?,?,?,?,?)", [row])

    def forget_missing(self, present: set[str]) -> None:
        """Files that are gone need not be remembered: their events are, in the outbox."""
        gone = [name for name in self._done if name not in present]
        for name in gone:
            del self._done[name]
        self._write("DELETE FROM done WHERE device = ? AND name = ?", [(self._device, name) for name in gone])

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        """A line that the disk does not take costs one more look after a restart: the outbox knows the event."""
        try:
            self._db.executemany(statement, rows)
        except sqlite3.Error as error:
            log.warning("folder_memory_failed", device=self._device, error=str(error))

    def close(self) -> None:
        """Close."""
        self._db.close()
