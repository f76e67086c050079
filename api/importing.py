"""Taking over registry files that somebody uploads: a folder of CSV files or one .xlsx, then the housing importer."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.access import MAX_FIELDS, MAX_FILES, Visitor
from api.context import Context
from api.errors import BadRequest
from housing.registry.importing import Report, run_import

FIELD = "files"
UPLOAD_BYTES_MAX = 256 * 1024 * 1024
_CSV = re.compile(r"[A-Za-z_]{1,40}\.csv", re.IGNORECASE)
_STRANGE = re.compile(r"[^\w.()-]+")


async def uploaded(request: Request) -> list[UploadFile]:
    """The files of a multipart upload; raises BadRequest where they are not what an import is made of."""
    form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS)
    files = [item for item in form.getlist(FIELD) if isinstance(item, UploadFile) and item.filename]
    names = [Path(file.filename or "").name for file in files]
    is_workbook = len(names) == 1 and names[0].lower().endswith(".xlsx")
    if not names or not (is_workbook or all(_CSV.fullmatch(name) for name in names)):
        raise BadRequest(
            "请上传 CSV 文件（可多选）或一个 .xlsx 文件。", "Give CSV files (several at once) or one .xlsx file.",
            mend_zh="文件名应为 homes.csv、doors.csv、people.csv、leases.csv 等。",
            mend_en="Their names are homes.csv, doors.csv, people.csv, leases.csv and so on.",
        )  # fmt: skip
    return files


def _source(folder: Path, files: Sequence[UploadFile]) -> Path:
    """The upload on disk under a name that says what it was; only its last part is taken from the browser."""
    names = [Path(file.filename or "").name for file in files]
    if names[0].lower().endswith(".xlsx"):
        source = folder / f"{_STRANGE.sub('_', names[0][:-5])[:80] or 'registry'}.xlsx"
        _keep(files[0], source)
        return source
    source = folder / (names[0] if len(names) == 1 else f"{names[0]}+{len(names) - 1}")
    source.mkdir()
    for file, name in zip(files, names, strict=True):
        _keep(file, source / name.lower())
    return source


def _keep(file: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out)


async def run(context: Context, visitor: Visitor, files: Sequence[UploadFile], *, strict: bool) -> Report:
    """Import uploaded files; they are gone afterwards. Raises SourceRefused, FilesMissing."""
    return await run_in_threadpool(_run, context, visitor, files, strict=strict)


def _run(context: Context, visitor: Visitor, files: Sequence[UploadFile], *, strict: bool) -> Report:
    def give_keys(estates: tuple[str, ...]) -> None:
        for estate in estates:
            context.vault.create(estate)

    with tempfile.TemporaryDirectory(prefix="anju-import-") as folder:
        source = _source(Path(folder), files)
        report = run_import(
            context.housing, source, strict=strict, actor=visitor.user, now=context.now(), prepare=give_keys
        )
    context.registry_changed()
    return report
