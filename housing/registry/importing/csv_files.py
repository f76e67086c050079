"""CSV as offices save it: encodings told in words, one damaged line refused alone, sizes bounded."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from core.texts import Text
from housing.registry.importing.sheets import MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS, Cells, Sheet

MAX_LINES_IN_ROW = 50  # a quoted note may run over lines; an unclosed quote must not swallow the file
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv(path: Path) -> Sheet:
    """The sheet in a CSV file; what cannot be read is among its refusals."""
    sheet = Sheet(path.stem.lower(), path.name)
    if path.stat().st_size > MAX_FILE_BYTES:
        sheet.refuse(1, "文件超过128MB，请拆分后导入。", "The file is over 128 MB; split it.")
        return sheet
    text = _decode(path.read_bytes(), sheet)
    if text is not None:
        _split(text, sheet)
    return sheet


def _decode(content: bytes, sheet: Sheet) -> str | None:
    """The file's text: UTF-8, with or without its mark, or GBK with a notice; None where it is neither."""
    if content.startswith(_UTF16):
        sheet.refuse(
            1, "文件是UTF-16编码。请在表格软件中另存为“CSV UTF-8”。", "The file is UTF-16. Save it as “CSV UTF-8”."
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
    try:
        text = content.decode("gbk")
    except UnicodeDecodeError:
        sheet.refuse(
            place,
            "文件既不是UTF-8也不是GBK编码。请另存为“CSV UTF-8”。",
            "The file is neither UTF-8 nor GBK. Save it as “CSV UTF-8”.",
        )
        return None
    sheet.notices.append(
        Text(
            f"{sheet.file} 按GBK编码读取，请核对其中的中文姓名；建议另存为“CSV UTF-8”。",
            f"{sheet.file} was read as GBK; check the names in it, and save it as “CSV UTF-8” next time.",
        )
    )
    return text


class _RunAway(Exception):
    """A quote was opened and not closed for too many lines."""


class _Lines(Iterator[str]):
    """Lines for the CSV parser, which can be set back to where a damaged row began."""

    def __init__(self, text: str) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        self.at = self.start = 0

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        if self.at - self.start >= MAX_LINES_IN_ROW:
            raise _RunAway
        self.at += 1
        return self._lines[self.at - 1]


def _rows(text: str, sheet: Sheet) -> Iterator[Cells]:
    """Rows with the line they begin on; a damaged one is refused and reading goes on with the next line."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.start = lines.at
        try:
            yield Cells(lines.start + 1, next(reader))
        except StopIteration:
            return
        except (csv.Error, _RunAway):
            sheet.refuse(
                lines.start + 1,
                "该行无法拆分成单元格：引号不成对，或单元格过大。",
                "The line cannot be split into cells: a quote is not closed, or a cell is too large.",
            )
            lines.at = lines.start + 1
            reader = csv.reader(lines, strict=True)


def _split(text: str, sheet: Sheet) -> None:
    rows = (row for row in _rows(text, sheet) if any(value.strip() for value in row.values))
    header = next(rows, None)
    if header is None:
        sheet.refuse(1, "文件是空的。", "The file is empty.")
        return
    if len(header.values) > MAX_COLUMNS:
        sheet.refuse(header.line, f"超过{MAX_COLUMNS}列。", f"There are more than {MAX_COLUMNS} columns.")
        return
    sheet.header = header.values
    for row in rows:
        if len(sheet.rows) >= MAX_ROWS:
            sheet.refuse(
                row.line,
                f"超过{MAX_ROWS}行，从此行起未读取。",
                f"There are more than {MAX_ROWS} rows; none was read from here.",
            )
            return
        sheet.rows.append(row)
