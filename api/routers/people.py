"""People, their consents and their enrolment."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api import enrolment
from api.access import Ctx, OfRegistry
from api.languages import Lang
from api.paging import decode, encode
from api.reading import people as reading
from api.reading.estates import Estate
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from core.clock import local_day
from core.db import Store
from core.facts import Modality
from housing.registry.kinds import Purpose
from recognition.enrolment import PICTURES_MOST
from recognition.finger_enrolment import IMPRESSIONS_MOST

router = APIRouter(prefix="/estates/{estate}", tags=["people"])


class PersonOut(Out):
    """A person in a list."""

    person: str
    name: str
    relation: str
    home: str | None
    faces: int


class MembershipOut(Out):
    """Where a person belongs, or belonged."""

    home: str | None
    relation: str
    from_day: date
    until_day: date | None


class ConsentOut(Out):
    """What a person agreed to, or took back."""

    purpose: str
    modality: str
    given: Annotated[Moment, Field(validation_alias="given_us")]
    withdrawn: Annotated[Moment | None, Field(validation_alias="withdrawn_us")]
    text_version: str
    guardian: str | None


class StoredOut(Out):
    """How many templates of one kind are stored; never the templates."""

    modality: str
    model: str
    count: int
    quality: float


class PersonFileOut(Out):
    """A person with their homes, consents and what is stored of them."""

    person: str
    name: str
    born: date | None
    memberships: list[MembershipOut]
    consents: list[ConsentOut]
    stored: list[StoredOut]


class ConsentIn(BaseModel):
    """A consent that the person (a guardian under 14) has just given to today's text."""

    purpose: Purpose
    modality: Modality
    guardian: Annotated[str, Field(max_length=200)] = ""


class WithdrawnOut(Out):
    """What a withdrawal ended and removed."""

    consents: int
    templates: int


class EnrolledOut(Out):
    """Templates written, and in words what would make them better."""

    templates: list[str]
    advice: list[str]


def _files(field: str, most: int) -> dict[str, Any]:
    """A multipart body of files under one name, as OpenAPI writes it."""
    listed = {"type": "array", "minItems": 1, "maxItems": most, "items": {"type": "string", "format": "binary"}}
    schema = {"type": "object", "required": [field], "properties": {field: listed}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.get("/people")
def people(
    context: Ctx,
    _visitor: OfRegistry,
    estate: Estate,
    q: Annotated[str, Query(max_length=64, description="Part of name, id or home")] = "",
    before: Before = None,
    limit: Limit = LIMIT,
) -> Page[PersonOut]:
    """People who belong to the estate today, by id."""
    after, today = decode(before, str) or "", local_day(context.now())
    with context.reading(Store.HOUSING) as housing:
        rows = reading.people_page(housing, estate.estate, today=today, query=q, after=after, limit=limit)
    more = encode(rows[-1].person) if len(rows) == limit else None
    return Page(items=[PersonOut.model_validate(row) for row in rows], next=more)


@router.get("/people/{person:path}")
def person(context: Ctx, _visitor: OfRegistry, estate: Estate, person: str) -> PersonFileOut:
    """One person."""
    with context.reading(Store.HOUSING) as housing:
        return PersonFileOut.model_validate(reading.person_file(housing, estate.estate, person))


@router.post("/consents/{person:path}", status_code=201)
def consent(context: Ctx, visitor: OfRegistry, estate: Estate, person: str, given: ConsentIn) -> PersonFileOut:
    """Register a consent to today's text."""
    enrolment.agree(
        context, visitor, estate.estate, person, purpose=given.purpose, modality=given.modality, guardian=given.guardian
    )
    with context.reading(Store.HOUSING) as housing:
        return PersonFileOut.model_validate(reading.person_file(housing, estate.estate, person))


@router.delete("/consents/{person:path}")
def withdraw(
    context: Ctx, visitor: OfRegistry, estate: Estate, person: str, of: Purpose, modality: Modality
) -> WithdrawnOut:
    """Withdraw a consent: the templates that rest on it are deleted here and then at every gateway."""
    ended = enrolment.withdraw(context, visitor, estate.estate, person, purpose=of, modality=modality)
    return WithdrawnOut.model_validate(ended)


async def pictures_of(
    _visitor: OfRegistry, pictures: Annotated[list[bytes], Depends(enrolment.uploaded)]
) -> list[bytes]:
    """The uploaded pictures; the upload is read only once it is known who sends it and what for."""
    return pictures


@router.post(
    "/templates/{person:path}",
    status_code=201,
    openapi_extra=_files(enrolment.FIELD, PICTURES_MOST),
    max_body_size=enrolment.UPLOAD_BYTES_MAX,
)
def enrol(
    context: Ctx,
    visitor: OfRegistry,
    estate: Estate,
    person: str,
    pictures: Annotated[list[bytes], Depends(pictures_of)],
    lang: Lang,
) -> EnrolledOut:
    """Enrol a face from pictures (two are best); without a live consent they are not looked at."""
    done = enrolment.enrol_pictures(context, visitor, estate.estate, person, pictures)
    return EnrolledOut(templates=list(done.templates), advice=[advice.text(lang) for advice in done.advice])


async def records_of(
    _visitor: OfRegistry, records: Annotated[list[bytes], Depends(enrolment.uploaded_records)]
) -> list[bytes]:
    """The uploaded finger records; likewise."""
    return records


@router.post(
    "/fingers/{person:path}",
    status_code=201,
    openapi_extra=_files(enrolment.RECORDS, IMPRESSIONS_MOST),
    max_body_size=enrolment.RECORDS_BYTES_MAX,
)
def enrol_finger(
    context: Ctx,
    visitor: OfRegistry,
    estate: Estate,
    person: str,
    model: Annotated[str, Query(min_length=1, max_length=64, description="What found the minutiae")],
    records: Annotated[list[bytes], Depends(records_of)],
    lang: Lang,
) -> EnrolledOut:
    """Enrol one finger from a reader's records (two are best); without a live consent they are not looked at."""
    done = enrolment.enrol_impressions(context, visitor, estate.estate, person, records, model)
    return EnrolledOut(templates=list(done.templates), advice=[advice.text(lang) for advice in done.advice])
