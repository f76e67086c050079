"""Bad input on purpose: what broken, badly set or hostile devices and gateways send, with what must become of it.

Two levels: frames for the device link (`on_the_link`) and payloads for a gateway's uplink topic at the broker
(`at_the_broker`). Every fault says which events must end up stored exactly once and which must be refused in words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np

from core import wire
from core.clock import from_us
from core.facts import Capture, Direction, FaceProbe
from gateway.devices.base import Drawn, Picture, Presented
from gateway.devices.link.frames import HEADER, MAX_FRAME_BYTES, encode
from simulators import embeddings
from simulators.plates import Picture as Image
from simulators.scenes import jpeg

HOURS_OFF = timedelta(hours=9)
LATE = timedelta(hours=6)
_pack = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class LinkFault:
    """Bytes for the device link.

    Attributes:
        name: Which fault.
        frames: To be sent one after the other, as they are.
        stored: Serials that must be stored, each once, however often they came.
        refused: Serials that must be refused for good; "" where no serial can be read.
        breaks: The link may close the connection.
    """

    name: str
    frames: tuple[bytes, ...]
    stored: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class BrokerFault:
    """Payloads for one gateway's uplink topic.

    Attributes:
        name: Which fault.
        payloads: To be published one after the other.
        kept: Sequence numbers that must be in the log, each once.
        rejected: Sequence numbers that must be rejected with a reason.
        dead: Payloads that must be in the dead-letter table as a whole.
    """

    name: str
    payloads: tuple[bytes, ...]
    kept: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    dead: int = 0


class _Presents:
    """Events of one device with serials of their own."""

    def __init__(self, device: str, now_us: int, prefix: str) -> None:
        self.device, self.now, self._prefix = device, from_us(now_us), prefix
        self._rng = np.random.default_rng(1)

    def event(self, name: str, **changes: object) -> Presented:
        """An event that nothing is wrong with, but for `changes`."""
        vector = embeddings.draw_strangers(self._rng, 1)[0].astype("<f4")
        fields: dict[str, object] = {
            "device_time": self.now,
            "content": Drawn(model=embeddings.MODEL, embedding=vector.tobytes()),
        }
        return Presented(device=self.device, device_event=self.serial(name), **(fields | changes))  # type: ignore[arg-type]

    def serial(self, name: str) -> str:
        return f"{self._prefix}{name}"


def on_the_link(device: str, now_us: int, prefix: str = "fault-") -> list[LinkFault]:
    """Every fault of the device link.

    Args:
        device: A device of the gateway that recognises faces.
        now_us: The gateway's time.
        prefix: Begins every serial; another one makes the same faults anew.
    """
    make = _Presents(device, now_us, prefix)
    return [build(make) for build in _LINK]


def _malformed_frame(_: _Presents) -> LinkFault:
    return LinkFault("malformed_frame", (HEADER.pack(5) + b"\xc1\xc1\xc1\xc1\xc1",), refused=("",))


def _unknown_message(make: _Presents) -> LinkFault:
    """One message of a later protocol between two good ones: it alone is refused."""
    before, after = make.event("before"), make.event("after")
    unknown = {"type": "hologram", "device": make.device, "device_event": make.serial("unknown")}
    body = _pack([before, unknown, after])
    good = (before.device_event, after.device_event)
    return LinkFault("unknown_message", (HEADER.pack(len(body)) + body,), good, (make.serial("unknown"),))


def _oversized_frame(_: _Presents) -> LinkFault:
    return LinkFault("oversized_frame", (HEADER.pack(MAX_FRAME_BYTES + 1),), refused=("",), breaks=True)


def _duplicate(make: _Presents) -> LinkFault:
    """The same event in one frame and in the next."""
    event = make.event("twice")
    return LinkFault("duplicate", (encode([event, event]), encode([event])), (event.device_event,))


def _reordered(make: _Presents) -> LinkFault:
    """The later event first."""
    first = make.event("first", device_time=make.now - timedelta(seconds=30))
    second = make.event("second")
    return LinkFault("reordered", (encode([second]), encode([first])), (second.device_event, first.device_event))


def _late(make: _Presents) -> LinkFault:
    """From the device's backlog, and it says so."""
    event = make.event("late", device_time=make.now - LATE, handed_at=make.now, late=True)
    return LinkFault("late", (encode([event]),), (event.device_event,))


def _clock_ahead(make: _Presents) -> LinkFault:
    wrong = make.now + HOURS_OFF
    event = make.event("ahead", device_time=wrong, handed_at=wrong)
    return LinkFault("clock_ahead", (encode([event]),), (event.device_event,))


def _clock_behind(make: _Presents) -> LinkFault:
    wrong = make.now - HOURS_OFF
    event = make.event("behind", device_time=wrong, handed_at=wrong)
    return LinkFault("clock_behind", (encode([event]),), (event.device_event,))


def _no_picture(make: _Presents) -> LinkFault:
    event = make.event("no-picture", content=Picture(image=b"this is no picture"))
    return LinkFault("no_picture", (encode([event]),), refused=(event.device_event,))


def _no_bytes(make: _Presents) -> LinkFault:
    event = make.event("no-bytes", content=Picture(image=b""))
    return LinkFault("no_bytes", (encode([event]),), refused=(event.device_event,))


def _torn_picture(make: _Presents) -> LinkFault:
    whole = jpeg(np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8))
    event = make.event("torn", content=Picture(image=whole[: len(whole) // 3]))
    return LinkFault("torn_picture", (encode([event]),), refused=(event.device_event,))


def _empty_scene(make: _Presents) -> LinkFault:
    """A picture with nothing in it."""
    grey: Image = np.full((240, 320, 3), 127, np.uint8)
    event = make.event("empty", content=Picture(image=jpeg(grey)))
    return LinkFault("empty_scene", (encode([event]),), refused=(event.device_event,))


def _no_vector(make: _Presents) -> LinkFault:
    """An embedding of zeros, one that is no number, one of another length."""
    contents = {
        "zeros": np.zeros(128, "<f4").tobytes(),
        "nan": np.full(128, np.nan, "<f4").tobytes(),
        "short": b"\0" * 7,
    }
    events = [
        make.event(name, content=Drawn(model=embeddings.MODEL, embedding=vector)) for name, vector in contents.items()
    ]
    return LinkFault("no_vector", (encode(events),), refused=tuple(event.device_event for event in events))


_LINK: tuple[Callable[[_Presents], LinkFault], ...] = (
    _malformed_frame, _unknown_message, _duplicate, _reordered, _late, _no_picture, _no_bytes, _torn_picture,
    _empty_scene, _no_vector, _clock_ahead, _clock_behind, _oversized_frame,
)  # fmt: skip


def at_the_broker(door: str, device: str, epoch: str, now_us: int, first_seq: int = 1) -> list[BrokerFault]:
    """Every fault of the uplink, on sequence numbers from `first_seq` on.

    Args:
        door, device: What the captures name.
        epoch: Of the gateway that is being mimicked: 32 hexadecimal digits.
        now_us: When the captures were taken.
        first_seq: 1 or more.
    """
    bodies = [_body(door, device, now_us, number) for number in range(8)]
    seq = [first_seq + number for number in range(8)]

    def envelope(*places: int) -> bytes:
        return wire.encode_envelope(epoch, [(seq[place], bodies[place]) for place in places])

    unknown = _pack([wire.VERSION + 1, epoch, []])
    broken = wire.encode_envelope(
        epoch, [(seq[0], bodies[0]), (seq[1], _pack({"type": "rumour"})), (seq[2], bodies[2])]
    )
    return [
        BrokerFault("malformed", (b"\xc1not msgpack", b"", b"\x93\x01"), dead=3),
        BrokerFault("unknown_version", (unknown,), dead=1),
        BrokerFault("oversized", (b"\0" * (wire.MAX_MESSAGE_BYTES + 1),), dead=1),
        BrokerFault("bad_epoch", (_pack([wire.VERSION, "no epoch", []]),), dead=1),
        BrokerFault("one_bad_item", (broken,), kept=(seq[0], seq[2]), rejected=(seq[1],)),
        BrokerFault("duplicate", (envelope(3), envelope(3)), kept=(seq[3],)),
        BrokerFault("reordered", (envelope(5), envelope(4)), kept=(seq[4], seq[5])),
        BrokerFault(
            "same_number_other_content", (envelope(6), wire.encode_envelope(epoch, [(seq[6], bodies[7])])),
            kept=(seq[6],), rejected=(seq[6],),
        ),
    ]  # fmt: skip


def _body(door: str, device: str, now_us: int, number: int) -> bytes:
    vector = embeddings.draw_strangers(np.random.default_rng(number), 1)[0].astype("<f4")
    taken = from_us(now_us)
    return wire.encode_body(
        Capture(
            door=door, direction=Direction.IN, device=device, device_event=f"wire-{now_us}-{number}", device_time=taken,
            clock_offset_ms=0, taken_at=taken, quality=0.9, recogniser=embeddings.RECOGNISER,
            probe=FaceProbe(model=embeddings.MODEL, embedding=vector.tobytes()),
        )
    )  # fmt: skip
