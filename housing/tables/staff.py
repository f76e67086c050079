"""The office: parameters, imports, accounts and what staff decided about alerts."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Integer, LargeBinary, String, Table, Text, false

from core import audit as audit_chain
from housing.tables.base import Id, metadata, number

audit = audit_chain.audit.to_metadata(metadata)
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
    Column("applied", Boolean, nullable=False),  # false: one refusal refused all
)
import_refusals = Table(
    "import_refusals",
    metadata,
    number(),
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
    Column("disabled", Boolean, nullable=False, server_default=false()),
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
    number(),
    Column("alert", Id, nullable=False, index=True),
    Column("estate", Id, nullable=False),
    Column("user", Id, ForeignKey("users.user"), nullable=False),
    Column("action", String(16), nullable=False),  # acknowledge, dismiss, reopen, verdict
    Column("verdict", String(16)),  # right, wrong, unclear
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
