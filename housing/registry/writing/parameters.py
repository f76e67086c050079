"""A city's own numbers: set from a day on, never backwards."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.errors import InvalidValue
from core.ids import check_id
from housing import parameters
from housing import tables as t
from housing.registry.changes import EVERYTHING
from housing.registry.writing import words
from housing.registry.writing.transaction import Act

MAX_CITATION = 1000


def set_parameter(
    conn: Connection,
    *,
    city: str,
    name: str,
    effective_from: date,
    value: str,
    citation: str,
    actor: str,
    now: datetime,
) -> None:
    """Set a number of the rules from a day on. A day that is past is refused: the past is not judged anew (L2).

    Raises parameters.WrongParameter, InvalidValue.
    """
    act, p = Act(conn, actor, now), t.parameters.c
    parameters.check(name, value)
    check_id(city, "city")
    if effective_from <= act.changes.today:
        raise InvalidValue(
            "生效日期应晚于今天：参数的修改不影响已经过去的日子。",
            "a parameter takes effect after today: changing it does not judge the past anew.",
        )
    row = {"value": value, "citation": words.line(citation, "依据", "the citation", most=MAX_CITATION)}
    this = sa.and_(p.city == city, p.name == name, p.effective_from == effective_from)
    if not conn.execute(t.parameters.update().where(this).values(row)).rowcount:
        conn.execute(t.parameters.insert().values(city=city, name=name, effective_from=effective_from, **row))
    for estate in conn.scalars(sa.select(t.estates.c.estate).where(t.estates.c.city == city)):
        act.changes.home(estate, EVERYTHING, effective_from, None)
    act.done("registry:parameter:set", name, {"city": city, "from": effective_from, "value": value})
