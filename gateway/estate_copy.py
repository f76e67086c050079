"""From the rows of the versioned sets to what a gateway judges by: pure, the twin of recognition's loading.

A row that cannot be read (of a newer server) is left out and counted; the others count for what they are. So is a right
with hours this release does not know: whoever it belongs to is decided about by the server, and can always leave.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec
import numpy as np

from core import sets
from core.errors import InvalidValue
from core.facts import Modality
from gateway.alone import Copy
from gateway.finger_copy import copy_fingers
from recognition.access import FOREVER_US
from recognition.estate import (
    PASS_MARK,
    Credential,
    EstateView,
    Grant,
    Vehicle,
    access_policy,
    plate_gallery,
    vehicle_grants,
)
from recognition.gallery import FaceGallery
from recognition.handles import Handles
from recognition.modalities.face import unit
from recognition.schedules import ALWAYS
from recognition.segments import MAX_DIM, MIN_DIM, Templates
from recognition.thresholds import Measurement, ThresholdTable

Rows = Mapping[str, bytes]  # plain rows by key
R = TypeVar("R")
_KINDS = frozenset({"door", "credential", "plate", "pass", "policy"})


class _Reader:
    """Decodes rows and counts those it cannot."""

    def __init__(self) -> None:
        self.unreadable = 0

    def read(self, rows: Rows, kind: type[R]) -> Iterator[tuple[str, R]]:
        for key, plain in rows.items():
            try:
                yield key, sets.decode_row(plain, kind)
            except sets.RowMalformed:
                self.unreadable += 1


def build(
    estate: str, version: int, held: Mapping[str, Rows], now_us: int, previous: Copy | None = None
) -> tuple[Copy, int]:
    """The copy at `now_us` from all three sets, and how many rows were left out.

    `previous`, made by this function, lends the fingers that are still as they were: their features take a millisecond
    and a half each.
    """
    reader = _Reader()
    access: dict[str, dict[str, bytes]] = {}
    for key, plain in held[sets.ACCESS].items():
        kind, rest = sets.split_kind(key)
        access.setdefault(kind, {})[rest] = plain
    reader.unreadable += sum(len(rows) for kind, rows in access.items() if kind not in _KINDS)
    doors = Handles(access.get("door", {}))
    principals = previous.view.principals if previous else Handles()  # they only grow
    faces, fingers = _by_kind(held[sets.GALLERY])
    finger_copy = copy_fingers(fingers, principals, previous.fingers if previous else None)
    reader.unreadable += finger_copy.unusable
    vehicles = _vehicles(reader, access.get("plate", {}), now_us)
    plates, owners = plate_gallery(vehicles, principals)
    passes, homes = _passes(reader, access.get("pass", {}))
    rights = _rights(reader, held[sets.RIGHTS])
    grants = [*rights, *vehicle_grants(vehicles, rights), *passes]
    known = [grant for grant in grants if _is_known(grant)]
    reader.unreadable += len(grants) - len(known)
    view = EstateView(
        estate=estate,
        version=version,
        principals=principals,
        doors=doors,
        faces=_faces(reader, faces, principals),
        fingers=finger_copy.galleries,
        plates=plates,
        owners=owners,
        credentials=_credentials(reader, access.get("credential", {}), passes, principals),
        homes_of_doors={door: row.home for door, row in reader.read(access.get("door", {}), sets.DoorRow) if row.home},
        homes_of_passes={int(principals.intern([name])[0]): home for name, home in homes.items()},
        access=access_policy(known, doors, principals),
    )
    tables = _tables(reader, access.get("policy", {}))
    return Copy(view, tables, finger_copy), reader.unreadable


def _by_kind(rows: Rows) -> tuple[Rows, Rows]:
    """The rows of faces, and those of fingers."""
    fingers = {key: plain for key, plain in rows.items() if sets.split_kind(key)[0] == sets.FINGER}
    return {key: plain for key, plain in rows.items() if key not in fingers}, fingers


def _is_known(grant: Grant) -> bool:
    return grant.schedule == ALWAYS and (grant.until_us is None or grant.from_us < grant.until_us)


def _rights(reader: _Reader, rows: Rows) -> list[Grant]:
    grants: list[Grant] = []
    for key, rights in reader.read(rows, sets.Rights):
        person, door = sets.split_door(key)
        grants += [Grant(person, door, right.from_us, right.until_us, right.schedule) for right in rights]
    return grants


def _passes(reader: _Reader, rows: Rows) -> tuple[list[Grant], dict[str, str]]:
    """What passes may do, and the homes that gave them, by the pass's name among principals."""
    grants, homes = [], {}
    for rest, row in reader.read(rows, sets.PassRow):
        pass_, door = sets.split_door(rest)
        grants.append(Grant(PASS_MARK + pass_, door, row.from_us, row.until_us))
        homes[PASS_MARK + pass_] = row.home
    return grants, homes


def _vehicles(reader: _Reader, rows: Rows, now_us: int) -> list[Vehicle]:
    return [
        Vehicle(sets.split_first(rest)[0], row.person, row.home)
        for rest, row in reader.read(rows, sets.PlateRow)
        if row.from_us <= now_us and (row.until_us is None or now_us < row.until_us)
    ]


def _credentials(
    reader: _Reader, rows: Rows, passes: Iterable[Grant], principals: Handles
) -> dict[tuple[str, str], Credential]:
    found: dict[tuple[str, str], Credential] = {}
    for rest, row in reader.read(rows, sets.CredentialRow):
        until = FOREVER_US if row.until_us is None else row.until_us
        found[sets.split_first(rest)] = Credential(int(principals.intern([row.person])[0]), row.from_us, until)
    for grant in passes:
        key = (Modality.PASS.value, grant.principal.removeprefix(PASS_MARK))
        until = FOREVER_US if grant.until_us is None else grant.until_us
        found[key] = Credential(int(principals.intern([grant.principal])[0]), grant.from_us, until)
    return found


def _faces(reader: _Reader, rows: Rows, principals: Handles) -> dict[str, FaceGallery]:
    """A gallery for each model, of the dimension most of its templates have."""
    by_model: dict[str, dict[int, list[sets.GalleryRow]]] = {}
    for _, row in reader.read(rows, sets.GalleryRow):
        if row.modality is Modality.FACE:
            by_model.setdefault(row.model, {}).setdefault(len(row.embedding), []).append(row)
    galleries: dict[str, FaceGallery] = {}
    for model, by_size in by_model.items():
        members = max(by_size.values(), key=len)
        reader.unreadable += sum(map(len, by_size.values())) - len(members)
        dim, odd = divmod(len(members[0].embedding), 4)
        if odd or not MIN_DIM <= dim <= MAX_DIM:
            reader.unreadable += len(members)
            continue
        vectors = unit(np.frombuffer(b"".join(row.embedding for row in members), "<f4").reshape(-1, dim))
        usable = np.linalg.norm(vectors, axis=1) > 0
        reader.unreadable += int(np.count_nonzero(~usable))
        templates = Templates(
            ids=np.arange(len(members), dtype=np.int64)[usable],
            persons=principals.intern(row.person for row in members)[usable],
            vectors=vectors[usable],
        )
        galleries[model] = FaceGallery.empty(model=model, dim=dim).add(templates)
    return galleries


def _tables(reader: _Reader, rows: Rows) -> dict[str, ThresholdTable]:
    tables = {}
    for model, row in reader.read(rows, sets.PolicyRow):
        try:
            tables[model] = ThresholdTable(
                model=model,
                rows=tuple(Measurement(**msgspec.structs.asdict(one)) for one in row.rows),
                margin=row.margin,
                margin_source=row.margin_source,
            )
        except InvalidValue:
            reader.unreadable += 1
    return tables
