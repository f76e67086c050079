"""Signing in and out: a password against the housing store, a session cookie that only the browser and we know."""

from fastapi import Request, Response
from prometheus_client import Counter

from api.access import PURPOSE_COOKIE, Visitor, session_cookie
from api.context import Context, context_of
from api.errors import ApiError, TooOften
from core.db import Store
from housing import sessions

ATTEMPTS, WITHIN_S = 20, 60  # of one address, on top of the lock of each user
limited_total = Counter("anju_sign_in_limited_total", "Sign-ins not looked at because of too many from one address")


class WrongSignIn(ApiError):
    """The name or the password is wrong, or the user is locked: the answer does not tell which."""

    code = "wrong_sign_in"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "用户名或密码不正确，或账号已锁定。", "The user name or password is wrong, or the account is locked.",
            mend_zh=f"请重试；连续{sessions.MAX_FAILURES}次错误将锁定15分钟，也可请管理员解锁。",
            mend_en=f"Try again; {sessions.MAX_FAILURES} wrong passwords in a row lock an account for 15 minutes. "
            "An administrator can unlock it.",
        )  # fmt: skip


def _limit(request: Request, context: Context) -> None:
    """Without Redis there is no limit by address; the lock of each user stays, because it is in SQL."""
    address = request.client.host if request.client else "unknown"
    if context.live.count(f"anju:sign-in:{address}", WITHIN_S) > ATTEMPTS:
        limited_total.inc()
        raise TooOften(
            "登录尝试过于频繁。", "Too many sign-ins were tried.",
            mend_zh="请一分钟后再试。", mend_en="Try again in a minute.",
        )  # fmt: skip


def sign_in(request: Request, user: str, password: str) -> sessions.SignedIn:
    """A new session; raises WrongSignIn or TooOften. The password is checked without holding the store."""
    context = context_of(request)
    _limit(request, context)
    with context.reading(Store.HOUSING) as connection:
        attempt = sessions.check(connection, user, password)
    hours = context.settings.session_hours
    with context.writing() as connection:
        sessions.purge_expired(connection, context.now())
        signed_in = sessions.admit(connection, attempt, now=context.now(), hours=hours)
    if signed_in is None:
        raise WrongSignIn
    return signed_in


def give_cookie(context: Context, response: Response, signed_in: sessions.SignedIn) -> None:
    """Hand the session to the browser: not readable by scripts, not sent from other sites' pages."""
    response.set_cookie(
        session_cookie(context), signed_in.token, httponly=True, samesite="strict", path="/",
        secure=context.settings.secure_cookies, max_age=context.settings.session_hours * 3600,
    )  # fmt: skip


def sign_out(context: Context, visitor: Visitor, response: Response) -> None:
    """End the session and forget the purpose claimed with it."""
    with context.writing() as connection:
        sessions.sign_out(connection, visitor.token, context.now())
    response.delete_cookie(
        session_cookie(context), path="/", httponly=True, samesite="strict", secure=context.settings.secure_cookies
    )
    response.delete_cookie(PURPOSE_COOKIE, path="/", httponly=True, samesite="strict")
