"""Charts as plain geometry: what a template draws as SVG, without styles or scripts of its own."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from occupancy.views import HomeDayLine

CELL, GAP = 11, 2
LEVELS = 4
DARK_SHARE = 0.5  # a day seen for less than half says nothing


class DaySquare(msgspec.Struct, frozen=True):
    """One day of a calendar: where it stands and what was seen."""

    day: date
    x: int
    y: int
    kind: str  # seen1..seen4 by passages of the household, none, away, dark (nobody could see), ahead
    others: int  # passes, unknown people and mismatches at the home
    entries: int
    nights: int


class MonthMark(msgspec.Struct, frozen=True):
    """Where a month begins."""

    month: date
    x: int


class Calendar(msgspec.Struct, frozen=True):
    """A year of days, a column a week, Monday first."""

    days: Sequence[DaySquare]
    months: Sequence[MonthMark]
    width: int
    height: int
    onset: DaySquare | None
    band: tuple[int, int] | None  # the weeks in which it may have begun: where they stand, and how wide
    seen: int
    dark: int


def _level(entries: int, exits: int) -> str:
    return f"seen{min(LEVELS, max(1, entries + exits))}"


def _kind(line: HomeDayLine | None, away: bool) -> str:
    if line is not None and line.entries + line.exits:
        return _level(line.entries, line.exits)
    if line is not None and line.outage_share >= DARK_SHARE:
        return "dark"
    return "away" if away else "none"


def _band(first: date, last: date, within: tuple[date, date] | None) -> tuple[int, int] | None:
    """(x, width) of the weeks from one day to another, as far as they are on the strip."""
    if within is None or within[1] < first or last < within[0]:
        return None
    begin, end = (max(0, (min(day, last) - first).days) // 7 for day in within)
    return begin * (CELL + GAP) - 1, (end - begin + 1) * (CELL + GAP)


def calendar(
    lines: Iterable[HomeDayLine],
    first: date,
    last: date,
    away: Sequence[tuple[date, date | None]],
    onset: date | None,
    within: tuple[date, date] | None = None,
) -> Calendar:
    """The days from `first`, a Monday, to `last`; days without a line saw nothing while every reader worked.

    Args:
        lines: Home-days.
        first: The first day, in the upper left.
        last: The last day, today.
        away: Declared absences, until exclusive.
        onset: The day a finding is thought to have begun, if any.
        within: The first and the last day on which it may have begun.
    """
    by_day = {line.day: line for line in lines}
    squares = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        line = by_day.get(day)
        declared = any(begin <= day and (end is None or day < end) for begin, end in away)
        others = line.passes + line.unknown_entries + line.mismatches if line else 0
        squares.append(
            DaySquare(
                day, (number // 7) * (CELL + GAP), (number % 7) * (CELL + GAP), _kind(line, declared), others,
                line.entries if line else 0, line.members_in_at_night if line else 0,
            )
        )  # fmt: skip
    months = [MonthMark(s.day, s.x) for s in squares if s.day.day <= 7 and s.y == 0]
    return Calendar(
        days=squares, months=months, width=((last - first).days // 7 + 1) * (CELL + GAP), height=7 * (CELL + GAP),
        onset=next((s for s in squares if s.day == onset), None), band=_band(first, last, within),
        seen=sum(s.kind.startswith("seen") for s in squares), dark=sum(s.kind == "dark" for s in squares),
    )  # fmt: skip
