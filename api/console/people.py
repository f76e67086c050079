"""People: the list, one person, consent first and then enrolment, withdrawal."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import enrolment
from api.access import Ctx, OfRegistry, Visitor
from api.consent_text import TEXTS, VERSION
from api.console.pages import page
from api.context import Context
from api.languages import Lang
from api.paging import decode, encode
from api.reading import people as reading
from api.reading.estates import Estate, EstateRow
from api.routers.people import pictures_of
from core.clock import local_day
from core.db import Store
from core.errors import AnjuError
from core.facts import Modality
from housing.registry.kinds import Purpose

router = APIRouter()
ROWS = 60
ADULT_FOR_CONSENT = 14  # PIPL Art. 31
Pictures = Annotated[list[bytes], Depends(pictures_of)]


@router.get("/e/{estate}/people")
def people(
    request: Request,
    context: Ctx,
    visitor: OfRegistry,
    estate: Estate,
    q: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """People who belong to the estate today."""
    after, today = decode(before, str) or "", local_day(context.now())
    with context.reading(Store.HOUSING) as housing:
        rows = reading.people_page(housing, estate.estate, today=today, query=q.strip(), after=after, limit=ROWS)
    more = encode(rows[-1].person) if len(rows) == ROWS else ""
    return page(
        request, "people.html", visitor=visitor, estate=estate, here="people", people=rows, q=q, more=more,
        first=before is None,
    )  # fmt: skip


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _person_page(
    request: Request, context: Context, visitor: Visitor, estate: EstateRow, person: str,
    *, error: str = "", done: str = "", advice: list[str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    with context.reading(Store.HOUSING) as housing:
        file = reading.person_file(housing, estate.estate, person)
    today = local_day(context.now())
    child = file.born is None or _age(file.born, today) < ADULT_FOR_CONSENT
    return page(
        request, "person.html", status=status, visitor=visitor, estate=estate, here="people", person=file,
        error=error, done=done, advice=advice or [], text=TEXTS[VERSION], version=VERSION, child=child,
        face=file.live_consent(Purpose.DOOR, Modality.FACE), ready=context.encoder is not None,
        megabytes=enrolment.PICTURE_BYTES_MAX >> 20,
    )  # fmt: skip


@router.get("/e/{estate}/people/{person:path}")
def person(request: Request, context: Ctx, visitor: OfRegistry, estate: Estate, person: str) -> Response:
    """One person."""
    return _person_page(request, context, visitor, estate, person)


def _back(estate: EstateRow, person: str) -> Response:
    return RedirectResponse(f"/e/{estate.estate}/people/{person}", status_code=303)


@router.post("/e/{estate}/consents/{person:path}")
def agree(
    request: Request,
    context: Ctx,
    visitor: OfRegistry,
    estate: Estate,
    person: str,
    lang: Lang,
    guardian: Annotated[str, Form(max_length=200)] = "",
    read: Annotated[bool, Form()] = False,
) -> Response:
    """The person, or a guardian, has read the text and agrees to faces at the doors."""
    try:
        if not read:
            raise enrolment.NotRead
        enrolment.agree(
            context, visitor, estate.estate, person, purpose=Purpose.DOOR, modality=Modality.FACE, guardian=guardian
        )
    except AnjuError as error:
        return _person_page(request, context, visitor, estate, person, error=error.text(lang), status=422)
    return _back(estate, person)


@router.post("/e/{estate}/withdrawals/{person:path}")
def withdraw(context: Ctx, visitor: OfRegistry, estate: Estate, person: str) -> Response:
    """Faces at the doors no more: consent ended, templates deleted."""
    enrolment.withdraw(context, visitor, estate.estate, person, purpose=Purpose.DOOR, modality=Modality.FACE)
    return _back(estate, person)


@router.post("/e/{estate}/templates/{person:path}", max_body_size=enrolment.UPLOAD_BYTES_MAX)
def enrol(
    request: Request, context: Ctx, visitor: OfRegistry, estate: Estate, person: str, lang: Lang, pictures: Pictures
) -> Response:  # fmt: skip
    """Pictures become templates, or the page says which picture to take again and why."""
    try:
        done = enrolment.enrol_pictures(context, visitor, estate.estate, person, pictures)
    except AnjuError as error:
        return _person_page(request, context, visitor, estate, person, error=error.text(lang), status=422)
    advice = [row.text(lang) for row in done.advice]
    return _person_page(
        request, context, visitor, estate, person, done=str(len(done.templates)), advice=advice, status=201
    )
