"""Sightings and presence: who was where, and when; every query says what for."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import Ctx, OfSightings
from api.paging import decode, encode
from api.reading.estates import Estate
from api.reading.sightings import named
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from core.clock import local_day
from core.db import Store
from occupancy.views import presence_of
from recognition.views import sightings_page

router = APIRouter(prefix="/estates/{estate}", tags=["events"])
Id = Annotated[str | None, Query(max_length=64)]


class SightingOut(Out):
    """One event at a door. `person` is empty for anybody who was not identified."""

    shard: str
    pos: int
    taken: Annotated[Moment, Field(validation_alias="taken_us")]
    received: Annotated[Moment, Field(validation_alias="received_us")]
    door: str
    direction: str
    modality: str
    outcome: str
    reason: str
    opens: bool
    late: bool
    person: str | None
    name: str | None
    home: str | None
    plate: str | None
    quality: float
    recogniser: str


class PresenceOut(Out):
    """Where somebody was last known to be."""

    kind: str
    subject: str
    home: str | None
    state: str
    since: Annotated[Moment, Field(validation_alias="since_us")]
    last: Annotated[Moment, Field(validation_alias="last_us")]
    last_door: str


@router.get("/sightings")
def sightings(
    context: Ctx,
    _visitor: OfSightings,
    estate: Estate,
    door: Id = None,
    home: Id = None,
    person: Id = None,
    before: Before = None,
    limit: Limit = LIMIT,
) -> Page[SightingOut]:
    """Sightings, newest first; of one door, home or person where it is named."""
    key = decode(before, tuple[int, int])
    with context.reading(Store.RECOGNITION) as recognition:
        rows = sightings_page(recognition, estate.estate, before=key, limit=limit, door=door, home=home, person=person)
    with context.reading(Store.HOUSING) as housing:
        shown = named(housing, estate.estate, rows, today=local_day(context.now()), full=True)
    more = encode((rows[-1].taken_us, rows[-1].pos)) if len(rows) == limit else None
    return Page(items=[SightingOut.model_validate(row) for row in shown], next=more)


@router.get("/presence")
def presence(context: Ctx, _visitor: OfSightings, estate: Estate, home: Id = None) -> list[PresenceOut]:
    """Where everybody of the estate, or of one home, was last known to be."""
    with context.reading(Store.OCCUPANCY) as occupancy:
        lines = presence_of(occupancy, estate.estate, home, now=context.now())
    return [PresenceOut.model_validate(line) for line in lines]
