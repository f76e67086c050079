"""Events at the doors, searched with a purpose."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import Ctx, OfSightings
from api.console.pages import page
from api.paging import decode, encode
from api.reading.estates import Estate
from api.reading.labels import places
from api.reading.sightings import named
from core.clock import local_day
from core.db import Store
from recognition.views import sightings_page

router = APIRouter()
ROWS = 50
Id = Annotated[str, Query(max_length=64)]


@router.get("/e/{estate}/events")
def events(
    request: Request,
    context: Ctx,
    visitor: OfSightings,
    estate: Estate,
    door: Id = "",
    home: Id = "",
    person: Id = "",
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Sightings, newest first, of a door, a home or a person where one is named."""
    key = decode(before, tuple[int, int])
    with context.reading(Store.RECOGNITION) as recognition:
        rows = sightings_page(
            recognition, estate.estate, before=key, limit=ROWS, door=door or None, home=home or None,
            person=person or None,
        )  # fmt: skip
    with context.reading(Store.HOUSING) as housing:
        shown = named(housing, estate.estate, rows, today=local_day(context.now()), full=True)
        doors = places(housing, estate.estate, shared=True)
    more = encode((rows[-1].taken_us, rows[-1].pos)) if len(rows) == ROWS else ""
    return page(
        request, "events.html", visitor=visitor, estate=estate, here="events", rows=shown, more=more,
        doors=doors.values(), asked={"door": door, "home": home, "person": person},
        first=before is None,
    )  # fmt: skip
