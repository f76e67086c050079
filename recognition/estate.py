"""What recognition knows of one estate at one moment: an immutable snapshot, made by a server or by a gateway.

People, passes and vehicles share one table of handles, `principals`: each may use a door. Passes and vehicles stand
under their id with a mark in front that no id can contain. A vehicle may do what its owners may: a family's car that is
registered for two is one vehicle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from recognition.access import FOREVER_US, AccessPolicy, Doors, Passback, Rights
from recognition.arrays import NOBODY
from recognition.fingers.gallery import FingerGallery
from recognition.gallery import FaceGallery
from recognition.handles import Handles
from recognition.modalities.plate import PlateGallery, Plates, encode_plates
from recognition.schedules import Schedules

PASS_MARK = "\x1f"  # noqa: S105 - a separator, no secret
PLATE_MARK = "\x1e"
CHINA_OFFSET_MINUTES = 8 * 60


class Grant(msgspec.Struct, frozen=True):
    """A right of a principal at a door, microseconds UTC, half open; `until_us` None: until further notice."""

    principal: str
    door: str
    from_us: int
    until_us: int | None
    schedule: int = 0


class Door(msgspec.Struct, frozen=True):
    """A door, and the home whose own door it is."""

    door: str
    home: str | None


class Vehicle(msgspec.Struct, frozen=True):
    """A plate registered for a person, and the home it belongs to."""

    plate: str
    person: str
    home: str | None


class Owner(msgspec.Struct, frozen=True):
    """Whom a sighting of a vehicle names: its one owner, or nobody where it has several; and its home."""

    person: str | None
    home: str | None


class Credential(msgspec.Struct, frozen=True):
    """Whom a card, PIN or pass stands for, and when it counts."""

    principal: int
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EstateView:
    """The snapshot.

    Attributes:
        estate: its id.
        version: of the registry, as numbered by its changes.
        principals, doors: tables of handles; they only grow, so old snapshots stay right.
        faces, fingers: by model id.
        plates: registered plates, by the handle of the vehicle.
        credentials: by (kind, credential id).
        homes_of_doors: by door id, for the own doors of homes.
        homes_of_passes: by principal handle.
        owners: of vehicles, by principal handle.
        access: who may use which door.
    """

    estate: str
    version: int
    principals: Handles
    doors: Handles
    faces: Mapping[str, FaceGallery]
    fingers: Mapping[str, FingerGallery] = field(default_factory=dict)
    plates: PlateGallery
    credentials: Mapping[tuple[str, str], Credential]
    homes_of_doors: Mapping[str, str]
    homes_of_passes: Mapping[int, str] = field(default_factory=dict)
    owners: Mapping[int, Owner] = field(default_factory=dict)
    access: AccessPolicy

    def person_and_pass(self, principal: int) -> tuple[str | None, str | None]:
        """Whom a handle names, as (person, None) or (None, pass); (None, None) for NOBODY and for shared vehicles."""
        if principal == NOBODY:
            return None, None
        if principal in self.owners:
            return self.owners[principal].person, None
        name = self.principals.ids(np.array([principal], np.int32))[0]
        return (None, name[1:]) if name.startswith(PASS_MARK) else (name, None)

    def home_of(self, principal: int) -> str | None:
        """The home that a pass or a vehicle belongs to."""
        owner = self.owners.get(principal)
        return owner.home if owner else self.homes_of_passes.get(principal)


def plate_gallery(vehicles: Iterable[Vehicle], principals: Handles) -> tuple[PlateGallery, dict[int, Owner]]:
    """The gallery of registered plates and the owners of each vehicle by its handle."""
    by_plate: dict[str, list[Vehicle]] = {}
    for vehicle in vehicles:
        by_plate.setdefault(vehicle.plate, []).append(vehicle)
    if not by_plate:
        return PlateGallery(), {}
    handles = principals.intern(PLATE_MARK + plate for plate in by_plate)
    gallery = PlateGallery().add(Plates(codes=encode_plates(by_plate), persons=handles))
    owners = {
        handle: Owner(
            person=rows[0].person if len(rows) == 1 else None,
            home=next(iter({row.home for row in rows})) if len({row.home for row in rows}) == 1 else None,
        )
        for handle, rows in zip(handles.tolist(), by_plate.values(), strict=True)
    }
    return gallery, owners


def vehicle_grants(vehicles: Iterable[Vehicle], grants: Iterable[Grant]) -> list[Grant]:
    """What each vehicle may do: what its owners may."""
    plates: dict[str, list[str]] = {}
    for vehicle in vehicles:
        plates.setdefault(vehicle.person, []).append(PLATE_MARK + vehicle.plate)
    return [
        Grant(plate, grant.door, grant.from_us, grant.until_us, grant.schedule)
        for grant in grants
        for plate in plates.get(grant.principal, ())
    ]


def access_policy(grants: Iterable[Grant], doors: Handles, principals: Handles) -> AccessPolicy:
    """The access rules from rights as they are written; rights at doors that `doors` lacks are left out.

    Anti-passback is off until an estate sets it up: families go in and out together.
    """
    rows = [grant for grant in grants if doors.lookup([grant.door])[0] != NOBODY]
    count = len(doors)
    return AccessPolicy(
        doors=Doors(
            zones=np.full(count, NOBODY, np.int32),
            passback=np.full(count, Passback.OFF, np.uint8),
            window_us=np.full(count, FOREVER_US, np.int64),
        ),
        rights=Rights.of(
            persons=principals.intern(row.principal for row in rows),
            doors=doors.lookup(row.door for row in rows),
            valid_from_us=np.fromiter((row.from_us for row in rows), np.int64, len(rows)),
            valid_until_us=np.fromiter(
                (FOREVER_US if row.until_us is None else row.until_us for row in rows), np.int64, len(rows)
            ),
            schedules=np.fromiter((row.schedule for row in rows), np.int32, len(rows)),
            door_count=count,
        ),
        schedules=Schedules.of(utc_offset_minutes=CHINA_OFFSET_MINUTES),
    )
