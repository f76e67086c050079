"""Sightings with the names staff know: doors, homes, and people masked unless somebody said what for.

Only people who were identified have a name here. The nearest person under the threshold is not in the store's row, and
nothing on this side looks for one.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from sqlalchemy.engine import Connection

from api.masking import masked
from api.reading.labels import Place, home_labels, places
from api.reading.people import Resident, residents
from recognition.views import SightingRow


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One event at a door, ready to be shown."""

    shard: str
    pos: int
    estate: str
    taken_us: int
    received_us: int
    door: str
    place: Place | None
    direction: str
    modality: str
    outcome: str
    reason: str
    opens: bool
    late: bool  # decided at the door and sent later
    known: bool  # somebody, or a pass or vehicle, was identified
    person: str | None
    name: str | None
    home: str | None
    home_label: str | None
    plate: str | None
    pass_: str | None
    quality: float
    recogniser: str

    def of_nobody(self) -> "Sighting":
        """The same without anything that tells whose it was: for who may see doors but no people."""
        return msgspec.structs.replace(self, person=None, name=None, home=None, home_label=None, plate=None)

    @property
    def key(self) -> str:
        """Unique among all sightings; the id of its row on a page."""
        return f"s-{self.shard}-{self.pos}"


def named(
    conn: Connection, estate: str, rows: Sequence[SightingRow], *, today: date, full: bool
) -> list[Sighting]:  # fmt: skip
    """Rows of one estate with their labels; names in full only for a query with a purpose.

    Args:
        conn: The housing store.
        estate: Whose rows they are.
        rows: As recognition gives them, a page's worth.
        today: The day on which people belong to homes.
        full: Whether names and plates may be written out.
    """
    if not rows:
        return []
    known = residents(conn, sorted({row.person for row in rows if row.person}), today)
    doors = places(conn, estate, doors=sorted({row.door for row in rows}))
    homes = home_labels(conn, estate, [row.home for row in rows] + [who.home for who in known.values()])
    return [_sighting(row, doors.get(row.door), homes, known.get(row.person or ""), full=full) for row in rows]


def _sighting(
    row: SightingRow, place: Place | None, homes: Mapping[str, str], who: Resident | None, *, full: bool
) -> Sighting:  # fmt: skip
    name, plate = (who.name if who else None), row.plate
    home = row.home or (who.home if who else None)
    return Sighting(
        shard=row.shard, pos=row.pos, estate=row.estate, taken_us=row.taken_us, received_us=row.received_us,
        door=row.door, place=place, direction=row.direction, modality=row.modality,
        outcome=row.outcome, reason=row.reason, opens=row.opens, late=row.lane == "replay",
        known=row.person is not None or row.pass_ is not None,
        person=row.person if full else None, name=name if full or name is None else masked(name),
        home=home, home_label=homes.get(home) if home else None,
        plate=plate if full or plate is None else f"{plate[:2]}***{plate[-2:]}", pass_=row.pass_,
        quality=row.quality, recogniser=row.recogniser,
    )  # fmt: skip
