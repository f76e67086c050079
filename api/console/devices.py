"""Doors and devices: what works, what is silent, and what was refused and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import Ctx, Viewer
from api.console.pages import page
from api.paging import decode, encode
from api.reading.devices import door_states, gateways
from api.reading.estates import Estate
from core.db import Store
from recognition.views import rejected_counts, rejected_page

router = APIRouter()
ROWS = 40


@router.get("/e/{estate}/doors")
def doors(
    request: Request,
    context: Ctx,
    visitor: Viewer,
    estate: Estate,
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Gateways, doors, refused input; administrators also see what came under no estate's name."""
    key = decode(before, int)
    with context.reading(Store.HOUSING) as housing, context.reading(Store.RECOGNITION) as recognition:
        served = gateways(housing, recognition, estate.estate, context.now())
        states = door_states(housing, estate.estate, served)
        refused = rejected_page(recognition, estate.estate, before=key, limit=ROWS)
        counts = rejected_counts(recognition, estate.estate)
        everywhere = visitor.may("admin") and visitor.everywhere
        unplaced = rejected_page(recognition, "", limit=ROWS) if everywhere else []
    return page(
        request, "doors.html", visitor=visitor, estate=estate, here="doors", gateways=served,
        places={state.place.door: state.place for state in states},
        shared=[state for state in states if state.place.kind != "home"],
        own=[state for state in states if state.place.kind == "home"], refused=refused, unplaced=unplaced,
        counts=sorted(counts.items(), key=lambda pair: -pair[1]),
        more=encode(refused[-1].id) if len(refused) == ROWS else "", first=before is None,
    )  # fmt: skip
