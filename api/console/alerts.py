"""Alerts: the list, one alert with what speaks for it and against it, and what a person does about it."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import triage
from api.access import Ctx, Property, Viewer, Visitor
from api.console.pages import page
from api.context import Context
from api.paging import decode, encode
from api.reading import alerts as reading
from api.reading.estates import Estate, EstateRow
from api.reading.feedback import so_far
from api.reading.staff import names_of
from core.clock import local_day
from core.db import Store
from housing.triage import MAX_REASON, Action, Verdict
from occupancy.alerts import WAIT_MOST

router = APIRouter()
ROWS = 50


@router.get("/e/{estate}/alerts")
def alerts(
    request: Request,
    context: Ctx,
    visitor: Viewer,
    estate: Estate,
    show: Literal["new", "acknowledged", "dismissed", "closed", "waiting"] = "new",
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Alerts in one state, the urgent first."""
    key, today = decode(before, tuple[bool, int, str]), local_day(context.now())
    if show == reading.WAITING:
        return _waiting(request, context, visitor, estate, today)
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        found = reading.alerts_page(housing, occupancy, estate.estate, show=show, today=today, before=key, limit=ROWS)
    more = encode(found.next) if found.next else ""
    return page(
        request, "alerts.html", visitor=visitor, estate=estate, here="alerts", alerts=found.alerts, waiting=[],
        show=show, filters=reading.FILTERS, more=more, first=before is None,
    )  # fmt: skip


def _waiting(request: Request, context: Context, visitor: Visitor, estate: EstateRow, today: date) -> Response:
    """Suspicions whose alert waits for the week's budget."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        found = reading.waiting(housing, occupancy, estate.estate, today)
    return page(
        request, "alerts.html", visitor=visitor, estate=estate, here="alerts", alerts=[], waiting=found,
        wait_most=WAIT_MOST, show=reading.WAITING, filters=reading.FILTERS, more="", first=True,
    )  # fmt: skip


@router.get("/e/{estate}/alerts/{alert}")
def alert(request: Request, context: Ctx, visitor: Viewer, estate: Estate, alert: str) -> Response:
    """One alert."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        today = local_day(context.now())
        found = reading.one_alert(housing, occupancy, estate.estate, alert, today)
        rule = so_far(housing, occupancy, estate.estate, found.line.kind, today)
        staff = names_of(housing, [action.user for action in found.actions])
    return page(
        request, "alert.html", visitor=visitor, estate=estate, here="alerts", alert=found, staff=staff,
        most=MAX_REASON, rule=rule,
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
