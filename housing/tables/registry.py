"""Who, and by what right: people, households, leases, vehicles, credentials, passes, and what is known of homes."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, ForeignKey, String, Table, Text, UniqueConstraint

from housing.tables.base import Id, extra, metadata, number, span

people = Table(
    "people",
    metadata,
    Column("person", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("born", Date),
)
members = Table(
    "members",  # who belongs to which home's household, and since when
    metadata,
    number(),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("home", Id, ForeignKey("homes.home"), index=True),  # NULL for staff
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("relation", String(16), nullable=False),  # tenant, spouse, child, parent, co-resident, carer, staff
    *span(),
    Column("lives_alone", Boolean, nullable=False),
    extra(),
    UniqueConstraint("person", "home", "from_day", name="members_once"),
)
leases = Table(
    "leases",
    metadata,
    Column("lease", Id, primary_key=True),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("tenant", Id, ForeignKey("people.person"), nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),  # the last day of the term
    Column("rent_month_fen", BigInteger, nullable=False),  # 1 yuan = 100 fen
    Column("ended", Date),  # the day the home was given back
    Column("end_reason", String(200)),
    Column("relocation_until", Date),  # the last day of the relocation period
    Column("renewal_applied", Date),
    Column("objection_718_served", Date),
    Column("objection_734_served", Date),
    extra(),
)
vehicles = Table(
    "vehicles",
    metadata,
    number(),
    Column("plate", String(16), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False),
    Column("home", Id, ForeignKey("homes.home")),
    *span(),
    extra(),
)
credentials = Table(
    "credentials",
    metadata,
    Column("credential", Id, primary_key=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    *span(),
    extra(),
)
passes = Table(
    "passes",
    metadata,
    Column("pass", Id, primary_key=True),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("holder", String(200), nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
    extra(),
)
pass_doors = Table(
    "pass_doors",
    metadata,
    Column("pass", Id, ForeignKey("passes.pass"), primary_key=True),
    Column("door", Id, ForeignKey("doors.door"), primary_key=True),
)
absences = Table(
    "absences",
    metadata,
    number(),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person")),
    *span(),
    Column("kind", String(16), nullable=False),
    Column("approved", Boolean, nullable=False),
    extra(),
)
visits = Table(
    "visits",
    metadata,
    number(),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("officer", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("note", Text, nullable=False),
    extra(),
    UniqueConstraint("home", "at_us", name="visits_once"),
)
swaps = Table(
    "swaps",
    metadata,
    number(),
    Column("home_a", Id, ForeignKey("homes.home"), nullable=False),
    Column("home_b", Id, ForeignKey("homes.home"), nullable=False),
    *span(),
    Column("approved", Boolean, nullable=False),
    extra(),
    UniqueConstraint("home_a", "home_b", "from_day", name="swaps_once"),
)
outages = Table(
    "outages",
    metadata,
    number(),
    Column("door", Id, ForeignKey("doors.door"), index=True),
    Column("gateway", Id, ForeignKey("gateways.gateway"), index=True),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    extra(),
)
arrears = Table(
    "arrears",
    metadata,
    Column("lease", Id, ForeignKey("leases.lease"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("amount_fen", BigInteger, nullable=False),
    extra(),
)
meters = Table(
    "meters",
    metadata,
    Column("home", Id, ForeignKey("homes.home"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("electricity_kwh", Float),
    Column("water_m3", Float),
    extra(),
)
