"""The occupancy store: cursors, presence, home-days, findings and alerts; all can be folded again from the log."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, String, Table, Text

metadata = sa.MetaData()
Id = String(64)

cursors = Table(
    "cursors",  # how far each source has been folded; moved in the same transaction as what was folded
    metadata,
    Column("source", String(80), primary_key=True),  # log:<shard>, registry:<estate>, rules:<estate> (a day number)
    Column("pos", BigInteger, nullable=False),
)
presence = Table(
    "presence",  # where each person, pass and vehicle was last known to be
    metadata,
    Column("kind", String(8), primary_key=True),  # person, pass, vehicle
    Column("subject", Id, primary_key=True),
    Column("estate", Id, nullable=False, index=True),
    Column("home", Id, index=True),
    Column("state", String(16), nullable=False),  # a row of the transition table
    Column("since_us", BigInteger, nullable=False),  # when the passage that says so was taken
    Column("last_us", BigInteger, nullable=False),  # when last seen at a door, let in or not
    Column("last_door", Id, nullable=False),
)
home_days = Table(
    "home_days",  # only days on which something was seen, or nothing could be
    metadata,
    Column("home", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("estate", Id, nullable=False),
    Column("entries", Integer, nullable=False),  # of household members
    Column("exits", Integer, nullable=False),
    Column("elsewhere", Integer, nullable=False),  # of them at other doors than the home's own
    Column("members_seen", Integer, nullable=False),
    Column("bodies_seen", Integer, nullable=False),  # known by face or finger
    Column("members_in_at_night", Integer, nullable=False),  # whose last passage of the day led in
    Column("passes", Integer, nullable=False),
    Column("guests", Integer, nullable=False),  # of them visitors
    Column("rung_in", Integer, nullable=False),  # let in by intercom
    Column("unknown_entries", Integer, nullable=False),  # at the home's own door
    Column("mismatches", Integer, nullable=False),
    Column("vehicle_entries", Integer, nullable=False),
    Column("other_vehicles", Integer, nullable=False),  # entries of vehicles whose person is not of the household
    Column("other_hours", Integer, nullable=False),  # bit h: somebody not of the household came in hour h
    Column("other_nights", Integer, nullable=False),  # others whose last passage of the day led in
    Column("swap_home", Id),  # whose household passed most in this one's place
    Column("swap_entries", Integer, nullable=False),
    Column("outage_share", Float, nullable=False),  # of the day, of every reader that could have seen the home
    Column("electricity_kwh", Float),
    Column("water_m3", Float),
    Column("last_member_us", BigInteger),
    Index("home_days_by_estate", "estate", "day"),
    Index(
        "home_days_unseen", "home", "day",
        sqlite_where=sa.text("outage_share > 0"), postgresql_where=sa.text("outage_share > 0"),
    ),
)  # fmt: skip
dirty = Table(
    "dirty",  # home-days to be made again
    metadata,
    Column("estate", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("home", Id, primary_key=True),  # "*": every home of the estate
)
outages = Table(
    "outages",  # when doors could not see, as far as it has been counted
    metadata,
    Column("source", String(8), primary_key=True),  # gateway: its own word; registry; silent: not heard of
    Column("gateway", Id, primary_key=True),
    Column("door", Id, primary_key=True),  # empty: all doors of the gateway
    Column("from_us", BigInteger, primary_key=True),
    Column("until_us", BigInteger, nullable=False),  # of one that lasts: counted until here
    Column("estate", Id, nullable=False, index=True),
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
    Column("first_known_us", BigInteger),  # suspected for the first time: clock 718 starts here
    Column("updated_us", BigInteger, nullable=False),
    Column("quiet_since", Date),  # the rule has said nothing since
    Column("ended_on", Date),
    Index("findings_by_home", "home", "kind"),
    Index(  # one open finding a home and kind
        "findings_open", "home", "kind", unique=True,
        sqlite_where=sa.text("ended_on IS NULL"), postgresql_where=sa.text("ended_on IS NULL"),
    ),
    Index("findings_by_estate", "estate", "ended_on"),
)  # fmt: skip
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
    Index("alerts_by_estate", "estate", "urgent", "opened_us"),
)
