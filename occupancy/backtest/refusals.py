"""What could not be taken from a file of sightings: every row counted by its reason, the first of them listed."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

LISTED = 100  # rows listed one by one; of the others the counts speak
NAMES = 20  # unknown names listed, a column


class RefusedRow(NamedTuple):
    """A row that was not taken, and why."""

    line: int
    column: str
    zh: str
    en: str


@dataclass
class Tally:
    """Counts of a reading.

    Attributes:
        file: as it is called. strange: its columns that nobody asks for.
        rows: read. refused: by column, rows that were left out. listed: the first of them.
        unknown: by column, rows with a name that the registry does not know; such a row counts for what else it says.
        names: by column, the first of those names.
        undirected: rows without a direction; they count as passages of unknown direction.
        repeated: rows of an event that had come before. outside: taken before or after the days asked for.
        unplaced: rows of which no part is known to any estate.
    """

    file: str = ""
    strange: tuple[str, ...] = ()
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    listed: list[RefusedRow] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    names: dict[str, set[str]] = field(default_factory=dict)
    undirected: int = 0
    repeated: int = 0
    outside: int = 0
    unplaced: int = 0

    def list_refused(self, line: int, column: str, zh: str, en: str) -> None:
        """List a row that was counted, while there is room."""
        if len(self.listed) < LISTED:
            self.listed.append(RefusedRow(line, column, zh, en))

    def not_known(self, column: str, rows: int, names: list[str]) -> None:
        """Count rows whose name in `column` nobody registered."""
        self.unknown[column] += rows
        known = self.names.setdefault(column, set())
        known.update(sorted(names)[: max(NAMES - len(known), 0)])
