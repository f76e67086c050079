"""Signing in: a password is checked without holding the store, then the attempt is admitted or counted in one write.

What tells a wrong password from an unknown user, a locked or a disabled one stays inside: the caller gets None and says
the same words each time, and the work done is the same. After `MAX_FAILURES` wrong passwords in a row a user is locked
for `LOCK` and not even the right password helps. A session is a random 256-bit token; only its SHA-256 is stored.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.engine import Connection, Row

from core import audit
from core.clock import from_us, to_us
from housing import passwords
from housing import tables as t
from housing.accounts import Account, account

MAX_FAILURES = 5
LOCK = timedelta(minutes=15)
TOKEN_BYTES = 32
NOBODY = "anonymous"

refused_total = Counter("anju_sign_in_refused_total", "Sign-ins that were refused", ["reason"])


class Attempt(msgspec.Struct, frozen=True):
    """A password that was checked; not yet a sign-in."""

    user: str
    right: bool
    stored: str  # the hash it was checked against
    renewed: str | None = None

    def __repr__(self) -> str:
        return f"Attempt(user={self.user!r})"


class SignedIn(msgspec.Struct, frozen=True):
    """A new session; the token goes to the browser and is nowhere else."""

    account: Account
    token: str
    csrf: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"SignedIn({self.account.user!r})"


class Session(msgspec.Struct, frozen=True):
    """A session that a request came with."""

    account: Account
    csrf: str
    expires_at: datetime


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check(conn: Connection, user: str, password: str) -> Attempt:
    """Check a password, which takes tenths of a second; who does not exist is checked against a decoy."""
    stored = conn.scalar(sa.select(t.users.c.password).where(t.users.c.user == user))
    decoy = passwords.decoy()
    right, renewed = passwords.verify(password, stored or decoy)
    return Attempt(user, right and stored is not None, stored or decoy, renewed)


def _refusal(row: Row[str, bool, int | None, int] | None, attempt: Attempt, now: datetime) -> str | None:
    """Why the attempt fails, as the row stands now; None if it does not."""
    if row is None:
        return "unknown_user"
    if row.disabled:
        return "disabled"
    if row.locked_until_us is not None and row.locked_until_us > to_us(now):
        return "locked"
    return None if attempt.right and row.password == attempt.stored else "wrong_password"


def _count_failure(conn: Connection, user: str, failures: int, now: datetime) -> None:
    values: dict[str, int | None] = {"failures": failures + 1}
    if failures + 1 >= MAX_FAILURES:
        values = {"failures": 0, "locked_until_us": to_us(now + LOCK)}
    conn.execute(t.users.update().where(t.users.c.user == user).values(values))


def admit(conn: Connection, attempt: Attempt, *, now: datetime, hours: int) -> SignedIn | None:
    """Turn an attempt into a session of `hours`, or count it and return None: commit in both cases."""
    audit.serialise(conn)
    u = t.users.c
    row = conn.execute(
        sa.select(u.password, u.disabled, u.locked_until_us, u.failures).where(u.user == attempt.user)
    ).first()
    reason = _refusal(row, attempt, now)
    if reason is not None or row is None:
        _refuse(conn, attempt, reason or "unknown_user", 0 if row is None else row.failures, now)
        return None
    values: dict[str, object] = {"failures": 0, "locked_until_us": None}
    if attempt.renewed:
        values["password"] = attempt.renewed
    conn.execute(t.users.update().where(u.user == attempt.user).values(values))
    return _open(conn, attempt.user, now, hours)


def _refuse(conn: Connection, attempt: Attempt, reason: str, failures: int, now: datetime) -> None:
    refused_total.labels(reason).inc()
    known = reason != "unknown_user"  # an unknown name is not written down: people type passwords there
    if reason == "wrong_password":
        _count_failure(conn, attempt.user, failures, now)
    who = attempt.user if known else NOBODY
    audit.append(
        conn, at=now, actor=who, action="accounts:session:refused", subject=who, details={"reason": reason}
    )  # fmt: skip


def _open(conn: Connection, user: str, now: datetime, hours: int) -> SignedIn | None:
    found = account(conn, user)
    if found is None:
        return None
    token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    expires = now + timedelta(hours=hours)
    conn.execute(
        t.sessions.insert().values(
            token_hash=_hash(token), user=user, csrf=csrf, created_us=to_us(now), expires_us=to_us(expires)
        )
    )
    audit.append(conn, at=now, actor=user, action="accounts:session:open", subject=user)
    return SignedIn(found, token, csrf, expires)


def session_of(conn: Connection, token: str, now: datetime) -> Session | None:
    """The session behind a token; None if it is unknown, expired, or its user is disabled."""
    s = t.sessions.c
    query = sa.select(s.user, s.csrf, s.expires_us).where(s.token_hash == _hash(token), s.expires_us > to_us(now))
    row = conn.execute(query).first()
    found = None if row is None else account(conn, row.user)
    if row is None or found is None or found.disabled:
        return None
    return Session(found, row.csrf, from_us(row.expires_us))


def sign_out(conn: Connection, token: str, now: datetime) -> bool:
    """End a session; False if there was none."""
    audit.serialise(conn)
    s = t.sessions.c
    user = conn.scalar(sa.select(s.user).where(s.token_hash == _hash(token)))
    if user is None:
        return False
    conn.execute(t.sessions.delete().where(s.token_hash == _hash(token)))
    audit.append(conn, at=now, actor=user, action="accounts:session:end", subject=user)
    return True


def purge_expired(conn: Connection, now: datetime) -> int:
    """Remove sessions that ended by themselves; returns how many."""
    return conn.execute(t.sessions.delete().where(t.sessions.c.expires_us <= to_us(now))).rowcount
