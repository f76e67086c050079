"""Rules for passwords, and the order of roles."""

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from housing import passwords
from housing.accounts import Role


@pytest.mark.parametrize(
    "password",
    [
        "short", "elevenchars", "x" * 129, "aaaaaaaaaaaaaa", "abababababab", "abcdefghijkl", "zyxwvutsrqpo",
        "123456789012", "password1234", "anju-admin-li-2026", "qwerty123456", "１２３４５６７８９０１２",
    ],
)  # fmt: skip
def test_easy_passwords_are_refused(password: str) -> None:
    with pytest.raises(passwords.WeakPassword) as caught:
        passwords.check_rules(password, "li-2026")
    assert caught.value.zh
    assert caught.value.mend_zh


@pytest.mark.parametrize("password", ["three grey herons", "秋天的山间小路旁有三只白鹭"])
def test_good_passwords_pass(password: str) -> None:
    passwords.check_rules(password, "li")


def test_a_generated_password_passes_and_is_never_the_same() -> None:
    drawn = [passwords.generate("li") for _ in range(20)]
    assert len(set(drawn)) == 20
    for password in drawn:
        passwords.check_rules(password, "li")


def test_only_the_right_password_is_verified() -> None:
    stored = passwords.hash_password("three grey herons")
    assert stored.startswith("$argon2id$")
    assert passwords.verify("three grey herons", stored) == (True, None)
    assert passwords.verify("three grey heron", stored) == (False, None)
    assert passwords.verify("three grey herons", "") == (False, None)
    assert passwords.verify("three grey herons", "!") == (False, None)


def test_an_overlong_password_does_not_match_its_beginning() -> None:
    stored = passwords.hash_password("ab" * 64)
    assert passwords.verify("ab" * 64, stored)[0]
    assert not passwords.verify("ab" * 64 + "c", stored)[0]
    assert not passwords.verify("ab" * 70, stored)[0]


def test_the_same_letters_however_they_were_typed() -> None:
    stored = passwords.hash_password("cafe\u0301 three herons")
    assert passwords.verify("caf\u00e9 three herons", stored)[0]


def test_a_cheap_hash_is_renewed() -> None:
    cheap = Argon2Hasher(time_cost=1, memory_cost=64).hash("three grey herons")
    right, renewed = passwords.verify("three grey herons", cheap)
    assert right
    assert renewed is not None
    assert passwords.verify("three grey herons", renewed) == (True, None)


def test_each_role_may_do_what_those_before_it_may() -> None:
    order = [Role.VIEWER, Role.PROPERTY, Role.HOUSING, Role.ADMIN]
    for low, role in enumerate(order):
        for high, other in enumerate(order):
            assert (role <= other) == (low <= high)
            assert (role < other) == (low < high)
            assert (role >= other) == (low >= high)
            assert (role > other) == (low > high)
    assert sorted([Role.ADMIN, Role.VIEWER, Role.HOUSING, Role.PROPERTY]) == order
