"""Reading and writing cursors, presence, dirty home-days, home-days and outages. The caller owns the transaction.

Every write is one statement with many rows. A cursor moves by compare-and-set, in the transaction of what it counts:
two services on one store by mistake cannot fold the same sightings twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import isnan
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from core.errors import AnjuError
from occupancy import days
from occupancy.arrays import NOBODY, Int32s, Int64s
from occupancy.fold import Key
from occupancy.homedays import COLUMNS, COUNTS, METERS, HomeDays, empty
from occupancy.passages import NONE_US
from occupancy.presence import PresenceRow
from occupancy.registry import Names
from occupancy.tables import cursors, dirty, home_days, presence
from occupancy.tenure import keys

EVERY_HOME = "*"
_IN_ONE_QUERY = 500


class CursorMoved(AnjuError):
    """Somebody else writes this store: what was just folded is given up, and read again from where they are."""

    code = "cursor_moved"


def chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    """Values in pieces that fit one IN (...)."""
    return (values[start : start + _IN_ONE_QUERY] for start in range(0, len(values), _IN_ONE_QUERY))


def upsert(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those of the same primary key, in one statement."""
    if not rows:
        return
    make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    names = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in names}
    if rest:
        statement = statement.on_conflict_do_update(index_elements=names, set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=names)
    conn.execute(statement, list(rows))


def cursor(conn: Connection, source: str) -> int:
    """How far `source` has been folded; 0 at the beginning."""
    return conn.scalar(sa.select(cursors.c.pos).where(cursors.c.source == source)) or 0


def move_cursor(conn: Connection, source: str, before: int, after: int) -> None:
    """Move a cursor from where it was read; raises CursorMoved where it is not there any more."""
    c = cursors.c
    moved = conn.execute(cursors.update().where(c.source == source, c.pos == before).values(pos=after)).rowcount
    if not moved and not before and conn.scalar(sa.select(c.pos).where(c.source == source)) is None:
        conn.execute(cursors.insert().values(source=source, pos=after))
    elif not moved:
        raise CursorMoved(
            f"游标“{source}”已被其他进程移动。", f"The cursor {source!r} was moved by somebody else.",
            mend_zh="同一数据库只能运行一个居住分析服务。", mend_en="Run one occupancy service per database.",
        )  # fmt: skip


def presence_rows(conn: Connection, subjects: Iterable[Key]) -> dict[Key, PresenceRow]:
    """The stored rows of some subjects; those never seen have none."""
    by_kind: dict[str, list[str]] = {}
    for kind, subject in subjects:
        by_kind.setdefault(kind, []).append(subject)
    found = {}
    for kind, names in by_kind.items():
        for piece in chunks(names):
            rows = _presence(conn, presence.c.kind == kind, presence.c.subject.in_(piece))
            found.update({(row.kind, row.subject): row for row in rows})
    return found


def presence_of_homes(conn: Connection, homes: Sequence[str]) -> list[PresenceRow]:
    """Everybody last known to belong to some homes."""
    return [row for piece in chunks(homes) for row in _presence(conn, presence.c.home.in_(piece))]


def _presence(conn: Connection, *where: sa.ColumnElement[bool]) -> list[PresenceRow]:
    names = PresenceRow.__struct_fields__
    rows = conn.execute(sa.select(*(presence.c[name] for name in names)).where(*where)).all()
    return [PresenceRow(**dict(zip(names, row, strict=True))) for row in rows]


def put_presence(conn: Connection, rows: Iterable[PresenceRow]) -> None:
    """Write rows of subjects."""
    upsert(conn, presence, [msgspec.structs.asdict(row) for row in rows])


def mark_dirty(conn: Connection, estate: str, cells: Iterable[tuple[str, int]]) -> None:
    """Home-days, as (home or EVERY_HOME, day number), to be made again."""
    upsert(conn, dirty, [{"estate": estate, "day": days.day_of(day), "home": home} for home, day in cells])


def dirty_estates(conn: Connection) -> list[str]:
    """Estates with home-days to be made again."""
    return list(conn.scalars(sa.select(dirty.c.estate).distinct().order_by(dirty.c.estate)))


def newest_dirty(conn: Connection, estate: str, most_days: int) -> dict[int, list[str]]:
    """The newest dirty days of an estate, at most `most_days` that follow each other, and their homes."""
    last = conn.scalar(sa.select(sa.func.max(dirty.c.day)).where(dirty.c.estate == estate))
    if last is None:
        return {}
    first = days.day_of(days.number(last) - most_days + 1)
    query = sa.select(dirty.c.day, dirty.c.home).where(dirty.c.estate == estate, dirty.c.day >= first)
    found: dict[int, list[str]] = {}
    for day, home in conn.execute(query):
        found.setdefault(days.number(day), []).append(home)
    return found


def count_dirty(conn: Connection) -> int:
    """How many rows wait."""
    return conn.scalar(sa.select(sa.func.count()).select_from(dirty)) or 0


def replace_home_days(
    conn: Connection, estate: str, names: Names, made: HomeDays, cells: Mapping[int, list[str]]
) -> None:
    """Write the dirty cells of `made` and take them off the list; days on which there is nothing to say have no row."""
    h, d = home_days.c, dirty.c
    chosen = np.zeros(made.shape, np.bool_)
    place = {names.ids[handle]: row for row, handle in enumerate(made.homes)}
    for day, homes in cells.items():
        when = days.day_of(day)
        if EVERY_HOME in homes:
            conn.execute(home_days.delete().where(h.estate == estate, h.day == when))
            chosen[:, day - made.first_day] = True
        else:
            for piece in chunks(homes):
                conn.execute(home_days.delete().where(h.home.in_(piece), h.day == when))
            chosen[[place[home] for home in homes if home in place], day - made.first_day] = True
        conn.execute(dirty.delete().where(d.estate == estate, d.day == when))
    rows = home_day_rows(estate, names, made, chosen)
    if rows:
        conn.execute(home_days.insert(), rows)


def home_day_rows(estate: str, names: Names, made: HomeDays, chosen: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    """The chosen cells, (H, D) bool, that say something, as rows of the table."""
    says = made.outage_share > 0
    for name in COUNTS:
        says = says | (getattr(made, name) != 0)
    for name in METERS:
        says = says | ~np.isnan(getattr(made, name))
    row, column = np.nonzero(chosen & says)
    values = {name: getattr(made, name)[row, column].tolist() for name in COLUMNS}
    values["last_member_us"] = [None if at == NONE_US else at for at in values["last_member_us"]]
    values["swap_home"] = [None if home == NOBODY else names.ids[home] for home in values["swap_home"]]
    for name in METERS:
        values[name] = [None if isnan(used) else used for used in values[name]]
    when = {int(c): days.day_of(made.first_day + int(c)) for c in set(column.tolist())}
    values["home"] = [names.ids[home] for home in made.homes[row].tolist()]
    values["day"] = [when[c] for c in column.tolist()]
    return [
        dict(zip(values, line, strict=True)) | {"estate": estate} for line in zip(*values.values(), strict=True)
    ]  # fmt: skip


def window(conn: Connection, estate: str, names: Names, homes: Int32s, first_day: int, count: int) -> HomeDays:
    """The stored home-days of some homes, (H,) ascending handles, over `count` days."""
    made = empty(homes, first_day, count)
    row_of = {names.ids[handle]: row for row, handle in enumerate(homes)}
    h = home_days.c
    span = (h.day >= days.day_of(first_day), h.day < days.day_of(first_day + count))
    query = sa.select(h.home, h.day, *(h[name] for name in COLUMNS)).where(*span)
    if len(homes) == len(names):
        _fill(made, names, row_of, conn.execute(query.where(h.estate == estate)))
    else:
        for piece in chunks(list(row_of)):
            _fill(made, names, row_of, conn.execute(query.where(h.home.in_(piece))))
    return made


def _fill(made: HomeDays, names: Names, row_of: Mapping[str, int], rows: Iterable[Any]) -> None:
    table = [row for row in rows if row[0] in row_of]
    if not table:
        return
    home, day, *values = zip(*table, strict=True)
    at = ([row_of[name] for name in home], [days.number(when) - made.first_day for when in day])
    for name, column in zip(COLUMNS, values, strict=True):
        if name == "swap_home":
            made.swap_home[at] = names.handles(column)
        elif name == "last_member_us":
            made.last_member_us[at] = [NONE_US if value is None else value for value in column]
        else:
            getattr(made, name)[at] = column  # None becomes NaN where a meter was not read


def swapped_homes(conn: Connection, estate: str, first_day: int) -> list[str]:
    """Homes in which another household of the estate showed since `first_day`, and those households' own homes."""
    h = home_days.c
    query = sa.select(h.home, h.swap_home).distinct()
    found = conn.execute(query.where(h.estate == estate, h.day >= days.day_of(first_day), h.swap_home.is_not(None)))
    return sorted({home for pair in found for home in pair})


def last_entries(conn: Connection, names: Names, homes: Int32s, until_us: int) -> Int32s:
    """(H,) int32 the last day with a household member's entry, before `until_us`; NEVER where there was none."""
    found = np.full(len(homes), days.NEVER, np.int32)
    row_of = {names.ids[handle]: row for row, handle in enumerate(homes)}
    h = home_days.c
    query = sa.select(h.home, sa.func.max(h.last_member_us)).where(h.last_member_us < until_us).group_by(h.home)
    for piece in chunks(list(row_of)):
        for home, last_us in conn.execute(query.where(h.home.in_(piece))):
            found[row_of[home]] = days.number_at(last_us)
    return found


def unseen_days(conn: Connection, names: Names, homes: Int32s, share: float) -> Int64s:
    """(u,) int64 ascending `tenure.keys` of days on which these homes could not be seen for at least `share`."""
    h = home_days.c
    query = sa.select(h.home, h.day).where(sa.text("outage_share > 0"), h.outage_share >= share)
    pairs = [
        (names.handle(home), days.number(day))
        for piece in chunks([names.ids[handle] for handle in homes])
        for home, day in conn.execute(query.where(h.home.in_(piece)))
    ]
    table = np.array(pairs, np.int32).reshape(-1, 2)
    return np.unique(keys(table[:, 0], table[:, 1]))


def first_home_day(conn: Connection, estate: str) -> date | None:
    """The first day of an estate of which anything is known."""
    h = home_days.c
    first: date | None = conn.scalar(sa.select(sa.func.min(h.day)).where(h.estate == estate))
    return first
