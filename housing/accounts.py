"""Who may sign in, as what, for which estates. Every change is written into the audit chain of the same transaction."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import audit
from core.errors import AnjuError, InvalidValue
from core.ids import check_id, check_topic_id
from housing import passwords
from housing import tables as t

ALL_ESTATES = "*"
MAX_NAME = 200


class Role(StrEnum):
    """What a user may do; each role may do what those before it may: `Role.PROPERTY <= role`."""

    VIEWER = "viewer"  # looks at estates, no personal records
    PROPERTY = "property"  # property-management staff: doors, visits, alerts
    HOUSING = "housing"  # housing officers: leases, findings, decisions
    ADMIN = "admin"  # users, parameters, imports

    @property
    def rank(self) -> int:
        """Its place in the order, 0 for the least."""
        return list(Role).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Role(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Role(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Role(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Role(other).rank


class UserExists(AnjuError):
    """The user name is taken."""

    code = "user_exists"


class UnknownUser(AnjuError):
    """Nobody has this user name."""

    code = "unknown_user"


class LastAdministrator(AnjuError):
    """Without this user nobody could administer the installation any more."""

    code = "last_administrator"


class Account(msgspec.Struct, frozen=True):
    """A user without the password. `estates` holds ALL_ESTATES for every estate, those to come included."""

    user: str
    name: str
    role: Role
    estates: frozenset[str]
    disabled: bool
    locked_until_us: int | None

    def covers(self, estate: str) -> bool:
        """Whether the user works for `estate`."""
        return ALL_ESTATES in self.estates or estate in self.estates

    def among(self, estates: Iterable[str]) -> list[str]:
        """Those of `estates` that the user works for, in their order."""
        return [estate for estate in estates if self.covers(estate)]


def _accounts(conn: Connection, user: str | None = None) -> list[Account]:
    u = t.users.c
    query = sa.select(u.user, u.name, u.role, u.disabled, u.locked_until_us).order_by(u.user)
    estates_query = sa.select(t.user_estates.c.user, t.user_estates.c.estate)
    if user is not None:
        query, estates_query = query.where(u.user == user), estates_query.where(t.user_estates.c.user == user)
    estates: dict[str, set[str]] = {}
    for owner, estate in conn.execute(estates_query):
        estates.setdefault(owner, set()).add(estate)
    return [
        Account(r.user, r.name, Role(r.role), frozenset(estates.get(r.user, ())), r.disabled, r.locked_until_us)
        for r in conn.execute(query)
    ]


def accounts(conn: Connection) -> list[Account]:
    """Everybody who may or might sign in, by user name."""
    return _accounts(conn)


def account(conn: Connection, user: str) -> Account | None:
    """One user; None if nobody has that name."""
    return next(iter(_accounts(conn, user)), None)


def _require(conn: Connection, user: str) -> Account:
    found = account(conn, user)
    if found is None:
        raise UnknownUser(f"没有用户“{user[:64]}”。", f"There is no user {user[:64]!r}.")
    return found


def _check_estates(estates: Iterable[str], role: Role) -> list[str]:
    """Sorted estates; an administrator without any works for all."""
    named = sorted(set(estates)) or ([ALL_ESTATES] if role is Role.ADMIN else [])
    if not named:
        raise InvalidValue("请至少指定一个小区。", "name at least one estate the user works for.")
    return [name if name == ALL_ESTATES else check_topic_id(name, "estate") for name in named]


def _put_estates(conn: Connection, user: str, estates: list[str]) -> None:
    conn.execute(t.user_estates.delete().where(t.user_estates.c.user == user))
    conn.execute(t.user_estates.insert(), [{"user": user, "estate": estate} for estate in estates])


def _keep_an_administrator(conn: Connection, without: str) -> None:
    u = t.users.c
    others = sa.select(sa.func.count()).where(u.role == Role.ADMIN, u.disabled.is_(sa.false()), u.user != without)
    if not conn.scalar(others):
        raise LastAdministrator(
            "这是最后一个可用的管理员。", "This is the last administrator who can sign in.",
            mend_zh="请先添加另一个管理员。", mend_en="Add another administrator first.",
        )  # fmt: skip


def end_sessions(conn: Connection, user: str) -> int:
    """Sign `user` out everywhere; returns how many sessions that ended."""
    return conn.execute(t.sessions.delete().where(t.sessions.c.user == user)).rowcount


def add_user(
    conn: Connection,
    *,
    user: str,
    name: str,
    role: Role,
    estates: Iterable[str],
    password: str,
    actor: str,
    now: datetime,
) -> None:
    """A new user. Raises UserExists, passwords.WeakPassword, InvalidValue."""
    audit.serialise(conn)
    check_id(user, "user")
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidValue(f"姓名应为1至{MAX_NAME}个字符。", f"the name has 1 to {MAX_NAME} characters.")
    named = _check_estates(estates, role)
    passwords.check_rules(password, user)
    if account(conn, user) is not None:
        raise UserExists(
            f"用户“{user}”已存在。", f"User {user!r} exists already.",
            mend_zh="请换一个用户名，或修改原有用户。", mend_en="Choose another name or change that user.",
        )  # fmt: skip
    hashed = passwords.hash_password(password)
    conn.execute(t.users.insert().values(user=user, name=name.strip(), role=role.value, password=hashed))
    _put_estates(conn, user, named)
    details = {"role": role.value, "estates": named}
    audit.append(conn, at=now, actor=actor, action="accounts:user:add", subject=user, details=details)


def set_password(conn: Connection, *, user: str, password: str, actor: str, now: datetime) -> None:
    """A new password; the user is signed out everywhere and no longer locked. Raises UnknownUser, WeakPassword."""
    audit.serialise(conn)
    _require(conn, user)
    passwords.check_rules(password, user)
    values = {"password": passwords.hash_password(password), "failures": 0, "locked_until_us": None}
    conn.execute(t.users.update().where(t.users.c.user == user).values(values))
    ended = end_sessions(conn, user)
    details = {"sessions_ended": ended}
    audit.append(conn, at=now, actor=actor, action="accounts:user:set_password", subject=user, details=details)


def set_role(conn: Connection, *, user: str, role: Role, estates: Iterable[str], actor: str, now: datetime) -> None:
    """Another role or other estates. Raises UnknownUser, LastAdministrator, InvalidValue."""
    audit.serialise(conn)
    before = _require(conn, user)
    named = _check_estates(estates, role)
    if before.role is Role.ADMIN and role is not Role.ADMIN:
        _keep_an_administrator(conn, user)
    conn.execute(t.users.update().where(t.users.c.user == user).values(role=role.value))
    _put_estates(conn, user, named)
    details = {"role": [before.role.value, role.value], "estates": [sorted(before.estates), named]}
    audit.append(conn, at=now, actor=actor, action="accounts:user:set_role", subject=user, details=details)


def set_disabled(conn: Connection, *, user: str, disabled: bool, actor: str, now: datetime) -> None:
    """Shut a user out (signed out everywhere at once) or let them in again. Raises UnknownUser, LastAdministrator."""
    audit.serialise(conn)
    before = _require(conn, user)
    if disabled and before.role is Role.ADMIN:
        _keep_an_administrator(conn, user)
    values = {"disabled": disabled, "failures": 0, "locked_until_us": None}
    conn.execute(t.users.update().where(t.users.c.user == user).values(values))
    ended = end_sessions(conn, user) if disabled else 0
    action = f"accounts:user:{'disable' if disabled else 'enable'}"
    audit.append(conn, at=now, actor=actor, action=action, subject=user, details={"sessions_ended": ended})


def unlock(conn: Connection, *, user: str, actor: str, now: datetime) -> None:
    """End a lock that failed sign-ins brought about. Raises UnknownUser."""
    audit.serialise(conn)
    _require(conn, user)
    conn.execute(t.users.update().where(t.users.c.user == user).values(failures=0, locked_until_us=None))
    audit.append(conn, at=now, actor=actor, action="accounts:user:unlock", subject=user)
