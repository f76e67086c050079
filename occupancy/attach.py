"""Which home a sighting speaks of, and for whom: pure, for any number of sightings at once.

A home's own door and a credential tied to a home name the home themselves (column `home`). Elsewhere a person stands
for the home they live in on the day the capture was taken, a pass for its host's, a vehicle for the one it is
registered to. Where both speak and differ, the column counts if the person belongs there too (a child of two homes, a
carer of several); else where the person lives (after a consented swap a card still names the old home).
"""

from dataclasses import dataclass

import numpy as np

from occupancy.arrays import NOBODY, Bools, Int32s
from occupancy.codes import By, Said
from occupancy.days import numbers_at
from occupancy.registry import Registry
from occupancy.sightings import Sightings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attached:
    """What N sightings are about.

    Attributes:
        day: (N,) int32, the day at the estate on which the capture was taken.
        home: (N,) int32, NOBODY where the sighting speaks of no home.
        own_door: (N,) bool, at that home's own door.
        member: (N,) bool, the person identified belongs to that home's household on that day.
    """

    day: Int32s
    home: Int32s
    own_door: Bools
    member: Bools


def attach(sightings: Sightings, registry: Registry) -> Attached:
    """Attach sightings of one estate to its homes."""
    day = numbers_at(sightings.taken_us)
    person = np.where(sightings.modality == By.PLATE, NOBODY, sightings.person).astype(np.int32)
    at_door = registry.places.door_home[sightings.door]
    named = np.where(at_door != NOBODY, at_door, sightings.home)
    lives = registry.living.home_on(person, day)
    theirs = (named != NOBODY) & registry.living.belongs(person, named, day, household=False)
    keeps = (at_door != NOBODY) | theirs | (lives == NOBODY)
    home = np.where((named != NOBODY) & keeps, named, lives)
    home = _or(home, registry.guest_home[sightings.pass_])
    home = _or(home, registry.vehicles.home_on(sightings.plate, day))
    return Attached(
        day=day,
        home=home,
        own_door=(at_door != NOBODY) & (at_door == home),
        member=registry.living.belongs(person, home, day) & (sightings.outcome != Said.MISMATCH),
    )


def _or(first: Int32s, second: Int32s) -> Int32s:
    return np.where(first == NOBODY, second, first).astype(np.int32)
