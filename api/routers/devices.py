"""Gateways and their devices, and the place to look at what was refused."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.access import Admin, Ctx, Viewer
from api.errors import NotFound
from api.languages import Lang
from api.paging import decode, encode
from api.reading import devices as reading
from api.reading.estates import Estate
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from api.words import word
from core.db import Store
from recognition.views import door_acts_page, rejected_counts, rejected_page

router = APIRouter(tags=["devices"])


class DeviceOut(Out):
    """A device as its gateway knows it."""

    device: str
    door: str
    working: bool
    last_seen: str | None
    clock_offset_ms: int


class GatewayOut(Out):
    """A gateway: `state` is well, trouble, silent or never."""

    gateway: str
    state: str
    seen: Annotated[Moment | None, Field(validation_alias="seen_us")]
    waiting: int
    quarantined: int
    refused: int
    sets: dict[str, int]
    devices: list[DeviceOut]


class RejectedOut(Out):
    """Something that came in and could not be used: why, as a code and in words."""

    id: int
    at: Annotated[Moment, Field(validation_alias="at_us")]
    gateway: str
    door: str | None
    device: str | None
    reason: str
    words: str
    detail: str


class DoorActOut(Out):
    """What a door did about one capture."""

    door: str
    opened: bool
    reason: str
    acted: Annotated[Moment, Field(validation_alias="acted_us")]
    decision_ms: float


@router.get("/estates/{estate}/gateways")
def gateways(context: Ctx, _visitor: Viewer, estate: Estate) -> list[GatewayOut]:
    """Gateways and devices of an estate."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.RECOGNITION) as recognition:
        rows = reading.gateways(housing, recognition, estate.estate, context.now())
    return [GatewayOut.model_validate(row) for row in rows]


@router.get("/estates/{estate}/gateways/{gateway}/acts")
def acts(context: Ctx, _visitor: Viewer, estate: Estate, gateway: str, limit: Limit = LIMIT) -> list[DoorActOut]:
    """What a gateway's doors did last."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.RECOGNITION) as recognition:
        known = {row.gateway for row in reading.gateways(housing, recognition, estate.estate, context.now())}
        if gateway not in known:
            raise NotFound("网关", "gateway")
        return [DoorActOut.model_validate(row) for row in door_acts_page(recognition, gateway, limit=limit)]


def _rejected(context: Ctx, estate: str, before: str | None, limit: int, lang: str) -> Page[RejectedOut]:
    with context.reading(Store.RECOGNITION) as recognition:
        rows = rejected_page(recognition, estate, before=decode(before, int), limit=limit)
    items = [
        RejectedOut(id=r.id, at=r.at_us, gateway=r.gateway, door=r.door, device=r.device, reason=r.reason,
                    words=word("rejected", r.reason, lang), detail=r.detail)
        for r in rows
    ]  # fmt: skip
    return Page(items=items, next=encode(rows[-1].id) if len(rows) == limit else None)


@router.get("/estates/{estate}/rejected")
def rejected(
    context: Ctx, _visitor: Viewer, estate: Estate, lang: Lang, before: Before = None, limit: Limit = LIMIT
) -> Page[RejectedOut]:
    """What came in and could not be used, newest first."""
    return _rejected(context, estate.estate, before, limit, lang)


@router.get("/rejected")
def unplaced(
    context: Ctx, _visitor: Admin, lang: Lang, before: Before = None, limit: Limit = LIMIT
) -> Page[RejectedOut]:
    """What came in under no estate's name at all."""
    return _rejected(context, "", before, limit, lang)


@router.get("/estates/{estate}/rejected-counts")
def counts(context: Ctx, _visitor: Viewer, estate: Estate) -> dict[str, int]:
    """How many of each reason there are."""
    with context.reading(Store.RECOGNITION) as recognition:
        return rejected_counts(recognition, estate.estate)
