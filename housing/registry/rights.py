"""Who may use which door, derived from households and doors. Pure.

Members of a household, carers too: gates, garages, the doors and lifts of their building, their own door. Staff: every
door but those of homes. A lease that ended takes nothing away: only a person does, by a membership's last day (L13).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from core.clock import day_start_us
from housing.registry.kinds import DoorKind, Relation
from housing.registry.rows import DoorRow, MemberRow, Right

_SHARED = frozenset({DoorKind.GATE, DoorKind.GARAGE})
_OF_BUILDING = frozenset({DoorKind.BUILDING, DoorKind.LIFT})


@lru_cache(maxsize=8192)
def start_us(day: date) -> int:
    """The first microsecond of a day at the estate."""
    return day_start_us(day)


def until_us(day: date | None) -> int | None:
    """The first microsecond no longer in a span; None for a span without end."""
    return None if day is None else start_us(day)


class _Doors:
    """An estate's doors by whom they serve."""

    def __init__(self, doors: Iterable[DoorRow]) -> None:
        self.shared: list[str] = []
        self.for_staff: list[str] = []
        self.of_building: dict[str, list[str]] = {}
        self.of_home: dict[str, list[str]] = {}
        for door in doors:
            if door.kind != DoorKind.HOME:
                self.for_staff.append(door.door)
            if door.kind in _SHARED:
                self.shared.append(door.door)
            elif door.kind in _OF_BUILDING and door.building is not None:
                self.of_building.setdefault(door.building, []).append(door.door)
            elif door.kind == DoorKind.HOME and door.home is not None:
                self.of_home.setdefault(door.home, []).append(door.door)

    def of(self, member: MemberRow, buildings: Mapping[str, str]) -> list[str]:
        """The doors that a membership opens."""
        if member.relation == Relation.STAFF:
            return self.for_staff
        if member.home is None or member.home not in buildings:
            return []
        inner = self.of_building.get(buildings[member.home], [])
        return [*self.shared, *inner, *self.of_home.get(member.home, [])]


def derive(members: Iterable[MemberRow], doors: Iterable[DoorRow], buildings: Mapping[str, str]) -> list[Right]:
    """Rights by person, door and time; `buildings` gives the building of each home of the estate.

    Memberships that overlap or touch give one right, interrupted ones several.
    """
    served = _Doors(doors)
    spans: dict[tuple[str, str], list[tuple[int, int | None]]] = {}
    for member in members:
        span = start_us(member.from_day), until_us(member.until_day)
        for door in served.of(member, buildings):
            spans.setdefault((member.person, door), []).append(span)
    return [Right(*key, first, until) for key in sorted(spans) for first, until in _joined(spans[key])]


def _joined(spans: Sequence[tuple[int, int | None]]) -> Sequence[tuple[int, int | None]]:
    """Spans in order, those that touch made one."""
    if len(spans) == 1:
        return spans
    joined: list[tuple[int, int | None]] = []
    for first, until in sorted(spans, key=lambda span: span[0]):
        if joined and (joined[-1][1] is None or first <= joined[-1][1]):
            start, before = joined[-1]
            joined[-1] = (start, None if before is None or until is None else max(before, until))
        else:
            joined.append((first, until))
    return joined
