"""The sightings log: what recognition writes and everybody else follows.

One fenced writer per shard appends; `pos` counts up per shard without gaps, so a reader keeps one number as its cursor.
The day a capture was taken (UTC) never changes and is part of every unique key, so that the log can be cut by month.
Gateways' own word about when they could not see is logged beside it, for whoever must tell "nobody came" from "nobody
looked".
"""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, LargeBinary, String, Table, Text
from sqlalchemy.engine import Connection, Row

metadata = sa.MetaData()
_Id = String(64)

sightings = Table(
    "sightings",
    metadata,
    Column("shard", _Id, primary_key=True),
    Column("pos", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("estate", _Id, nullable=False),
    Column("gateway", _Id, nullable=False),
    Column("epoch", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("payload_hash", LargeBinary(16), nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("clock_offset_ms", BigInteger, nullable=False),
    Column("door", _Id, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("device", _Id, nullable=False),
    Column("device_event", _Id, nullable=False),
    Column("modality", String(8), nullable=False),
    Column("recogniser", _Id, nullable=False),
    Column("model", _Id),
    Column("quality", Float, nullable=False),
    Column("liveness", Float),
    Column("score", Float),  # of the best person: kept for evidence, without a name when under the threshold
    Column("threshold", Float),
    Column("person", _Id),
    Column("pass", _Id),
    Column("home", _Id),
    Column("plate", String(16)),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(48), nullable=False),
    Column("seen", _Id),  # for a mismatch: who was matched instead of the credential's owner
    Column("opens", Boolean, nullable=False),
    Column("lane", String(8), nullable=False),
    Index("sightings_by_key", "gateway", "epoch", "seq", "day", unique=True),
    Index("sightings_by_time", "estate", "taken_us"),
    Index("sightings_by_device", "device", "device_event"),
    *(  # the newest of one person or home, without reading the estate's other sightings
        Index(
            f"sightings_by_{who}",
            who,
            "taken_us",
            sqlite_where=sa.text(f"{who} IS NOT NULL"),
            postgresql_where=sa.text(f"{who} IS NOT NULL"),
        )
        for who in ("person", "home")
    ),
)
gateway_status = Table(
    "gateway_status",  # what each gateway last said of itself
    metadata,
    Column("gateway", _Id, primary_key=True),
    Column("estate", _Id, nullable=False, index=True),
    Column("seen_us", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),  # undelivered events in its outbox
    Column("quarantined", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),  # inputs that could not become captures, since its epoch began
    Column("set_versions", Text, nullable=False),  # JSON: name of a set to the version held
    Column("devices", Text, nullable=False),  # JSON: device to {last_seen, clock_offset_ms, working}
)
gateway_outages = Table(
    "gateway_outages",  # when a gateway or one of its doors could not see, by the gateway's own account
    metadata,
    Column("gateway", _Id, primary_key=True),
    Column("door", _Id, primary_key=True),  # empty: all its doors
    Column("from_us", BigInteger, primary_key=True),
    Column("until_us", BigInteger),  # NULL: still
)


def shards(connection: Connection) -> list[str]:
    """Every shard with a sighting; one step in the primary key each, however long the log is."""
    found: list[str] = []
    query = sa.select(sa.func.min(sightings.c.shard))
    while (shard := connection.scalar(query.where(sightings.c.shard > found[-1]) if found else query)) is not None:
        found.append(shard)
    return found


def read_after(
    connection: Connection, shard: str, pos: int, limit: int, *columns: str
) -> list[Row[tuple[object, ...]]]:
    """Rows of `shard` after `pos` in order, at most `limit`; only `columns` where they are named."""
    wanted = [sightings.c[name] for name in columns] if columns else list(sightings.c)
    query = sa.select(*wanted).where(sightings.c.shard == shard, sightings.c.pos > pos)
    return list(connection.execute(query.order_by(sightings.c.pos).limit(limit)).all())
