"""What every table of the housing store is made with."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Date, Integer, String, Text

metadata = sa.MetaData()
Id = String(64)
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up in an INTEGER key only


def extra() -> Column[str]:
    """Columns that an import did not know, as canonical JSON."""
    return Column("extra", Text, nullable=False, server_default="{}")


def span() -> tuple[Column[object], Column[object]]:
    """The first day, and the first day no longer in it (NULL: until further notice)."""
    return Column("from_day", Date, nullable=False), Column("until_day", Date)


def number() -> Column[int]:
    """A key the database counts up."""
    return Column("id", Number, primary_key=True, autoincrement=True)
