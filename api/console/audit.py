"""The audit chain, newest first, for administrators."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import Admin, Ctx
from api.console.pages import page
from core import audit
from core.db import Store

router = APIRouter()
ROWS = 60


@router.get("/audit")
def entries(request: Request, context: Ctx, visitor: Admin, before: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Rows before a number (0: the newest), and whether the chain is whole."""
    with context.reading(Store.HOUSING) as housing:
        last, _hash = audit.head(housing)
        until = min(before - 1, last) if before else last
        first = max(0, until - ROWS)
        rows = audit.entries(housing, after=first, limit=until - first) if until > first else []
    return page(
        request, "audit.html", visitor=visitor, here="audit", rows=list(reversed(rows)), first=before == 0, last=last,
        details={row.number: json.loads(row.details) for row in rows}, more=rows[0].number if first else 0, chain=None,
    )  # fmt: skip


@router.get("/audit/verification")
def verify(request: Request, context: Ctx, visitor: Admin) -> Response:
    """Walk the whole chain and say whether every row follows from the one before."""
    with context.reading(Store.HOUSING) as housing:
        broken, (last, _hash) = audit.verify(housing), audit.head(housing)
    return page(
        request, "audit.html", visitor=visitor, here="audit", rows=[], first=False, last=last, details={}, more=0,
        chain={"broken": broken.number if broken else 0},
    )  # fmt: skip
