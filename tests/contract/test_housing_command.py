"""`anju import` and `anju user add` as functions: what they print, return and leave behind."""

import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.console import Console

from anju import importing, users
from core import audit
from core.clock import SystemClock
from core.db import Store, open_store
from core.errors import InvalidValue
from core.settings import Settings
from core.vault import Vault
from housing import accounts, passwords, sessions
from housing import tables as t
from housing.registry.importing import SourceRefused
from tests.contract.housing_files import FILES, write

BAD = {"homes": FILES["homes"] + "h4,e1,b1,x,401,50,let\n"}


def run(settings: Settings, source: Path, *, strict: bool = False) -> tuple[int, str]:
    """The exit status and what was printed."""
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    return importing.run(settings, source, strict, actor="li", console=console), printed.getvalue()


def test_a_clean_import_says_so_and_makes_the_estates_key(store_settings: Settings, tmp_path: Path) -> None:
    status, printed = run(store_settings, write(tmp_path / "in"))
    assert status == 0
    assert "全部32行均已接收" in printed
    assert Vault.open(store_settings).estate("e1").version == 1
    status, printed = run(store_settings.model_copy(update={"language": "en"}), tmp_path / "in")
    assert status == 0
    assert "All 32 rows were taken." in printed


def test_every_refused_row_is_printed_in_both_languages(store_settings: Settings, tmp_path: Path) -> None:
    status, printed = run(store_settings, write(tmp_path / "in", **BAD))
    assert status == 1
    assert "homes.csv:5 [floor] 应为整数。 a whole number is wanted." in printed
    assert "拒绝1行" in printed


def test_strict_imports_nothing(store_settings: Settings, tmp_path: Path) -> None:
    status, printed = run(store_settings, write(tmp_path / "in", **BAD), strict=True)
    assert status == 1
    assert "--strict" in printed
    engine = open_store(store_settings, Store.HOUSING)
    with engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(t.homes)) == 0
        assert conn.execute(sa.select(t.imports.c.actor)).scalar_one() == "li"
    engine.dispose()


def test_a_source_that_is_none_is_refused(store_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SourceRefused):
        run(store_settings, tmp_path / "nowhere")


def test_the_first_administrator_gets_a_password_of_its_own(store_settings: Settings) -> None:
    password = users.add(store_settings, "root", "管理员", "admin")
    assert password is not None
    engine = open_store(store_settings, Store.HOUSING)
    with engine.begin() as conn:
        found = accounts.account(conn, "root")
        signed = sessions.admit(
            conn, sessions.check(conn, "root", password), now=SystemClock().now(), hours=1
        )  # fmt: skip
        (entry,) = [entry for entry in audit.entries(conn) if entry.action == "accounts:user:add"]
    engine.dispose()
    assert found is not None
    assert found.covers("any estate")
    assert signed is not None
    assert entry.actor.startswith("cli:")
    assert password not in entry.details


def test_users_that_cannot_be_added(store_settings: Settings) -> None:
    with pytest.raises(InvalidValue, match="none of"):
        users.add(store_settings, "li", "李明", "emperor")
    with pytest.raises(passwords.WeakPassword):
        users.add(store_settings, "li", "李明", "viewer", ["e1"], "")
    assert users.add(store_settings, "li", "李明", "viewer", ["e1"], "three grey herons") is None
    with pytest.raises(accounts.UserExists):
        users.add(store_settings, "li", "李明", "viewer", ["e1"])
