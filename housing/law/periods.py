"""Periods that run from a day, each declared once: the number, its unit, and what starts it.

The day that sets a period off decides which of the city's numbers counts for it (ADR 0014), and is itself not counted:
the period begins on the next day (Civil Code 201). Months and years end on the day of the same number, or on the last
day of a month that lacks it (202). An end on a holiday is NOT moved to the next working day (203): what is shown is
then never later than the law's own last day.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from housing.leases import add_months
from housing.parameters import (
    BAN_YEARS,
    CLOCK_718_MONTHS,
    CLOCK_718_RED_DAYS,
    CLOCK_734_DAYS,
    HEARING_NOTICE_WORKING_DAYS,
    HEARING_REQUEST_WORKING_DAYS,
    PENALTY_LIMIT_YEARS,
    RELET_ALARM_DAYS,
    WAITING_MAX_YEARS,
    Parameter,
    ParameterRow,
    value_on,
)
from housing.working_days import add_working_days


class Unit(StrEnum):
    """What a period is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


def add(day: date, number: int, unit: Unit) -> date:
    """The last day of a period of `number` units that starts on `day`; raises HolidaysUnknown, InvalidValue."""
    match unit:
        case Unit.DAYS:
            return day + timedelta(days=number)
        case Unit.WORKING_DAYS:
            return add_working_days(day, number)
        case Unit.MONTHS:
            return add_months(day, number)
        case Unit.YEARS:
            return add_months(day, 12 * number)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period: which number of the city, in which unit, from which day; and what it is for, in words."""

    parameter: Parameter[int]
    unit: Unit
    zh: str
    en: str
    starts_zh: str
    starts_en: str

    def last_day(self, start: date, rows: Iterable[ParameterRow] = ()) -> date:
        """Its last day, by the number in force on `start` (ADR 0014).

        Args:
            start: the day it starts on, at the estate; not counted.
            rows: the city's table of parameters.

        Raises HolidaysUnknown where working days lead into a year whose holidays are not known, and InvalidValue
        outside the calendar.
        """
        return add(start, value_on(rows, self.parameter, start), self.unit)


CONSENT_718 = Period(
    parameter=CLOCK_718_MONTHS, unit=Unit.MONTHS,
    zh="对转租提出异议的最后一日，此后视为同意", en="last day to object to a sublet; after it silence is consent",
    starts_zh="知道或者应当知道转租之日", starts_en="the sublet was known or should have been",
)  # fmt: skip
RED_718 = Period(
    parameter=CLOCK_718_RED_DAYS, unit=Unit.DAYS,
    zh="转租异议告急（早于法定期限）", en="red alarm of clock 718, ahead of the law's last day",
    starts_zh="知道或者应当知道转租之日", starts_en="the sublet was known or should have been",
)  # fmt: skip
OBJECTION_734 = Period(
    parameter=CLOCK_734_DAYS, unit=Unit.DAYS,
    zh="期满仍有使用迹象时起草异议之日", en="day an objection is drafted where the home is still used",
    starts_zh="租赁期或者搬迁期的最后一日", starts_en="the last day of the term or relocation period",
)  # fmt: skip
HEARING_REQUEST = Period(
    parameter=HEARING_REQUEST_WORKING_DAYS, unit=Unit.WORKING_DAYS,
    zh="当事人要求听证的最后一日", en="last day to ask for a hearing",
    starts_zh="告知听证权利之日", starts_en="the party was told of the right",
)  # fmt: skip
HEARING_NOTICE = Period(
    parameter=HEARING_NOTICE_WORKING_DAYS, unit=Unit.WORKING_DAYS,
    zh="可以举行听证的最早一日", en="earliest day of a hearing",
    starts_zh="听证通知送达之日", starts_en="the hearing's notice was served",
)  # fmt: skip
PENALTY_LIMIT = Period(
    parameter=PENALTY_LIMIT_YEARS, unit=Unit.YEARS,
    zh="违法行为须被发现的最后一日，此后不再处罚", en="last day to discover a breach; after it no penalty",
    starts_zh="违法行为终了之日", starts_en="the breach ended",
)  # fmt: skip
BAN = Period(
    parameter=BAN_YEARS, unit=Unit.YEARS,
    zh="不得再次申请的最后一日", en="last day without a new application",
    starts_zh="退回公共租赁住房之日", starts_en="the home was given back",
)  # fmt: skip
RELET = Period(
    parameter=RELET_ALARM_DAYS, unit=Unit.DAYS,
    zh="腾退房源应再次出租的最后一日，此后告警", en="last day to let a vacated home again; after it the alarm",
    starts_zh="收回房屋之日", starts_en="the home was recovered",
)  # fmt: skip
WAITING = Period(
    parameter=WAITING_MAX_YEARS, unit=Unit.YEARS,
    zh="轮候期一般不超过此日", en="waiting generally ends by this day",
    starts_zh="登记为轮候对象之日", starts_en="the applicant was put on the waiting list",
)  # fmt: skip
ALL = (
    CONSENT_718, RED_718, OBJECTION_734, HEARING_REQUEST, HEARING_NOTICE, PENALTY_LIMIT, BAN, RELET, WAITING,
)  # fmt: skip
