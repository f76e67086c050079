"""The audit chain, and whether this api and its parts are well."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.openapi.utils import get_openapi

from api.access import Admin, Ctx, Viewer
from api.routers.schema import LIMIT, Limit, Out
from core import audit
from core.db import Store

router = APIRouter(tags=["office"])


class EntryOut(Out):
    """One row of the chain; `hash` covers the row and the hash before it."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous: str
    hash: str


class ChainOut(Out):
    """Whether every row follows from the one before; `broken_at` is the first that does not."""

    whole: bool
    rows: int
    broken_at: int | None


class HealthOut(Out):
    """Parts by name; the api goes on without Redis, only a little slower."""

    stores: dict[str, bool]
    redis: bool
    recogniser: bool


@router.get("/audit")
def entries(
    context: Ctx, _visitor: Admin, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = LIMIT
) -> list[EntryOut]:
    """Rows of the audit chain in order."""
    with context.reading(Store.HOUSING) as housing:
        rows = audit.entries(housing, after=after, limit=limit)
    return [
        EntryOut(number=e.number, at=e.at, actor=e.actor, action=e.action, subject=e.subject,
                 details=json.loads(e.details), previous=e.previous, hash=e.hash)
        for e in rows
    ]  # fmt: skip


@router.get("/audit/verification")
def verify(context: Ctx, _visitor: Admin) -> ChainOut:
    """Walk the whole chain."""
    with context.reading(Store.HOUSING) as housing:
        broken, (rows, _hash) = audit.verify(housing), audit.head(housing)
    return ChainOut(whole=broken is None, rows=rows, broken_at=broken.number if broken else None)


@router.get("/health")
def health(context: Ctx, _visitor: Viewer) -> HealthOut:
    """What answers; for programs without a session there is the health port."""
    stores = {str(store): context.answers(store) for store in Store}
    return HealthOut(stores=stores, redis=context.live.ping(), recogniser=context.encoder is not None)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, _visitor: Viewer) -> dict[str, Any]:
    """This API in OpenAPI's words."""
    app: FastAPI = request.app
    return get_openapi(title=app.title, version=app.version, routes=app.routes)
