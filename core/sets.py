"""Versioned sets: the rows that a server hands to its gateways, and how they are keyed, sealed and compared.

A gateway keeps copies of three sets of its estate, so that it can decide alone. A row travels and rests sealed, bound
to its place, under the estate's key; `row_hash` is taken over the plain bytes, because sealing the same row twice gives
different ones. Both sides compute `digest` over what they hold: where they differ the gateway asks anew from nothing.

| set | key | row |
| --- | --- | --- |
| gallery | template id | GalleryRow |
| gallery | `finger|template id` | FingerRow |
| rights | `person|door` | tuple of RightRow |
| access | `door|id` | DoorRow |
| access | `credential|kind|id` | CredentialRow |
| access | `plate|plate|person` | PlateRow |
| access | `pass|id|door` | PassRow |
| access | `policy|model` | PolicyRow |
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from core.errors import AnjuError
from core.facts import MAX_EMBEDDING_BYTES, MAX_RECORD_BYTES, Modality, Short
from core.vault import EstateKey

GALLERY = "gallery"
RIGHTS = "rights"
ACCESS = "access"
NAMES = (GALLERY, RIGHTS, ACCESS)
HASH_BYTES = 16
FINGER = "finger"
_SEPARATOR = "|"


class RowMalformed(AnjuError):
    """A row of a versioned set that opens but cannot be read."""

    code = "row_malformed"


class GalleryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A template: whose, of which model, and its rotated unit embedding as little-endian float32."""

    person: Short
    modality: Modality
    model: Short
    embedding: Annotated[bytes, Meta(min_length=4 * 64, max_length=MAX_EMBEDDING_BYTES)]


class FingerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finger's template: whose, what found the minutiae, and its ISO/IEC 19794-2 or ANSI 378 record."""

    person: Short
    model: Short
    record: Annotated[bytes, Meta(min_length=1, max_length=MAX_RECORD_BYTES)]


class RightRow(msgspec.Struct, frozen=True, kw_only=True):
    """A right of a person at a door, microseconds UTC, half open; `until_us` None: until further notice."""

    from_us: int
    until_us: int | None
    schedule: int = 0


class DoorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A door, and the home whose own door it is."""

    home: str | None = None


class CredentialRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a card or PIN is, and when it counts."""

    person: Short
    from_us: int
    until_us: int | None


class PlateRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whose vehicle a plate belongs to, its home, and when; a family's car has a row for each owner."""

    person: Short
    home: str | None = None
    from_us: int
    until_us: int | None


class PassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor's pass at one door: the home that invited, and when it counts."""

    home: Short
    from_us: int
    until_us: int


class PolicyMeasurement(msgspec.Struct, frozen=True, kw_only=True):
    """One measured row of a threshold table, as `recognition.thresholds.Measurement`."""

    templates: int
    people: int
    threshold: float
    fpir: float
    fnir: float
    source: str
    extrapolated: bool = False


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """The threshold table of a model where the estate has its own; without one the table of the release holds."""

    rows: tuple[PolicyMeasurement, ...]
    margin: float
    margin_source: str


Rights = tuple[RightRow, ...]
Row = GalleryRow | FingerRow | Rights | DoorRow | CredentialRow | PlateRow | PassRow | PolicyRow
R = TypeVar("R")
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[object, msgspec.msgpack.Decoder[object]] = {}


def finger_key(template: str) -> str:
    """Key of a finger's template; `split_kind` gives `FINGER` and the template back."""
    return f"{FINGER}{_SEPARATOR}{template}"


def right_key(person: str, door: str) -> str:
    """Key of a person's rights at a door."""
    return f"{person}{_SEPARATOR}{door}"


def door_key(door: str) -> str:
    """Key of a door."""
    return f"door{_SEPARATOR}{door}"


def credential_key(kind: Modality, credential: str) -> str:
    """Key of a card or PIN."""
    return f"credential{_SEPARATOR}{kind}{_SEPARATOR}{credential}"


def plate_key(plate: str, person: str = "") -> str:
    """Key of a plate as registered for a person."""
    return f"plate{_SEPARATOR}{plate}{_SEPARATOR}{person}"


def pass_key(pass_: str, door: str) -> str:
    """Key of a pass at a door."""
    return f"pass{_SEPARATOR}{pass_}{_SEPARATOR}{door}"


def policy_key(model: str) -> str:
    """Key of a model's threshold table."""
    return f"policy{_SEPARATOR}{model}"


def split_kind(key: str) -> tuple[str, str]:
    """The kind of an `access` key and the rest of it."""
    kind, _, rest = key.partition(_SEPARATOR)
    return kind, rest


def split_first(rest: str) -> tuple[str, str]:
    """Kind and id of a credential, plate and person of a vehicle; the first cannot hold the separator."""
    first, _, last = rest.partition(_SEPARATOR)
    return first, last


def split_door(key: str) -> tuple[str, str]:
    """What stands before the last separator, and the door after it; door ids cannot hold the separator."""
    before, _, door = key.rpartition(_SEPARATOR)
    return before, door


def place(estate: str, name: str, key: str) -> str:
    """What a sealed row is bound to."""
    return f"set/{estate}/{name}/{key}"


def encode_row(row: Row) -> bytes:
    """The plain bytes of a row: the same for the same row, everywhere."""
    return _encoder.encode(row)


def decode_row(plain: bytes, kind: type[R]) -> R:
    """The row of `kind` in plain bytes; raises RowMalformed."""
    decoder = _decoders.setdefault(kind, msgspec.msgpack.Decoder(kind))
    try:
        return decoder.decode(plain)  # type: ignore[return-value]
    except (msgspec.DecodeError, ValueError) as error:
        raise RowMalformed(f"同步数据中的一行无法解读：{error}", f"A row of a set cannot be read: {error}") from error


def row_hash(plain: bytes) -> bytes:
    """HASH_BYTES that tell one row's content from another's (BLAKE2b over the plain bytes)."""
    return hashlib.blake2b(plain, digest_size=HASH_BYTES).digest()


def seal(key: EstateKey, name: str, row_key: str, plain: bytes) -> bytes:
    """A row's plain bytes sealed for their place."""
    return key.seal(plain, place(key.estate, name, row_key))


def unseal(key: EstateKey, name: str, row_key: str, sealed: bytes) -> bytes:
    """The plain bytes of a sealed row; raises SealBroken under another key or at another place."""
    return key.open(sealed, place(key.estate, name, row_key))


def digest(rows: Iterable[tuple[str, bytes]]) -> str:
    """Hexadecimal BLAKE2b-16 over (key, row hash) pairs in the order of their keys; of no rows: an empty string."""
    ordered = sorted(rows)
    if not ordered:
        return ""
    total = hashlib.blake2b(digest_size=HASH_BYTES)
    for row_key, hashed in ordered:
        total.update(row_key.encode() + b"\0" + hashed)
    return total.hexdigest()
