"""What occupancy knows of an estate's registry: an immutable snapshot of columns, built from the readers' rows.

Ids become handles, their place in a sorted list, so that every question is an array lookup. Approved swaps are applied
here: a household belongs to the home it lives in (a consented swap is no breach, L10).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from housing.registry.rows import (
    AbsenceRow,
    DoorRow,
    GatewayRow,
    HomeRow,
    LeaseRow,
    MemberRow,
    MeterRow,
    PersonRow,
    SwapRow,
    VehicleRow,
    VisitRow,
)
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Int8s, Int32s, read_only
from occupancy.codes import DOOR_KINDS, encode
from occupancy.memberships import Piece, lived_in, spells_of
from occupancy.meters import Meters
from occupancy.places import Places
from occupancy.spells import Spell, Spells
from occupancy.tenure import Absences, Leases, Visits

STATES = ("let", "vacant", "repair", "reserved")


class PassRow(msgspec.Struct, frozen=True):
    """A pass and whose guest its holder is, revoked or expired ones too: sightings of the past name them."""

    pass_: str
    home: str
    kind: str  # visitor, courier, carer, contractor


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the readers say of one estate, up to change number `version`."""

    estate: str
    version: int = 0
    homes: Sequence[HomeRow] = ()
    doors: Sequence[DoorRow] = ()
    gateways: Sequence[GatewayRow] = ()
    people: Sequence[PersonRow] = ()
    members: Sequence[MemberRow] = ()
    passes: Sequence[PassRow] = ()
    vehicles: Sequence[VehicleRow] = ()
    leases: Sequence[LeaseRow] = ()
    absences: Sequence[AbsenceRow] = ()
    visits: Sequence[VisitRow] = ()
    swaps: Sequence[SwapRow] = ()
    meters: Sequence[MeterRow] = ()
    care: Sequence[str] = ()  # persons with a live consent for care alerts
    withdrawn: Sequence[tuple[str, int]] = ()  # persons without a live consent for face or finger any more; since, us


class Names:
    """Ids in order, and the handle of each: its place."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(set(ids)))
        self._places = {name: place for place, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def handle(self, name: str | None) -> int:
        """The handle, NOBODY for None and for what is not registered."""
        return NOBODY if name is None else self._places.get(name, NOBODY)

    def handles(self, names: Iterable[str | None]) -> list[int]:
        """A handle each."""
        get = self._places.get
        return [get(name, NOBODY) for name in names]  # type: ignore[arg-type] # None is nobody's id

    def name(self, handle: int) -> str | None:
        """The id; None for NOBODY."""
        return None if handle == NOBODY else self.ids[handle]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registry:
    """The snapshot of one estate.

    Attributes:
        homes, doors, persons, passes, plates: what handles stand for.
        places: doors and the way to each home.
        living: where each person lives, swaps applied.
        vehicles: which home each vehicle belongs to.
        guest_home: (passes + 1,) int32 a pass's home; the last entry stands for no pass.
        visitor: (passes + 1,) bool, the pass is a visitor's (not a courier's, carer's or contractor's).
        driver: (plates + 1,) int32 the person a vehicle is registered to; the last entry stands for no vehicle.
        born: (persons + 1,) int32 day of birth, NEVER where it is not known.
        alone: (persons + 1,) bool, registered as living alone.
        care: (persons + 1,) bool, agreed to care alerts.
        unread_from: (persons + 1,) int32 the day on which the last consent to face and finger was withdrawn; FOREVER.
        state: (homes,) int8 the place in STATES of what the asset ledger says. let: (homes,) bool, that it is let.
        leases, absences, visits: what the rules ask about.
        meters: what each home used, where it was read.
        gateways: the doors of each gateway, by its id.
    """

    estate: str
    version: int
    homes: Names
    doors: Names
    persons: Names
    passes: Names
    plates: Names
    places: Places
    living: Spells
    vehicles: Spells
    guest_home: Int32s
    visitor: Bools
    driver: Int32s
    born: Int32s
    alone: Bools
    care: Bools
    unread_from: Int32s
    state: Int8s
    let: Bools
    leases: Leases
    absences: Absences
    visits: Visits
    meters: Meters
    gateways: dict[str, Int32s]

    @classmethod
    def of(cls, rows: Rows) -> "Registry":
        """Build the columns; rows that name an unknown home, door or person are left out."""
        homes, doors = Names(row.home for row in rows.homes), Names(row.door for row in rows.doors)
        by_home = sorted(rows.homes, key=lambda row: row.home)
        births = ((row.person, days.number(row.born)) for row in rows.people if row.born is not None)
        persons = Names([row.person for row in rows.members] + [row.person for row in rows.people])
        passes, plates = Names(row.pass_ for row in rows.passes), Names(row.plate for row in rows.vehicles)
        spells = spells_of(rows.members, rows.leases, rows.swaps, homes.handle, persons.handle)
        gateways = {row.gateway: np.array(doors.handles(row.doors), np.int32) for row in rows.gateways}
        state = np.array([STATES.index(row.state) if row.state in STATES else NOBODY for row in by_home], np.int8)
        return cls(
            estate=rows.estate,
            version=rows.version,
            homes=homes,
            doors=doors,
            persons=persons,
            passes=passes,
            plates=plates,
            places=_places(rows, homes, doors, gateways),
            living=Spells.of(len(persons), spells),
            vehicles=Spells.of(len(plates), _vehicle_spells(rows.vehicles, rows.swaps, homes, persons, plates, spells)),
            guest_home=_by_handle(passes, ((row.pass_, homes.handle(row.home)) for row in rows.passes)),
            visitor=_by_handle(passes, ((row.pass_, row.kind == "visitor") for row in rows.passes)) > 0,
            driver=_by_handle(plates, ((row.plate, persons.handle(row.person)) for row in rows.vehicles)),
            born=_by_handle(persons, births, days.NEVER),
            alone=_by_handle(persons, ((row.person, 1) for row in rows.members if row.lives_alone)) > 0,
            care=_by_handle(persons, ((person, 1) for person in rows.care if persons.handle(person) != NOBODY)) > 0,
            unread_from=_by_handle(
                persons, ((person, days.number_at(us)) for person, us in rows.withdrawn), days.FOREVER
            ),
            state=read_only(state),
            let=read_only(state == STATES.index("let")),
            leases=Leases.of(rows.leases, homes.handle, persons.handle),
            absences=Absences.of(rows.absences, homes.handle, persons.handle),
            visits=Visits.of(rows.visits, homes.handle),
            meters=Meters.of(rows.meters, homes.handle),
            gateways=gateways,
        )  # fmt: skip

    def caring_for(self, persons: Iterable[str]) -> "Registry":
        """The same with `persons` as those who agreed to care alerts; others of another estate are left out."""
        known = ((person, 1) for person in persons if self.persons.handle(person) != NOBODY)
        return replace(self, care=_by_handle(self.persons, known) > 0)


def _by_handle(names: Names, values: Iterable[tuple[str, int]], none: int = NOBODY) -> Int32s:
    """(names + 1,) a value for each name; `none` where there is none, and last for nobody."""
    found = np.full(len(names) + 1, none, np.int32)
    for name, value in values:
        found[names.handle(name)] = value
    found[-1] = none
    return read_only(found)


def _places(rows: Rows, homes: Names, doors: Names, gateways: dict[str, Int32s]) -> Places:
    buildings = Names([row.building for row in rows.homes] + [row.building for row in rows.doors if row.building])
    by_door = sorted(rows.doors, key=lambda row: row.door)
    served = np.zeros(len(doors), np.bool_)
    for handles in gateways.values():
        served[handles[handles != NOBODY]] = True
    return Places.of(
        kind=np.array(encode([row.kind for row in by_door], DOOR_KINDS, "门的种类 / door kind"), np.int8),
        door_building=np.array(buildings.handles(row.building for row in by_door), np.int32),
        door_home=np.array(homes.handles(row.home for row in by_door), np.int32),
        read=served if gateways else ~served,
        home_building=np.array(
            buildings.handles(row.building for row in sorted(rows.homes, key=lambda row: row.home)), np.int32
        ),
    )


def _vehicle_spells(
    rows: Sequence[VehicleRow],
    swaps: Sequence[SwapRow],
    homes: Names,
    persons: Names,
    plates: Names,
    spells: Sequence[Spell],
) -> list[Spell]:
    """A vehicle belongs to the home it is registered for, and moves with a swap; else to wherever its person lives."""
    approved = [row for row in swaps if row.approved]
    of_person: dict[int, list[Spell]] = {}
    for spell in spells:
        of_person.setdefault(spell.subject, []).append(spell)
    found = []
    for row in rows:
        plate, person = plates.handle(row.plate), persons.handle(row.person)
        first = days.number_at(row.from_us)
        until = days.FOREVER if row.until_us is None else days.number_at(row.until_us)
        theirs = of_person.get(person, [])
        if row.home is not None:
            pieces = lived_in(Piece(row.home, first, until), approved)
            theirs = [Spell(person, homes.handle(piece.home), piece.start, piece.stop, True) for piece in pieces]
        for spell in theirs:
            start, stop = max(first, spell.from_day), min(until, spell.until_day)
            if start < stop and spell.home != NOBODY:
                found.append(Spell(plate, spell.home, start, stop, spell.household))
    return found
