"""What a breach costs (Art. 36, L8): market rent from the day it began, less rent paid; and the highest fine. In fen.

Rent accrues by the day: a month's rent divided by the days of that calendar month. Sums are exact until each calendar
month is closed, which is rounded DOWN to whole fen: nobody is asked for a fen more than is due. On no day is more
credited than that day's market rent, so an earlier onset never costs less than a later one.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from core.errors import InvalidValue
from housing.parameters import FINE_INCOME_MAX_FEN, FINE_INCOME_TIMES, FINE_MAX_FEN, ParameterRow, value_on

_DAY = timedelta(days=1)


class MonthlyRent(msgspec.Struct, frozen=True, kw_only=True):
    """Market rent of a home for a whole month, from a day on until the next one given."""

    from_day: date
    fen: int

    def __post_init__(self) -> None:
        if self.fen < 0:
            raise InvalidValue("租金不能为负。", "rent cannot be negative.")


class RentPaid(msgspec.Struct, frozen=True, kw_only=True):
    """Rent that was received for the days `first` to `last`, both included."""

    first: date
    last: date
    fen: int

    def __post_init__(self) -> None:
        if self.last < self.first or self.fen < 0:
            raise InvalidValue(
                "已缴租金的期间应先始后终，金额不能为负。",
                "paid rent needs a period that ends after it begins, not below 0.",
            )

    def day_share(self) -> Fraction:
        """Fen for each of its days."""
        return Fraction(self.fen, (self.last - self.first).days + 1)


class MonthOwed(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar month: `days` of it counted, exact sums in fen, and what is owed, rounded down."""

    month: date  # its first day
    days: int
    market: Fraction
    credit: Fraction

    @property
    def owed_fen(self) -> int:
        """Whole fen."""
        return int(self.market - self.credit)


class BackRent(msgspec.Struct, frozen=True, kw_only=True):
    """Market rent to be paid up for the days `first` to `last`, both included, month by month."""

    first: date
    last: date
    months: tuple[MonthOwed, ...]

    @property
    def owed_fen(self) -> int:
        """The sum of the months, each rounded down."""
        return sum(month.owed_fen for month in self.months)


class BackRentRange(msgspec.Struct, frozen=True, kw_only=True):
    """The same for the estimated onset and for both ends of its interval: least.owed <= estimate.owed <= most.owed."""

    estimate: BackRent
    least: BackRent  # from the latest onset
    most: BackRent  # from the earliest onset


def back_rent(first: date, last: date, market: Sequence[MonthlyRent], paid: Iterable[RentPaid] = ()) -> BackRent:
    """Market rent for every day from `first` to `last`, less what was paid for those days.

    Args:
        first: the day the breach began. last: its last day, or the day up to which it is reckoned, both included.
        market: market rents by ascending `from_day`; the first counts on or before `first`.
        paid: rent received for these or other days; several for the same day add up.

    Raises InvalidValue where the days are the wrong way round or no market rent is known for the first of them.
    """
    starts = [rent.from_day for rent in market]
    if last < first or not starts or starts[0] > first or starts != sorted(set(starts)):
        raise InvalidValue(
            "补缴期间须先始后终，且自首日起每日都有市场租金。",
            "the days must be in order, and a market rent known from the first of them on.",
        )
    received = [(rent, rent.day_share()) for rent in paid if rent.first <= last and first <= rent.last]
    months, day = [], first
    while day <= last:
        end = min(last, day.replace(day=monthrange(day.year, day.month)[1]))
        length, credit, total, opened = monthrange(day.year, day.month)[1], Fraction(0), Fraction(0), day
        while day <= end:
            due = Fraction(market[bisect_right(starts, day) - 1].fen, length)
            got = sum((share for rent, share in received if rent.first <= day <= rent.last), Fraction(0))
            total, credit = total + due, credit + min(due, got)
            day += _DAY
        months.append(MonthOwed(month=opened.replace(day=1), days=(end - opened).days + 1, market=total, credit=credit))
    return BackRent(first=first, last=last, months=tuple(months))


def back_rent_range(
    onset: tuple[date, date, date], last: date, market: Sequence[MonthlyRent], paid: Iterable[RentPaid] = ()
) -> BackRentRange:
    """The same for an onset with its interval: (estimate, low, high) as findings have it; raises InvalidValue."""
    estimate, low, high = onset
    if not low <= estimate <= high:
        raise InvalidValue("起始日应在其区间之内。", "the onset must lie within its interval.")
    paid = tuple(paid)
    return BackRentRange(
        estimate=back_rent(estimate, last, market, paid),
        least=back_rent(high, last, market, paid),
        most=back_rent(low, last, market, paid),
    )


def _fine_cap_on(day: date, illegal_income_fen: int, rows: Iterable[ParameterRow]) -> int:
    rows = tuple(rows)
    if not illegal_income_fen:
        return value_on(rows, FINE_MAX_FEN, day)
    most = value_on(rows, FINE_INCOME_MAX_FEN, day)
    return min(illegal_income_fen * value_on(rows, FINE_INCOME_TIMES, day), most)


def fine_cap(breach: date, decision: date, *, illegal_income_fen: int = 0, rows: Iterable[ParameterRow] = ()) -> int:
    """The highest fine in fen (Art. 36): 1,000 yuan, or with illegal income three times it and at most 30,000 yuan.

    A breach is fined by the law of its own day, or by that of the decision where it has become milder (Penalty Law 37):
    the lower of the two days' caps.

    Args:
        breach: the day of the breach; of one that went on, its last day. decision: the day of the decision.
        illegal_income_fen: what the tenant took in by it; 0 for none.
    """
    if illegal_income_fen < 0 or decision < breach:
        raise InvalidValue(
            "违法所得不能为负，决定日不能早于违法行为。",
            "income cannot be negative, nor a decision precede the breach.",
        )
    rows = tuple(rows)
    return min(_fine_cap_on(day, illegal_income_fen, rows) for day in (breach, decision))
