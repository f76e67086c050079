"""Imports that were run, and the rows that were refused."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.errors import NotFound
from housing import tables as t


class ImportLine(msgspec.Struct, frozen=True):
    """One run; `applied` False: one refusal refused all."""

    run: str
    at_us: int
    actor: str
    source: str
    accepted: int
    refused: int
    applied: bool


class RefusalLine(msgspec.Struct, frozen=True):
    """A row that was not taken."""

    id: int
    file: str
    line: int
    column: str
    reason_zh: str
    reason_en: str


def imports_page(conn: Connection, *, before: tuple[int, str] | None, limit: int) -> list[ImportLine]:
    """Runs, newest first, before the (at_us, run) of the page before."""
    i = t.imports.c
    query = sa.select(*(i[name] for name in ImportLine.__struct_fields__))
    if before is not None:
        query = query.where(sa.tuple_(i.at_us, i.run) < sa.tuple_(*map(sa.literal, before)))
    return [ImportLine(*row) for row in conn.execute(query.order_by(i.at_us.desc(), i.run.desc()).limit(limit))]


def import_run(conn: Connection, run: str) -> ImportLine:
    """One run; raises NotFound."""
    i = t.imports.c
    query = sa.select(*(i[name] for name in ImportLine.__struct_fields__)).where(i.run == run)
    row = conn.execute(query).first()
    if row is None:
        raise NotFound("导入记录", "import")
    return ImportLine(*row)


def refusals_page(conn: Connection, run: str, *, after: int, limit: int) -> list[RefusalLine]:
    """Refused rows of a run in the order of the files, after the id of the page before."""
    r = t.import_refusals.c
    query = sa.select(*(r[name] for name in RefusalLine.__struct_fields__)).where(r.run == run, r.id > after)
    return [RefusalLine(*row) for row in conn.execute(query.order_by(r.id).limit(limit))]
