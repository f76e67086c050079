"""Homes: the list, and one home with its household, lease, days and last sightings."""

import heapq
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import Ctx, OfRegistry
from api.console.charts import Calendar, calendar
from api.console.pages import page
from api.context import Context
from api.paging import decode, encode
from api.purposes import PURPOSES, Records
from api.reading import homes as reading
from api.reading.alerts import alert_ids
from api.reading.clocks import clocks_of
from api.reading.estates import Estate
from api.reading.sightings import Sighting, named
from core.clock import local_day
from core.db import Store
from occupancy.views import FindingView, findings_of, home_days_of, presence_of
from recognition.views import SightingRow, sightings_page

router = APIRouter()
ROWS = 60
SIGHTINGS = 12
WEEKS = 53


@router.get("/e/{estate}/homes")
def homes(
    request: Request,
    context: Ctx,
    visitor: OfRegistry,
    estate: Estate,
    q: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Homes by building and unit."""
    after, today = decode(before, str) or "", local_day(context.now())
    with context.reading(Store.HOUSING) as housing:
        rows = reading.homes_page(housing, estate.estate, today=today, query=q.strip(), after=after, limit=ROWS)
    more = encode(rows[-1].home) if len(rows) == ROWS else ""
    return page(
        request, "homes.html", visitor=visitor, estate=estate, here="homes", homes=rows, q=q, more=more, today=today,
        first=before is None,
    )  # fmt: skip


def _last(context: Context, estate: str, file: reading.HomeFile, today: date) -> list[Sighting]:
    """The newest sightings of the household and at the home's own door."""
    members = [member.person for member in file.members if member.current(today)]
    with context.reading(Store.RECOGNITION) as recognition:
        at_home = sightings_page(recognition, estate, home=file.home, limit=SIGHTINGS)
        of_people = [sightings_page(recognition, estate, person=p, limit=SIGHTINGS) for p in members]
    unique: dict[tuple[str, int], SightingRow] = {(r.shard, r.pos): r for rows in (at_home, *of_people) for r in rows}
    newest = heapq.nlargest(SIGHTINGS, unique.values(), key=lambda row: (row.taken_us, row.pos))
    with context.reading(Store.HOUSING) as housing:
        return named(housing, estate, newest, today=today, full=True)


def _days(context: Context, file: reading.HomeFile, today: date, finding: FindingView | None) -> Calendar:
    first = today - timedelta(days=WEEKS * 7 - 1)
    first -= timedelta(days=first.weekday())
    with context.reading(Store.OCCUPANCY) as occupancy:
        lines = home_days_of(occupancy, file.home, first, today + timedelta(days=1))
    away = [(a.from_day, a.until_day) for a in file.absences if a.approved and a.person is None]
    onset = finding.onset if finding else None
    within = (finding.onset_low, finding.onset_high) if finding and finding.onset_low and finding.onset_high else None
    return calendar(lines, first, today, away, onset, within)


@router.get("/e/{estate}/homes/{home:path}")
def home(request: Request, context: Ctx, visitor: OfRegistry, estate: Estate, home: str) -> Response:
    """One home; its sightings only for a purpose that they were collected for."""
    today = local_day(context.now())
    purpose = PURPOSES[visitor.purpose or ""]
    may_see = Records.SIGHTINGS in purpose.records
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        file = reading.home_file(housing, estate.estate, home)
        findings = findings_of(occupancy, home)
        alerts = alert_ids(occupancy, home)
        clocks = clocks_of(housing, estate.estate, findings, today)
        present = presence_of(occupancy, estate.estate, home, now=context.now()) if may_see else []
    begun = next((f for f in findings if f.ended_on is None and f.onset), None)
    return page(
        request, "home.html", visitor=visitor, estate=estate, here="homes", home=file, today=today,
        lease=reading.lease_now(file.leases), findings=findings, alerts=alerts, clocks=clocks, may_see=may_see,
        present={p.subject: p for p in present}, rows=_last(context, estate.estate, file, today) if may_see else [],
        days=_days(context, file, today, begun) if may_see else None,
    )  # fmt: skip
