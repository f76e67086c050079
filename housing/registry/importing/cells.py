"""What a cell of the registry's files may hold: how its text is read and how a value is written back. Pure.

Readers raise `InvalidValue` saying what is wrong and what would be right. Text that a spreadsheet would run as a
formula is kept as text: written with an apostrophe before it, read without.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from core.clock import CHINA, day_start_us, from_us, to_us
from core.errors import InvalidValue
from core.ids import check_id, check_topic_id
from housing.registry.kinds import WAYS
from housing.registry.plates import plate_text
from housing.registry.writing import words

_DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|z|[+-]\d{2}:\d{2})?")
_ERROR = r"#(?:REF!|N/A|NAME\?|DIV/0!|NULL!|NUM!|VALUE!|SPILL!|CALC!)"
_SHEET_ERROR = re.compile(_ERROR)
_RUN = re.compile(rf"'*(?:[=+\-@]|{_ERROR}\Z)")  # what a spreadsheet would not leave as the text it is
_SEPARATORS = re.compile(r"[;,|、；，\s]+")
_YEARS = range(1900, 2201)
LIST_SEPARATOR = ";"


class Cell(NamedTuple):
    """How a kind of cell is read from trimmed, not empty text, and written."""

    parse: Callable[[str], Any]
    show: Callable[[Any], str] = str


def protect(text: str) -> str:
    """`text` as no spreadsheet will run it; `unprotect` gives it back."""
    return f"'{text}" if _RUN.match(text) else text


def unprotect(text: str) -> str:
    """`text` as it was before `protect`; text that nobody protected stays as it is."""
    return text[1:] if text.startswith("'") and _RUN.match(text) else text


def _text(text: str) -> str:
    if _SHEET_ERROR.fullmatch(text):
        raise InvalidValue("单元格是表格公式错误。", "the cell holds a spreadsheet error.")
    return unprotect(text)


def _one_line(most: int) -> Cell:
    return Cell(lambda text: words.line(_text(text), "内容", "the text", most=most), protect)


def _note(text: str) -> str:
    return words.note(_text(text), "内容", "the text")


def _id(text: str) -> str:
    value = _text(text)
    try:
        return check_id(value, "id")
    except InvalidValue as error:
        raise InvalidValue("编号应为1至64个可见字符。", "an id has 1 to 64 printable characters.") from error


def _topic_id(text: str) -> str:
    try:
        return check_topic_id(text, "id")
    except InvalidValue as error:
        raise InvalidValue(
            f"编号“{text[:32]}”只能用英文字母、数字、“-”和“_”，1至64个字符。",
            f"id {text[:32]!r}: use 1 to 64 letters, digits, '-' or '_'.",
        ) from error


def _calendar(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise InvalidValue("日历上没有这一天。", "there is no such day in the calendar.") from error
    if found.year not in _YEARS:
        raise InvalidValue("年份应在1900至2200之间。", "the year must be between 1900 and 2200.")
    return found


@lru_cache(maxsize=65_536)
def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    if match:
        return _calendar(int(match[1]), int(match[3]), int(match[4]))
    if _MOMENT.fullmatch(text):
        local = from_us(_moment(text)).astimezone(CHINA)
        if local.time() == datetime.min.time():
            return local.date()
    raise InvalidValue("应为日期，例如 2026-03-01。", "a day is wanted, as 2026-03-01.")


def _moment(text: str) -> int:
    if _DAY.fullmatch(text):
        return day_start_us(_day(text))
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise InvalidValue(
            "应为时间，例如 2026-03-01T08:00:00+08:00。", "a time is wanted, as 2026-03-01T08:00:00+08:00."
        )
    if match[3] is None:
        raise InvalidValue("时间缺少时区，请在末尾加 +08:00。", "the time has no UTC offset; add +08:00 at its end.")
    _calendar(int(text[:4]), int(text[5:7]), int(text[8:10]))
    try:
        return to_us(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise InvalidValue("没有这个时间。", "there is no such time.") from error


def _show_moment(value: int) -> str:
    return from_us(value).astimezone(CHINA).isoformat()


def _month(text: str) -> date:
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return _calendar(int(text[:4]), int(text[5:]), 1)
    return _day(text).replace(day=1)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,6}", text, re.ASCII):
        raise InvalidValue("应为整数。", "a whole number is wanted.")
    return int(text)


def _amount(text: str) -> Decimal:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII):
        raise InvalidValue("应为不小于0的数字，例如 48.5。", "a number of 0 or more is wanted, as 48.5.")
    return Decimal(text)


def _fen(text: str) -> int:
    fen = _amount(text) * 100
    if fen != fen.to_integral_value():
        raise InvalidValue("金额最多两位小数。", "an amount has at most two decimals.")
    return int(fen)


def _show_number(value: float) -> str:
    return format(Decimal(repr(value)).normalize(), "f")


def _show_fen(value: int) -> str:
    return str(value // 100) if value % 100 == 0 else f"{value // 100}.{value % 100:02d}"


def _flag(text: str) -> bool:
    known = {"0": False, "1": True, "false": False, "true": True}
    if text.lower() not in known:
        raise InvalidValue("应为0或1。", "0 or 1 is wanted.")
    return known[text.lower()]


def _doors(text: str) -> tuple[str, ...]:
    return tuple(sorted({_topic_id(part) for part in _SEPARATORS.split(text) if part}))


def _ways(text: str) -> str:
    named = {part for part in _SEPARATORS.split(text) if part}
    unknown = sorted(named - set(WAYS))
    if unknown:
        known = "、".join(WAYS)
        raise InvalidValue(
            f"进入方式“{unknown[0][:32]}”未知，可用：{known}。",
            f"way {unknown[0][:32]!r} is unknown; use {', '.join(WAYS)}.",
        )
    return " ".join(way for way in WAYS if way in named)


def choice(kinds: type[StrEnum]) -> Cell:
    """One of the words of `kinds`."""
    known = {kind.value for kind in kinds}
    listed = ", ".join(kind.value for kind in kinds)

    def parse(text: str) -> str:
        if text not in known:
            raise InvalidValue(f"“{text[:32]}”无效，可用：{listed}。", f"{text[:32]!r} is none of: {listed}.")
        return text

    return Cell(parse)


ID = Cell(_id, protect)
TOPIC_ID = Cell(_topic_id)
LINE = _one_line(words.MAX_LINE)
SHORT = _one_line(32)
NOTE = Cell(_note, protect)
DAY = Cell(_day, date.isoformat)
MONTH = Cell(_month, lambda value: value.isoformat()[:7])
MOMENT = Cell(_moment, _show_moment)
WHOLE = Cell(_whole)
NUMBER = Cell(lambda text: float(_amount(text)), _show_number)
FEN = Cell(_fen, _show_fen)
FLAG = Cell(_flag, lambda value: str(int(value)))
PLATE = Cell(plate_text)
DOORS = Cell(_doors, LIST_SEPARATOR.join)
WAYS_IN = Cell(_ways, lambda value: value.replace(" ", LIST_SEPARATOR))
