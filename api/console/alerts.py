"""Alerts: the list, one alert with what speaks for it and against it, and what a person does about it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import triage
from api.access import Ctx, Property, Viewer
from api.console.pages import page
from api.paging import decode, encode
from api.reading import alerts as reading
from api.reading.estates import Estate
from api.reading.staff import names_of
from core.db import Store
from housing.triage import MAX_REASON, Action, Verdict

router = APIRouter()
ROWS = 50


@router.get("/e/{estate}/alerts")
def alerts(
    request: Request,
    context: Ctx,
    visitor: Viewer,
    estate: Estate,
    show: Literal["new", "acknowledged", "dismissed", "closed"] = "new",
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Alerts in one state, the urgent first."""
    key = decode(before, tuple[bool, int, str])
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        found = reading.alerts_page(housing, occupancy, estate.estate, show=show, before=key, limit=ROWS)
    more = encode(found.next) if found.next else ""
    return page(
        request, "alerts.html", visitor=visitor, estate=estate, here="alerts", alerts=found.alerts, show=show,
        filters=reading.FILTERS, more=more, first=before is None,
    )  # fmt: skip


@router.get("/e/{estate}/alerts/{alert}")
def alert(request: Request, context: Ctx, visitor: Viewer, estate: Estate, alert: str) -> Response:
    """One alert."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        found = reading.one_alert(housing, occupancy, estate.estate, alert)
        staff = names_of(housing, [action.user for action in found.actions])
    return page(
        request, "alert.html", visitor=visitor, estate=estate, here="alerts", alert=found, staff=staff,
        clock_days=reading.CLOCK_718_DAYS, most=MAX_REASON,
    )  # fmt: skip


@router.post("/e/{estate}/alerts/{alert}/actions")
def act(
    context: Ctx,
    visitor: Property,
    estate: Estate,
    alert: str,
    action: Annotated[Action, Form()],
    verdict: Annotated[Verdict | Literal[""], Form()] = "",
    reason: Annotated[str, Form(max_length=MAX_REASON)] = "",
) -> Response:
    """What a person decided."""
    triage.act(context, visitor, estate.estate, alert, action, verdict or None, reason)
    return RedirectResponse(f"/e/{estate.estate}/alerts/{alert}", status_code=303)
