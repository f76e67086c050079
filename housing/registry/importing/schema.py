"""The registry's files, column by column: one table from which import, export and the documentation are made."""

from collections.abc import Mapping
from typing import NamedTuple

from core.facts import Modality
from housing.registry.importing import cells
from housing.registry.importing.cells import Cell
from housing.registry.kinds import (
    AbsenceKind,
    CredentialKind,
    DoorKind,
    HomeState,
    PassKind,
    Purpose,
    Relation,
    VisitOutcome,
)


class Must(NamedTuple):
    """The mark of a cell that cannot be empty."""


MUST = Must()


class Column(NamedTuple):
    """A column of a file.

    `field` is the column of the table it fills (its own name where empty), `empty` what an empty cell stands for (MUST:
    it is refused). A file may lack a column that `may_miss`; what the registry holds there then stays.
    """

    name: str
    cell: Cell
    field: str = ""
    empty: object = MUST
    may_miss: bool = False

    @property
    def target(self) -> str:
        """The column of the table."""
        return self.field or self.name


class File(NamedTuple):
    """A file: its columns, which of them name a row, and whether a first import needs it."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # fields that make a row the same row
    needed: bool = False


def _day(name: str, field: str = "") -> Column:
    return Column(name, cells.DAY, field, None, may_miss=True)


_FROM, _UNTIL = Column("from", cells.DAY, "from_day"), _day("until", "until_day")
_FROM_US = Column("from", cells.MOMENT, "from_us")

FILES: tuple[File, ...] = (
    File(
        "homes",
        (
            Column("home", cells.ID),
            Column("estate", cells.TOPIC_ID),
            Column("building", cells.ID),
            Column("floor", cells.WHOLE),
            Column("unit", cells.ID),
            Column("area_m2", cells.NUMBER),
            Column("state", cells.choice(HomeState)),
        ),
        ("home",),
        needed=True,
    ),
    File(
        "doors",
        (
            Column("door", cells.TOPIC_ID),
            Column("estate", cells.TOPIC_ID),
            Column("kind", cells.choice(DoorKind)),
            Column("building", cells.ID, empty=None),
            Column("home", cells.ID, empty=None),
            Column("counts_tailgating", cells.FLAG, empty=False),
            Column("ways", cells.WAYS_IN, empty="", may_miss=True),
        ),
        ("door",),
        needed=True,
    ),
    File(
        "gateways",
        (
            Column("gateway", cells.TOPIC_ID),
            Column("estate", cells.TOPIC_ID),
            Column("doors", cells.DOORS, empty=()),
        ),
        ("gateway",),
    ),
    File(
        "people",
        (
            Column("person", cells.ID),
            Column("name", cells.LINE),
            Column("born", cells.DAY, empty=None),
            Column("home", cells.ID, empty=None),
            Column("relation", cells.choice(Relation)),
            _FROM,
            _UNTIL,
            Column("lives_alone", cells.FLAG, empty=False),
            Column("estate", cells.TOPIC_ID, empty=None, may_miss=True),
        ),
        ("person", "home", "from_day"),
        needed=True,
    ),
    File(
        "leases",
        (
            Column("lease", cells.ID),
            Column("home", cells.ID),
            Column("tenant", cells.ID),
            Column("start", cells.DAY),
            Column("end", cells.DAY),
            Column("rent_month", cells.FEN, "rent_month_fen"),
            _day("ended"),
            Column("end_reason", cells.LINE, empty=None, may_miss=True),
            _day("relocation_until"),
            _day("renewal_applied"),
            _day("objection_718_served"),
            _day("objection_734_served"),
        ),
        ("lease",),
        needed=True,
    ),
    File(
        "vehicles",
        (
            Column("plate", cells.PLATE),
            Column("person", cells.ID),
            Column("home", cells.ID, empty=None),
            _FROM,
            _UNTIL,
        ),
        ("plate", "person", "home", "from_day"),
    ),
    File(
        "credentials",
        (
            Column("credential", cells.ID),
            Column("person", cells.ID),
            Column("kind", cells.choice(CredentialKind)),
            _FROM,
            _UNTIL,
        ),
        ("credential",),
    ),
    File(
        "passes",
        (
            Column("pass", cells.ID),
            Column("home", cells.ID),
            Column("kind", cells.choice(PassKind)),
            Column("holder", cells.LINE),
            _FROM_US,
            Column("until", cells.MOMENT, "until_us"),
            Column("doors", cells.DOORS),
        ),
        ("pass",),
    ),
    File(
        "absences",
        (
            Column("home", cells.ID),
            Column("person", cells.ID, empty=None),
            _FROM,
            _UNTIL,
            Column("kind", cells.choice(AbsenceKind)),
            Column("approved", cells.FLAG, empty=False),
        ),
        ("home", "person", "from_day", "kind"),
    ),
    File(
        "consents",
        (
            Column("person", cells.ID),
            Column("purpose", cells.choice(Purpose)),
            Column("modality", cells.choice(Modality), empty=""),  # care has none; the rule of consents asks the others
            Column("given", cells.MOMENT, "given_us"),
            Column("withdrawn", cells.MOMENT, "withdrawn_us", None, may_miss=True),
            Column("text_version", cells.SHORT),
            Column("guardian", cells.LINE, empty=None, may_miss=True),
        ),
        ("person", "purpose", "modality", "given_us"),
    ),
    File(
        "visits",
        (
            Column("home", cells.ID),
            Column("at", cells.MOMENT, "at_us"),
            Column("officer", cells.LINE),
            Column("outcome", cells.choice(VisitOutcome)),
            Column("note", cells.NOTE, empty=""),
        ),
        ("home", "at_us"),
    ),
    File(
        "swaps",
        (
            Column("home_a", cells.ID),
            Column("home_b", cells.ID),
            _FROM,
            Column("approved", cells.FLAG, empty=False),
            _UNTIL,
        ),
        ("home_a", "home_b", "from_day"),
    ),
    File(
        "outages",
        (
            Column("door", cells.TOPIC_ID, empty=None, may_miss=True),
            Column("gateway", cells.TOPIC_ID, empty=None, may_miss=True),
            _FROM_US,
            Column("until", cells.MOMENT, "until_us", None, may_miss=True),
        ),
        ("door", "gateway", "from_us"),
    ),
    File(
        "arrears",
        (Column("lease", cells.ID), Column("month", cells.MONTH), Column("amount", cells.FEN, "amount_fen")),
        ("lease", "month"),
    ),
    File(
        "meters",
        (
            Column("home", cells.ID),
            Column("date", cells.DAY, "day"),
            Column("electricity_kwh", cells.NUMBER, empty=None, may_miss=True),
            Column("water_m3", cells.NUMBER, empty=None, may_miss=True),
        ),
        ("home", "day"),
    ),
)
BY_NAME: Mapping[str, File] = {file.name: file for file in FILES}
