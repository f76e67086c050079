"""What is compared of many impressions: codes for the first look, packed cylinders for the second."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from recognition.arrays import Bools, Floats, Indices, Int64s, UInt8s, read_only, spans
from recognition.fingers import cylinders, projection
from recognition.fingers.cylinders import BITS, CELLS, Cylinders
from recognition.fingers.minutiae import Minutiae
from recognition.fingers.projection import WORDS, Codes
from recognition.fingers.relaxation import Candidates

# Minutiae of less quality are left out. A probe is looked at three times: as strictly as fingers are enrolled, with
# more of its doubtful minutiae and with fewer; the best score counts (docs/adr/0013-fingerprints.md).
ENROLLED_QUALITY = 0.3
PROBE_QUALITIES = (ENROLLED_QUALITY, 0.2, 0.4)
# Time grows with the square of their number. On FVC2000 errors are no higher than with all; with 48 they are.
MOST_MINUTIAE = 64
LEAST_CYLINDERS = 3  # of fewer, nothing can be said: LSS-R needs pairs that support each other


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """The features of n impressions, one impression after the other. About 210 bytes a cylinder.

    Attributes:
        counts: (n,) int64, cylinders of each; they sum to r.
        xyt: (r, 3) float32, their minutiae.
        bits: (r, BITS / 8) uint8, packed.
        valid: (r, CELLS / 8) uint8, packed.
        codes: (r, WORDS) uint64.
    """

    counts: Int64s
    xyt: Floats
    bits: UInt8s
    valid: UInt8s
    codes: Codes

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def usable(self) -> Bools:
        """Which impressions hold enough to be compared, (n,) bool."""
        enough: Bools = self.counts >= LEAST_CYLINDERS
        return enough

    def take(self, rows: Indices) -> "Features":
        """The impressions of these rows (k,), in their order; copies."""
        stops = np.cumsum(self.counts)
        _, index = spans((stops - self.counts)[rows], stops[rows])
        return Features(
            counts=read_only(self.counts[rows]),
            xyt=read_only(self.xyt[index]),
            bits=read_only(self.bits[index]),
            valid=read_only(self.valid[index]),
            codes=read_only(self.codes[index]),
        )

    def cylinders(self, row: int) -> Cylinders:
        """The cylinders of one impression."""
        one = self.take(np.array([row], np.intp)).candidates()
        return Cylinders(xyt=one.xyt, bits=one.bits, valid=one.valid)

    def same(self, other: "Features", row: int) -> bool:
        """Whether an impression has the same cylinders in both."""
        one, two = (held.take(np.array([row], np.intp)) for held in (self, other))
        return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ("xyt", "bits", "valid"))

    def candidates(self) -> Candidates:
        """All impressions as the second look takes them, unpacked."""
        return Candidates(
            xyt=self.xyt,
            bits=np.unpackbits(self.bits, axis=1, count=BITS).view(np.bool_),
            valid=np.unpackbits(self.valid, axis=1, count=CELLS).view(np.bool_),
            counts=self.counts,
        )


class Probes(NamedTuple):
    """n impressions to search with, each by PROBE_QUALITIES; as long as each other."""

    enrolled: Features
    generous: Features
    strict: Features

    @property
    def usable(self) -> Bools:
        """Which can be searched, (n,) bool."""
        return self.enrolled.usable

    def take(self, rows: Indices) -> "Probes":
        """The impressions of these rows (k,), in their order."""
        return Probes(*(level.take(rows) for level in self))


def of_enrolled(impressions: Sequence[Minutiae]) -> Features:
    """The features of n impressions as they are enrolled; see `encode`."""
    return encode(impressions, quality=ENROLLED_QUALITY)


def of_probes(impressions: Sequence[Minutiae]) -> Probes:
    """The features of n impressions as they are searched; see `encode`.

    Where another quality leaves the same minutiae, as with large fingers, nothing is built anew.
    """
    best = [one.best_first(MOST_MINUTIAE) for one in impressions]
    enrolled = [cylinders.build(one, quality=ENROLLED_QUALITY) for one in best]

    def level(quality: float) -> Features:
        return _packed(
            [
                built if _as_many(one, quality) else cylinders.build(one, quality=quality)
                for one, built in zip(best, enrolled, strict=True)
            ]
        )

    return Probes(*map(level, PROBE_QUALITIES))


def encode(impressions: Sequence[Minutiae], *, quality: float) -> Features:
    """The features of n impressions from the MOST_MINUTIAE best of their minutiae that have this quality, best first.

    n may be 0, and an impression of too few minutiae has none (see `usable`).
    """
    return _packed([cylinders.build(one.best_first(MOST_MINUTIAE), quality=quality) for one in impressions])


def _as_many(one: Minutiae, quality: float) -> bool:
    """Whether as many minutiae, so the same, have this quality as that of enrolment."""
    return len(one.at_least(quality)) == len(one.at_least(ENROLLED_QUALITY))


def _packed(built: Sequence[Cylinders]) -> Features:
    bits = np.concatenate([one.bits for one in built] or [np.zeros((0, BITS), np.bool_)])
    valid = np.concatenate([one.valid for one in built] or [np.zeros((0, CELLS), np.bool_)])
    return Features(
        counts=read_only(np.array([len(one) for one in built], np.int64)),
        xyt=read_only(np.concatenate([one.xyt for one in built] or [np.zeros((0, 3), np.float32)])),
        bits=read_only(np.packbits(bits, axis=1)),
        valid=read_only(np.packbits(valid, axis=1)),
        codes=read_only(projection.default().codes(bits) if len(bits) else np.zeros((0, WORDS), np.uint64)),
    )


def concatenate(parts: Sequence[Features]) -> Features:
    """The impressions of one or more parts, one after the other."""
    columns = {
        field.name: read_only(np.concatenate([getattr(part, field.name) for part in parts]))
        for field in fields(Features)
    }
    return Features(**columns)
