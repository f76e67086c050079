"""What people agreed to, the templates that rest on it, and every change that galleries catch up from."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from housing.tables.base import Id, Number, extra, metadata, number

consents = Table(
    "consents",
    metadata,
    number(),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),  # door, occupancy, care
    Column("modality", String(16), nullable=False),
    Column("given_us", BigInteger, nullable=False),
    Column("withdrawn_us", BigInteger),
    Column("text_version", String(32), nullable=False),
    Column("guardian", String(200)),  # needed under 14
    extra(),
    UniqueConstraint("person", "purpose", "modality", "given_us", name="consents_once"),
)
templates = Table(
    "templates",  # written only with a live consent, gone with it; sealed under the estate's key
    metadata,
    Column("template", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("person", Id, ForeignKey("people.person"), nullable=False, index=True),
    Column("modality", String(16), nullable=False),
    Column("model", Id, nullable=False),  # model id with version: templates of two models never meet
    Column("consent", Number, ForeignKey("consents.id"), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("quality", Float, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
)
changes = Table(
    "changes",  # every change of the registry by number: what galleries, gateways and home-days catch up from
    metadata,
    Column("version", Number, primary_key=True, autoincrement=True),
    Column("estate", Id, nullable=False),
    Column("kind", String(16), nullable=False),  # gallery, rights, home
    Column("subject", Id, nullable=False),  # person, door or home concerned; "*": all
    Column("from_day", Date),  # for homes: the days that must be seen anew
    Column("until_day", Date),
    Column("at_us", BigInteger, nullable=False),
    Index("changes_by_estate", "estate", "kind", "version"),
    sqlite_autoincrement=True,
)
