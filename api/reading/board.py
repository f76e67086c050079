"""The estate at a glance: every home, its state and its last sign of life, floor by floor."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.engine import Connection

from api.reading.labels import home_label
from housing.registry import reading
from occupancy import views

CARE = "care"
STATES = (
    CARE, "overdue", "suspected_sublet", "suspected_idle", "declared_away", "occupied", "unknown", "vacant", "repair",
    "reserved",
)  # fmt: skip


class Cell(msgspec.Struct, frozen=True):
    """One home on the board."""

    home: str
    label: str
    building: str
    floor: int
    unit: str
    state: str
    last_us: int | None


class Building(msgspec.Struct, frozen=True):
    """A building's floors, the highest first, its homes in order."""

    building: str
    floors: Sequence[tuple[int, Sequence[Cell]]]


class Board(msgspec.Struct, frozen=True):
    """Every home of an estate; `digest` tells one state of the board from another."""

    cells: Mapping[str, Cell]
    digest: str

    def buildings(self) -> list[Building]:
        """The cells as a plan."""
        plan: dict[str, dict[int, list[Cell]]] = {}
        for cell in self.cells.values():
            plan.setdefault(cell.building, {}).setdefault(cell.floor, []).append(cell)
        return [
            Building(name, [(f, sorted(floors[f], key=lambda c: c.unit)) for f in sorted(floors, reverse=True)])
            for name, floors in sorted(plan.items())
        ]

    def counts(self) -> dict[str, int]:
        """How many homes in each state, in the order of the legend."""
        counts = dict.fromkeys(STATES, 0)
        for cell in self.cells.values():
            counts[cell.state] += 1
        return counts


class BoardChange(msgspec.Struct, frozen=True):
    """The homes whose state changed, and how many are in each state now."""

    cells: Sequence[Cell]
    counts: Mapping[str, int]


def change(old: Board, new: Board) -> BoardChange:
    """From one board to the next of the same homes."""
    cells = [cell for home, cell in new.cells.items() if old.cells[home].state != cell.state]
    return BoardChange(cells, new.counts())


def _digest(cells: Mapping[str, Cell]) -> str:
    text = "\n".join(f"{home} {cell.state}" for home, cell in sorted(cells.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def board(housing: Connection, occupancy: Connection, estate: str, now: datetime) -> Board:
    """The board of an estate as the stores have it now.

    A home whose household waits for a care visit says so before all else; a home that is not let says what it is.
    """
    lines = {line.home: line for line in views.board(occupancy, housing, estate, now=now)}
    urgent = {a.home for a in views.alerts_page(occupancy, [estate], state="open", limit=views.PAGE_MAX) if a.urgent}
    cells = {}
    for home in reading.homes_of(housing, estate):
        line = lines[home.home]
        state = CARE if home.home in urgent else line.state if home.state == "let" else home.state
        label = home_label(home.building, home.unit, estate)
        cells[home.home] = Cell(home.home, label, home.building, home.floor, home.unit, state, line.last_us)
    return Board(cells, _digest(cells))
