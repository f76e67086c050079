"""The first shape of the recognition store."""

import sqlalchemy as sa
from alembic import op

revision = "recognition_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "door_acts",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("capture_seq", sa.BigInteger(), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("acted_us", sa.BigInteger(), nullable=False),
        sa.Column("decision_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "epoch", "seq", "day"),
    )
    op.create_table(
        "gateway_outages",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("gateway", "door", "from_us"),
    )
    op.create_table(
        "gateway_status",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("set_versions", sa.Text(), nullable=False),
        sa.Column("devices", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gateway"),
    )
    op.create_index(op.f("ix_gateway_status_estate"), "gateway_status", ["estate"], unique=False)
    op.create_table(
        "rejected",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=True),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_rejected_estate"), "rejected", ["estate"], unique=False)
    op.create_index("rejected_once", "rejected", ["gateway", "epoch", "seq", "reason"], unique=True)
    op.create_table(
        "shards",
        sa.Column("shard", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard"),
    )
    op.create_table(
        "sightings",
        sa.Column("shard", sa.String(length=64), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("device_event", sa.String(length=64), nullable=False),
        sa.Column("modality", sa.String(length=8), nullable=False),
        sa.Column("recogniser", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("liveness", sa.Float(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("pass", sa.String(length=64), nullable=True),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("plate", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=True),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("lane", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("shard", "pos", "day"),
    )
    op.create_index("sightings_by_device", "sightings", ["device", "device_event"], unique=False)
    op.create_index("sightings_by_key", "sightings", ["gateway", "epoch", "seq", "day"], unique=True)
    op.create_index("sightings_by_time", "sightings", ["estate", "taken_us"], unique=False)
