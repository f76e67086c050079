"""Leases on the calendar: months that end where months end, and what state a lease is in on a day. Pure.

Periods in months end on the day of the same number, or on the month's last day where that number is missing (Civil
Code 201 to 203). `end` and `relocation_until` are last days; `ended` is the day the home was given back.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from core.errors import InvalidValue
from housing.registry.rows import LeaseRow


class LeaseState(StrEnum):
    """Where a lease stands on a day. None of them takes anybody's access away (L13)."""

    UPCOMING = "upcoming"  # its term has not begun
    RUNNING = "running"
    EXPIRING = "expiring"  # running, and it is time to think of renewal
    RELOCATION = "relocation"  # over, within the relocation period granted by the office (Order 11 Art. 31)
    EXPIRED = "expired"  # over, not given back
    ENDED = "ended"  # given back


def add_months(day: date, months: int) -> date:
    """The day `months` calendar months later (earlier where negative), at most the month's last day.

    31 August + 6 is 28 or 29 February. Raises InvalidValue outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise InvalidValue("日期超出可用范围。", "The day is outside the calendar.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def whole_months(start: date, day: date) -> int:
    """How many calendar months have passed from `start` to `day`: the largest n with add_months(start, n) <= day.

    Negative where `day` is before `start`.
    """
    months = (day.year - start.year) * 12 + day.month - start.month
    return months if add_months(start, months) <= day else months - 1


def apply_by(end: date, notice_months: int) -> date:
    """The last day to apply for renewal of a lease that ends on `end` (Order 11 Art. 30)."""
    return add_months(end, -notice_months)


def reminder_day(end: date, notice_months: int, reminder_days: int) -> date:
    """The day from which the tenant is reminded: `reminder_days` before the last day to apply."""
    return apply_by(end, notice_months) - timedelta(days=reminder_days)


def is_too_long(start: date, end: date, max_years: int) -> bool:
    """Whether a term is longer than leases generally are (L9): a warning, not a refusal."""
    return end >= add_months(start, 12 * max_years)


def lease_state(lease: LeaseRow, day: date, *, notice_months: int, reminder_days: int) -> LeaseState:
    """The lease's state on `day`, from what its row says; the numbers are the city's parameters on that day.

    A relocation period counts once the term is over; before that the lease runs, whatever the office decided.
    """
    if lease.ended is not None and lease.ended <= day:
        return LeaseState.ENDED
    if day < lease.start:
        return LeaseState.UPCOMING
    if day > lease.end:
        granted = lease.relocation_until is not None and day <= lease.relocation_until
        return LeaseState.RELOCATION if granted else LeaseState.EXPIRED
    if day >= reminder_day(lease.end, notice_months, reminder_days):
        return LeaseState.EXPIRING
    return LeaseState.RUNNING


def lease_on(leases: Iterable[LeaseRow], day: date) -> LeaseRow | None:
    """Of one home's leases, the one that counts on `day`: the newest whose term has begun; None before the first."""
    begun = [lease for lease in leases if lease.start <= day]
    return max(begun, key=lambda lease: (lease.start, lease.lease), default=None)
