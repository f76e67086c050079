"""More columns of each home-day. Home-days hold nothing that the log cannot give back: they are all made again."""

import sqlalchemy as sa
from alembic import op

revision = "occupancy_0002"
down_revision = "occupancy_0001"
branch_labels = None
depends_on = None

_COUNTS = (
    "entries", "exits", "elsewhere", "members_seen", "bodies_seen", "members_in_at_night", "passes", "guests",
    "rung_in", "unknown_entries", "mismatches", "vehicle_entries", "other_vehicles", "other_hours", "other_nights",
    "swap_entries",
)  # fmt: skip


def upgrade() -> None:
    op.execute("DELETE FROM dirty")
    op.execute("INSERT INTO dirty (estate, day, home) SELECT DISTINCT estate, day, '*' FROM home_days")
    op.drop_table("home_days")
    op.create_table(
        "home_days",
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("swap_home", sa.String(length=64), nullable=True),
        sa.Column("outage_share", sa.Float(), nullable=False),
        sa.Column("electricity_kwh", sa.Float(), nullable=True),
        sa.Column("water_m3", sa.Float(), nullable=True),
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
