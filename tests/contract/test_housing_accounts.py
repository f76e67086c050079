"""Users, passwords, sign-in and sessions on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core import audit
from core.db import writing
from core.errors import InvalidValue
from housing import accounts, passwords, sessions
from housing import tables as t
from housing.accounts import Role

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PASSWORD = "three grey herons"
OTHER = "nine quiet lanterns"


def add(conn: Connection, user: str = "li", role: Role = Role.PROPERTY, estates: tuple[str, ...] = ("e1",)) -> None:
    accounts.add_user(
        conn, user=user, name="李明", role=role, estates=estates, password=PASSWORD, actor="root", now=NOW
    )


def sign_in(engine: Engine, password: str, *, user: str = "li", now: datetime = NOW) -> sessions.SignedIn | None:
    """As the api does it: check while reading, admit in one short write."""
    with engine.connect() as conn:
        attempt = sessions.check(conn, user, password)
    with writing(engine) as conn:
        return sessions.admit(conn, attempt, now=now, hours=10)


def actions(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        assert audit.verify(conn) is None
        return [entry.action for entry in audit.entries(conn)]


def test_a_user_signs_in_and_out(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    signed = sign_in(housing_engine, PASSWORD)
    assert signed is not None
    assert signed.account.role is Role.PROPERTY
    assert signed.expires_at == NOW + timedelta(hours=10)
    with housing_engine.connect() as conn:
        session = sessions.session_of(conn, signed.token, NOW + timedelta(hours=9))
        stored = conn.execute(sa.select(t.sessions)).one()
    assert session is not None
    assert (session.account.user, session.csrf) == ("li", signed.csrf)
    assert signed.token not in tuple(stored)
    assert signed.token not in repr(signed)
    with writing(housing_engine) as conn:
        assert sessions.sign_out(conn, signed.token, NOW)
        assert not sessions.sign_out(conn, signed.token, NOW)
        assert sessions.session_of(conn, signed.token, NOW) is None
    assert actions(housing_engine) == ["accounts:user:add", "accounts:session:open", "accounts:session:end"]


def test_sessions_expire_and_are_purged(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    signed = sign_in(housing_engine, PASSWORD)
    assert signed is not None
    late = NOW + timedelta(hours=10)
    with writing(housing_engine) as conn:
        assert sessions.session_of(conn, signed.token, late) is None
        assert sessions.purge_expired(conn, late - timedelta(microseconds=1)) == 0
        assert sessions.purge_expired(conn, late) == 1
        assert sessions.session_of(conn, "no such token", NOW) is None


def test_five_failures_lock_even_the_right_password_out_for_a_while(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    for _ in range(sessions.MAX_FAILURES):
        assert sign_in(housing_engine, "wrong password!") is None
    assert sign_in(housing_engine, PASSWORD) is None
    assert sign_in(housing_engine, PASSWORD, now=NOW + sessions.LOCK - timedelta(seconds=1)) is None
    assert sign_in(housing_engine, PASSWORD, now=NOW + sessions.LOCK) is not None
    assert actions(housing_engine).count("accounts:session:refused") == sessions.MAX_FAILURES + 2


def test_a_success_forgets_the_failures(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    for _ in range(2):
        for _ in range(sessions.MAX_FAILURES - 1):
            assert sign_in(housing_engine, "wrong password!") is None
        assert sign_in(housing_engine, PASSWORD) is not None


def test_an_administrator_unlocks(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    for _ in range(sessions.MAX_FAILURES):
        sign_in(housing_engine, "wrong password!")
    with writing(housing_engine) as conn:
        accounts.unlock(conn, user="li", actor="root", now=NOW)
    assert sign_in(housing_engine, PASSWORD) is not None


def test_an_unknown_user_costs_as_much_and_is_not_written_down(
    housing_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    verified: list[str] = []
    real = passwords.verify

    def counting(password: str, stored: str) -> tuple[bool, str | None]:
        verified.append(stored.rsplit("$", 2)[0])  # the hash's kind and cost
        return real(password, stored)

    monkeypatch.setattr(passwords, "verify", counting)
    assert sign_in(housing_engine, "my secret password", user="typed-in-the-wrong-field") is None
    assert sign_in(housing_engine, "my secret password") is None
    assert len(verified) == 2
    assert verified[0] == verified[1]
    with housing_engine.connect() as conn:
        written = [(entry.actor, entry.subject, entry.details) for entry in audit.entries(conn)]
    assert "typed-in-the-wrong-field" not in repr(written)
    assert "my secret password" not in repr(written)


def test_a_password_changed_meanwhile_admits_nobody(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
        attempt = sessions.check(conn, "li", PASSWORD)
        accounts.set_password(conn, user="li", password=OTHER, actor="li", now=NOW)
        assert sessions.admit(conn, attempt, now=NOW, hours=1) is None
    assert sign_in(housing_engine, PASSWORD) is None
    assert sign_in(housing_engine, OTHER) is not None


def test_a_new_password_and_a_disabled_user_end_every_session(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
    first = sign_in(housing_engine, PASSWORD)
    assert first is not None
    with writing(housing_engine) as conn:
        accounts.set_password(conn, user="li", password=OTHER, actor="li", now=NOW)
        assert sessions.session_of(conn, first.token, NOW) is None
    second = sign_in(housing_engine, OTHER)
    assert second is not None
    with writing(housing_engine) as conn:
        accounts.set_disabled(conn, user="li", disabled=True, actor="root", now=NOW)
        assert sessions.session_of(conn, second.token, NOW) is None
    assert sign_in(housing_engine, OTHER) is None
    with writing(housing_engine) as conn:
        accounts.set_disabled(conn, user="li", disabled=False, actor="root", now=NOW)
    assert sign_in(housing_engine, OTHER) is not None


def test_the_last_administrator_stays(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn, "root", Role.ADMIN, ())
        assert accounts.account(conn, "root").covers("any estate to come")  # type: ignore[union-attr]
        with pytest.raises(accounts.LastAdministrator):
            accounts.set_disabled(conn, user="root", disabled=True, actor="root", now=NOW)
        with pytest.raises(accounts.LastAdministrator):
            accounts.set_role(conn, user="root", role=Role.VIEWER, estates=["e1"], actor="root", now=NOW)
        add(conn, "second", Role.ADMIN, ())
        accounts.set_role(conn, user="root", role=Role.VIEWER, estates=["e1"], actor="second", now=NOW)
        found = {account.user: account for account in accounts.accounts(conn)}
    assert found["root"].role is Role.VIEWER
    assert found["root"].among(["e0", "e1", "e2"]) == ["e1"]


def test_what_cannot_be_added(housing_engine: Engine) -> None:
    with writing(housing_engine) as conn:
        add(conn)
        with pytest.raises(accounts.UserExists):
            add(conn)
        with pytest.raises(InvalidValue):
            add(conn, "nobody", Role.VIEWER, ())
        with pytest.raises(InvalidValue):
            add(conn, "bad\nname")
        with pytest.raises(accounts.UnknownUser):
            accounts.unlock(conn, user="nobody", actor="root", now=NOW)
        with pytest.raises(passwords.WeakPassword):
            accounts.set_password(conn, user="li", password="short", actor="root", now=NOW)
        assert [account.user for account in accounts.accounts(conn)] == ["li"]
