"""What a parameter is, and what it is on a day. Pure arithmetic.

A city's rows come from the `parameters` table (`registry.reading.parameters_of`); where it has none the default stands.
Every question names a day, and a row counts from its `effective_from` on, so a change never re-judges the past.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Generic, TypeVar

import msgspec

from core.errors import AnjuError

T = TypeVar("T")
MAX_VALUE, MAX_DAYS = 10**12, 36_500  # days: a century
PRACTICE = "管理惯例，无法定数值（house practice, no figure in law）"


class WrongParameter(AnjuError):
    """A name nobody knows, or a value its parameter cannot have."""

    code = "wrong_parameter"


class ParameterRow(msgspec.Struct, frozen=True):
    """One row of a city's table."""

    name: str
    effective_from: date
    value: str
    citation: str


class Kind(msgspec.Struct, Generic[T], frozen=True):
    """How a stored value is read, and what to give instead of one that cannot be read."""

    read: Callable[[str], T]  # raises ValueError
    mend_zh: str
    mend_en: str


class Parameter(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A number that a city may set: its default, its kind, and why it is what it is."""

    name: str
    default: T
    kind: Kind[T]
    zh: str
    en: str
    citation: str

    def parse(self, text: str) -> T:
        """The value that `text` stands for; raises ValueError."""
        return self.kind.read(text)


def _whole(text: str, least: int, most: int) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else -1
    if not least <= value <= most:
        raise ValueError(text)
    return value


def _between(least: int, most: int) -> Kind[int]:
    return Kind(
        lambda text: _whole(text, least, most),
        f"请填写{least}到{most}之间的整数。",
        f"Give a whole number from {least} to {most:,}.",
    )


def _days(text: str) -> tuple[int, ...]:
    found = tuple(_whole(part.strip(), 0, MAX_DAYS) for part in text.split(","))
    if list(found) != sorted(set(found)):
        raise ValueError(text)
    return found


WHOLE = Kind(lambda text: _whole(text, 0, MAX_VALUE), "请填写非负整数。", "Give a whole number of 0 or more.")
PERCENT, DAYS = _between(0, 100), _between(0, MAX_DAYS)
MONTHS, YEARS = _between(1, 1_200), _between(1, 100)  # a 0 by mistake would make a breach of every home at once
DAY_LIST = Kind(
    _days,
    f"请填写0到{MAX_DAYS}之间的整数天数，用逗号分隔、由小到大。",
    f"Give whole numbers of days from 0 to {MAX_DAYS:,}, ascending, separated by commas.",
)


def number(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    """A whole number of 0 or more."""
    return Parameter(name=name, default=default, kind=WHOLE, zh=zh, en=en, citation=citation)


def days(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    """Days, working days too, up to a century: no date reckoned with them leaves the calendar."""
    return Parameter(name=name, default=default, kind=DAYS, zh=zh, en=en, citation=citation)


def months(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    """Calendar months, at least one, up to a century."""
    return Parameter(name=name, default=default, kind=MONTHS, zh=zh, en=en, citation=citation)


def years(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    """Calendar years, at least one, up to a century."""
    return Parameter(name=name, default=default, kind=YEARS, zh=zh, en=en, citation=citation)


def percent(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    """A share in whole percent, 0 to 100."""
    return Parameter(name=name, default=default, kind=PERCENT, zh=zh, en=en, citation=citation)


def day_list(name: str, default: tuple[int, ...], zh: str, en: str, citation: str) -> Parameter[tuple[int, ...]]:
    """Numbers of days, ascending."""
    return Parameter(name=name, default=default, kind=DAY_LIST, zh=zh, en=en, citation=citation)


def read(parameter: Parameter[T], value: str) -> T:
    """The stored `value` as one of `parameter`; raises WrongParameter."""
    try:
        return parameter.parse(value)
    except ValueError as error:
        raise WrongParameter(
            f"参数“{parameter.zh}”（{parameter.name}）不能是“{value}”。",
            f"Parameter {parameter.name} cannot be {value!r}.",
            mend_zh=parameter.kind.mend_zh, mend_en=parameter.kind.mend_en,
        ) from error  # fmt: skip


def row_on(rows: Iterable[ParameterRow], name: str, day: date) -> ParameterRow | None:
    """The row of `name` that counts on `day`; None where the default stands. Order of `rows` does not matter."""
    known = [row for row in rows if row.name == name and row.effective_from <= day]
    return max(known, key=lambda row: row.effective_from, default=None)


def value_on(rows: Iterable[ParameterRow], parameter: Parameter[T], day: date) -> T:
    """What `parameter` is on `day` in the city whose table is `rows`; raises WrongParameter on an unreadable row."""
    row = row_on(rows, parameter.name, day)
    return parameter.default if row is None else read(parameter, row.value)
