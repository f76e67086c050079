"""The first shape of the housing store."""

import sqlalchemy as sa
from alembic import op

revision = "housing_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "changes",
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        sqlite_autoincrement=True,
    )
    op.create_index("changes_by_estate", "changes", ["estate", "kind", "version"], unique=False)
    op.create_table(
        "estates",
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=64), server_default="default", nullable=False),
        sa.PrimaryKeyConstraint("estate"),
    )
    op.create_table(
        "imports",
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_table(
        "parameters",
        sa.Column("city", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "name", "effective_from"),
    )
    op.create_table(
        "people",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("born", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "users",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "alert_actions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.user"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alert_actions_alert"), "alert_actions", ["alert"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger(), nullable=True),
        sa.Column("text_version", sa.String(length=32), nullable=False),
        sa.Column("guardian", sa.String(length=200), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "purpose", "modality", "given_us", name="consents_once"),
    )
    op.create_index(op.f("ix_consents_person"), "consents", ["person"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("credential", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("credential"),
    )
    op.create_index(op.f("ix_credentials_person"), "credentials", ["person"], unique=False)
    op.create_table(
        "gateways",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["estate"],
            ["estates.estate"],
        ),
        sa.PrimaryKeyConstraint("gateway"),
    )
    op.create_index(op.f("ix_gateways_estate"), "gateways", ["estate"], unique=False)
    op.create_table(
        "homes",
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("building", sa.String(length=64), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["estate"],
            ["estates.estate"],
        ),
        sa.PrimaryKeyConstraint("home"),
    )
    op.create_index(op.f("ix_homes_estate"), "homes", ["estate"], unique=False)
    op.create_table(
        "import_refusals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=64), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["imports.run"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_import_refusals_run"), "import_refusals", ["run"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.user"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"], unique=False)
    op.create_table(
        "user_estates",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.user"],
        ),
        sa.PrimaryKeyConstraint("user", "estate"),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_absences_home"), "absences", ["home"], unique=False)
    op.create_table(
        "doors",
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("building", sa.String(length=64), nullable=True),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("counts_tailgating", sa.Boolean(), nullable=False),
        sa.Column("ways", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["estate"],
            ["estates.estate"],
        ),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.PrimaryKeyConstraint("door"),
    )
    op.create_index(op.f("ix_doors_estate"), "doors", ["estate"], unique=False)
    op.create_index(op.f("ix_doors_home"), "doors", ["home"], unique=False)
    op.create_table(
        "leases",
        sa.Column("lease", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("rent_month_fen", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=True),
        sa.Column("relocation_until", sa.Date(), nullable=True),
        sa.Column("renewal_applied", sa.Date(), nullable=True),
        sa.Column("objection_718_served", sa.Date(), nullable=True),
        sa.Column("objection_734_served", sa.Date(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("lease"),
    )
    op.create_index(op.f("ix_leases_home"), "leases", ["home"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("lives_alone", sa.Boolean(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["estate"],
            ["estates.estate"],
        ),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "home", "from_day", name="members_once"),
    )
    op.create_index(op.f("ix_members_estate"), "members", ["estate"], unique=False)
    op.create_index(op.f("ix_members_home"), "members", ["home"], unique=False)
    op.create_index(op.f("ix_members_person"), "members", ["person"], unique=False)
    op.create_table(
        "meters",
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("electricity_kwh", sa.Float(), nullable=True),
        sa.Column("water_m3", sa.Float(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.PrimaryKeyConstraint("home", "day"),
    )
    op.create_table(
        "passes",
        sa.Column("pass", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.PrimaryKeyConstraint("pass"),
    )
    op.create_index(op.f("ix_passes_home"), "passes", ["home"], unique=False)
    op.create_table(
        "swaps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("home_a", sa.String(length=64), nullable=False),
        sa.Column("home_b", sa.String(length=64), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home_a"],
            ["homes.home"],
        ),
        sa.ForeignKeyConstraint(
            ["home_b"],
            ["homes.home"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("home_a", "home_b", "from_day", name="swaps_once"),
    )
    op.create_table(
        "templates",
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("estate", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("consent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent"],
            ["consents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["estate"],
            ["estates.estate"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("template"),
    )
    op.create_index(op.f("ix_templates_estate"), "templates", ["estate"], unique=False)
    op.create_index(op.f("ix_templates_person"), "templates", ["person"], unique=False)
    op.create_table(
        "vehicles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.person"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_vehicles_plate"), "vehicles", ["plate"], unique=False)
    op.create_table(
        "visits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["home"],
            ["homes.home"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("home", "at_us", name="visits_once"),
    )
    op.create_index(op.f("ix_visits_home"), "visits", ["home"], unique=False)
    op.create_table(
        "arrears",
        sa.Column("lease", sa.String(length=64), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["lease"],
            ["leases.lease"],
        ),
        sa.PrimaryKeyConstraint("lease", "month"),
    )
    op.create_table(
        "gateway_doors",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["door"],
            ["doors.door"],
        ),
        sa.ForeignKeyConstraint(
            ["gateway"],
            ["gateways.gateway"],
        ),
        sa.PrimaryKeyConstraint("gateway", "door"),
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("door", sa.String(length=64), nullable=True),
        sa.Column("gateway", sa.String(length=64), nullable=True),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["door"],
            ["doors.door"],
        ),
        sa.ForeignKeyConstraint(
            ["gateway"],
            ["gateways.gateway"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_outages_door"), "outages", ["door"], unique=False)
    op.create_index(op.f("ix_outages_gateway"), "outages", ["gateway"], unique=False)
    op.create_table(
        "pass_doors",
        sa.Column("pass", sa.String(length=64), nullable=False),
        sa.Column("door", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["door"],
            ["doors.door"],
        ),
        sa.ForeignKeyConstraint(
            ["pass"],
            ["passes.pass"],
        ),
        sa.PrimaryKeyConstraint("pass", "door"),
    )
