"""The occupancy store: cursors, presence, home-days, findings and alerts; all can be folded again from the log."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, String, Table, Text

metadata = sa.MetaData()
Id = String(64)

cursors = Table(
    "cursors",  # how far each log has been folded; moved in the same transaction as what was folded
    metadata,
    Column("source", Id, primary_key=True),  # log:<shard>, registry, gateways
    Column("pos", BigInteger, nullable=False),
)
presence = Table(
    "presence",  # where each person was last known to be
    metadata,
    Column("person", Id, primary_key=True),
    Column("estate", Id, nullable=False, index=True),
    Column("home", Id, index=True),
    Column("state", String(16), nullable=False),  # a row of the transition table
    Column("since_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("last_door", Id, nullable=False),
)
home_days = Table(
    "home_days",
    metadata,
    Column("home", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("estate", Id, nullable=False, index=True),
    Column("entries", Integer, nullable=False),  # of household members
    Column("exits", Integer, nullable=False),
    Column("members_seen", Integer, nullable=False),
    Column("members_in_at_night", Integer, nullable=False),
    Column("passes", Integer, nullable=False),
    Column("unknown_entries", Integer, nullable=False),  # at the home's own door
    Column("mismatches", Integer, nullable=False),
    Column("vehicle_entries", Integer, nullable=False),
    Column("outage_share", Float, nullable=False),  # of the day, of every reader that could have seen the home
    Column("last_member_us", BigInteger),
)
dirty = Table("dirty", metadata, Column("home", Id, primary_key=True), Column("day", Date, primary_key=True))
outages = Table(
    "outages",
    metadata,
    Column("gateway", Id, primary_key=True),
    Column("from_us", BigInteger, primary_key=True),
    Column("until_us", BigInteger),
)
findings = Table(
    "findings",
    metadata,
    Column("finding", Id, primary_key=True),
    Column("estate", Id, nullable=False),
    Column("home", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("stage", String(16), nullable=False),  # watch, suspected, to_verify
    Column("stages", Text, nullable=False),  # JSON: [{stage, on}]
    Column("flagged_on", Date),
    Column("onset", Date),
    Column("onset_low", Date),
    Column("onset_high", Date),
    Column("probability", Float, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON: [{kind, values}], rendered by message id
    Column("counter_evidence", Text, nullable=False),
    Column("legal_basis", String(64), nullable=False),
    Column("first_known_us", BigInteger, nullable=False),  # clock 718 starts here
    Column("updated_us", BigInteger, nullable=False),
    Column("ended_on", Date),
    Index("findings_by_home", "home", "kind"),
)
alerts = Table(
    "alerts",
    metadata,
    Column("alert", Id, primary_key=True),
    Column("finding", Id, nullable=False, unique=True),
    Column("estate", Id, nullable=False),
    Column("home", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("urgent", Boolean, nullable=False),  # welfare: never held back
    Column("opened_us", BigInteger, nullable=False),
    Column("refreshed_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger),
    Index("alerts_by_estate", "estate", "closed_us", "opened_us"),
)
