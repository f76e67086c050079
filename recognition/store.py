"""The recognition store: one fenced writer per shard appends batches; readers find what a key was answered.

Whoever starts as the writer of a shard raises its epoch. The epoch is checked inside every transaction, so a writer
that was stopped and wakes up after another took over cannot write a single row.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from core.clock import to_us
from core.errors import AnjuError
from core.facts import Outcome
from recognition.tables import door_acts, gateway_outages, gateway_status, rejected, shards, sightings

LOOKUP = 400  # keys in one IN list

Key = tuple[str, str, int]  # gateway, epoch, seq
Rows = list[dict[str, Any]]


class FenceLost(AnjuError):
    """Another process writes this shard now."""

    code = "fence_lost"


class Answer(msgspec.Struct, frozen=True):
    """What a capture was answered when it came first."""

    payload_hash: bytes
    outcome: Outcome
    opens: bool
    reason: str


class Batch(msgspec.Struct, kw_only=True):
    """What goes into one transaction; rows are ready for their tables, sightings without `shard` and `pos`."""

    sightings: Rows = msgspec.field(default_factory=list)
    door_acts: Rows = msgspec.field(default_factory=list)
    rejected: Rows = msgspec.field(default_factory=list)
    statuses: Rows = msgspec.field(default_factory=list)
    outages: Rows = msgspec.field(default_factory=list)

    def extend(self, other: "Batch") -> None:
        """Take in what came later."""
        self.sightings += other.sightings
        self.door_acts += other.door_acts
        self.rejected += other.rejected
        self.statuses += other.statuses
        self.outages += other.outages

    def __len__(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__struct_fields__)


class ShardWriter:
    """The one writer of a shard, from `take` on."""

    def __init__(self, engine: Engine, shard: str, epoch: int, pos: int) -> None:
        self._engine, self._shard, self._epoch = engine, shard, epoch
        self._pos = pos

    @classmethod
    def take(cls, engine: Engine, shard: str, *, owner: str, now: datetime) -> "ShardWriter":
        """Become the writer of `shard`; whoever wrote it before is fenced out."""
        with engine.begin() as connection:
            row = connection.execute(sa.select(shards).where(shards.c.shard == shard).with_for_update()).first()
            epoch, pos = (row.epoch + 1, row.pos) if row else (1, 0)
            values = {"epoch": epoch, "owner": owner, "since_us": to_us(now)}
            if row:
                connection.execute(shards.update().where(shards.c.shard == shard).values(values))
            else:
                connection.execute(shards.insert().values(shard=shard, pos=0, **values))
        return cls(engine, shard, epoch, pos)

    def append(self, batch: Batch) -> int:
        """Commit a batch whole; returns the last position. Raises FenceLost, and then nothing was written."""
        last = self._pos + len(batch.sightings)
        with self._engine.begin() as connection:
            held = connection.execute(
                shards.update()
                .where(shards.c.shard == self._shard, shards.c.epoch == self._epoch, shards.c.pos == self._pos)
                .values(pos=last)
            )
            if held.rowcount != 1:
                raise FenceLost(
                    f"分片{self._shard}已由另一进程写入，本进程停止写入。",
                    f"Another process has taken over shard {self._shard}; this one stops writing.",
                )
            for pos, row in enumerate(batch.sightings, self._pos + 1):
                row["shard"], row["pos"] = self._shard, pos
            insert_all(connection, sightings, batch.sightings)
            insert_all(connection, door_acts, batch.door_acts, ignore_known=True)
            insert_all(connection, rejected, batch.rejected, ignore_known=True)
            put_statuses(connection, batch.statuses, batch.outages)
        self._pos = last
        return last


def insert_all(connection: Connection, table: sa.Table, rows: Rows, *, ignore_known: bool = False) -> None:
    """Insert many rows; with `ignore_known` those whose key exists stay as they are."""
    if not rows:
        return
    statement: Any = table.insert()
    if ignore_known:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table).on_conflict_do_nothing()
    connection.execute(statement, rows)


def answers(connection: Connection, keys: Iterable[Key]) -> dict[Key, Answer]:
    """What the keys that are in the log were answered; those that are not are left out."""
    found: dict[Key, Answer] = {}
    by_epoch: dict[tuple[str, str], list[int]] = {}
    for gateway, epoch, seq in keys:
        by_epoch.setdefault((gateway, epoch), []).append(seq)
    s = sightings.c
    for (gateway, epoch), seqs in by_epoch.items():
        for start in range(0, len(seqs), LOOKUP):
            rows = connection.execute(
                sa.select(s.seq, s.payload_hash, s.outcome, s.opens, s.reason).where(
                    s.gateway == gateway, s.epoch == epoch, s.seq.in_(seqs[start : start + LOOKUP])
                )
            )
            for seq, payload_hash, outcome, opens, reason in rows:
                found[(gateway, epoch, seq)] = Answer(bytes(payload_hash), Outcome(outcome), opens, reason)
    return found


def highest(connection: Connection, gateway: str, epoch: str) -> int:
    """The highest seq of a gateway's epoch in the log, 0 if none: above it nothing needs to be looked up."""
    s = sightings.c
    return connection.scalar(sa.select(sa.func.max(s.seq)).where(s.gateway == gateway, s.epoch == epoch)) or 0


def put_statuses(connection: Connection, statuses: Rows, outages: Rows) -> None:
    """Keep what gateways said of themselves last, and when they could not see."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    for row in statuses:
        status = dialect.insert(gateway_status).values(row)
        newer = {name: value for name, value in row.items() if name != "gateway"}
        connection.execute(status.on_conflict_do_update(index_elements=["gateway"], set_=newer))
    for row in outages:
        outage = dialect.insert(gateway_outages).values(row)
        keys = ["gateway", "door", "from_us"]
        connection.execute(outage.on_conflict_do_update(index_elements=keys, set_={"until_us": row["until_us"]}))
