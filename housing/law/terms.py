"""When the grounds that are counted come about: idle months (Art. 27(5)) and rent owed (Art. 29).

These are judgements of a day, not clocks: each day is judged by the number in force on it, and what was reached once
stays reached (L2, ADR 0014). The idle rule of occupancy does the same for many homes at once; a test holds the two
against each other.
"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from core.errors import InvalidValue
from housing.leases import add_months
from housing.parameters import ARREARS_MONTHS, IDLE_MONTHS, ParameterRow, value_on

_DAY = timedelta(days=1)


def idle_term(start: date, months: int, paused_days: Collection[date] = ()) -> date:
    """The day on which an idle run reaches its term (L3): exact, slow, a day at a time.

    Args:
        start: its first day, the day after the last lawful entry that was observed.
        months: so many calendar months must pass.
        paused_days: days on which the household was away with approval or no reader worked. Each moves the term by a
            day, those within the days it was moved by too; days outside the run move nothing.
    """
    if months < 0:
        raise InvalidValue("闲置月数不能为负。", "A number of idle months cannot be negative.")
    paused = set(paused_days)
    day, left = add_months(start, months), sum(start <= pause < add_months(start, months) for pause in paused)
    while left:
        left += (day in paused) - 1
        day += _DAY
    return day


def idle_since(
    start: date, day: date, *, paused_days: Collection[date] = (), rows: Iterable[ParameterRow] = ()
) -> date | None:
    """The first day up to `day` on which the run had reached the term in force on that day; None where on none.

    A later change of the number neither takes back a term that was reached nor reaches one on a day that is past.
    """
    rows, at = tuple(rows), start
    starts = sorted({row.effective_from for row in rows if row.name == IDLE_MONTHS.name and start < row.effective_from})
    for until in [*(change - _DAY for change in starts), date.max]:
        reached = max(at, idle_term(start, value_on(rows, IDLE_MONTHS, at), paused_days))
        if reached <= min(until, day):
            return reached
        if until >= day:
            break
        at = until + _DAY
    return None


def is_arrears_ground(months_owed: int, day: date, rows: Iterable[ParameterRow] = ()) -> bool:
    """Whether so many months of rent owed, cumulative and not in a row, are a ground on `day` (L4)."""
    return months_owed >= value_on(rows, ARREARS_MONTHS, day)
