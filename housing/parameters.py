"""The numbers of the rules: ONE effective-dated table per city, each row with its citation. Pure arithmetic.

A city's rows come from the `parameters` table (`registry.reading.parameters_of`); where it has none the default here
stands. Every question names a day, and a row counts from its `effective_from` on, so a change never re-judges the past.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Generic, TypeVar

import msgspec

from core.errors import AnjuError

T = TypeVar("T")
MAX_VALUE = 10**12


class WrongParameter(AnjuError):
    """A name nobody knows, or a value its parameter cannot have."""

    code = "wrong_parameter"


class ParameterRow(msgspec.Struct, frozen=True):
    """One row of a city's table."""

    name: str
    effective_from: date
    value: str
    citation: str


class Parameter(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A number that a city may set: its default, how a stored value is read, and why it is what it is."""

    name: str
    default: T
    parse: Callable[[str], T]  # raises ValueError
    zh: str
    en: str
    citation: str


def _whole(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else -1
    if not 0 <= value <= MAX_VALUE:
        raise ValueError(text)
    return value


def _days(text: str) -> tuple[int, ...]:
    days = tuple(_whole(part.strip()) for part in text.split(","))
    if list(days) != sorted(set(days)):
        raise ValueError(text)
    return days


def _number(name: str, default: int, zh: str, en: str, citation: str) -> Parameter[int]:
    return Parameter(name=name, default=default, parse=_whole, zh=zh, en=en, citation=citation)


def _list(name: str, default: tuple[int, ...], zh: str, en: str, citation: str) -> Parameter[tuple[int, ...]]:
    return Parameter(name=name, default=default, parse=_days, zh=zh, en=en, citation=citation)


_ORDER_11 = "《公共租赁住房管理办法》（住房和城乡建设部令第11号）"
_CIVIL_CODE = "《民法典》"
_PENALTY_LAW = "《行政处罚法》"
_PRACTICE = "管理惯例，无法定数值（house practice, no figure in law）"

IDLE_MONTHS = _number(
    "idle_months",
    6,
    "连续闲置达到此月数为违规",
    "Idle for so many consecutive months is a breach",
    f"{_ORDER_11}第二十七条",
)
IDLE_EARLY_DAYS = _list(
    "idle_early_days",
    (30, 90),
    "闲置满此天数时请人上门查看",
    "Days idle at which a visit is asked for",
    _PRACTICE,
)
UNKNOWN_DAYS_PERCENT = _number(
    "unknown_days_percent",
    10,
    "未知天数超过此百分比时最多列为关注",
    "More unknown days (%) cap the stage at watch",
    _PRACTICE,
)
ARREARS_MONTHS = _number(
    "arrears_months",
    6,
    "累计拖欠租金月数",
    "Months of rent owed, cumulative",
    f"{_ORDER_11}第二十九条",
)
RENEWAL_NOTICE_MONTHS = _number(
    "renewal_notice_months",
    3,
    "续租应提前此月数申请",
    "Renewal is applied for so many months ahead",
    f"{_ORDER_11}第三十条",
)
RENEWAL_REMINDER_DAYS = _number(
    "renewal_reminder_days",
    30,
    "在续租申请截止日前此天数提醒",
    "Reminder so many days before the last day to apply",
    _PRACTICE,
)
LEASE_MAX_YEARS = _number(
    "lease_max_years",
    5,
    "租赁期限一般不超过年数",
    "Lease terms beyond so many years are warned of",
    f"{_ORDER_11}第十八条",
)
WAITING_MAX_YEARS = _number(
    "waiting_max_years",
    5,
    "轮候期一般不超过年数",
    "Waiting beyond so many years is warned of",
    f"{_ORDER_11}第十条",
)
FINE_MAX_FEN = _number(
    "fine_max_fen",
    100_000,
    "无违法所得时罚款上限（分）",
    "Highest fine without illegal income (fen)",
    f"{_ORDER_11}第三十六条",
)
FINE_INCOME_TIMES = _number(
    "fine_income_times",
    3,
    "有违法所得时罚款倍数上限",
    "Highest fine as a multiple of illegal income",
    f"{_ORDER_11}第三十六条",
)
FINE_INCOME_MAX_FEN = _number(
    "fine_income_max_fen",
    3_000_000,
    "有违法所得时罚款上限（分）",
    "Highest fine with illegal income (fen)",
    f"{_ORDER_11}第三十六条",
)
BAN_YEARS = _number(
    "ban_years",
    5,
    "自退回之日起不得再次申请年数",
    "Years without a new application, from the day of return",
    f"{_ORDER_11}第三十六条",
)
CLOCK_718_REMINDER_DAYS = _list(
    "clock_718_reminder_days",
    (30, 90, 150),
    "得知转租后提醒天数",
    "Reminders after a sublet became known",
    _PRACTICE,
)
CLOCK_718_RED_DAYS = _number(
    "clock_718_red_days",
    180,
    "得知转租后未送达异议即告急天数",
    "Red without a served objection after so many days",
    f"{_CIVIL_CODE}第七百一十八条（六个月）",
)
CLOCK_734_DAYS = _number(
    "clock_734_days",
    1,
    "期满后起草异议的天数",
    "An objection is drafted so many days after expiry",
    f"{_CIVIL_CODE}第七百三十四条",
)
HEARING_REQUEST_WORKING_DAYS = _number(
    "hearing_request_working_days",
    5,
    "可要求听证的工作日数",
    "Working days within which a hearing may be asked for",
    f"{_PENALTY_LAW}第六十四条、第八十五条",
)
HEARING_NOTICE_WORKING_DAYS = _number(
    "hearing_notice_working_days",
    7,
    "听证通知应提前的工作日数",
    "Working days between a hearing's notice and the hearing",
    f"{_PENALTY_LAW}第六十四条、第八十五条",
)
PENALTY_LIMIT_YEARS = _number(
    "penalty_limit_years",
    2,
    "处罚时效年数",
    "Years after which no penalty may be given",
    f"{_PENALTY_LAW}第三十六条",
)
RELET_ALARM_DAYS = _number(
    "relet_alarm_days",
    365,
    "腾退后再出租期限（天）",
    "Days until a vacated home should be let again",
    "桂林市2020年保障性住房工作方案第十七项",
)

_ALL: tuple[Parameter[Any], ...] = (
    IDLE_MONTHS, IDLE_EARLY_DAYS, UNKNOWN_DAYS_PERCENT, ARREARS_MONTHS, RENEWAL_NOTICE_MONTHS, RENEWAL_REMINDER_DAYS,
    LEASE_MAX_YEARS, WAITING_MAX_YEARS, FINE_MAX_FEN, FINE_INCOME_TIMES, FINE_INCOME_MAX_FEN, BAN_YEARS,
    CLOCK_718_REMINDER_DAYS, CLOCK_718_RED_DAYS, CLOCK_734_DAYS, HEARING_REQUEST_WORKING_DAYS,
    HEARING_NOTICE_WORKING_DAYS, PENALTY_LIMIT_YEARS, RELET_ALARM_DAYS,
)  # fmt: skip
KNOWN = {parameter.name: parameter for parameter in _ALL}


def check(name: str, value: str) -> None:
    """Raise WrongParameter unless `value` is one that the parameter called `name` can have."""
    parameter = KNOWN.get(name)
    if parameter is None:
        raise WrongParameter(
            f"没有名为“{name}”的参数。", f"No parameter is called {name!r}.",
            mend_zh="可用的参数见参数页。", mend_en="The page of parameters lists those that exist.",
        )  # fmt: skip
    _read(parameter, value)


def _read(parameter: Parameter[T], value: str) -> T:
    try:
        return parameter.parse(value)
    except ValueError as error:
        raise WrongParameter(
            f"参数“{parameter.zh}”（{parameter.name}）不能是“{value}”。",
            f"Parameter {parameter.name} cannot be {value!r}.",
            mend_zh="请填写非负整数；天数列表用逗号分隔、由小到大。",
            mend_en="Give a whole number of 0 or more; a list of days ascends, separated by commas.",
        ) from error


def row_on(rows: Iterable[ParameterRow], name: str, day: date) -> ParameterRow | None:
    """The row of `name` that counts on `day`; None where the default stands. Order of `rows` does not matter."""
    known = [row for row in rows if row.name == name and row.effective_from <= day]
    return max(known, key=lambda row: row.effective_from, default=None)


def value_on(rows: Iterable[ParameterRow], parameter: Parameter[T], day: date) -> T:
    """What `parameter` is on `day` in the city whose table is `rows`; raises WrongParameter on an unreadable row."""
    row = row_on(rows, parameter.name, day)
    return parameter.default if row is None else _read(parameter, row.value)
