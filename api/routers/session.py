"""Signing in and out for programs; the pages have forms of their own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api import auth
from api.access import CSRF_HEADER, Ctx, Viewer, check_origin
from api.reading.estates import estates_for
from api.routers.schema import Out
from core.db import Store
from housing.accounts import Account

router = APIRouter(prefix="/session", tags=["session"])


class Credentials(BaseModel):
    """Who, and their password."""

    user: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class Me(Out):
    """Who is signed in; writes carry `csrf` in the header X-CSRF-Token."""

    user: str
    name: str
    role: str
    estates: list[str]
    csrf: str


def _me(context: Ctx, account: Account, csrf: str) -> Me:
    with context.reading(Store.HOUSING) as connection:
        mine = [row.estate for row in estates_for(connection, account)]
    return Me(user=account.user, name=account.name, role=account.role, estates=mine, csrf=csrf)


@router.post("", dependencies=[Depends(check_origin)], description=f"Later writes carry the header {CSRF_HEADER}.")
def sign_in(request: Request, context: Ctx, credentials: Credentials, response: Response) -> Me:
    """A session: the cookie is set, the token for writes is in the answer."""
    signed_in = auth.sign_in(request, credentials.user, credentials.password)
    auth.give_cookie(context, response, signed_in)
    return _me(context, signed_in.account, signed_in.csrf)


@router.get("")
def who(context: Ctx, visitor: Viewer) -> Me:
    """Who is signed in."""
    return _me(context, visitor.account, visitor.csrf)


@router.delete("", status_code=204)
def sign_out(context: Ctx, visitor: Viewer, response: Response) -> None:
    """End the session."""
    auth.sign_out(context, visitor, response)
