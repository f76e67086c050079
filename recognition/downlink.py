"""Versioned sets for gateways: what an estate's gateways must hold, and the way there from what they have.

The server remembers the row hashes of the last few versions. A gateway whose version and digest it remembers is sent
the difference; any other is sent everything, from nothing. Rows are sealed when they are sent, not before.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from sqlalchemy.engine import Connection

from core import sets, wire
from core.facts import Modality
from core.vault import EstateKey
from housing.registry import reading
from recognition.loading import open_template
from recognition.threshold_files import NOTHING_MEASURED, Measured
from recognition.thresholds import ThresholdTable

REMEMBERED = 16  # versions of each set
PART_BYTES = 256 * 1024

Hashes = dict[str, bytes]


class EstateSets:
    """The sets of one estate; belongs to one thread."""

    def __init__(self, estate: str, key: EstateKey, measured: Mapping[str, Measured] = NOTHING_MEASURED) -> None:
        self._estate, self._key, self._measured = estate, key, measured
        self._rows: dict[str, dict[str, bytes]] = {name: {} for name in sets.NAMES}
        self._remembered: dict[str, OrderedDict[tuple[int, str], Hashes]] = {name: OrderedDict() for name in sets.NAMES}
        self.version = -1

    def refresh(self, connection: Connection) -> None:
        """Read the registry anew if it changed; call it in one transaction."""
        version = reading.newest_change(connection, self._estate, "gallery", "rights")
        if version == self.version:
            return
        self._rows = {
            sets.GALLERY: dict(self._gallery(connection)),
            sets.RIGHTS: dict(self._rights(connection)),
            sets.ACCESS: dict(self._access(connection)),
        }
        self.version = version
        for name, rows in self._rows.items():
            hashes = {key: sets.row_hash(plain) for key, plain in rows.items()}
            remembered = self._remembered[name]
            remembered[version, sets.digest(hashes.items())] = hashes
            while len(remembered) > REMEMBERED:
                remembered.popitem(last=False)

    def answer(self, have: wire.Have) -> Iterator[wire.SetDelta]:
        """The parts of the difference to what a gateway has; at least one, so that it knows it is up to date."""
        remembered = self._remembered[have.name]
        (version, digest), hashes = next(reversed(remembered.items()))
        old = remembered.get((have.version, have.digest))
        base = have.version if old is not None else 0
        old = old or {}
        drop = tuple(key for key in old if key not in hashes)
        wanted = [key for key, hashed in hashes.items() if old.get(key) != hashed]
        parts = list(self._parts(have.name, wanted)) or [{}]
        for number, put in enumerate(parts, 1):
            last = number == len(parts)
            yield wire.SetDelta(
                v=wire.VERSION, name=have.name, base=base, version=version, digest=digest, put=put,
                drop=drop if last else (), last=last,
            )  # fmt: skip

    def _parts(self, name: str, keys: list[str]) -> Iterator[dict[str, bytes]]:
        part: dict[str, bytes] = {}
        size = 0
        for key in keys:
            sealed = sets.seal(self._key, name, key, self._rows[name][key])
            if part and size + len(sealed) > PART_BYTES:
                yield part
                part, size = {}, 0
            part[key] = sealed
            size += len(sealed) + len(key)
        if part:
            yield part

    def _gallery(self, connection: Connection) -> Iterator[tuple[str, bytes]]:
        for row in reading.templates(connection, self._estate, Modality.FACE.value):
            embedding = open_template(self._key, self._estate, row)
            if embedding is not None:
                plain = sets.GalleryRow(person=row.person, modality=Modality.FACE, model=row.model, embedding=embedding)
                yield row.template, sets.encode_row(plain)
        for row in reading.templates(connection, self._estate, Modality.FINGER.value):
            record = open_template(self._key, self._estate, row)
            if record is not None:
                finger = sets.FingerRow(person=row.person, model=row.model, record=record)
                yield sets.finger_key(row.template), sets.encode_row(finger)

    def _rights(self, connection: Connection) -> Iterator[tuple[str, bytes]]:
        found: dict[str, list[sets.RightRow]] = {}
        for row in reading.rights(connection, self._estate):
            right = sets.RightRow(from_us=row.from_us, until_us=row.until_us, schedule=row.schedule)
            found.setdefault(sets.right_key(row.person, row.door), []).append(right)
        for key, rights in found.items():
            yield key, sets.encode_row(tuple(rights))

    def _access(self, connection: Connection) -> Iterator[tuple[str, bytes]]:
        for door in reading.doors(connection, self._estate):
            yield sets.door_key(door.door), sets.encode_row(sets.DoorRow(home=door.home))
        for card in reading.credentials(connection, self._estate):
            row = sets.CredentialRow(person=card.person, from_us=card.from_us, until_us=card.until_us)
            yield sets.credential_key(Modality(card.kind), card.credential), sets.encode_row(row)
        for vehicle in reading.vehicles(connection, self._estate):
            plate = sets.PlateRow(
                person=vehicle.person, home=vehicle.home, from_us=vehicle.from_us, until_us=vehicle.until_us
            )
            yield sets.plate_key(vehicle.plate, vehicle.person), sets.encode_row(plate)
        for right in reading.pass_rights(connection, self._estate):
            pass_ = sets.PassRow(home=right.home, from_us=right.from_us, until_us=right.until_us)
            yield sets.pass_key(right.pass_, right.door), sets.encode_row(pass_)
        for model, one in self._measured.items():
            yield sets.policy_key(model), sets.encode_row(policy_row(one.thresholds))


def policy_row(table: ThresholdTable) -> sets.PolicyRow:
    """A site's own thresholds, as its gateways hold them."""
    return sets.PolicyRow(
        rows=tuple(sets.PolicyMeasurement(**asdict(row)) for row in table.rows),
        margin=table.margin,
        margin_source=table.margin_source,
    )
