"""Names of colleagues."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from housing import tables as t


def names_of(conn: Connection, users: Iterable[str]) -> dict[str, str]:
    """What users are called."""
    wanted = sorted(set(users))
    u = t.users.c
    return {row.user: row.name for row in conn.execute(sa.select(u.user, u.name).where(u.user.in_(wanted)))}
