"""What every source hands over, what it is told in return, and what every relay does.

A source calls the sink with a batch and learns, item by item, whether it is safe. `Stored` means on disk: the device
may forget it. `Refused` says why in words; with `again` the device keeps the event and offers it later under the same
`device_event`, which is how an event that was stored but not acknowledged is recognised when it comes again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from core.clock import require_aware
from core.errors import AnjuError
from core.facts import MAX_RECORD_BYTES, Code, CredentialRead, Direction, Modality, Short, Unit, Words
from core.facts import Probe as ReadyProbe

MAX_IMAGE_BYTES = 16 * 1024 * 1024


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """An encoded picture (JPEG, PNG, WebP, BMP); recognised here and then forgotten."""

    image: Annotated[bytes, Meta(max_length=MAX_IMAGE_BYTES)]


class Drawn(msgspec.Struct, frozen=True, kw_only=True, tag="embedding"):
    """A face embedding drawn by a simulator or made by a device: little-endian float32, raw; rotated here."""

    model: Short
    embedding: Annotated[bytes, Meta(max_length=8 * 1024)]
    quality: Unit = 1.0
    liveness: Unit | None = None


class Scanned(msgspec.Struct, frozen=True, kw_only=True, tag="finger"):
    """A finger as a reader read it: an ISO/IEC 19794-2 or ANSI 378 record; sealed here, and nowhere kept open.

    `model` names what found the minutiae: records of two extractors are not compared.
    """

    model: Short
    record: Annotated[bytes, Meta(max_length=MAX_RECORD_BYTES)]
    quality: Unit = 1.0
    liveness: Unit | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag="credential"):
    """A card, PIN or pass: its registered id, never its secret."""

    kind: Modality
    credential: Short


class Recognised(msgspec.Struct, frozen=True, kw_only=True, tag="recognised"):
    """A probe that a source of ours has already made, rotated; devices cannot send it."""

    probe: ReadyProbe
    quality: Unit
    liveness: Unit | None
    recogniser: Short


Sent = Picture | Drawn | Scanned | Shown  # what a device may send
Content = Sent | Recognised


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody presented at a device.

    Attributes:
        device: As in gateway.toml.
        device_event: The device's own serial of this event; the same when it is offered again.
        door: Empty: the configured one. Another one is refused.
        direction: None: the configured one.
        device_time: When, by the device's clock.
        handed_at: The device's clock when it handed this over: tells its offset exactly, late or not. None: unknown.
        late: The device says that this comes from its own backlog; nobody waits at the door.
        claim: A credential shown together with the biometric.
    """

    device: Short
    device_event: Short
    door: Annotated[str, Meta(max_length=64)] = ""
    direction: Direction | None = None
    device_time: datetime
    handed_at: datetime | None = None
    late: bool = False
    claim: CredentialRead | None = None

    def __post_init__(self) -> None:
        require_aware(self.device_time, "device_time")
        if self.handed_at is not None:
            require_aware(self.handed_at, "handed_at")


class Presented(_Event, frozen=True, kw_only=True, tag="present"):
    """An event as a device sends it."""

    content: Sent


class Seen(_Event, frozen=True, kw_only=True, tag="seen"):
    """An event of a source of ours that recognises by itself (video)."""

    content: Recognised


Event = Presented | Seen


class Stored(msgspec.Struct, frozen=True, kw_only=True, tag="stored"):
    """Safe on the gateway's disk; the device may forget it."""

    device: str
    device_event: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """Not taken. `again`: keep it and offer it later; else it is final, and staff are told."""

    device: str
    device_event: str
    reason: Code
    zh: Words
    en: Words
    again: bool

    @classmethod
    def of(cls, device: str, device_event: str, error: AnjuError, *, again: bool) -> "Refused":
        """The refusal that an error of ours means."""
        return cls(
            device=device,
            device_event=device_event,
            reason=error.code,
            zh=error.text("zh")[:400],
            en=error.text("en")[:400],
            again=again,
        )


Answer = Stored | Refused


class Sink(Protocol):
    """Where sources hand over; returns only when every stored item is safe."""

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        """One answer an item, in order. Never raises for bad input."""
        ...


class DoorMove(msgspec.Struct, frozen=True, kw_only=True, tag="moved"):
    """What a door does: about an event of a device, or (with an empty one) about all, as under fire.

    `opened` False: it stays, or goes back to being, shut; somebody waiting in front of it is told.
    """

    door: str
    device: str = ""
    device_event: str = ""
    opened: bool
    reason: str
    hold: bool = False  # stays open until a move with `opened` False


class Relay(Protocol):
    """What drives the strike of doors."""

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        """Carry out each; whether it was done, in order. Never raises for a door that cannot be reached."""
        ...


class DeviceState(msgspec.Struct, frozen=True):
    """What a source knows of one of its devices."""

    working: bool
    note: str = ""  # in words, where it is not


class Source(Protocol):
    """A running source of events: threads of its own between `start` and `stop`."""

    def start(self) -> None:
        """Begin handing over."""
        ...

    def stop(self) -> None:
        """End; returns when nothing is handed over any more."""
        ...

    def states(self) -> dict[str, DeviceState]:
        """Its devices by id."""
        ...
