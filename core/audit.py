"""The one append-only chain of who did what: each row carries the hash of the row before.

It lives in the housing store and is written in the same transaction as the act itself: no act without its row, no row
without its act. Changing, removing or reordering a row breaks every hash after it; cutting off the end is caught by an
anchor kept elsewhere (`head`).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.clock import from_us, to_us

GENESIS = "0" * 64
metadata = sa.MetaData()
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),  # source:subject:action
    sa.Column("subject", sa.String(128), nullable=False),
    sa.Column("details", sa.Text, nullable=False),  # canonical JSON
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
_encoder = msgspec.json.Encoder(order="sorted")
_LOCK = 7_301_222


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the chain."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """The first row that does not follow from the one before."""

    number: int
    expected: str
    found: str


def _digest(number: int, at_us: int, actor: str, action: str, subject: str, details: str, previous: str) -> str:
    return hashlib.sha256(_encoder.encode([number, at_us, actor, action, subject, details, previous])).hexdigest()


def head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last row; (0, GENESIS) of an empty chain."""
    row = connection.execute(sa.select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)).first()
    return (row.number, row.hash) if row else (0, GENESIS)


def serialise(connection: Connection) -> None:
    """Be the only writer of the housing store until the transaction ends; SQLite has only one anyway.

    What is numbered in order (this chain, the registry's changes) must also be committed in order.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def append(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, object] | None = None,
) -> int:
    """Add a row in the caller's transaction; returns its number. Writers are serial: the chain has one end."""
    serialise(connection)
    last, previous = head(connection)
    text = _encoder.encode(details or {}).decode()
    row = (last + 1, to_us(at), actor, action, subject, text, previous)
    connection.execute(
        audit.insert().values(
            number=row[0], at_us=row[1], actor=actor, action=action, subject=subject, details=text,
            previous=previous, hash=_digest(*row),
        )
    )  # fmt: skip
    return row[0]


def entries(connection: Connection, *, after: int = 0, limit: int = 500) -> list[Entry]:
    """Rows in order, a page at a time."""
    rows = connection.execute(sa.select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit))
    return [
        Entry(
            number=r.number, at=from_us(r.at_us), actor=r.actor, action=r.action, subject=r.subject,
            details=r.details, previous=r.previous, hash=r.hash,
        )
        for r in rows
    ]  # fmt: skip


def verify(connection: Connection, *, anchor: tuple[int, str] | None = None) -> Break | None:
    """The first break of the chain, or None; `anchor` is a (number, hash) kept elsewhere that must still stand."""
    previous, expected_number, seen_anchor = GENESIS, 1, anchor is None or anchor[0] == 0
    while page := entries(connection, after=expected_number - 1):
        for e in page:
            digest = _digest(e.number, to_us(e.at), e.actor, e.action, e.subject, e.details, previous)
            if e.number != expected_number or e.hash != digest or e.previous != previous:
                return Break(number=expected_number, expected=digest, found=e.hash)
            if anchor is not None and e.number == anchor[0]:
                if e.hash != anchor[1]:
                    return Break(number=e.number, expected=anchor[1], found=e.hash)
                seen_anchor = True
            previous, expected_number = e.hash, expected_number + 1
    if not seen_anchor and anchor is not None:
        return Break(number=expected_number, expected=anchor[1], found="")
    return None
