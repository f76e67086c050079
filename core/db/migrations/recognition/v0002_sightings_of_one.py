"""The newest sightings of one person or home are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "recognition_0002"
down_revision = "recognition_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for who in ("person", "home"):
        op.create_index(
            f"sightings_by_{who}",
            "sightings",
            [who, "taken_us"],
            unique=False,
            sqlite_where=sa.text(f"{who} IS NOT NULL"),
            postgresql_where=sa.text(f"{who} IS NOT NULL"),
        )
