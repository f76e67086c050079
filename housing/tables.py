"""The housing store: registry, consents and templates, parameters, staff accounts and decisions, the audit chain.

Days are calendar days at the estate; `until` is exclusive, NULL for "until further notice". Times are microseconds UTC
(`_us`). Columns that an import did not know are kept as JSON in `extra`.
"""

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from core import audit as audit_chain

metadata = sa.MetaData()
Id = String(64)


def _extra() -> Column[str]:
    return Column("extra", Text, nullable=False, server_default="{}")


def _span() -> tuple[Column[object], Column[object]]:
    return Column("from_day", Date, nullable=False), Column("until_day", Date)


def _number() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


audit = audit_chain.audit.to_metadata(metadata)

estates = Table(
    "estates",
    metadata,
    Column("estate", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("city", Id, nullable=False, server_default="default"),
)
homes = Table(
    "homes",
    metadata,
    Column("home", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("building", Id, nullable=False),
    Column("floor", Integer, nullable=False),
    Column("unit", Id, nullable=False),
    Column("area_m2", Float, nullable=False),
    Column("state", String(16), nullable=False),  # let, vacant, repair, reserved
    _extra(),
)
doors = Table(
    "doors",
    metadata,
    Column("door", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # gate, building, lift, home, garage
    Column("building", Id),
    Column("home", Id, ForeignKey("homes.home"), index=True),  # for a home's own door
    Column("counts_tailgating", Boolean, nullable=False),
    _extra(),
)
gateways = Table(
    "gateways",
    metadata,
    Column("gateway", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    _extra(),
)
gateway_doors = Table(
    "gateway_doors",
    metadata,
    Column("gateway", Id, ForeignKey("gateways.gateway"), primary_key=True),
    Column("door", Id, ForeignKey("doors.door"), primary_key=True),
)
people = Table(
    "people",
    metadata,
    Column("person", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("born", Date),
    _extra(),
)
members = Table(
    "members",  # who belongs to which home's household, and since when
    metadata,
    _number(),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("home", Id, ForeignKey("homes.home"), index=True),  # NULL for staff
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("relation", String(16), nullable=False),  # tenant, spouse, child, parent, co-resident, carer, staff
    *_span(),
    Column("lives_alone", Boolean, nullable=False),
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
    Column("ended", Date),
    Column("end_reason", String(200)),
    Column("relocation_until", Date),
    Column("renewal_applied", Date),
    Column("objection_718_served", Date),
    Column("objection_734_served", Date),
    _extra(),
)
vehicles = Table(
    "vehicles",
    metadata,
    _number(),
    Column("plate", String(16), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False),
    Column("home", Id, ForeignKey("homes.home")),
    *_span(),
    _extra(),
)
credentials = Table(
    "credentials",
    metadata,
    Column("credential", Id, primary_key=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    *_span(),
    _extra(),
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
    _extra(),
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
    _number(),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person")),
    *_span(),
    Column("kind", String(16), nullable=False),
    Column("approved", Boolean, nullable=False),
    _extra(),
)
visits = Table(
    "visits",
    metadata,
    _number(),
    Column("home", Id, ForeignKey("homes.home"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("officer", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("note", Text, nullable=False),
    _extra(),
)
swaps = Table(
    "swaps",
    metadata,
    _number(),
    Column("home_a", Id, ForeignKey("homes.home"), nullable=False),
    Column("home_b", Id, ForeignKey("homes.home"), nullable=False),
    *_span(),
    Column("approved", Boolean, nullable=False),
    _extra(),
)
outages = Table(
    "outages",
    metadata,
    _number(),
    Column("door", Id, ForeignKey("doors.door"), index=True),
    Column("gateway", Id, ForeignKey("gateways.gateway"), index=True),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    _extra(),
)
arrears = Table(
    "arrears",
    metadata,
    Column("lease", Id, ForeignKey("leases.lease"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("amount_fen", BigInteger, nullable=False),
)
meters = Table(
    "meters",
    metadata,
    Column("home", Id, ForeignKey("homes.home"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("electricity_kwh", Float),
    Column("water_m3", Float),
)

consents = Table(
    "consents",
    metadata,
    _number(),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),  # door, occupancy, care
    Column("modality", String(16), nullable=False),
    Column("given_us", BigInteger, nullable=False),
    Column("withdrawn_us", BigInteger),
    Column("text_version", String(32), nullable=False),
    Column("guardian", String(200)),  # needed under 14
    _extra(),
)
templates = Table(
    "templates",  # written only with a live consent, gone with it; sealed under the estate's key
    metadata,
    Column("template", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("modality", String(16), nullable=False),
    Column("model", Id, nullable=False),  # model id with version: templates of two models never meet
    Column("consent", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("consents.id"), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("quality", Float, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
)
changes = Table(
    "changes",  # every change of the registry by number: what galleries, gateways and home-days catch up from
    metadata,
    Column("version", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("estate", Id, nullable=False),
    Column("kind", String(16), nullable=False),  # gallery, rights, home
    Column("subject", Id, nullable=False),  # person, door or home concerned; "*": all
    Column("from_day", Date),  # for homes: the days that must be seen anew
    Column("until_day", Date),
    Column("at_us", BigInteger, nullable=False),
    Index("changes_by_estate", "estate", "kind", "version"),
    sqlite_autoincrement=True,
)
parameters = Table(
    "parameters",  # one effective-dated table per city; the code's defaults stand where a city has no row
    metadata,
    Column("city", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("value", String(64), nullable=False),
    Column("citation", Text, nullable=False),
)
imports = Table(
    "imports",
    metadata,
    Column("run", Id, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", Id, nullable=False),
    Column("source", String(400), nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)
import_refusals = Table(
    "import_refusals",
    metadata,
    _number(),
    Column("run", Id, ForeignKey("imports.run"), nullable=False, index=True),
    Column("file", String(64), nullable=False),
    Column("line", Integer, nullable=False),
    Column("column", String(64), nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),  # viewer, property, housing, admin
    Column("password", String(256), nullable=False),  # argon2id
    Column("totp_sealed", LargeBinary),
    Column("disabled", Boolean, nullable=False, server_default=sa.false()),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until_us", BigInteger),
)
user_estates = Table(
    "user_estates",
    metadata,
    Column("user", Id, ForeignKey("users.user"), primary_key=True),
    Column("estate", Id, primary_key=True),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user", Id, ForeignKey("users.user"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
)
alert_actions = Table(
    "alert_actions",  # what people said about alerts; the alerts themselves are the occupancy service's
    metadata,
    _number(),
    Column("alert", Id, nullable=False, index=True),
    Column("estate", Id, nullable=False),
    Column("user", Id, ForeignKey("users.user"), nullable=False),
    Column("action", String(16), nullable=False),  # acknowledge, dismiss, reopen, verdict
    Column("verdict", String(16)),  # right, wrong, unclear
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
