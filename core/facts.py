"""What was seen and what was decided: the values that cross between services.

Facts are frozen and keyword-only; an invalid one cannot be made, neither by a constructor nor by the decoder. Their
place in a gateway's own order is (gateway, epoch, seq): the epoch is born with the gateway's outbox file, so a replaced
disk never collides with the past. `docs/facts.md` describes each; a test keeps the two in step.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.clock import require_aware
from core.ids import check_topic_id

MAX_EMBEDDING_BYTES = 4 * 1024
MAX_SEALED_BYTES = 64 * 1024
MAX_RECORD_BYTES = 32 * 1024  # of a finger

Unit = Annotated[float, Meta(ge=0.0, le=1.0)]
Seq = Annotated[int, Meta(ge=1, le=2**53)]
Epoch = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Short = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,47}$")]
Words = Annotated[str, Meta(max_length=400)]


class Modality(StrEnum):
    """What a person or vehicle was recognised by."""

    FACE = "face"
    FINGER = "finger"
    PLATE = "plate"
    GAIT = "gait"
    CARD = "card"
    PIN = "pin"
    PASS = "pass"  # noqa: S105 - a visitor's pass
    INTERCOM = "intercom"


class Direction(StrEnum):
    """Which way through the door."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What recognition and the access policy said."""

    GRANTED = "granted"
    DENIED = "denied"  # known, but not here or not now
    AMBIGUOUS = "ambiguous"  # two people too alike, or two readers that disagree: a second factor or a person decides
    UNRECOGNISED = "unrecognised"
    MISMATCH = "mismatch"  # the credential says one person, the biometric another


class Lane(StrEnum):
    """How a capture travels: waiting for a decision, or already decided at the door."""

    LIVE = "live"
    REPLAY = "replay"


class FaceProbe(msgspec.Struct, frozen=True, kw_only=True, tag="face"):
    """A face embedding after the estate's keyed rotation: little-endian float32, unit norm, never the raw one."""

    model: Short
    embedding: Annotated[bytes, Meta(min_length=4 * 64, max_length=MAX_EMBEDDING_BYTES)]


class FingerProbe(msgspec.Struct, frozen=True, kw_only=True, tag="finger"):
    """An ISO/IEC 19794-2 minutiae record sealed under the estate's key."""

    model: Short
    sealed: Annotated[bytes, Meta(min_length=1, max_length=MAX_SEALED_BYTES)]


class PlateRead(msgspec.Struct, frozen=True, kw_only=True, tag="plate"):
    """A number plate as two readers read it; `text` is the better read, `agreed` whether both gave it."""

    model: Short
    text: Annotated[str, Meta(min_length=1, max_length=16)]
    agreed: bool
    confidences: Annotated[tuple[Unit, ...], Meta(max_length=16)]  # one a character
    plate_kind: Short  # as the grammar types it


class CredentialRead(msgspec.Struct, frozen=True, kw_only=True, tag="credential"):
    """A card, PIN or pass: the credential's registered id, never its secret."""

    kind: Modality
    credential: Short


Probe = FaceProbe | FingerProbe | PlateRead | CredentialRead


class LocalDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway decided by itself when no answer came in time."""

    outcome: Outcome
    opened: bool
    reason: Code
    person: Annotated[str, Meta(max_length=64)] = ""
    policy_version: Annotated[int, Meta(ge=0)]
    policy_age_s: Annotated[int, Meta(ge=0)]


class Capture(msgspec.Struct, frozen=True, kw_only=True, tag="capture"):
    """What was presented at a door, as the gateway understood it."""

    door: Short
    direction: Direction
    device: Short
    device_event: Short  # the device's own serial of this event: its ledger and ours meet here
    device_time: datetime  # as the device's clock said
    clock_offset_ms: Annotated[int, Meta(ge=-(10**11), le=10**11)]  # device clock minus gateway clock, measured
    taken_at: datetime  # device_time corrected by the offset; never changed afterwards
    probe: Probe
    claim: CredentialRead | None = None  # a credential shown together with the biometric: whom it says this is
    quality: Unit
    liveness: Unit | None = None  # None: no model looked
    recogniser: Short  # what made the probe; "simulated" for embeddings drawn by a simulator
    decided: LocalDecision | None = None  # set in the replay lane

    def __post_init__(self) -> None:
        check_topic_id(self.door, "door")
        require_aware(self.device_time, "device_time")
        require_aware(self.taken_at, "taken_at")


class DoorActed(msgspec.Struct, frozen=True, kw_only=True, tag="door_acted"):
    """What a door really did about a capture of the same gateway and epoch."""

    capture_seq: Seq
    door: Short
    opened: bool
    reason: Code  # the decision's; alone_... decided by the gateway itself; exit, fire; relay_failed
    acted_at: datetime
    decision_ms: Annotated[float, Meta(ge=0.0)]  # from the capture built to the decision at the door

    def __post_init__(self) -> None:
        require_aware(self.acted_at, "acted_at")


class InputRefused(msgspec.Struct, frozen=True, kw_only=True, tag="input_refused"):
    """Something a device handed in that could not become a capture (no picture, an oversized message)."""

    door: Annotated[str, Meta(max_length=64)]
    device: Annotated[str, Meta(max_length=64)]
    device_event: Annotated[str, Meta(max_length=64)] = ""
    reason: Code
    detail: Words  # in words, without personal data
    at: datetime

    def __post_init__(self) -> None:
        require_aware(self.at, "at")


Uplink = Capture | DoorActed | InputRefused


class DeviceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway knows of one of its devices."""

    door: Short
    working: bool
    last_seen: datetime | None = None
    clock_offset_ms: int = 0


class GatewayHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of itself, every few seconds; not kept in its outbox.

    A gateway that was cut off but kept looking was never blind: `blind_from` and `blind_until` are its own account of
    the time before this start in which it did not run at all.
    """

    at: datetime
    started_at: datetime
    blind_from: datetime | None = None
    blind_until: datetime | None = None
    waiting: Annotated[int, Meta(ge=0)]
    quarantined: Annotated[int, Meta(ge=0)]
    refused: Annotated[int, Meta(ge=0)]
    sets: dict[str, int]
    devices: dict[str, DeviceHealth]

    def __post_init__(self) -> None:
        require_aware(self.at, "at")
        require_aware(self.started_at, "started_at")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """May the door open? Names nobody: the door does not need to know who."""

    seq: Seq
    door: Short
    outcome: Outcome
    opens: bool
    reason: Code
    decided_at: datetime
    expires_at: datetime  # single use, short life: a late one is dropped

    def __post_init__(self) -> None:
        require_aware(self.decided_at, "decided_at")
        require_aware(self.expires_at, "expires_at")


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """Why one item of the gateway was refused for good; the gateway moves it to quarantine."""

    seq: Seq
    reason: Code
    detail: Words


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are safe on disk at the server, and which are refused. Only a receipt lets a gateway delete."""

    kept: tuple[Seq, ...] = ()
    rejected: tuple[Rejection, ...] = ()
