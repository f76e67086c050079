"""Coming in and going out, language and looks, and why personal records are looked at."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api import auth
from api.access import PURPOSE_COOKIE, Ctx, Property, Viewer, check_origin, visitor_of
from api.console.pages import THEME_COOKIE, page
from api.errors import PurposeRefused
from api.languages import LANG_COOKIE, language_of
from api.purposes import PURPOSES, offered
from api.reading.estates import estates_for
from core.db import Store

router = APIRouter(include_in_schema=False)
OwnPage = Depends(check_origin)
A_YEAR_S = 365 * 86_400


def _local(path: str) -> str:
    """`path` if it leads to one of our own pages, else the first page: nobody is sent elsewhere after signing in."""
    parts = urlsplit(path)
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if inside and path.isprintable() else "/"


def _onward(path: str) -> RedirectResponse:
    return RedirectResponse(_local(path), status_code=303)


@router.get("/")
def first(request: Request, context: Ctx) -> Response:
    """Today, at the first estate that the person works for; the way in for everybody else."""
    visitor = visitor_of(request)
    if visitor is None:
        return _onward("/sign-in")
    with context.reading(Store.HOUSING) as connection:
        mine = estates_for(connection, visitor.account)
    if mine:
        return _onward(f"/e/{mine[0].estate}/today")
    return page(request, "no_estate.html", visitor=visitor)


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The way in."""
    return page(request, "sign_in.html", error="", user="", next="/")


@router.post("/sign-in", dependencies=[OwnPage])
def sign_in(
    request: Request,
    context: Ctx,
    user: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
    to: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """A session, or the page again with the reason."""
    try:
        signed_in = auth.sign_in(request, user, password)
    except auth.WrongSignIn as error:
        words = error.text(language_of(request))
        return page(request, "sign_in.html", status=error.status, error=words, user=user, next=_local(to))
    response = _onward(to)
    auth.give_cookie(context, response, signed_in)
    return response


@router.post("/sign-out")
def sign_out(context: Ctx, visitor: Viewer) -> Response:
    """End the session."""
    response = _onward("/sign-in")
    auth.sign_out(context, visitor, response)
    return response


@router.post("/preferences", dependencies=[OwnPage])
def prefer(
    context: Ctx,
    to: Annotated[str, Form(alias="next")] = "/",
    lang: Annotated[Literal["zh", "en", ""], Form()] = "",
    theme: Annotated[Literal["auto", "light", "dark", ""], Form()] = "",
) -> Response:
    """Language and looks are the browser's: they are kept before anybody has signed in."""
    response = _onward(to)
    for name, value in ((LANG_COOKIE, lang), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(
                name, value, max_age=A_YEAR_S, httponly=True, samesite="strict",
                secure=context.settings.secure_cookies,
            )  # fmt: skip
    return response


@router.post("/purpose")
def claim(
    context: Ctx, visitor: Property, purpose: Annotated[str, Form()], to: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    """What personal records are looked at for, until another is chosen or the session ends."""
    if PURPOSES.get(purpose) not in offered(visitor.role):
        raise PurposeRefused(
            "不能选择此用途。", "This purpose cannot be chosen.",
            mend_zh="请从列表中选择。", mend_en="Choose one of the list.",
        )  # fmt: skip
    response = _onward(to)
    response.set_cookie(
        PURPOSE_COOKIE, purpose, httponly=True, samesite="strict", secure=context.settings.secure_cookies,
        max_age=context.settings.session_hours * 3600,
    )  # fmt: skip
    return response
