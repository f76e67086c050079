"""Number plates: a read matched against the registered plates.

A plate is kept as code points in a fixed width, zero-padded: rows sort and compare as text without a Python string in
sight. The same plate scores SAME_PLATE and wins alone. Only a read that is no registered plate is compared with those
near it (`plate_match`): they score exp(-distance) < SAME_PLATE, so that the policy, whose threshold for plates is
SAME_PLATE, never takes one for an identity. Nothing is guessed here: an O is not turned into a 0.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray

from core.facts import Modality, PlateRead
from recognition.arrays import NOBODY, Bools, Doubles, Int32s, UInt32s, read_only, require, spans
from recognition.errors import BadArray, BadPlate
from recognition.matches import Matches, matches, nobody
from recognition.plate_match import LIMIT, NAT, PlateIndex, near

WIDTH = 10  # characters; the longest plate of the mainland has 8
SAME_PLATE = 1.0
NEAR_PLATE = exp(-(LIMIT + 0.5) / NAT)  # what is near scores above this
# Of two near plates the nearer one counts as the only one if the misreading is this much likelier (three nats).
LEAD = exp(-3.0)
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
class Reads:
    """B plate reads.

    Attributes:
        codes: (B, WIDTH) uint32, from `encode_plates`; all zero where a read cannot be a plate.
        confidences: (B, WIDTH) float64, 0..1, one a character; NaN where the reader gave none.
    """

    codes: UInt32s
    confidences: Doubles

    def __post_init__(self) -> None:
        require(self.codes, np.uint32, (None, WIDTH), "plates")
        require(self.confidences, np.float64, self.codes.shape, "confidences")

    @classmethod
    def plain(cls, codes: UInt32s) -> "Reads":
        """Reads without confidences."""
        return cls(codes=codes, confidences=np.full(codes.shape, np.nan))

    def __len__(self) -> int:
        return len(self.codes)


def _no_codes() -> UInt32s:
    return np.empty((0, WIDTH), np.uint32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateGallery:
    """The registered plates of one estate: an immutable snapshot; start from `PlateGallery()`.

    Attributes:
        codes: (n, WIDTH) uint32, rows ascending as text.
        persons: (n,) int32 handles, ascending within a plate; each pair of plate and person once.
        index: the same plates for finding near ones.
    """

    codes: UInt32s = field(default_factory=_no_codes)
    persons: Int32s = field(default_factory=lambda: np.empty(0, np.int32))
    index: PlateIndex = field(default_factory=lambda: PlateIndex.of(_no_codes()))

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
    """The plate modality over PlateGallery."""

    modality = Modality.PLATE

    def encode(self, gallery: PlateGallery, probes: Sequence[PlateRead]) -> Reads:  # noqa: ARG002 - any reader's text
        """The reads as arrays. Text knows no model. Confidences count where there is one for each character."""
        codes = encode_plates(probe.text for probe in probes)
        confidences = np.full(codes.shape, np.nan)
        for row, length, probe in zip(confidences, np.count_nonzero(codes, axis=1).tolist(), probes, strict=True):
            if len(probe.confidences) == len(probe.text) == length:
                row[:length] = probe.confidences
        return Reads(codes=codes, confidences=confidences)

    def add(self, gallery: PlateGallery, templates: Plates) -> PlateGallery:
        """See PlateGallery.add."""
        return gallery.add(templates)

    def search(self, gallery: PlateGallery, probes: Reads, *, allowed: Bools | None = None) -> Matches:
        """Match each read; a plate registered for two is answered with both, so that the policy calls it ambiguous.

        Args:
            gallery: the snapshot.
            probes: B reads from `encode`; an all-zero row comes out with `usable` False.
            allowed: (p,) bool by handle, as for faces.

        Returns:
            Matches of length B: of the same plate with SAME_PLATE, else of the two nearest persons with less.

        Raises:
            BadArray: a mask of a wrong dtype or shape.
        """
        usable = probes.codes[:, 0] != 0
        persons, scores = nobody(usable)
        registered, wanted = _texts(gallery.codes), _texts(probes.codes)
        first = np.searchsorted(registered, wanted, "left")
        probe, row = spans(first, np.searchsorted(registered, wanted, "right"))
        may = _allowed(gallery, allowed)
        kept = may[row]
        probe, row = probe[kept], row[kept]
        place = np.arange(len(probe)) - np.searchsorted(probe, probe, "left")
        two = place < 2  # the two lowest handles of a plate
        persons[probe[two], place[two]] = gallery.persons[row[two]]
        scores[probe[two], place[two]] = SAME_PLATE
        for at in np.flatnonzero(usable & (persons[:, 0] == NOBODY)):  # one scan of all plates each, about 0.3 ms
            persons[at], scores[at] = _two_nearest(gallery, probes.codes[at], probes.confidences[at], may)
        return matches(persons, scores, usable)


def near_plates(found: Matches) -> NDArray[np.uint8]:
    """How many registered plates (0, 1 or 2 for several) each read is near to, (B,) uint8; 0 for the same plate."""
    best, second = found.scores[:, 0], found.scores[:, 1]
    any_near = (best < SAME_PLATE) & (best > NEAR_PLATE)
    return any_near.astype(np.uint8) + (any_near & (second > best * LEAD))


def _allowed(gallery: PlateGallery, allowed: Bools | None) -> Bools:
    """(n,) bool: the rows that a mask by handle leaves."""
    if allowed is None:
        return np.ones(len(gallery), np.bool_)
    require(allowed, np.bool_, (None,), "allowed")
    anybody = np.append(allowed, False)  # beyond the mask nobody is allowed
    return anybody[np.minimum(gallery.persons, len(allowed))]


def _two_nearest(gallery: PlateGallery, codes: UInt32s, confidences: Doubles, may: Bools) -> tuple[Int32s, Doubles]:
    """The two nearest distinct persons of one read that is no registered plate; equally near: the lower handle."""
    found = near(gallery.index, codes, confidences)
    kept = may[found.rows]
    persons, distances = gallery.persons[found.rows[kept]], found.distances[kept]
    order = np.lexsort((persons, distances))
    order = order[np.sort(np.unique(persons[order], return_index=True)[1])][:2]
    nearest, scores = nobody(np.ones(1, np.bool_))
    nearest[0, : len(order)] = persons[order]
    scores[0, : len(order)] = np.exp(-distances[order] / NAT)
    return nearest[0], scores[0]


def _gallery(codes: UInt32s, persons: Int32s) -> PlateGallery:
    return PlateGallery(codes=read_only(codes), persons=read_only(persons), index=PlateIndex.of(codes))


def _texts(codes: UInt32s) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The same memory (n, WIDTH) uint32 seen as n strings."""
    return np.ascontiguousarray(codes).view(_TEXT).reshape(len(codes))
