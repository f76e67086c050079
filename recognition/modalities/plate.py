"""Number plates: a read matched against the registered plates.

A plate is kept as code points in a fixed width, zero-padded: rows sort and compare as text without a Python string in
sight, and a distance weighted by confusions reads the same rows. A match scores 1.0; a weighted distance would score a
near read lower, and the decision policy stays as it is. Nothing is guessed here: an O is not turned into a 0.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.facts import Modality, PlateRead
from recognition.arrays import Bools, Int32s, UInt32s, read_only, require, spans
from recognition.errors import BadArray, BadPlate
from recognition.matches import Matches, matches, nobody

WIDTH = 10  # characters; the longest plate of the mainland has 8
SAME_PLATE = 1.0
_TEXT = np.dtype(f"U{WIDTH}")
_DROPPED = dict.fromkeys(map(ord, " \t\u3000.-_·•・‧∙⋅—–"))


def normalise(text: str) -> str:
    """A plate as it is compared: half width, upper case, without dots, dashes and spaces."""
    return unicodedata.normalize("NFKC", text).translate(_DROPPED).upper()


def encode_plates(texts: Iterable[str]) -> UInt32s:
    """Code points (n, WIDTH) uint32 of plates, normalised; all zero where a text is empty or too long."""
    plain = [normalise(text) for text in texts]
    fitting = np.array([text if len(text) <= WIDTH else "" for text in plain], _TEXT)
    return fitting.view(np.uint32).reshape(len(plain), WIDTH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plates:
    """Registered plates to be added.

    Attributes:
        codes: (n, WIDTH) uint32, from `encode_plates`.
        persons: (n,) int32 handles of whom or what a plate stands for: one person or one vehicle, 0 upwards.

    Raises:
        BadArray: a wrong dtype or shape, a handle below 0.
        BadPlate: a row that is all zero (the text was empty or too long).
    """

    codes: UInt32s
    persons: Int32s

    def __post_init__(self) -> None:
        require(self.persons, np.int32, (None,), "persons")
        require(self.codes, np.uint32, (len(self.persons), WIDTH), "plates")
        if (self.persons < 0).any():
            raise BadArray("车牌没有对应的人员或车辆。", "a plate has no person or vehicle.")
        empty = np.flatnonzero(self.codes[:, 0] == 0)
        if len(empty):
            raise BadPlate(
                f"第{empty[0] + 1}个车牌为空或超过{WIDTH}个字符。",
                f"plate {empty[0] + 1} of the list is empty or longer than {WIDTH} characters.",
                mend_zh="请在车辆登记中更正。",
                mend_en="Correct it in the vehicle register.",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateGallery:
    """The registered plates of one estate: an immutable snapshot; start from `PlateGallery()`.

    Attributes:
        codes: (n, WIDTH) uint32, rows ascending as text.
        persons: (n,) int32 handles, ascending within a plate; each pair of plate and person once.
    """

    codes: UInt32s = field(default_factory=lambda: np.empty((0, WIDTH), np.uint32))
    persons: Int32s = field(default_factory=lambda: np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.persons)

    def add(self, plates: Plates) -> "PlateGallery":
        """The next snapshot with these plates; a pair of plate and person it holds already changes nothing."""
        texts = np.concatenate([_texts(self.codes), _texts(plates.codes)])
        persons = np.concatenate([self.persons, plates.persons])
        order = np.lexsort((persons, texts))
        texts, persons = texts[order], persons[order]
        fresh = np.append(True, (texts[1:] != texts[:-1]) | (persons[1:] != persons[:-1]))[: len(texts)]
        return _gallery(texts[fresh].view(np.uint32).reshape(-1, WIDTH), persons[fresh])

    def revoke(self, persons: Int32s) -> "PlateGallery":
        """The next snapshot without any plate of these handles, (k,) int32."""
        require(persons, np.int32, (None,), "persons")
        kept = ~np.isin(self.persons, persons)
        return _gallery(self.codes[kept], self.persons[kept])

    def revoke_plates(self, codes: UInt32s) -> "PlateGallery":
        """The next snapshot without these plates, (k, WIDTH) uint32, whoever they belong to."""
        require(codes, np.uint32, (None, WIDTH), "plates")
        kept = ~np.isin(_texts(self.codes), _texts(codes))
        return _gallery(self.codes[kept], self.persons[kept])


class PlateMatcher:
    """The plate modality over PlateGallery: exact."""

    modality = Modality.PLATE

    def encode(self, gallery: PlateGallery, probes: Sequence[PlateRead]) -> UInt32s:  # noqa: ARG002 - any reader's text
        """Code points (B, WIDTH) uint32 of the reads; all zero where a read cannot be a plate. Text knows no model."""
        return encode_plates(probe.text for probe in probes)

    def add(self, gallery: PlateGallery, templates: Plates) -> PlateGallery:
        """See PlateGallery.add."""
        return gallery.add(templates)

    def search(self, gallery: PlateGallery, probes: UInt32s, *, allowed: Bools | None = None) -> Matches:
        """Match each read; a plate registered for two is answered with both, so that the policy calls it ambiguous.

        Args:
            gallery: the snapshot.
            probes: (B, WIDTH) uint32 from `encode`; an all-zero row comes out with `usable` False.
            allowed: (p,) bool by handle, as for faces.

        Returns:
            Matches of length B with scores SAME_PLATE.

        Raises:
            BadArray: probes or mask of a wrong dtype or shape.
        """
        require(probes, np.uint32, (None, WIDTH), "plates")
        usable = probes[:, 0] != 0
        persons, scores = nobody(usable)
        registered, wanted = _texts(gallery.codes), _texts(probes)
        first = np.searchsorted(registered, wanted, "left")
        probe, row = spans(first, np.searchsorted(registered, wanted, "right"))
        if allowed is not None:
            require(allowed, np.bool_, (None,), "allowed")
            anybody = np.append(allowed, False)  # beyond the mask nobody is allowed
            kept = anybody[np.minimum(gallery.persons[row], len(allowed))]
            probe, row = probe[kept], row[kept]
        place = np.arange(len(probe)) - np.searchsorted(probe, probe, "left")
        two = place < 2  # the two lowest handles of a plate
        persons[probe[two], place[two]] = gallery.persons[row[two]]
        scores[probe[two], place[two]] = SAME_PLATE
        return matches(persons, scores, usable)


def _gallery(codes: UInt32s, persons: Int32s) -> PlateGallery:
    return PlateGallery(codes=read_only(codes), persons=read_only(persons))


def _texts(codes: UInt32s) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The same memory (n, WIDTH) uint32 seen as n strings."""
    return np.ascontiguousarray(codes).view(_TEXT).reshape(len(codes))
