"""The one module that knows how facts look on the wire: MessagePack, version first, items one by one.

An envelope carries items undecoded (`msgspec.Raw`), so that one bad item is refused alone, by its number, and its bytes
can be hashed and kept as they came. Sizes are bounded before anything is decoded.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta

from core.errors import AnjuError
from core.facts import Decision, Epoch, GatewayHealth, Receipt, Seq, Short, Uplink

VERSION = 1
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_ITEM_BYTES = 96 * 1024
MAX_ITEMS = 256


class WireError(AnjuError):
    """A message that cannot be read."""

    code = "malformed"


class UnknownVersion(WireError):
    """A message of a version this release does not speak."""

    code = "unknown_version"


class TooLarge(WireError):
    """A message or item over its size."""

    code = "oversized"


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One fact in its place: `seq` in the gateway's order, `body` its bytes."""

    seq: Seq
    body: msgspec.Raw


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """Facts going up from one gateway, in order."""

    v: int
    epoch: Epoch
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class Decisions(msgspec.Struct, frozen=True, array_like=True):
    """Decisions going down to one gateway."""

    v: int
    epoch: Epoch
    items: tuple[Decision, ...]


class Receipts(msgspec.Struct, frozen=True, array_like=True):
    """A receipt going down to one gateway."""

    v: int
    epoch: Epoch
    receipt: Receipt


class Have(msgspec.Struct, frozen=True, array_like=True):
    """What a gateway holds of one versioned set; version 0 and an empty hash: nothing."""

    v: int
    name: Short
    version: Annotated[int, Meta(ge=0)]
    digest: Annotated[str, Meta(max_length=64)]


class SetDelta(msgspec.Struct, frozen=True, array_like=True):
    """The way from the version a gateway has to the newest; `base` 0 starts anew, `digest` covers the set after it.

    `put` maps keys to sealed rows, `drop` lists keys to remove; a set that does not fit one message comes in parts, of
    which the last carries `last`.
    """

    v: int
    name: Short
    base: int
    version: int
    digest: str
    put: dict[str, bytes]
    drop: tuple[str, ...]
    last: bool


class Health(msgspec.Struct, frozen=True, array_like=True):
    """A gateway's word about itself."""

    v: int
    health: GatewayHealth


_encoder = msgspec.msgpack.Encoder()
_head = msgspec.msgpack.Decoder(list[msgspec.Raw])
_version = msgspec.msgpack.Decoder(int)
_body: msgspec.msgpack.Decoder[Uplink] = msgspec.msgpack.Decoder(Uplink)


def encode_body(fact: Uplink) -> bytes:
    """The bytes of one fact; they are what the payload hash covers."""
    return _encoder.encode(fact)


def decode_body(body: bytes | msgspec.Raw) -> Uplink:
    """The fact in `body`; raises WireError (TooLarge over its size)."""
    if memoryview(body).nbytes > MAX_ITEM_BYTES:
        raise TooLarge("单条记录超过大小上限。", f"The item is over {MAX_ITEM_BYTES} bytes.")
    try:
        return _body.decode(body)
    except (msgspec.DecodeError, ValueError, OverflowError) as error:
        raise WireError(f"记录无法解读：{error}", f"The item cannot be read: {error}") from error


def payload_hash(body: bytes | msgspec.Raw) -> bytes:
    """16 bytes that tell one payload from another (BLAKE2b)."""
    return hashlib.blake2b(body, digest_size=16).digest()


def encode_envelope(epoch: str, items: Sequence[tuple[int, bytes]]) -> bytes:
    """An uplink message of (seq, body) pairs."""
    return _encoder.encode(Envelope(VERSION, epoch, tuple(Item(seq, msgspec.Raw(body)) for seq, body in items)))


def encode(message: Decisions | Receipts | Have | SetDelta | Health) -> bytes:
    """A downlink or pull message."""
    return _encoder.encode(message)


_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Envelope, Decisions, Receipts, Have, SetDelta, Health)
}
T = TypeVar("T", Envelope, Decisions, Receipts, Have, SetDelta, Health)


def decode(payload: bytes, kind: type[T]) -> T:
    """The message of `kind` in `payload`: refused by size, then by version, then by shape (all WireError)."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise TooLarge("消息超过大小上限。", f"The message is over {MAX_MESSAGE_BYTES} bytes.")
    try:
        head = _head.decode(payload)
        version = _version.decode(head[0]) if head else None
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"消息无法解读：{error}", f"The message cannot be read: {error}") from error
    if version != VERSION:
        raise UnknownVersion(
            f"消息版本{version}不受支持。", f"Message version {version} is not spoken here (ours is {VERSION})."
        )
    try:
        return cast(T, _decoders[kind].decode(payload))
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"消息无法解读：{error}", f"The message cannot be read: {error}") from error
