"""Short names for homes and doors, as staff say them; an estate's own prefix is left out."""

from collections.abc import Collection, Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.words import word
from housing import tables as t


def short_name(name: str, estate: str) -> str:
    """An id without the estate's own prefix."""
    return name.removeprefix(f"{estate}-")


def building_label(building: str, estate: str, lang: str) -> str:
    """01栋 / Building 01; a name that is not a number stands for itself."""
    short = short_name(building, estate)
    if not short.isascii() or not short.replace("-", "").isalnum() or not short[0].isdigit():
        return short
    return f"{short}栋" if lang == "zh" else f"Building {short}"


def home_label(building: str, unit: str, estate: str) -> str:
    """01-0502: building and unit."""
    return f"{short_name(building, estate)}-{unit}"


class Place(msgspec.Struct, frozen=True):
    """A door with what its label is made of."""

    door: str
    kind: str
    building: str | None
    home: str | None
    home_label: str | None

    def label(self, estate: str, lang: str) -> str:
        """01栋 单元门 / Door of building 01."""
        kind = word("door", self.kind, lang)
        if self.home_label:
            return f"{self.home_label} {kind}"
        if self.building:
            return f"{building_label(self.building, estate, lang)} {kind}"
        return f"{kind} {short_name(self.door, estate)}"


Places = Mapping[str, Place]


def places(conn: Connection, estate: str, *, doors: Collection[str] | None = None, shared: bool = False) -> Places:
    """Doors of an estate by id: all, those named (a page's worth), or only those that are nobody's own."""
    d, h = t.doors.c, t.homes.c
    query = sa.select(d.door, d.kind, d.building, d.home, h.building.label("home_building"), h.unit)
    query = query.select_from(t.doors.outerjoin(t.homes, h.home == d.home)).where(d.estate == estate).order_by(d.door)
    if doors is not None:
        query = query.where(d.door.in_(doors))
    if shared:
        query = query.where(d.home.is_(None))
    found = {}
    for r in conn.execute(query):
        label = home_label(r.home_building, r.unit, estate) if r.home else None
        found[r.door] = Place(r.door, r.kind, r.building, r.home, label)
    return found


def home_labels(conn: Connection, estate: str, homes: Collection[str | None]) -> Mapping[str, str]:
    """The labels of a page's worth of homes by id; what is not in the estate has none."""
    h, wanted = t.homes.c, sorted({home for home in homes if home})
    if not wanted:
        return {}
    query = sa.select(h.home, h.building, h.unit).where(h.estate == estate, h.home.in_(wanted))
    return {r.home: home_label(r.building, r.unit, estate) for r in conn.execute(query)}
