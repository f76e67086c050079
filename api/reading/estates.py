"""Estates, as somebody who may see them sees them."""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy.engine import Connection

from api.context import context_of
from api.errors import NotFound
from core.db import Store
from housing import tables as t
from housing.accounts import Account


class EstateRow(msgspec.Struct, frozen=True):
    """An estate."""

    estate: str
    name: str
    city: str


def estates_for(conn: Connection, account: Account) -> list[EstateRow]:
    """The estates a person works for, by name."""
    e = t.estates.c
    rows = conn.execute(sa.select(e.estate, e.name, e.city).order_by(e.name, e.estate))
    return [EstateRow(*row) for row in rows if account.covers(row.estate)]


def estate_row(conn: Connection, estate: str) -> EstateRow:
    """One estate; raises NotFound."""
    e = t.estates.c
    row = conn.execute(sa.select(e.estate, e.name, e.city).where(e.estate == estate)).first()
    if row is None:
        raise NotFound("小区", "estate")
    return EstateRow(*row)


def _estate_of_path(request: Request, estate: str) -> EstateRow:
    """The estate of the path; the route's `Needs` has already looked whether it is the person's."""
    with context_of(request).reading(Store.HOUSING) as connection:
        return estate_row(connection, estate)


Estate = Annotated[EstateRow, Depends(_estate_of_path)]
