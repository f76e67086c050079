"""One .xlsx with a sheet a file: read without running anything in it, sizes bounded before it is unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from housing.registry.importing.sheets import (
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    Cells,
    Sheet,
    SourceRefused,
)

MAX_PARTS = 1_000
# What damaged or hostile workbooks make zipfile, the XML parser (entities are forbidden) and openpyxl raise.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, InvalidFileException, KeyError, ValueError, TypeError, AttributeError,
    IndexError, SyntaxError, EOFError, OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip


def _refused(zh: str, en: str) -> SourceRefused:
    return SourceRefused(
        zh,
        en,
        mend_zh="请用表格软件另存为普通的 .xlsx，或导出为CSV。",
        mend_en="Save it as a plain .xlsx, or export CSV files.",
    )


def _check_parts(path: Path) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _refused("工作簿超过128MB。", "The workbook is over 128 MB.")
    if not zipfile.is_zipfile(path):
        raise _refused("文件不是 .xlsx，或设有密码。", "The file is no .xlsx, or is protected by a password.")
    with zipfile.ZipFile(path) as parts:
        sizes = [part.file_size for part in parts.infolist()]
    if len(sizes) > MAX_PARTS or sum(sizes) > MAX_UNPACKED_BYTES:
        raise _refused("工作簿解压后过大。", "The workbook is too large when unpacked.")


def read_workbook(path: Path) -> list[Sheet]:
    """The sheets of a workbook, formulas as the text they are; raises SourceRefused."""
    if not openpyxl.DEFUSEDXML:
        raise _refused("缺少安全的XML解析库，不能读取工作簿。", "Without the defusedxml package no workbook is read.")
    try:
        _check_parts(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        try:
            return [_read(sheet, path) for sheet in book.worksheets]
        finally:
            book.close()
    except _UNREADABLE as error:
        raise _refused(
            "工作簿已损坏或含有不允许的内容。", "The workbook is damaged or holds what is not allowed."
        ) from error


def _read(source: Worksheet, path: Path) -> Sheet:
    name = source.title.strip().lower().removesuffix(".csv")
    sheet = Sheet(name, f"{path.name}[{source.title[:40]}]")
    header = next(_rows(source, 1, 1, MAX_COLUMNS + 1), None)
    while header is not None and header.values and not header.values[-1]:
        header.values.pop()
    if header is None or not header.values:
        return sheet  # an empty sheet, as every new workbook has
    if len(header.values) > MAX_COLUMNS:
        sheet.refuse(1, f"超过{MAX_COLUMNS}列。", f"There are more than {MAX_COLUMNS} columns.")
        return sheet
    sheet.header = header.values
    width = len(sheet.header)
    for row in _rows(source, 2, MAX_ROWS + 2, width + 1):
        if not any(row.values):
            continue
        if row.line > MAX_ROWS + 1:
            sheet.refuse(
                row.line, f"超过{MAX_ROWS}行。", f"There are more than {MAX_ROWS} rows; none was read from here."
            )
            break
        if len(row.values) == width + 1 and not row.values[-1]:
            row.values.pop()
        sheet.rows.append(row)
    return sheet


def _rows(source: Worksheet, first: int, last: int, width: int) -> Iterator[Cells]:
    rows = source.iter_rows(min_row=first, max_row=last, max_col=width, values_only=True)
    for line, values in enumerate(rows, first):
        yield Cells(line, [_text(value) for value in values])


def _text(value: object) -> str:
    """A cell's value as the CSV file would have it; a time of a spreadsheet has no offset and is refused later."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
