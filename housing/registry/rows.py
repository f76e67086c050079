"""What the registry's readers return: frozen rows, one class a question.

Days are calendar days at the estate, times (`_us`) microseconds since the epoch in UTC; `until` is exclusive and None
stands for "until further notice", except where a field says that it is a last day.
"""

from datetime import date

import msgspec


class Change(msgspec.Struct, frozen=True):
    """One change of the registry; `from_day` None: from the first day on, `until_day` None: without end."""

    version: int
    kind: str  # gallery, rights, home
    subject: str  # person, door or home concerned; "*": all of the estate
    from_day: date | None
    until_day: date | None
    at_us: int


class TemplateRow(msgspec.Struct, frozen=True):
    """A sealed template: open it with `EstateKey.open(sealed, f"template/{estate}/{person}/{template}")`."""

    template: str
    person: str
    modality: str
    model: str
    key_version: int
    quality: float
    sealed: bytes


class Right(msgspec.Struct, frozen=True):
    """A person may use a door from `from_us` until `until_us`, in the hours of `schedule` (0: always)."""

    person: str
    door: str
    from_us: int
    until_us: int | None
    schedule: int = 0


class PassRight(msgspec.Struct, frozen=True):
    """A pass that was not revoked opens a door on the way to a home."""

    pass_: str
    door: str
    home: str
    from_us: int
    until_us: int


class PassRow(msgspec.Struct, frozen=True):
    """A pass, revoked and expired ones too: sightings of the past name them."""

    pass_: str
    home: str
    kind: str  # visitor, courier, carer, contractor
    holder: str
    from_us: int
    until_us: int
    revoked_us: int | None


class CredentialRow(msgspec.Struct, frozen=True):
    """A card, PIN or QR code and whose it is."""

    credential: str
    person: str
    kind: str
    from_us: int
    until_us: int | None


class VehicleRow(msgspec.Struct, frozen=True):
    """A number plate and whose it is."""

    plate: str
    person: str
    home: str | None
    from_us: int
    until_us: int | None


class DoorRow(msgspec.Struct, frozen=True):
    """A door; `home` is set for a home's own door, `building` for doors and lifts of a building; `ways` empty: all."""

    door: str
    kind: str  # gate, building, lift, home, garage
    building: str | None
    home: str | None
    counts_tailgating: bool
    ways: tuple[str, ...] = ()


class GatewayRow(msgspec.Struct, frozen=True):
    """A gateway and the doors it serves, sorted."""

    gateway: str
    doors: tuple[str, ...]


class HomeRow(msgspec.Struct, frozen=True):
    """A home as the asset ledger has it."""

    home: str
    building: str
    floor: int
    unit: str
    area_m2: float
    state: str  # let, vacant, repair, reserved


class PersonRow(msgspec.Struct, frozen=True):
    """Who somebody is; only pages for staff ask for names."""

    person: str
    name: str
    born: date | None


class MemberRow(msgspec.Struct, frozen=True):
    """A person belongs to a home's household, or (home None) to the staff."""

    person: str
    home: str | None
    relation: str  # tenant, spouse, child, parent, co-resident, carer, staff
    from_day: date
    until_day: date | None
    lives_alone: bool


class LeaseRow(msgspec.Struct, frozen=True):
    """A lease; `end` and `relocation_until` are last days, `ended` the day the home was given back."""

    lease: str
    home: str
    tenant: str
    start: date
    end: date
    rent_month_fen: int
    ended: date | None
    end_reason: str | None
    relocation_until: date | None
    renewal_applied: date | None
    objection_718_served: date | None
    objection_734_served: date | None


class AbsenceRow(msgspec.Struct, frozen=True):
    """A declared absence of a household, or of one of its members."""

    home: str
    person: str | None
    from_day: date
    until_day: date | None
    kind: str
    approved: bool


class VisitRow(msgspec.Struct, frozen=True):
    """An officer went to see."""

    home: str
    at_us: int
    officer: str
    outcome: str  # household_met, other_met, nobody, refused
    note: str


class SwapRow(msgspec.Struct, frozen=True):
    """Two households live in each other's homes."""

    home_a: str
    home_b: str
    from_day: date
    until_day: date | None
    approved: bool


class OutageRow(msgspec.Struct, frozen=True):
    """A door, or all doors of a gateway, could not see; `until_us` None: still."""

    door: str | None
    gateway: str | None
    from_us: int
    until_us: int | None


class MeterRow(msgspec.Struct, frozen=True):
    """What a home used on a day."""

    home: str
    day: date
    electricity_kwh: float | None
    water_m3: float | None


class ConsentRow(msgspec.Struct, frozen=True):
    """A consent to one purpose and one modality; live while `withdrawn_us` is None."""

    consent: int
    person: str
    purpose: str  # door, occupancy, care
    modality: str
    given_us: int
    withdrawn_us: int | None
    text_version: str
    guardian: str | None
