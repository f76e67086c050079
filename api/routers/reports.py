"""Reports: how often each rule was right, as officers found it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Ctx, Viewer
from api.reading.estates import Estate, estates_for
from api.reading.feedback import FIRST_DAY, Report, reports
from api.routers.schema import Out
from core.clock import local_day
from core.db import Store

router = APIRouter(tags=["reports"])
First = Annotated[date | None, Query(alias="from", ge=FIRST_DAY, description="First day of the verdicts")]
Last = Annotated[date | None, Query(alias="until", ge=FIRST_DAY, le=date(2999, 12, 31), description="Their last day")]


class PrecisionOut(Out):
    """One rule: verdicts, the share right among right and wrong, and its exact 95 % interval; null before any."""

    kind: str
    right: int
    wrong: int
    unclear: int
    share: float | None
    low: float
    high: float


class SeenOut(Out):
    """How many of so many were right."""

    right: int
    of: int
    share: float | None
    low: float
    high: float


class BinOut(Out):
    """Verdicts whose stated probability lies from `above` to `until`."""

    above: float
    until: float
    stated: float
    seen: SeenOut


class ReliabilityOut(Out):
    """Stated probability against the share right; only of rules with enough verdicts."""

    kind: str
    verdicts: int
    stated: float
    seen: SeenOut
    brier: float
    bins: list[BinOut]


class ReportOut(Out):
    """An estate's verdicts from the day `first` to the day `last`."""

    estate: str
    first: date
    last: date
    verdicts: int
    precision: list[PrecisionOut]
    reliability: list[ReliabilityOut]


def _out(estate: str, report: Report) -> ReportOut:
    return ReportOut(
        estate=estate, first=report.first, last=report.last, verdicts=report.verdicts,
        precision=[PrecisionOut.model_validate(line) for line in report.lines],
        reliability=[ReliabilityOut.model_validate(line) for line in report.reliability],
    )  # fmt: skip


def _made(context: Ctx, estates: list[str], first: date | None, last: date | None) -> list[ReportOut]:
    last = last or local_day(context.now())
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        made = reports(housing, occupancy, estates, first or FIRST_DAY, last)
    return [_out(estate, report) for estate, report in made.items()]


@router.get("/estates/{estate}/reports/precision")
def of_estate(context: Ctx, _visitor: Viewer, estate: Estate, first: First = None, last: Last = None) -> ReportOut:
    """How often each rule was right in one estate."""
    return _made(context, [estate.estate], first, last)[0]


@router.get("/reports/precision")
def of_estates(context: Ctx, visitor: Viewer, first: First = None, last: Last = None) -> list[ReportOut]:
    """The same of every estate that the person works for."""
    with context.reading(Store.HOUSING) as housing:
        estates = [row.estate for row in estates_for(housing, visitor.account)]
    return _made(context, estates, first, last)
