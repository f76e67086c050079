"""A simulated estate as structs of arrays: one row an entity, references are row numbers (-1: none).

Days are `datetime64[D]` at the estate, NaT for "none"; moments are int64 microseconds since 1970-01-01 UTC.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Strings = NDArray[np.str_]
Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes (n_homes)."""

    id: Strings
    building: Ints  # 0-based
    building_id: Strings
    floor: Ints  # 1-based
    unit: Strings
    area_m2: Floats
    state: Strings  # let, vacant, repair, reserved


@dataclass(frozen=True, slots=True)
class Doors:
    """Doors (n_doors): gates and barriers first, then each building's door and lift, then every home's own door."""

    id: Strings
    kind: Strings  # gate, garage, building, lift, home
    building: Ints
    home: Ints
    counts_tailgating: Bools
    gateway: Ints


@dataclass(frozen=True, slots=True)
class Doorways:
    """Which door is which: rows of Doors."""

    gates: Ints  # (n_gates,)
    barriers: Ints  # (2,) the way in and the way out for vehicles
    building: Ints  # (n_buildings,)
    lift: Ints  # (n_buildings,)
    home: Ints  # (n_homes,)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody registered (n_people): households home by home, then carers, then staff."""

    id: Strings
    name: Strings
    born: Days
    male: Bools
    home: Ints  # -1 for staff
    relation: Strings  # tenant, spouse, child, parent, co-resident, carer, staff
    since: Days
    lives_alone: Bools
    twin: Ints  # the look-alike of the same household
    face: Bools  # consented to be recognised by face at the door


@dataclass(frozen=True, slots=True)
class Leases:
    """Leases (n_leases)."""

    id: Strings
    home: Ints
    tenant: Ints
    start: Days
    end: Days  # last day of the term
    rent_yuan: Ints  # a month
    renewal_applied: Days


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Registered vehicles (n_vehicles)."""

    plate: Strings
    kind: Ints  # PlateKind
    person: Ints
    home: Ints
    since: Days


@dataclass(frozen=True, slots=True)
class Credentials:
    """Cards and PINs (n_credentials)."""

    id: Strings
    person: Ints
    kind: Strings  # card, pin
    since: Days


@dataclass(frozen=True, slots=True)
class Passes:
    """Visitors' passes (n_passes), good from one moment to another at the gates and their home's way."""

    id: Strings
    home: Ints
    kind: Strings  # visitor, courier, carer, contractor
    holder: Strings
    from_us: Ints
    until_us: Ints


@dataclass(frozen=True, slots=True)
class Absences:
    """Declared absences (n_absences)."""

    home: Ints
    person: Ints  # -1: the whole household
    since: Days
    until: Days  # exclusive
    kind: Strings  # hospital, travel, work, school, other
    approved: Bools


@dataclass(frozen=True, slots=True)
class Consents:
    """Consents (n_consents) to one purpose each."""

    person: Ints
    purpose: Strings  # door, occupancy, care
    modality: Strings
    given_us: Ints
    guardian: Ints  # -1 from 14 years on


@dataclass(frozen=True, slots=True)
class World:
    """One seeded estate on one day."""

    seed: int
    estate: str
    today: date
    homes: Homes
    doors: Doors
    doorways: Doorways
    gateways: Strings  # ids; the last one holds the gates and barriers
    people: People
    leases: Leases
    vehicles: Vehicles
    credentials: Credentials
    passes: Passes
    absences: Absences
    consents: Consents
