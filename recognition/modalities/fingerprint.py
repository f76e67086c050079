"""Fingers: minutiae records matched in two looks; see `recognition.fingers`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.facts import Modality
from recognition.arrays import Bools
from recognition.errors import ModelMismatch
from recognition.fingers import features
from recognition.fingers.features import Probes
from recognition.fingers.gallery import FingerGallery, FingerTemplates, search
from recognition.fingers.minutiae import Minutiae, best_view, from_view
from recognition.fingers.records import BadRecord, decode
from recognition.matches import Matches

_NOTHING = Minutiae(xyt=np.empty((0, 3)), quality=np.empty(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFinger:
    """A FingerProbe whose seal the caller has opened: keys have no place in a pure module.

    Attributes:
        model: as in the probe.
        record: an ISO/IEC 19794-2 or ANSI 378 record; never shown in a representation.
    """

    model: str
    record: bytes = field(repr=False)


class FingerMatcher:
    """The finger modality over FingerGallery."""

    modality = Modality.FINGER

    def encode(self, gallery: FingerGallery, probes: Sequence[OpenedFinger]) -> Probes:
        """The features of each record's best view; a record that cannot be read has none, so it is not usable."""
        other = next((probe.model for probe in probes if probe.model != gallery.model), None)
        if other is not None:
            raise ModelMismatch(gallery=gallery.model, offered=other)
        return features.of_probes([minutiae_of(probe.record) for probe in probes])

    def add(self, gallery: FingerGallery, templates: FingerTemplates) -> FingerGallery:
        """See FingerGallery.add."""
        return gallery.add(templates)

    def search(self, gallery: FingerGallery, probes: Probes, *, allowed: Bools | None = None) -> Matches:
        """See recognition.fingers.gallery.search."""
        return search(gallery, probes, allowed=allowed)


def minutiae_of(data: bytes) -> Minutiae:
    """The minutiae of a record's best view; none where it cannot be read."""
    try:
        record = decode(data)
    except BadRecord:
        return _NOTHING
    return from_view(record, best_view(record))
