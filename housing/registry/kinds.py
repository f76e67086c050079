"""The words that columns of the registry may hold."""

from enum import StrEnum

from core.facts import Modality


class HomeState(StrEnum):
    """What a home is doing, by the asset ledger."""

    LET = "let"
    VACANT = "vacant"
    REPAIR = "repair"
    RESERVED = "reserved"


class DoorKind(StrEnum):
    """What a door leads to."""

    GATE = "gate"
    BUILDING = "building"
    LIFT = "lift"
    HOME = "home"
    GARAGE = "garage"


class Relation(StrEnum):
    """How a person belongs to a home, or to the estate."""

    TENANT = "tenant"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    CO_RESIDENT = "co-resident"
    CARER = "carer"
    STAFF = "staff"


class CredentialKind(StrEnum):
    """What a person carries or knows."""

    CARD = "card"
    PIN = "pin"
    QR = "qr"


class PassKind(StrEnum):
    """Who comes with a pass."""

    VISITOR = "visitor"
    COURIER = "courier"
    CARER = "carer"
    CONTRACTOR = "contractor"


class AbsenceKind(StrEnum):
    """Why somebody is away."""

    HOSPITAL = "hospital"
    TRAVEL = "travel"
    WORK = "work"
    SCHOOL = "school"
    OTHER = "other"


class VisitOutcome(StrEnum):
    """What an officer found."""

    HOUSEHOLD_MET = "household_met"
    OTHER_MET = "other_met"
    NOBODY = "nobody"
    REFUSED = "refused"


class Purpose(StrEnum):
    """What a person agrees to, one by one (D1)."""

    DOOR = "door"
    OCCUPANCY = "occupancy"
    CARE = "care"


# Ways into a door; gait alone opens nothing (R7).
WAYS = (
    Modality.FACE, Modality.FINGER, Modality.PLATE, Modality.CARD, Modality.PIN, Modality.PASS, Modality.INTERCOM,
)  # fmt: skip
BIOMETRIC_WAYS = frozenset({Modality.FACE, Modality.FINGER})
