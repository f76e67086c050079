"""The days of a simulated period: which are free, where the long holidays lie, what the weather invites to."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
import numpy as np

from housing.working_days import is_working_day
from simulators.tables import Bools, Floats, Ints

SPRING_FESTIVAL = "Spring Festival"
_LONG = ("National Day", "Mid-autumn Festival", "Labour Day")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seasons:
    """D days from `start` on.

    Attributes:
        free: (D,) bool, no working day by the State Council's calendar.
        weekday: (D,) int64, Monday is 0.
        spring: the place of the first day of each Spring Festival holiday; may lie outside the period by three weeks.
        holidays: the places of the first days of the May and October holidays.
        outdoors: (D,) float64, about 1: how much of what people may leave undone they do on that day.
        masks: (D,) bool, the days of a season in which many wear masks.
    """

    start: date
    free: Bools
    weekday: Ints
    spring: tuple[int, ...]
    holidays: tuple[int, ...]
    outdoors: Floats
    masks: Bools

    def __len__(self) -> int:
        return len(self.free)

    def day(self, place: int) -> date:
        """The calendar day of a place in the period."""
        return self.start + timedelta(days=place)


def draw_seasons(rng: np.random.Generator, start: date, days: int) -> Seasons:
    """The seasons of a period; raises HolidaysUnknown where the calendar does not reach."""
    every = [start + timedelta(days=place) for place in range(days)]
    masks = np.zeros(days, np.bool_)
    if rng.random() < 0.7:
        first = int(rng.integers(-30, days))
        masks[max(first, 0) : max(first + int(rng.integers(14, 75)), 0)] = True
    return Seasons(
        start=start,
        free=np.array([not is_working_day(day) for day in every], np.bool_),
        weekday=np.array([day.weekday() for day in every], np.int64),
        spring=_firsts(start, days, (SPRING_FESTIVAL,)),
        holidays=_firsts(start, days, _LONG),
        outdoors=np.clip(rng.normal(1.0, 0.15, size=days), 0.5, 1.25),
        masks=masks,
    )


def _firsts(start: date, days: int, names: tuple[str, ...]) -> tuple[int, ...]:
    """Places of the first day of each holiday of these names; two that touch are one."""
    found: list[int] = []
    last = None
    for place in range(-21, days + 21):
        day = start + timedelta(days=place)
        if not 2004 <= day.year <= max(start.year, (start + timedelta(days=days - 1)).year):
            continue
        free, name = chinese_calendar.get_holiday_detail(day)
        if free and name in names:
            if last is None or place - last > 4:
                found.append(place)
            last = place
    return tuple(found)
