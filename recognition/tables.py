"""The recognition store: the sightings log with its fence, what doors did, and what could not be used.

The log's own tables are in `core.log`, because others follow it; they are created here, with the rest of the store.
"""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, LargeBinary, String, Table, Text

from core import log

metadata = sa.MetaData()
Id = String(64)

shards = Table(
    "shards",  # who may write a shard: the epoch is checked inside every transaction
    metadata,
    Column("shard", Id, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", Id, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("pos", BigInteger, nullable=False),  # the last one given out
)
sightings = log.sightings.to_metadata(metadata)
gateway_status = log.gateway_status.to_metadata(metadata)
gateway_outages = log.gateway_outages.to_metadata(metadata)
door_acts = Table(
    "door_acts",
    metadata,
    Column("gateway", Id, primary_key=True),
    Column("epoch", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("capture_seq", BigInteger, nullable=False),
    Column("door", Id, nullable=False),
    Column("opened", Boolean, nullable=False),
    Column("reason", String(48), nullable=False),
    Column("acted_us", BigInteger, nullable=False),
    Column("decision_ms", Float, nullable=False),
)
rejected = Table(
    "rejected",  # dead letters and refused input: the place to look at what could not be used
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False),
    Column("estate", Id, nullable=False, index=True),
    Column("gateway", Id, nullable=False),
    Column("epoch", String(32)),
    Column("seq", BigInteger),
    Column("reason", String(48), nullable=False),
    Column("detail", Text, nullable=False),
    Column("door", Id),
    Column("device", Id),
    Column("payload", LargeBinary),  # the first bytes, where nothing personal can be in them
    Index("rejected_once", "gateway", "epoch", "seq", "reason", unique=True),  # where the number could be read
)
