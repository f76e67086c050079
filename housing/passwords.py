"""Passwords of staff: what is asked of them, and how they are kept (argon2id; rules after NIST SP 800-63B)."""

import secrets
import unicodedata
from functools import lru_cache
from itertools import pairwise

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from core.errors import AnjuError

MIN_LENGTH, MAX_LENGTH = 12, 128
MIN_DISTINCT = 5
MIN_NAME = 3  # a shorter user name is in too many passwords by chance
_COMMON = (
    "password",
    "passw0rd",
    "qwerty",
    "asdfgh",
    "1qaz2wsx",
    "123456",
    "654321",
    "111111",
    "admin",
    "anju",
    "anjuyuan",
)


class WeakPassword(AnjuError):
    """A password that is easy to guess."""

    code = "weak_password"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            zh, en,
            mend_zh=f"请使用{MIN_LENGTH}至{MAX_LENGTH}个字符，例如几个不相关的词。",
            mend_en=f"Use {MIN_LENGTH} to {MAX_LENGTH} characters, a few unrelated words for example.",
        )  # fmt: skip


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_run(text: str) -> bool:
    """Whether the characters only count up or down, or stay (abcdefghijkl, 987654321098)."""
    steps = {(ord(b) - ord(a)) % 10 if (a + b).isdigit() else ord(b) - ord(a) for a, b in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1, 9}


def check_rules(password: str, user: str) -> None:
    """Raise WeakPassword, saying why, for a password that must not be used by `user`."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        raise WeakPassword(
            f"密码太短，不足{MIN_LENGTH}个字符。", f"The password has fewer than {MIN_LENGTH} characters."
        )
    if len(text) > MAX_LENGTH:
        raise WeakPassword(
            f"密码太长，超过{MAX_LENGTH}个字符。", f"The password has more than {MAX_LENGTH} characters."
        )
    if len(set(text)) < MIN_DISTINCT or _is_run(text):
        raise WeakPassword("密码过于简单。", "The password repeats a few characters or just counts.")
    plain = text.casefold()
    if len(user) >= MIN_NAME and user.casefold() in plain:
        raise WeakPassword("密码不能包含用户名。", "The password contains the user name.")
    rest = plain
    for word in _COMMON:
        rest = rest.replace(word, "")
    if len(rest) < MIN_LENGTH // 2:
        raise WeakPassword("密码由常见的词组成。", "The password is made of words that everybody tries first.")


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def decoy() -> str:
    """The hash of a password that nobody has: what is verified where there is no user, so that it takes as long."""
    return hash_password(secrets.token_urlsafe(32))


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher().hash(_normal(password))


def verify(password: str, stored: str) -> tuple[bool, str | None]:
    """Whether `password` is the one behind `stored`, and a new hash where its cost is no longer today's."""
    text = _normal(password[: MAX_LENGTH + 1])
    try:
        right, renewed = _hasher().verify_and_update(text, stored)
    except UnknownHashError:  # a disabled or imported account without a usable hash
        return False, None
    return right and len(text) <= MAX_LENGTH, renewed if right else None


def generate(user: str) -> str:
    """A random password of 20 characters, 120 bits, that `user` may have."""
    while True:
        password = secrets.token_urlsafe(15)
        try:
            check_rules(password, user)
        except WeakPassword:
            continue
        return password
