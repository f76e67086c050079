"""A gateway's fingers from the rows of its gallery set, brought up to date by what changed. Pure.

A withdrawn finger leaves the next copy and, as the gallery is compacted at once, the memory too.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import msgspec
import numpy as np

from core import sets
from recognition.fingers.features import of_enrolled
from recognition.fingers.gallery import FingerGallery, FingerTemplates
from recognition.handles import Handles
from recognition.modalities.fingerprint import minutiae_of


class FingerCopy(msgspec.Struct, frozen=True):
    """Fingers by model, and what they were made of.

    Attributes:
        galleries: by model; persons by the handles of the copy's principals.
        hashes: of the rows they were made of, by key.
        ids: numbers of the templates, by key; they only grow.
        unusable: rows that cannot be read, or of too few minutiae.
    """

    galleries: Mapping[str, FingerGallery]
    hashes: Mapping[str, bytes]
    ids: Handles
    unusable: int


def copy_fingers(rows: Mapping[str, bytes], principals: Handles, previous: FingerCopy | None) -> FingerCopy:
    """The fingers of `rows` (FingerRow by key); `previous` was made with the same principals."""
    before = previous or FingerCopy({}, {}, Handles(), 0)
    hashes = {key: sets.row_hash(plain) for key, plain in rows.items()}
    if hashes == before.hashes:
        return before
    gone = [key for key, hashed in before.hashes.items() if hashes.get(key) != hashed]
    fresh = [key for key, hashed in hashes.items() if before.hashes.get(key) != hashed]
    old = before.ids.intern(gone).astype(np.int64)
    galleries = {model: gallery.revoke_templates(old) for model, gallery in before.galleries.items()}
    read = list(_read(rows, fresh))
    for model in sorted({row.model for _, row in read}):
        members = [(key, row) for key, row in read if row.model == model]
        galleries[model] = galleries.get(model, FingerGallery(model=model)).add(
            _templates(members, principals, before.ids)
        )
    compacted = {model: one.compact() if one.rows > one.size else one for model, one in galleries.items() if one.size}
    return FingerCopy(compacted, hashes, before.ids, len(hashes) - sum(one.size for one in compacted.values()))


def _read(rows: Mapping[str, bytes], keys: Iterable[str]) -> Iterator[tuple[str, sets.FingerRow]]:
    for key in keys:
        with suppress(sets.RowMalformed):  # counted: it has no live template
            yield key, sets.decode_row(rows[key], sets.FingerRow)


def _templates(members: list[tuple[str, sets.FingerRow]], principals: Handles, ids: Handles) -> FingerTemplates:
    held = of_enrolled([minutiae_of(row.record) for _, row in members])
    good = np.flatnonzero(held.usable)
    kept = [members[n] for n in good.tolist()]
    return FingerTemplates(
        ids=ids.intern(key for key, _ in kept).astype(np.int64),
        persons=principals.intern(row.person for _, row in kept),
        features=held.take(good),
    )
