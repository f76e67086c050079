"""From the rows of the versioned sets to what a gateway judges by: pure, the twin of recognition's loading."""

from collections.abc import Iterable, Mapping

import numpy as np

from core import sets
from core.facts import Modality
from gateway.alone import Copy
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
from recognition.segments import MAX_DIM, MIN_DIM, Templates
from recognition.thresholds import Measurement, ThresholdTable

Rows = Mapping[str, bytes]  # plain rows by key


def build(estate: str, version: int, held: Mapping[str, Rows], now_us: int) -> Copy:
    """The copy at `now_us` from all three sets.

    Raises:
        RowMalformed: a row cannot be read; whoever holds it asks for its set anew.
    """
    access: dict[str, dict[str, bytes]] = {}
    for key, plain in held[sets.ACCESS].items():
        kind, rest = sets.split_kind(key)
        access.setdefault(kind, {})[rest] = plain
    doors, principals = Handles(access.get("door", {})), Handles()
    vehicles = _vehicles(access.get("plate", {}), now_us)
    plates, owners = plate_gallery(vehicles, principals)
    passes = _passes(access.get("pass", {}))
    rights = _rights(held[sets.RIGHTS])
    grants = [*rights, *vehicle_grants(vehicles, rights), *passes[0]]
    view = EstateView(
        estate=estate,
        version=version,
        principals=principals,
        doors=doors,
        faces=_faces(held[sets.GALLERY], principals),
        plates=plates,
        owners=owners,
        credentials=_credentials(access.get("credential", {}), passes[0], principals),
        homes_of_doors=_homes(access.get("door", {})),
        homes_of_passes={int(principals.intern([name])[0]): home for name, home in passes[1].items()},
        access=access_policy([grant for grant in grants if _is_period(grant)], doors, principals),
    )
    return Copy(view, _tables(access.get("policy", {})))


def _is_period(grant: Grant) -> bool:
    return grant.until_us is None or grant.from_us < grant.until_us


def _rights(rows: Rows) -> list[Grant]:
    grants: list[Grant] = []
    for key, plain in rows.items():
        person, door = sets.split_door(key)
        held = sets.decode_row(plain, sets.Rights)
        grants += [Grant(person, door, right.from_us, right.until_us, right.schedule) for right in held]
    return grants


def _passes(rows: Rows) -> tuple[list[Grant], dict[str, str]]:
    """What passes may do, and the homes that gave them, by the pass's name among principals."""
    grants, homes = [], {}
    for rest, plain in rows.items():
        pass_, door = sets.split_door(rest)
        row = sets.decode_row(plain, sets.PassRow)
        grants.append(Grant(PASS_MARK + pass_, door, row.from_us, row.until_us))
        homes[PASS_MARK + pass_] = row.home
    return grants, homes


def _vehicles(rows: Rows, now_us: int) -> list[Vehicle]:
    vehicles = []
    for rest, plain in rows.items():
        row = sets.decode_row(plain, sets.PlateRow)
        if row.from_us <= now_us and (row.until_us is None or now_us < row.until_us):
            vehicles.append(Vehicle(sets.split_first(rest)[0], row.person, row.home))
    return vehicles


def _credentials(rows: Rows, passes: Iterable[Grant], principals: Handles) -> dict[tuple[str, str], Credential]:
    found: dict[tuple[str, str], Credential] = {}
    for rest, plain in rows.items():
        row = sets.decode_row(plain, sets.CredentialRow)
        until = FOREVER_US if row.until_us is None else row.until_us
        found[sets.split_first(rest)] = Credential(int(principals.intern([row.person])[0]), row.from_us, until)
    for grant in passes:
        key = (Modality.PASS.value, grant.principal.removeprefix(PASS_MARK))
        until = FOREVER_US if grant.until_us is None else grant.until_us
        found[key] = Credential(int(principals.intern([grant.principal])[0]), grant.from_us, until)
    return found


def _homes(rows: Rows) -> dict[str, str]:
    homes = {door: sets.decode_row(plain, sets.DoorRow).home for door, plain in rows.items()}
    return {door: home for door, home in homes.items() if home}


def _faces(rows: Rows, principals: Handles) -> dict[str, FaceGallery]:
    by_model: dict[tuple[str, int], list[sets.GalleryRow]] = {}
    for plain in rows.values():
        row = sets.decode_row(plain, sets.GalleryRow)
        if row.modality is Modality.FACE and len(row.embedding) % 4 == 0:
            by_model.setdefault((row.model, len(row.embedding) // 4), []).append(row)
    galleries: dict[str, FaceGallery] = {}
    for (model, dim), members in by_model.items():
        known = galleries.get(model)
        if MIN_DIM <= dim <= MAX_DIM and (known is None or known.dim == dim):
            vectors = unit(np.frombuffer(b"".join(row.embedding for row in members), "<f4").reshape(-1, dim))
            usable = np.linalg.norm(vectors, axis=1) > 0
            templates = Templates(
                ids=np.arange(len(members), dtype=np.int64)[usable],
                persons=principals.intern(row.person for row in members)[usable],
                vectors=vectors[usable],
            )
            galleries[model] = FaceGallery.empty(model=model, dim=dim).add(templates)
    return galleries


def _tables(rows: Rows) -> dict[str, ThresholdTable]:
    tables = {}
    for model, plain in rows.items():
        row = sets.decode_row(plain, sets.PolicyRow)
        tables[model] = ThresholdTable(
            model=model,
            rows=tuple(
                Measurement(
                    templates=one.templates,
                    people=one.people,
                    threshold=one.threshold,
                    fpir=one.fpir,
                    fnir=one.fnir,
                    source=one.source,
                )
                for one in row.rows
            ),
            margin=row.margin,
            margin_source=row.margin_source,
        )
    return tables
