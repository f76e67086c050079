"""The registry's files while they are being written: rows of strings, turned into tables at the end."""

from collections.abc import Mapping

import pyarrow as pa

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "homes": ("home", "estate", "building", "floor", "unit", "area_m2", "state"),
    "doors": ("door", "estate", "kind", "building", "home", "counts_tailgating"),
    "gateways": ("gateway", "estate", "doors"),
    "people": ("person", "name", "born", "home", "relation", "from", "until", "lives_alone"),
    "leases": (
        "lease", "home", "tenant", "start", "end", "rent_month", "ended", "end_reason", "relocation_until",
        "renewal_applied", "objection_718_served", "objection_734_served",
    ),
    "vehicles": ("plate", "person", "home", "from", "until"),
    "absences": ("home", "person", "from", "until", "kind", "approved"),
    "passes": ("pass", "home", "kind", "holder", "from", "until", "doors"),
    "outages": ("door", "from", "until"),
    "credentials": ("credential", "person", "kind", "from", "until"),
    "consents": ("person", "purpose", "modality", "given", "withdrawn", "text_version", "guardian"),
    "visits": ("home", "at", "officer", "outcome", "note"),
    "swaps": ("home_a", "home_b", "from", "approved"),
}  # fmt: skip


class Desk:
    """Rows by file; a word that Python keeps for itself is written with an underscore behind it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[str, ...]]] = {name: [] for name in COLUMNS}

    def write(self, file: str, **cells: str) -> None:
        """Add a row; columns that are not named stay empty, unknown ones raise KeyError."""
        named = {name.rstrip("_"): value for name, value in cells.items()}
        row = tuple(named.pop(column, "") for column in COLUMNS[file])
        if named:
            raise KeyError(f"{file} has no columns {sorted(named)}")
        self.rows[file].append(row)

    def tables(self) -> dict[str, pa.Table]:
        """One table of strings a file; files without rows are there too."""
        return {name: _table(COLUMNS[name], rows) for name, rows in self.rows.items()}


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> pa.Table:
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pa.table([pa.array(list(v), pa.string()) for v in values], names=list(columns))
