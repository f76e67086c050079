"""The first shape of the occupancy store."""

import sqlalchemy as sa
from alembic import op

revision = "occupancy_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert", sa.String(length=64), nullable=False),
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("refreshed_us", sa.BigInteger(), nullable=False),
        sa.Column("closed_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("alert"),
        sa.UniqueConstraint("finding"),
    )
    op.create_index("alerts_by_estate", "alerts", ["estate", "urgent", "opened_us"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "dirty",
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("estate", "day", "home"),
    )
    op.create_table(
        "findings",
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("flagged_on", sa.Date(), nullable=True),
        sa.Column("onset", sa.Date(), nullable=True),
        sa.Column("onset_low", sa.Date(), nullable=True),
        sa.Column("onset_high", sa.Date(), nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("counter_evidence", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.String(length=64), nullable=False),
        sa.Column("first_known_us", sa.BigInteger(), nullable=True),
        sa.Column("updated_us", sa.BigInteger(), nullable=False),
        sa.Column("quiet_since", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("finding"),
    )
    op.create_index("findings_by_estate", "findings", ["estate", "ended_on"], unique=False)
    op.create_index("findings_by_home", "findings", ["home", "kind"], unique=False)
    op.create_index(
        "findings_open",
        "findings",
        ["home", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "home_days",
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("exits", sa.Integer(), nullable=False),
        sa.Column("members_seen", sa.Integer(), nullable=False),
        sa.Column("members_in_at_night", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("unknown_entries", sa.Integer(), nullable=False),
        sa.Column("mismatches", sa.Integer(), nullable=False),
        sa.Column("vehicle_entries", sa.Integer(), nullable=False),
        sa.Column("other_vehicles", sa.Integer(), nullable=False),
        sa.Column("other_hours", sa.Integer(), nullable=False),
        sa.Column("outage_share", sa.Float(), nullable=False),
        sa.Column("last_member_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("home", "day"),
    )
    op.create_index("home_days_by_estate", "home_days", ["estate", "day"], unique=False)
    op.create_index(
        "home_days_unseen",
        "home_days",
        ["home", "day"],
        unique=False,
        sqlite_where=sa.text("outage_share > 0"),
        postgresql_where=sa.text("outage_share > 0"),
    )
    op.create_table(
        "outages",
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("source", "gateway", "door", "from_us"),
    )
    op.create_index(op.f("ix_outages_estate"), "outages", ["estate"], unique=False)
    op.create_table(
        "presence",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("last_door", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_index(op.f("ix_presence_estate"), "presence", ["estate"], unique=False)
    op.create_index(op.f("ix_presence_home"), "presence", ["home"], unique=False)
