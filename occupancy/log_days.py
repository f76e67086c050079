"""Read the sightings of some days back from the log, for home-days that must be made again."""

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.log import sightings
from occupancy import days
from occupancy.arrays import Int32s
from occupancy.encoding import LOG_COLUMNS, encode
from occupancy.registry import Registry
from occupancy.sightings import Sightings, together
from occupancy.spells import Spells

AT_ONCE = 50_000  # rows held as Python values at a time
FEW_HOMES = 20  # up to so many homes the log is asked for theirs alone


def read_days(conn: Connection, registry: Registry, first_day: int, count: int, homes: Int32s) -> Sightings:
    """Every sighting of an estate taken on some days that could speak of `homes`, (h,) handles.

    For few homes only their rows are read; for many everything of those days is.
    """
    s = sightings.c
    query = sa.select(*(s[name] for name in LOG_COLUMNS)).where(
        s.estate == registry.estate,
        s.taken_us >= days.start_us(first_day),
        s.taken_us < days.start_us(first_day + count),
    )
    if len(homes) <= FEW_HOMES:
        query = query.where(_about(registry, homes))
    result = conn.execution_options(stream_results=True).execute(query)
    read, parts = 0, []
    for rows in result.partitions(AT_ONCE):
        parts.append(encode(rows, registry, range(read, read + len(rows))))
        read += len(rows)
    return together(parts)


def _about(registry: Registry, homes: Int32s) -> sa.ColumnElement[bool]:
    """What could speak of some homes: their doors and passes, whoever lives or lived there, and their vehicles."""
    s = sightings.c
    wanted = [registry.homes.ids[home] for home in homes]
    guests = np.flatnonzero(np.isin(registry.guest_home[:-1], homes))
    own_doors = np.flatnonzero(np.isin(registry.places.door_home[:-1], homes))
    return sa.or_(
        s.home.in_(wanted),
        s.door.in_([registry.doors.ids[door] for door in own_doors]),
        s.person.in_(_names(registry.living, homes, registry.persons.ids)),
        s["pass"].in_([registry.passes.ids[guest] for guest in guests]),
        s.plate.in_(_names(registry.vehicles, homes, registry.plates.ids)),
    )


def _names(spells: Spells, homes: Int32s, names: tuple[str, ...]) -> list[str]:
    """Ids of the subjects with a spell in one of `homes`."""
    subjects = np.flatnonzero(np.isin(spells.home[:, :-1], homes).any(axis=0))
    return [names[subject] for subject in subjects]
