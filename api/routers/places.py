"""Estates, homes, doors and the board."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Ctx, OfRegistry, Viewer
from api.paging import decode, encode
from api.reading import board as boards
from api.reading import homes as reading
from api.reading.devices import door_states, gateways
from api.reading.estates import Estate, estates_for
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from core.clock import local_day
from core.db import Store

router = APIRouter(tags=["places"])


class EstateOut(Out):
    """An estate."""

    estate: str
    name: str
    city: str


class HomeOut(Out):
    """A home in a list."""

    home: str
    label: str
    building: str
    floor: int
    unit: str
    area_m2: float
    state: str
    lease_end: date | None
    members: int


class MemberOut(Out):
    """Somebody of a household, or who was."""

    person: str
    name: str
    relation: str
    from_day: date
    until_day: date | None
    lives_alone: bool


class LeaseOut(Out):
    """A lease; money in fen, `end` the last day of the term."""

    lease: str
    tenant: str
    start: date
    end: date
    rent_month_fen: int
    ended: date | None
    end_reason: str | None
    relocation_until: date | None
    renewal_applied: date | None
    objection_718_served: date | None
    objection_734_served: date | None


class HomeFileOut(Out):
    """A home with its household and leases."""

    home: str
    label: str
    building: str
    floor: int
    unit: str
    area_m2: float
    state: str
    members: list[MemberOut]
    leases: list[LeaseOut]


class CellOut(Out):
    """A home on the board: its state and when somebody of it was last seen at a door."""

    home: str
    building: str
    floor: int
    unit: str
    state: str
    last_seen: Moment | None


class DoorOut(Out):
    """A door and whether its readers can see."""

    door: str
    kind: str
    building: str | None
    home: str | None
    gateway: str | None
    state: str


@router.get("/estates")
def estates(context: Ctx, visitor: Viewer) -> list[EstateOut]:
    """The estates that the person works for."""
    with context.reading(Store.HOUSING) as housing:
        return [EstateOut.model_validate(row) for row in estates_for(housing, visitor.account)]


@router.get("/estates/{estate}/board")
def board(context: Ctx, _visitor: Viewer, estate: Estate) -> list[CellOut]:
    """Every home's state, without names."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        made = boards.board(housing, occupancy, estate.estate, context.now())
    return [
        CellOut(home=c.home, building=c.building, floor=c.floor, unit=c.unit, state=c.state, last_seen=c.last_us)
        for c in made.cells.values()
    ]


@router.get("/estates/{estate}/homes")
def homes(
    context: Ctx,
    _visitor: OfRegistry,
    estate: Estate,
    q: Annotated[str, Query(max_length=64, description="Part of building, unit or id")] = "",
    before: Before = None,
    limit: Limit = LIMIT,
) -> Page[HomeOut]:
    """Homes by id, a page at a time."""
    after, today = decode(before, str) or "", local_day(context.now())
    with context.reading(Store.HOUSING) as housing:
        rows = reading.homes_page(housing, estate.estate, today=today, query=q, after=after, limit=limit)
    more = encode(rows[-1].home) if len(rows) == limit else None
    return Page(items=[HomeOut.model_validate(row) for row in rows], next=more)


@router.get("/estates/{estate}/homes/{home:path}")
def home(context: Ctx, _visitor: OfRegistry, estate: Estate, home: str) -> HomeFileOut:
    """A home, its household and its leases."""
    with context.reading(Store.HOUSING) as housing:
        return HomeFileOut.model_validate(reading.home_file(housing, estate.estate, home))


@router.get("/estates/{estate}/doors")
def doors(context: Ctx, _visitor: Viewer, estate: Estate) -> list[DoorOut]:
    """Doors, the gateway of each, and whether it can see."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.RECOGNITION) as recognition:
        served = gateways(housing, recognition, estate.estate, context.now())
        states = door_states(housing, estate.estate, served)
    return [
        DoorOut(door=s.place.door, kind=s.place.kind, building=s.place.building, home=s.place.home,
                gateway=s.gateway, state=s.state)
        for s in states
    ]  # fmt: skip
