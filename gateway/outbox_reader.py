"""Reading an outbox beside its writer: bodies for sending, the quarantine for staff."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from core.clock import from_us
from core.wire import payload_hash

LOOKUP = 500


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the quarantine, for staff: `kind` is rejected (by the server), input (unusable) or spoiled (disk)."""

    at: datetime
    kind: str
    reason: str
    detail: str
    door: str
    device: str
    device_event: str
    seq: int | None


class OutboxReader:
    """A second, reading connection: bodies for sending, rows for staff. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA query_only=ON")

    def bodies(self, seqs: Sequence[int]) -> tuple[list[tuple[int, bytes]], list[int]]:
        """(seq, body) of those of `seqs` that still wait, in order, and the numbers whose bytes the disk spoiled."""
        found: list[tuple[int, bytes, bytes]] = []
        for start in range(0, len(seqs), LOOKUP):
            some = seqs[start : start + LOOKUP]
            marks = ",".join("?" * len(some))
            found += self._db.execute(f"SELECT seq, body, hash FROM outbox WHERE seq IN ({marks}) ORDER BY seq", some)  # noqa: S608
        sound = [(seq, body) for seq, body, hashed in found if payload_hash(body) == hashed]
        return sound, [seq for seq, body, hashed in found if payload_hash(body) != hashed]

    def knows(self, device: str, device_event: str) -> bool:
        """Whether a device's event was stored before."""
        query = "SELECT 1 FROM seen WHERE device = ? AND device_event = ?"
        return self._db.execute(query, (device, device_event)).fetchone() is not None

    def quarantine(self, limit: int = 100, before: int | None = None) -> list[Quarantined]:
        """The newest rows of the quarantine."""
        rows = self._db.execute(
            "SELECT at_us, kind, reason, detail, door, device, device_event, seq FROM quarantine"
            " WHERE id < ? ORDER BY id DESC LIMIT ?",
            (2**62 if before is None else before, limit),
        )
        names = Quarantined.__struct_fields__[1:]
        return [Quarantined(at=from_us(at_us), **dict(zip(names, rest, strict=True))) for at_us, *rest in rows]

    def close(self) -> None:
        """Close."""
        self._db.close()
