"""From the registry to an estate's snapshot, whole or by what changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.engine import Connection

from core.facts import Modality
from core.vault import EstateKey, SealBroken
from housing.registry import reading
from housing.registry.rows import PassRight, TemplateRow
from recognition.access import FOREVER_US
from recognition.arrays import Int64s
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
from recognition.fingers.features import of_enrolled
from recognition.fingers.gallery import FingerGallery, FingerTemplates
from recognition.gallery import FaceGallery
from recognition.handles import Handles
from recognition.modalities.face import unit
from recognition.modalities.fingerprint import minutiae_of
from recognition.segments import Templates

log = structlog.get_logger(__name__)
G = TypeVar("G", FaceGallery, FingerGallery)
Add = Callable[[G | None, str, Sequence[TemplateRow]], G]
MANY_PEOPLE = 2_000  # more people changed than this: the whole gallery is loaded anew

templates_gauge = Gauge("anju_gallery_templates", "Live templates", ["estate", "model"])
unusable_total = Counter("anju_templates_unusable_total", "Templates that could not be opened or searched", ["estate"])


def template_place(estate: str, person: str, template: str) -> str:
    """Where a template's seal is bound to."""
    return f"template/{estate}/{person}/{template}"


def open_template(key: EstateKey, estate: str, row: TemplateRow) -> bytes | None:
    """A face's rotated embedding (float32 little-endian) or a finger's record; None, and told, where it stays shut."""
    try:
        return key.open(row.sealed, template_place(estate, row.person, row.template))
    except SealBroken as error:
        log.error("template_unusable", template=row.template, error=str(error))  # noqa: TRY400 - told in words
        return None


class Loader:
    """Loads one estate; keeps the tables of handles, which only grow."""

    def __init__(self, estate: str, key: EstateKey) -> None:
        self._estate, self._key = estate, key
        self._principals, self._doors, self._templates = Handles(), Handles(), Handles()

    def load(self, connection: Connection, now_us: int, previous: EstateView | None = None) -> EstateView:
        """The snapshot at `now_us`, templates by what changed since `previous`. Call it in one transaction."""
        version = reading.newest_change(connection, self._estate, "gallery", "rights")
        doors = reading.doors(connection, self._estate)
        self._doors.intern(door.door for door in doors)
        passes = reading.pass_rights(connection, self._estate)
        vehicles = self._vehicles(connection, now_us)
        changed = self._changed(connection, previous)
        faces = previous.faces if previous else {}
        fingers = previous.fingers if previous else {}
        plates, owners = plate_gallery(vehicles, self._principals)
        return EstateView(
            estate=self._estate,
            version=version,
            principals=self._principals,
            doors=self._doors,
            faces=self._galleries(connection, Modality.FACE, faces, changed, self._add_faces),
            fingers=self._galleries(connection, Modality.FINGER, fingers, changed, self._add_fingers),
            plates=plates,
            owners=owners,
            credentials=self._credentials(connection, passes),
            homes_of_doors={door.door: door.home for door in doors if door.home},
            homes_of_passes={int(self._pass_handle(row.pass_)): row.home for row in passes},
            access=access_policy(self._grants(connection, passes, vehicles), self._doors, self._principals),
        )

    def _pass_handle(self, pass_: str) -> int:
        return int(self._principals.intern([PASS_MARK + pass_])[0])

    def _grants(self, connection: Connection, passes: Iterable[PassRight], vehicles: Sequence[Vehicle]) -> list[Grant]:
        rights = reading.rights(connection, self._estate)
        grants = [Grant(row.person, row.door, row.from_us, row.until_us, row.schedule) for row in rights]
        grants += vehicle_grants(vehicles, grants)
        grants += [Grant(PASS_MARK + row.pass_, row.door, row.from_us, row.until_us) for row in passes]
        return [grant for grant in grants if grant.until_us is None or grant.from_us < grant.until_us]

    def _vehicles(self, connection: Connection, now_us: int) -> list[Vehicle]:
        rows = reading.vehicles(connection, self._estate)
        valid = [r for r in rows if r.from_us <= now_us and (r.until_us is None or now_us < r.until_us)]
        return [Vehicle(row.plate, row.person, row.home) for row in valid]

    def _credentials(self, connection: Connection, passes: Iterable[PassRight]) -> Mapping[tuple[str, str], Credential]:
        found: dict[tuple[str, str], Credential] = {}
        rows = reading.credentials(connection, self._estate)
        for row, owner in zip(rows, self._principals.intern(row.person for row in rows).tolist(), strict=True):
            until = FOREVER_US if row.until_us is None else row.until_us
            found[row.kind, row.credential] = Credential(owner, row.from_us, until)
        for pass_ in passes:
            key = (Modality.PASS.value, pass_.pass_)
            found[key] = Credential(self._pass_handle(pass_.pass_), pass_.from_us, pass_.until_us)
        return found

    def _changed(self, connection: Connection, previous: EstateView | None) -> list[str] | None:
        """Whose templates changed since `previous`; None where all have to be loaded."""
        if previous is None:
            return None
        changes = reading.changes_after(connection, self._estate, previous.version, limit=MANY_PEOPLE + 1)
        people = {change.subject for change in changes if change.kind == "gallery"}
        return None if len(changes) > MANY_PEOPLE or "*" in people else sorted(people)

    def _galleries(
        self,
        connection: Connection,
        modality: Modality,
        before: Mapping[str, G],
        changed: list[str] | None,
        add: Add[G],
    ) -> Mapping[str, G]:
        """The galleries of a modality by model: `before` without whoever changed, and with what they have now."""
        galleries: dict[str, G] = {}
        if changed is not None:
            gone = self._principals.intern(changed)
            galleries = {model: gallery.revoke(gone) for model, gallery in before.items()}
        rows = reading.templates(connection, self._estate, modality.value, changed) if changed != [] else []
        for model in sorted({row.model for row in rows}):
            galleries[model] = add(galleries.get(model), model, [row for row in rows if row.model == model])
        for model, gallery in galleries.items():
            if gallery.rows > gallery.size or gallery.needs_compaction():
                galleries[model] = gallery.compact()  # what was withdrawn leaves the memory too
            templates_gauge.labels(self._estate, model).set(gallery.size)
        return galleries

    def _opened(self, rows: Sequence[TemplateRow]) -> list[tuple[TemplateRow, bytes]]:
        return [(row, plain) for row in rows if (plain := open_template(self._key, self._estate, row))]

    def _add_faces(self, gallery: FaceGallery | None, model: str, rows: Sequence[TemplateRow]) -> FaceGallery:
        opened = [(row, np.frombuffer(plain, "<f4")) for row, plain in self._opened(rows)]
        dim = gallery.dim if gallery is not None else (len(opened[0][1]) if opened else 128)
        fitting = [(row, vector) for row, vector in opened if len(vector) == dim]
        self._report(len(rows) - len(fitting))
        gallery = gallery or FaceGallery.empty(model=model, dim=dim)
        if not fitting:
            return gallery
        templates = Templates(
            ids=self._ids(row for row, _ in fitting),
            persons=self._principals.intern(row.person for row, _ in fitting),
            vectors=unit(np.stack([vector for _, vector in fitting])),
        )
        return gallery.add(templates)

    def _add_fingers(self, gallery: FingerGallery | None, model: str, rows: Sequence[TemplateRow]) -> FingerGallery:
        opened = self._opened(rows)
        held = of_enrolled([minutiae_of(record) for _, record in opened])
        good = np.flatnonzero(held.usable)
        self._report(len(rows) - len(good))
        kept = [opened[n][0] for n in good.tolist()]
        templates = FingerTemplates(
            ids=self._ids(kept), persons=self._principals.intern(row.person for row in kept), features=held.take(good)
        )
        return (gallery or FingerGallery(model=model)).add(templates)

    def _ids(self, rows: Iterable[TemplateRow]) -> Int64s:
        return self._templates.intern(row.template for row in rows).astype(np.int64)

    def _report(self, unusable: int) -> None:
        if unusable:
            unusable_total.labels(self._estate).inc(unusable)
            log.error("templates_unusable", estate=self._estate, count=unusable, mend="enrol these people again")
