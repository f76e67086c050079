"""Estates, homes, doors and gateways."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.facts import Modality
from core.ids import check_id, check_topic_id
from housing import tables as t
from housing.registry.changes import EVERYTHING
from housing.registry.kinds import WAYS, DoorKind, HomeState
from housing.registry.writing import words
from housing.registry.writing.transaction import Act


def put_estate(conn: Connection, *, estate: str, name: str, city: str = "default", actor: str, now: datetime) -> None:
    """Register an estate, or rename it or move it to another city's parameters. Raises InvalidValue."""
    act = Act(conn, actor, now)
    check_topic_id(estate, "estate")
    values = {"name": words.line(name, "小区名称", "the estate's name"), "city": check_id(city, "city")}
    this = t.estates.c.estate == estate
    old = conn.scalar(sa.select(t.estates.c.city).where(this))
    if old is None:
        conn.execute(t.estates.insert().values(estate=estate, **values))
    else:
        conn.execute(t.estates.update().where(this).values(values))
    if old not in (None, city):
        act.changes.home(estate, EVERYTHING, act.changes.today, None)  # other parameters count from today on
    act.done("registry:estate:put", estate, {"city": city})


def put_home(
    conn: Connection,
    *,
    home: str,
    estate: str,
    building: str,
    floor: int,
    unit: str,
    area_m2: float,
    state: HomeState,
    actor: str,
    now: datetime,
) -> None:
    """Register or change a home. Raises InvalidValue, UnknownReference, BelongsElsewhere."""
    act = Act(conn, actor, now)
    row = {
        "home": check_id(home, "home"), "estate": estate, "building": check_id(building, "building"), "floor": floor,
        "unit": check_id(unit, "unit"), "area_m2": area_m2, "state": state.value,
    }  # fmt: skip
    act.keep_estate("homes", row)
    act.put("homes", row)
    act.done("registry:home:put", home, {"estate": estate, "state": state})


def put_door(
    conn: Connection,
    *,
    door: str,
    estate: str,
    kind: DoorKind,
    building: str | None = None,
    home: str | None = None,
    counts_tailgating: bool = False,
    ways: Sequence[Modality] = (),
    actor: str,
    now: datetime,
) -> None:
    """Register or change a door; no `ways` means all. A door for faces or fingers only is refused (D2).

    Raises InvalidValue, UnknownReference, BelongsElsewhere.
    """
    act = Act(conn, actor, now)
    row = {
        "door": check_topic_id(door, "door"), "estate": estate, "kind": kind.value, "building": building, "home": home,
        "counts_tailgating": counts_tailgating, "ways": " ".join(way for way in WAYS if way in ways),
    }  # fmt: skip
    act.keep_estate("doors", row)
    if home is not None:
        act.require_home_in(home, estate)
    act.put("doors", row)
    act.done("registry:door:put", door, {"estate": estate, "kind": kind, "ways": row["ways"]})


def put_gateway(
    conn: Connection, *, gateway: str, estate: str, doors: Sequence[str], actor: str, now: datetime
) -> None:
    """Register a gateway or change which doors it serves. Raises InvalidValue, UnknownReference, BelongsElsewhere."""
    act = Act(conn, actor, now)
    row = {"gateway": check_topic_id(gateway, "gateway"), "estate": estate, "doors": tuple(sorted(set(doors)))}
    act.keep_estate("gateways", row)
    for door in row["doors"]:
        act.require_door(door, estate)
    act.put("gateways", row)
    act.done("registry:gateway:put", gateway, {"estate": estate, "doors": row["doors"]})
