"""Every route there is: the JSON API under /api/v1, the pages beside it."""

from fastapi import APIRouter

from api.console import alerts as alert_pages
from api.console import audit as audit_pages
from api.console import devices as device_pages
from api.console import events as event_pages
from api.console import gate, today
from api.console import homes as home_pages
from api.console import imports as import_pages
from api.console import people as people_pages
from api.console import reports as report_pages
from api.routers import alerts, devices, events, imports, live, office, people, places, reports, session

PREFIX = "/api/v1"

router = APIRouter()
for _module in (session, places, people, events, alerts, reports, devices, live, imports, office):
    router.include_router(_module.router, prefix=PREFIX)
for _pages in (
    gate, today, alert_pages, event_pages, home_pages, people_pages, device_pages, report_pages, import_pages,
    audit_pages,
):  # fmt: skip
    router.include_router(_pages.router, include_in_schema=False)
