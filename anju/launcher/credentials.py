"""Passwords of the embedded parts: drawn at first start, kept in a 0600 file, never on a command line."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anju.launcher.files import read_json_object, write_json
from core.errors import AnjuError

USER = "anju"


class UnreadableCredentials(AnjuError):
    """The file of passwords is damaged; making a new one in silence would hide that."""

    code = "unreadable_credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user of an embedded part and its password (hexadecimal: safe in URLs and in configuration files)."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login(user={self.user!r}, password=...)"

    def at(self, scheme: str, port: int, path: str = "") -> str:
        """The URL of the part with this login, on loopback."""
        return f"{scheme}://{self.user}:{self.password}@127.0.0.1:{port}{path}"


def new_login(user: str = USER) -> Login:
    """A login with 192 random bits."""
    # The letter in front keeps a password of digits alone from being read as a number by a configuration parser.
    return Login(user=user, password="k" + secrets.token_hex(24))


def keep(path: Path, names: Sequence[str]) -> dict[str, Login]:
    """The login of each part in `names`, from `path` or newly drawn into it; raises UnreadableCredentials."""
    try:
        kept = {name: Login(user=row["user"], password=row["password"]) for name, row in read_json_object(path).items()}
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableCredentials(
            f"密码文件{path}已损坏。",
            f"The file of passwords {path} is damaged.",
            mend_zh="请删除该文件后重新启动，系统会生成新的密码。",
            mend_en="Delete it and start again: new passwords are drawn.",
        ) from error
    missing = [name for name in names if name not in kept]
    if missing:
        kept |= {name: new_login() for name in missing}
        write_json(path, {name: {"user": login.user, "password": login.password} for name, login in kept.items()})
    return {name: kept[name] for name in names}
