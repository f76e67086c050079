"""Deadlines of a case and of a home: hearing, limit of penalty, ban, renewal, letting again (P4, P5, L5, L8, L9, X2).

Each asks for the day that set it off, and takes the city's numbers of that day (`housing.law.periods`, ADR 0014). Where
working days lead into a year whose holidays are unknown, HolidaysUnknown says so and what mends it.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from housing import leases
from housing.law.periods import BAN, HEARING_NOTICE, HEARING_REQUEST, PENALTY_LIMIT, RELET, WAITING
from housing.parameters import (
    LEASE_MAX_YEARS,
    RENEWAL_NOTICE_MONTHS,
    RENEWAL_REMINDER_DAYS,
    ParameterRow,
    value_on,
)
from housing.registry.rows import LeaseRow

_DAY = timedelta(days=1)
Rows = Iterable[ParameterRow]


def hearing_request_by(told_on: date, rows: Rows = ()) -> date:
    """The last day on which a party told of the right on `told_on` may ask for a hearing (Penalty Law 64(1), 85)."""
    return HEARING_REQUEST.last_day(told_on, rows)


def earliest_hearing(notice_served: date, rows: Rows = ()) -> date:
    """The first day of a hearing whose notice was served on `notice_served` (Penalty Law 64(2), 85).

    The day of service is not counted, the day of the hearing is: served on a Monday, seven working days lead to the
    Wednesday of the week after.
    """
    return HEARING_NOTICE.last_day(notice_served, rows)


def latest_hearing_notice(hearing: date, rows: Rows = ()) -> date:
    """The last day to serve the notice of a hearing held on `hearing`.

    Each day that it could be served on is asked by its own number, latest first.
    """
    rows, day = tuple(rows), hearing
    while earliest_hearing(day, rows) > hearing:
        day -= _DAY
    return day


def is_hearing_notice_in_time(notice_served: date, hearing: date, rows: Rows = ()) -> bool:
    """Whether a notice was served the working days ahead that the law asks for."""
    return hearing >= earliest_hearing(notice_served, rows)


def discover_by(breach_ended: date, rows: Rows = ()) -> date:
    """The last day to discover a breach that may still be fined (Penalty Law 36).

    A breach that goes on has no such day: the limit runs from its end.
    """
    return PENALTY_LIMIT.last_day(breach_ended, rows)


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """The years without a new application after a breach (Art. 36)."""

    returned: date
    last_day: date

    @property
    def may_apply_from(self) -> date:
        """The first day on which an application is open again."""
        return self.last_day + _DAY

    def is_in_force(self, day: date) -> bool:
        """Whether an application of that day is refused."""
        return self.returned <= day <= self.last_day


def ban(returned: date, rows: Rows = ()) -> Ban:
    """The ban that begins with the day the home was given back."""
    return Ban(returned=returned, last_day=BAN.last_day(returned, rows))


def relet_by(recovered: date, rows: Rows = ()) -> date:
    """The last day for a home recovered on `recovered` to be let again; the alarm is raised on the next (X2)."""
    return RELET.last_day(recovered, rows)


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """When a tenant is reminded, and by when renewal is applied for (Art. 30, L5)."""

    remind_on: date
    apply_by: date


def renewal(lease: LeaseRow, rows: Rows = ()) -> Renewal:
    """The renewal days of a lease, by the numbers in force on the first day of its term.

    They are known when the lease is signed and no later change can make a tenant late. The arithmetic is
    `housing.leases`.
    """
    rows = tuple(rows)
    months = value_on(rows, RENEWAL_NOTICE_MONTHS, lease.start)
    days = value_on(rows, RENEWAL_REMINDER_DAYS, lease.start)
    return Renewal(
        remind_on=leases.reminder_day(lease.end, months, days), apply_by=leases.apply_by(lease.end, months)
    )  # fmt: skip


def state_of_lease(lease: LeaseRow, day: date, rows: Rows = ()) -> leases.LeaseState:
    """`leases.lease_state` by the numbers that govern this lease: those of the first day of its term."""
    rows = tuple(rows)
    return leases.lease_state(
        lease,
        day,
        notice_months=value_on(rows, RENEWAL_NOTICE_MONTHS, lease.start),
        reminder_days=value_on(rows, RENEWAL_REMINDER_DAYS, lease.start),
    )


def is_lease_too_long(start: date, end: date, rows: Rows = ()) -> bool:
    """Whether a term is longer than leases generally are (L9): a warning, not a refusal."""
    return leases.is_too_long(start, end, value_on(rows, LEASE_MAX_YEARS, start))


def is_waiting_too_long(listed: date, day: date, rows: Rows = ()) -> bool:
    """Whether an applicant has waited longer than people generally should (L9): a warning."""
    return day > WAITING.last_day(listed, rows)
