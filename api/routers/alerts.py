"""Alerts: what the machine flagged, and what people said about it."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api import triage
from api.access import Ctx, Property, Viewer
from api.languages import Lang
from api.paging import decode, encode
from api.reading import alerts as reading
from api.reading.estates import Estate
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from core.clock import local_day
from core.db import Store
from housing.triage import MAX_REASON, Action, Verdict

router = APIRouter(prefix="/estates/{estate}/alerts", tags=["alerts"])


class ActionOut(Out):
    """What a person did about it."""

    user: str
    action: str
    verdict: str | None
    reason: str
    at: Annotated[Moment, Field(validation_alias="at_us")]


class ClockOut(Out):
    """The legal clock of a finding: Civil Code 718 of a sublet or swap, 734 of staying on after the term."""

    article: int
    state: str
    since: date
    days: int
    next_reminder: date | None
    red_from: date | None
    last_day: date | None
    days_left: int | None
    draft_on: date | None


class WaitingOut(Out):
    """A suspicion whose alert waits for the week's budget."""

    finding: str
    home: str
    kind: str
    stage: str
    probability: float
    onset: date | None
    onset_low: date | None
    onset_high: date | None
    evidence: list[str]
    counter_evidence: list[str]
    legal_basis: str
    clock: ClockOut | None


class AlertOut(Out):
    """An alert with the reasons of its finding, for and against, in the language of the request."""

    alert: str
    home: str
    kind: str
    urgent: bool
    state: str
    stage: str
    probability: float
    opened: Moment
    refreshed: Moment
    closed: Moment | None
    onset: date | None
    onset_low: date | None
    onset_high: date | None
    evidence: list[str]
    counter_evidence: list[str]
    legal_basis: str
    known_days: int | None
    clock: ClockOut | None
    verdict: str | None
    actions: list[ActionOut]


class ActIn(BaseModel):
    """What somebody does about an alert."""

    action: Action
    verdict: Verdict | None = None
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""


def _out(alert: reading.Alert, lang: str) -> AlertOut:
    line, finding, clock = alert.line, alert.finding, alert.clock
    return AlertOut(
        alert=line.alert, home=line.home, kind=line.kind, urgent=line.urgent, state=alert.state, stage=line.stage,
        probability=line.probability, opened=line.opened_us, refreshed=line.refreshed_us, closed=line.closed_us,
        onset=finding.onset, onset_low=finding.onset_low, onset_high=finding.onset_high,
        evidence=[getattr(reason, lang) for reason in finding.evidence],
        counter_evidence=[getattr(reason, lang) for reason in finding.counter_evidence],
        legal_basis=finding.legal_basis, known_days=clock.days if clock and clock.article == 718 else None,
        clock=ClockOut.model_validate(clock) if clock else None, verdict=alert.verdict,
        actions=[ActionOut.model_validate(row) for row in alert.actions],
    )  # fmt: skip


@router.get("")
def alerts(
    context: Ctx,
    _visitor: Viewer,
    estate: Estate,
    lang: Lang,
    show: Literal["new", "acknowledged", "dismissed", "closed"] = "new",
    before: Before = None,
    limit: Limit = LIMIT,
) -> Page[AlertOut]:
    """Alerts, the urgent first, then the newest."""
    key = decode(before, tuple[bool, int, str])
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        page = reading.alerts_page(
            housing, occupancy, estate.estate, show=show, today=local_day(context.now()), before=key, limit=limit
        )
    more = encode(page.next) if page.next else None
    return Page(items=[_out(alert, lang) for alert in page.alerts], next=more)


@router.get("/waiting")
def waiting(context: Ctx, _visitor: Viewer, estate: Estate, lang: Lang) -> list[WaitingOut]:
    """Suspicions whose alert waits for the week's budget, the likeliest first."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        found = reading.waiting(housing, occupancy, estate.estate, local_day(context.now()))
    return [
        WaitingOut(
            finding=f.finding, home=f.home, kind=f.kind, stage=f.stage, probability=f.probability, onset=f.onset,
            onset_low=f.onset_low, onset_high=f.onset_high, evidence=[getattr(r, lang) for r in f.evidence],
            counter_evidence=[getattr(r, lang) for r in f.counter_evidence], legal_basis=f.legal_basis,
            clock=ClockOut.model_validate(row.clock) if row.clock else None,
        )
        for row in found
        for f in (row.finding,)
    ]  # fmt: skip


@router.get("/{alert}")
def alert(context: Ctx, _visitor: Viewer, estate: Estate, alert: str, lang: Lang) -> AlertOut:
    """One alert."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        return _out(reading.one_alert(housing, occupancy, estate.estate, alert, local_day(context.now())), lang)


@router.post("/{alert}/actions", status_code=201)
def act(context: Ctx, visitor: Property, estate: Estate, alert: str, done: ActIn, lang: Lang) -> AlertOut:
    """Take up, dismiss or reopen an alert, or give a verdict (housing officers)."""
    triage.act(context, visitor, estate.estate, alert, done.action, done.verdict, done.reason)
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        return _out(reading.one_alert(housing, occupancy, estate.estate, alert, local_day(context.now())), lang)
