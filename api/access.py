"""Who may do what: every route declares a `Needs` (a role, and for personal records a purpose); a test walks them all.

The order of refusals is fixed: 401 for nobody, 403 for a role too low, 404 for an estate that is not the person's (it
does not tell whether there is one), 403 for a write that did not come from our own page, 400 or 403 for a missing or
refused purpose. Only then is anything of the request's body looked at.
"""

import secrets
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.context import Context, context_of
from api.errors import ForeignRequest, NotEverywhere, NotFound, NotSignedIn, RoleTooLow
from api.purposes import Records, check, record
from core.db import Store
from core.errors import AnjuError
from core.texts import render
from housing.accounts import ALL_ESTATES, Account, Role
from housing.sessions import session_of

SESSION_COOKIE = "anju_session"
PURPOSE_COOKIE = "anju_purpose"
PURPOSE_HEADER = "Anju-Purpose"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FILES, MAX_FIELDS = 24, 64


class Visitor(msgspec.Struct, frozen=True):
    """The person behind a request, and by which purpose they look at personal records (None: they do not)."""

    account: Account
    csrf: str
    token: str
    purpose: str | None = None

    @property
    def user(self) -> str:
        """Their user name."""
        return self.account.user

    @property
    def name(self) -> str:
        """What they are called."""
        return self.account.name

    @property
    def role(self) -> Role:
        """What they may do."""
        return self.account.role

    @property
    def everywhere(self) -> bool:
        """Whether they work for every estate, those to come included."""
        return ALL_ESTATES in self.account.estates

    def may(self, role: str) -> bool:
        """Whether they may do what `role` may."""
        return self.role >= Role(role)

    def __repr__(self) -> str:
        return f"Visitor({self.user!r})"


def session_cookie(context: Context) -> str:
    """The cookie's name; behind TLS the browser itself keeps it to this host."""
    return f"__Host-{SESSION_COOKIE}" if context.settings.secure_cookies else SESSION_COOKIE


def visitor_of(request: Request) -> Visitor | None:
    """Whoever is signed in, if anybody."""
    context = context_of(request)
    token = request.cookies.get(session_cookie(context))
    if not token:
        return None
    with context.reading(Store.HOUSING) as connection:
        session = session_of(connection, token, context.now())
    return Visitor(session.account, session.csrf, token) if session else None


def check_origin(request: Request) -> None:
    """Refuse a write that a browser says comes from another site's page; raises ForeignRequest."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignRequest
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignRequest


async def _check_csrf(request: Request, visitor: Visitor) -> None:
    check_origin(request)
    token = request.headers.get(CSRF_HEADER)
    if token is None and request.headers.get("content-type", "").startswith(
        ("multipart/form-data", "application/x-www-form-urlencoded")
    ):
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS)
        field = form.get(CSRF_FIELD)
        token = field if isinstance(field, str) else None
    if token is None or not secrets.compare_digest(token.encode(), visitor.csrf.encode()):
        raise ForeignRequest


class Needs:
    """A dependency that lets in who has `role` for the estate of the path, for a purpose where `records` are personal.

    Args:
        role: The least role.
        records: The kind of personal records that the route gives or changes, if any.
        everywhere: Whether it concerns the whole installation: only for who works for every estate.
    """

    def __init__(self, role: Role, records: Records | None = None, *, everywhere: bool = False) -> None:
        self.role = role
        self.records = records
        self.everywhere = everywhere

    async def __call__(self, request: Request) -> AsyncIterator[Visitor]:
        """The visitor, if they may; whatever was uploaded is let go of afterwards."""
        try:
            yield await self._admit(request)
        finally:
            await request.close()

    async def _admit(self, request: Request) -> Visitor:
        visitor = await run_in_threadpool(visitor_of, request)
        if visitor is None:
            raise NotSignedIn
        request.state.visitor = visitor
        if visitor.role < self.role:
            raise RoleTooLow(render(f"role.{self.role}", "zh"), render(f"role.{self.role}", "en"))
        if self.everywhere and not visitor.everywhere:
            raise NotEverywhere
        estate = request.path_params.get("estate")
        if estate is not None and not visitor.account.covers(estate):
            raise NotFound("小区", "estate")
        if request.method not in SAFE_METHODS:
            await _check_csrf(request, visitor)
        if self.records is not None:
            visitor = await run_in_threadpool(self._claim, request, visitor, self.records)
        return visitor

    @staticmethod
    def _claim(request: Request, visitor: Visitor, records: Records) -> Visitor:
        """Check the purpose and write the query down before anything is shown."""
        claimed = (
            request.headers.get(PURPOSE_HEADER)
            or request.query_params.get("purpose")
            or request.cookies.get(PURPOSE_COOKIE)
        )
        context = context_of(request)
        path = request.scope["route"].path
        whom = {k: str(v) for k, v in request.path_params.items() if k != "estate"}
        asked = {k: v[:64] for k, v in request.query_params.items() if k != "purpose"}
        subject = "/".join([str(request.path_params.get("estate", "*")), *whom.values()])
        details = {"method": request.method, "path": path, **({"query": asked} if asked else {})}

        def write(purpose: str, *, refused: bool) -> None:
            with context.writing() as connection:
                record(
                    connection, now=context.now(), actor=visitor.user, records=records, subject=subject,
                    purpose=purpose, refused=refused, details=details,
                )  # fmt: skip

        try:
            purpose = check(claimed, records, visitor.role)
        except AnjuError:
            if claimed:
                write(claimed, refused=True)
            raise
        write(purpose.id, refused=False)
        return msgspec.structs.replace(visitor, purpose=purpose.id)


Ctx = Annotated[Context, Depends(context_of)]
Viewer = Annotated[Visitor, Depends(Needs(Role.VIEWER))]
Property = Annotated[Visitor, Depends(Needs(Role.PROPERTY))]
Admin = Annotated[Visitor, Depends(Needs(Role.ADMIN, everywhere=True))]
OfSightings = Annotated[Visitor, Depends(Needs(Role.PROPERTY, Records.SIGHTINGS))]
OfRegistry = Annotated[Visitor, Depends(Needs(Role.PROPERTY, Records.REGISTRY))]
