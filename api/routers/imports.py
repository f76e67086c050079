"""Import of registry files, the runs there were, and the rows that were refused."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.datastructures import UploadFile

from api import importing
from api.access import Admin, Ctx
from api.paging import decode, encode
from api.reading import imports as reading
from api.routers.schema import LIMIT, Before, Limit, Moment, Out, Page
from core.db import Store

router = APIRouter(prefix="/imports", tags=["imports"])


class ImportOut(Out):
    """One run; not `applied`: it was strict and something was refused."""

    run: str
    at: Annotated[Moment, Field(validation_alias="at_us")]
    actor: str
    source: str
    accepted: int
    refused: int
    applied: bool


class RefusalOut(Out):
    """A row that was not taken, and why."""

    file: str
    line: int
    column: str
    reason_zh: str
    reason_en: str


_FILES = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [importing.FIELD],
                    "properties": {importing.FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}


async def files_of(
    _visitor: Admin, files: Annotated[list[UploadFile], Depends(importing.uploaded)]
) -> list[UploadFile]:  # fmt: skip
    """The uploaded files; the upload is read only once it is known who sends it."""
    return files


@router.get("")
def runs(context: Ctx, _visitor: Admin, before: Before = None, limit: Limit = LIMIT) -> Page[ImportOut]:
    """Runs, newest first."""
    with context.reading(Store.HOUSING) as housing:
        rows = reading.imports_page(housing, before=decode(before, tuple[int, str]), limit=limit)
    more = encode((rows[-1].at_us, rows[-1].run)) if len(rows) == limit else None
    return Page(items=[ImportOut.model_validate(row) for row in rows], next=more)


@router.post("", status_code=201, openapi_extra=_FILES, max_body_size=importing.UPLOAD_BYTES_MAX)
async def run(
    context: Ctx,
    visitor: Admin,
    files: Annotated[list[UploadFile], Depends(files_of)],
    strict: Annotated[bool, Query(description="One refused row refuses all")] = False,
) -> ImportOut:
    """Import CSV files, or one .xlsx; every refused row is kept and listed."""
    report = await importing.run(context, visitor, files, strict=strict)
    with context.reading(Store.HOUSING) as housing:
        return ImportOut.model_validate(reading.import_run(housing, report.run))


@router.get("/{run}/refusals")
def refusals(
    context: Ctx, _visitor: Admin, run: str, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = LIMIT
) -> Page[RefusalOut]:
    """Refused rows of one run."""
    with context.reading(Store.HOUSING) as housing:
        reading.import_run(housing, run)
        rows = reading.refusals_page(housing, run, after=after, limit=limit)
    more = str(rows[-1].id) if len(rows) == limit else None
    return Page(items=[RefusalOut.model_validate(row) for row in rows], next=more)
