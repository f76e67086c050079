"""What every way of recognising somebody can do.

A new modality is one file that offers an object of this shape, and one line in the registry of the package. Everything
after the search is the same for all: `policy` turns Matches into identities, `access` into opened doors.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from core.facts import Modality
from recognition.arrays import Bools
from recognition.matches import Matches

ProbeT_contra = TypeVar("ProbeT_contra", contravariant=True)  # a probe as facts carry it
EncodedT = TypeVar("EncodedT")  # a batch of probes as arrays
TemplatesT_contra = TypeVar("TemplatesT_contra", contravariant=True)  # a batch of what is enrolled
GalleryT = TypeVar("GalleryT")  # an immutable snapshot


class Matcher(Protocol[ProbeT_contra, EncodedT, TemplatesT_contra, GalleryT]):
    """One modality: pure functions over immutable galleries, a batch at a time."""

    @property
    def modality(self) -> Modality:
        """Its name on the wire."""
        ...

    def encode(self, gallery: GalleryT, probes: Sequence[ProbeT_contra]) -> EncodedT:
        """Bring B probes into the form `search` takes.

        A probe that cannot be searched (a wrong length, not finite) is kept in its place and comes out of the search
        with `usable` False. Raises ModelMismatch where a probe comes from another model than the gallery's; a caller
        groups its batch by model.
        """
        ...

    def add(self, gallery: GalleryT, templates: TemplatesT_contra) -> GalleryT:
        """The next snapshot, with these templates; all of them or, with an error, none."""
        ...

    def search(self, gallery: GalleryT, probes: EncodedT, *, allowed: Bools | None = None) -> Matches:
        """The two best distinct persons of each probe; `allowed` (p,) bool by handle narrows whom to look among."""
        ...
