"""What travels on the device link: a length (4 bytes, big-endian), then a MessagePack array of messages.

| up | |
| --- | --- |
| `Hello` | the devices that speak over this connection; sent first, so that doors can be moved before the first event |
| `Presented` | an event (gateway.devices.base) |
| `FireSignal` | the fire input of the building: on, or reset by hand |

| down | |
| --- | --- |
| `Stored`, `Refused` | the answer to each event |
| `DoorMove` | what the door did |

A frame holds up to MAX_MESSAGES messages; one that cannot be read is refused alone. Timestamps are MessagePack's own or
RFC 3339 text, with an offset.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from core.errors import AnjuError
from core.facts import Short
from gateway.devices.base import MAX_IMAGE_BYTES, DoorMove, Presented, Refused, Stored

MAX_FRAME_BYTES = MAX_IMAGE_BYTES + 64 * 1024
MAX_MESSAGES = 1024
HEADER = struct.Struct(">I")


class FrameTooLarge(AnjuError):
    """A frame longer than MAX_FRAME_BYTES; the connection cannot go on."""

    code = "oversized"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"设备发来的数据帧过大（{size} 字节）。",
            f"The device sent a frame of {size} bytes.",
            mend_zh=f"每帧最多 {MAX_FRAME_BYTES} 字节；请缩小图像或分批发送。",
            mend_en=f"Send at most {MAX_FRAME_BYTES} bytes a frame: smaller pictures or fewer events at a time.",
        )


class FrameMalformed(AnjuError):
    """A frame or message that cannot be read."""

    code = "malformed"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"设备发来的数据无法解读：{detail}。",
            f"What the device sent cannot be read: {detail}.",
            mend_zh="请核对设备的协议版本和设置。",
            mend_en="Check the device's protocol version and settings.",
        )


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The devices behind a connection."""

    devices: Annotated[tuple[Short, ...], Meta(max_length=1024)]


class FireSignal(msgspec.Struct, frozen=True, kw_only=True, tag="fire"):
    """The building's fire input."""

    on: bool


class _Named(msgspec.Struct):
    """As much of a broken event as can be told back."""

    device: str = ""
    device_event: str = ""


Up = Hello | Presented | FireSignal
Down = Stored | Refused | DoorMove
_encoder = msgspec.msgpack.Encoder()
_ups = msgspec.msgpack.Decoder(Annotated[list[Up], Meta(max_length=MAX_MESSAGES)])
_up: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)
_raws = msgspec.msgpack.Decoder(Annotated[list[msgspec.Raw], Meta(max_length=MAX_MESSAGES)])
_downs = msgspec.msgpack.Decoder(list[Down])
_named = msgspec.msgpack.Decoder(_Named)
M = TypeVar("M")


def encode(messages: Sequence[Up] | Sequence[Down]) -> bytes:
    """One frame with its length."""
    body = _encoder.encode(messages)
    return HEADER.pack(len(body)) + body


def decode_up(body: bytes) -> list[Up | Refused]:
    """The messages of a frame from a device, a refusal in the place of each that cannot be read.

    Raises FrameMalformed where it is no array of messages at all.
    """
    try:
        return list(_ups.decode(body))
    except (msgspec.DecodeError, ValueError, OverflowError):
        pass  # one by one: only the bad ones are refused
    try:
        raws = _raws.decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise FrameMalformed(str(error)) from error
    return [_decode_one(raw) for raw in raws]


def _decode_one(raw: msgspec.Raw) -> Up | Refused:
    try:
        return _up.decode(raw)
    except (msgspec.DecodeError, ValueError, OverflowError) as error:
        problem = FrameMalformed(str(error))
    try:
        named = _named.decode(raw)
    except (msgspec.DecodeError, ValueError):
        named = _Named()
    return Refused.of(named.device[:64], named.device_event[:64], problem, again=False)


def decode_down(body: bytes) -> list[Down]:
    """The messages of a frame to a device; raises FrameMalformed."""
    try:
        return _downs.decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise FrameMalformed(str(error)) from error


class FrameBuffer:
    """Bytes as they come from a stream, frames as they are complete. Holds at most one frame and a read."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._bytes = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies of the frames that `data` completes; raises FrameTooLarge, after which the stream is lost."""
        self._bytes += data
        start = 0
        try:
            while len(self._bytes) - start >= HEADER.size:
                (size,) = HEADER.unpack_from(self._bytes, start)
                if size > self._limit:
                    raise FrameTooLarge(size)
                end = start + HEADER.size + size
                if len(self._bytes) < end:
                    break
                yield bytes(self._bytes[start + HEADER.size : end])
                start = end
        finally:
            del self._bytes[:start]
