"""Reports: how often each rule was right, as officers found it, with what few verdicts leave open."""

from datetime import date, timedelta
from typing import Literal

from fastapi import APIRouter, Request, Response

from api.access import Ctx, Viewer
from api.console.pages import page
from api.reading.estates import Estate, estates_for
from api.reading.feedback import FIRST_DAY, reports
from core.clock import local_day
from core.db import Store
from occupancy.feedback import ENOUGH

router = APIRouter()
PERIODS = {"month": 30, "quarter": 91, "year": 365}  # days; "all" has no beginning


def _first(period: str, today: date) -> date:
    days = PERIODS.get(period)
    return FIRST_DAY if days is None else today - timedelta(days=days - 1)


@router.get("/e/{estate}/reports")
def precision(
    request: Request,
    context: Ctx,
    visitor: Viewer,
    estate: Estate,
    period: Literal["month", "quarter", "year", "all"] = "year",
) -> Response:
    """The verdicts of a period on this estate's alerts, and beside it the visitor's other estates."""
    today = local_day(context.now())
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        places = {row.estate: row for row in estates_for(housing, visitor.account)}
        made = reports(housing, occupancy, list(places), _first(period, today), today)
    others = [(places[name], report) for name, report in made.items() if name != estate.estate]
    return page(
        request, "reports.html", visitor=visitor, estate=estate, here="reports", report=made[estate.estate],
        others=others, period=period, periods=[*PERIODS, "all"], enough=ENOUGH, today=today,
    )  # fmt: skip
