"""What a source is read into, whatever its format: sheets of text cells with the lines they stood on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from core.errors import AnjuError
from core.texts import Text

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_UNPACKED_BYTES = 384 * 1024 * 1024
MAX_ROWS = 4_000_000  # a year of meters of ten thousand homes
MAX_COLUMNS = 100
MAX_CELL = 32_767  # as in a spreadsheet; text columns have limits of their own
Progress = Callable[[str, int, int], None]  # what, rows done, rows in all


class SourceRefused(AnjuError):
    """The folder or workbook cannot be read at all."""

    code = "source_refused"


class Refusal(NamedTuple):
    """A row, or (line 1) a whole file, that was not taken, and why."""

    file: str
    line: int
    column: str
    zh: str
    en: str
    reason: str = "row"  # for counting: unreadable, header, row, reference


class Cells(NamedTuple):
    """One row: its line in the file, and a text for each column."""

    line: int
    values: list[str]


@dataclass
class Sheet:
    """One file or sheet; `refusals` hold what could not even be split into cells."""

    name: str  # homes, doors, ...
    file: str  # as reports name it
    header: list[str] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Text] = field(default_factory=list)

    def refuse(self, line: int, zh: str, en: str, column: str = "") -> None:
        """Note a row that cannot be read."""
        self.refusals.append(Refusal(self.file, line, column, zh, en, "unreadable"))
