"""The versioned sets as a gateway holds them: pure staging of what the server sends, and the sealed copy on disk."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

from core import sets
from core.errors import AnjuError
from core.vault import EstateKey, SealBroken
from core.wire import SetDelta
from gateway.age import Mark

log = structlog.get_logger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows(
    name TEXT NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(name, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions(name TEXT PRIMARY KEY, version INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


class Held(msgspec.Struct, frozen=True):
    """One set: its version (0: nothing), its digest, and the plain rows with their hashes by key."""

    version: int = 0
    digest: str = ""
    rows: Mapping[str, bytes] = {}
    hashes: Mapping[str, bytes] = {}


class Drift(AnjuError):
    """What the server sent does not add up to what it says; the set is asked for anew."""

    code = "set_drift"


class Staging:
    """Parts of one answer as they come; parts of another answer begin anew, a part that comes twice changes nothing."""

    def __init__(self) -> None:
        self._answer: tuple[int, int, str] | None = None
        self._put: dict[str, bytes] = {}
        self._drop: set[str] = set()

    def add(self, delta: SetDelta) -> SetDelta | None:
        """The whole answer once its last part is here."""
        answer = delta.base, delta.version, delta.digest
        if answer != self._answer:
            self._answer, self._put, self._drop = answer, {}, set()
        self._put.update(delta.put)
        self._drop.update(delta.drop)
        if not delta.last:
            return None
        whole = msgspec.structs.replace(delta, put=self._put, drop=tuple(sorted(self._drop)))
        self._answer, self._put, self._drop = None, {}, set()
        return whole


def apply(held: Held, whole: SetDelta, key: EstateKey) -> Held:
    """The set after a whole answer.

    Raises:
        Drift: it starts from another version than the one held, or its digest does not come out.
        SealBroken: a row was sealed under another key or for another place.
    """
    if whole.base not in (0, held.version):
        raise _drift(whole, f"starts at version {whole.base}, ours is {held.version}")
    plain = {row: sets.unseal(key, whole.name, row, sealed) for row, sealed in whole.put.items()}
    kept = held if whole.base else Held()
    rows = {row: value for row, value in kept.rows.items() if row not in whole.drop} | plain
    hashes = {row: value for row, value in kept.hashes.items() if row not in whole.drop}
    hashes |= {row: sets.row_hash(value) for row, value in plain.items()}
    if sets.digest(hashes.items()) != whole.digest:
        raise _drift(whole, "its digest does not come out")
    return Held(whole.version, whole.digest, rows, hashes)


def _drift(whole: SetDelta, detail: str) -> Drift:
    return Drift(
        f"同步数据“{whole.name}”与服务器不一致，将重新下载。",
        f"The answer about set {whole.name!r} {detail}; it is asked for anew.",
    )


class SetStore:
    """The sets on disk, sealed as they came. Not shared between threads."""

    def __init__(self, path: Path, key: EstateKey) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._key = key
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)

    def load(self) -> dict[str, Held]:
        """All sets; one that does not open or add up any more counts as nothing held."""
        return {name: self._load(name) for name in sets.NAMES}

    def _load(self, name: str) -> Held:
        version = self._db.execute("SELECT version, digest FROM versions WHERE name = ?", (name,)).fetchone()
        if version is None:
            return Held()
        try:
            sealed = self._db.execute("SELECT key, sealed FROM rows WHERE name = ?", (name,))
            rows = {row: sets.unseal(self._key, name, row, value) for row, value in sealed}
        except SealBroken as error:
            log.error("set_broken", name=name, error=str(error))  # noqa: TRY400 - told in words
            return Held()
        hashes = {row: sets.row_hash(value) for row, value in rows.items()}
        if sets.digest(hashes.items()) != version[1]:
            log.error("set_incomplete", name=name, mend="it is asked for anew")
            return Held()
        return Held(version[0], version[1], rows, hashes)

    def save(self, whole: SetDelta) -> None:
        """A whole answer that was applied, in one transaction; what it removed leaves the disk."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if whole.base == 0:
                self._db.execute("DELETE FROM rows WHERE name = ?", (whole.name,))
            self._db.executemany(
                "DELETE FROM rows WHERE name = ? AND key = ?", ((whole.name, key) for key in whole.drop)
            )
            rows = ((whole.name, key, sealed) for key, sealed in whole.put.items())
            self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?,?,?)", rows)
            state = (whole.name, whole.version, whole.digest)
            self._db.execute("INSERT OR REPLACE INTO versions VALUES (?,?,?)", state)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._db.execute("ROLLBACK")
            raise
        if whole.drop or whole.base == 0:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log may still hold what was withdrawn

    def mark(self) -> Mark | None:
        """When a server last confirmed the sets."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'age'").fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=Mark)

    def save_mark(self, mark: Mark) -> None:
        """Keep the age."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('age', ?)", (msgspec.msgpack.encode(mark),))

    def close(self) -> None:
        """Close."""
        self._db.close()
