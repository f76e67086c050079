"""`anju user`: accounts at the command line; the first administrator is made here, and no password is built in."""

from collections.abc import Sequence

from anju.importing import whoever_types
from core.clock import SystemClock
from core.db import Store, open_store, writing
from core.db.migrate import migrate_store
from core.errors import InvalidValue
from core.settings import Settings
from housing import accounts, passwords


def add(
    settings: Settings, user: str, name: str, role: str, estates: Sequence[str] = (), password: str | None = None
) -> str | None:
    """Add a user; without a password one is generated and returned, to be shown once.

    An administrator without estates works for all. Raises UserExists, WeakPassword, InvalidValue.
    """
    known = [known.value for known in accounts.Role]
    if role not in known:
        listed = ", ".join(known)
        raise InvalidValue(f"角色“{role}”无效，可用：{listed}。", f"role {role!r} is none of: {listed}.")
    generated = passwords.generate(user) if password is None else None
    migrate_store(settings, Store.HOUSING)
    engine = open_store(settings, Store.HOUSING)
    try:
        with writing(engine) as conn:
            accounts.add_user(
                conn,
                user=user,
                name=name,
                role=accounts.Role(role),
                estates=estates,
                password=password or generated or "",
                actor=whoever_types(),
                now=SystemClock().now(),
            )
    finally:
        engine.dispose()
    return generated
