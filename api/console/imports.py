"""Imports: files in, what was taken, and every row that was not."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import importing
from api.access import Admin, Ctx
from api.console.pages import page
from api.paging import decode, encode
from api.reading import imports as reading
from api.reading.staff import names_of
from api.routers.imports import files_of
from core.db import Store

router = APIRouter()
ROWS = 30
REFUSALS = 100


@router.get("/imports")
def imports(
    request: Request, context: Ctx, visitor: Admin, before: Annotated[str | None, Query(max_length=400)] = None
) -> Response:
    """Runs, newest first, and the form for the next."""
    with context.reading(Store.HOUSING) as housing:
        rows = reading.imports_page(housing, before=decode(before, tuple[int, str]), limit=ROWS)
        staff = names_of(housing, [row.actor for row in rows])
    more = encode((rows[-1].at_us, rows[-1].run)) if len(rows) == ROWS else ""
    return page(
        request, "imports.html", visitor=visitor, here="imports", runs=rows, staff=staff, more=more,
        first=before is None, megabytes=importing.UPLOAD_BYTES_MAX >> 20,
    )  # fmt: skip


@router.post("/imports", max_body_size=importing.UPLOAD_BYTES_MAX)
async def run(
    context: Ctx,
    visitor: Admin,
    request: Request,
    files: Annotated[list[UploadFile], Depends(files_of)],
) -> Response:
    """Take the files over, then show what was refused."""
    strict = bool((await request.form()).get("strict"))
    report = await importing.run(context, visitor, files, strict=strict)
    return RedirectResponse(f"/imports/{report.run}", status_code=303)


@router.get("/imports/{run}")
def one(
    request: Request, context: Ctx, visitor: Admin, run: str, after: Annotated[int, Query(ge=0)] = 0
) -> Response:  # fmt: skip
    """One run and its refused rows."""
    with context.reading(Store.HOUSING) as housing:
        line = reading.import_run(housing, run)
        rows = reading.refusals_page(housing, run, after=after, limit=REFUSALS)
        staff = names_of(housing, [line.actor])
    more = rows[-1].id if len(rows) == REFUSALS else 0
    return page(
        request, "import.html", visitor=visitor, here="imports", run=line, rows=rows, staff=staff, more=more,
        first=after == 0,
    )  # fmt: skip
