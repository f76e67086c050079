"""Registered plates near a read, by a distance weighted with the readers' confusions: what misreading is likeliest?

A read of n characters b with confidences c came from the registered plate a with a likelihood that is a product over
the characters. Against a read that is right throughout, each character that differs costs

    log (1 - w(c)) / w(c)  -  log P(b | a, misread)

nats, where w is how often a character read with this confidence is wrong and P how often a misread a is read as b
(`plate_confusions`, measured). A character lost or doubled costs a fixed amount. The distance is the smallest sum over
alignments with at most one gap and at most MAX_EDITS edits; plates beyond LIMIT are not near. Costs are whole
thousandths of a nat, so that sums are exact and two plates at one distance are at the very same.

Finding them: a plate of up to eight characters is one 64-bit word, a byte a character. The bytes in which two words
differ are a lower bound on the edits, and three operations on all words leave a few candidates that are then weighed.
Longer texts are on no plate of the mainland; they have no near plates, only equal ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.arrays import Doubles, Indices, Int64s, UInt8s, UInt32s, read_only
from recognition.plate_confusions import ALPHABET, misread, wrong_rate

LONGEST = 8  # characters that fit the word
MAX_EDITS = 2
NAT = 1_000  # costs are in thousandths of a nat
LEAST_COST = NAT // 10  # no difference is free: only the same plate is at distance 0
# Of 864 reads that the readers do not agree on 3 had another length than the plate: log(864 / 3) = 5.7, and the place.
GAP_COST = 7 * NAT
# Of the misreads of the half of the crops that the tables come from 94 % lie nearer, of the other half 82 %.
LIMIT = 8 * NAT

Words = NDArray[np.uint64]
_PADDING, _OTHER = 0, len(ALPHABET) + 1  # symbols are 1 to len(ALPHABET); all below 128, see `_differing`
_POINTS = np.array(sorted(map(ord, ALPHABET)), np.uint32)
_SYMBOL_AT = np.array([ALPHABET.index(chr(point)) + 1 for point in _POINTS], np.uint8)
_LOW, _HIGH = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)
_BYTE = np.uint64(8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateIndex:
    """Registered plates as words, grouped by length.

    Attributes:
        words: (m,) uint64, the first character in the lowest byte; ascending by length, rows of one length in order.
        rows: (m,) intp, where each stands in the gallery.
        starts: (LONGEST + 2,) intp; plates of n characters are at starts[n] to starts[n + 1].
    """

    words: Words
    rows: Indices
    starts: Indices

    @classmethod
    def of(cls, codes: UInt32s) -> "PlateIndex":
        """Index code points (n, WIDTH) uint32, zero-padded; plates longer than LONGEST are left out."""
        lengths = np.count_nonzero(codes, axis=1)
        fitting = np.flatnonzero((lengths > 0) & (lengths <= LONGEST))
        rows = fitting[np.argsort(lengths[fitting], kind="stable")]
        words = np.ascontiguousarray(symbols(codes[rows, :LONGEST])).view("<u8").reshape(-1).astype(np.uint64)
        starts = np.searchsorted(lengths[rows], np.arange(LONGEST + 2))
        return cls(words=read_only(words), rows=read_only(rows), starts=read_only(starts))

    def of_length(self, length: int) -> slice:
        """Where the plates of this many characters are."""
        return slice(int(self.starts[length]), int(self.starts[length + 1])) if 0 < length <= LONGEST else slice(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Near:
    """The registered plates near one read.

    Attributes:
        rows: (k,) intp of the gallery, ascending.
        distances: (k,) int64, LEAST_COST to LIMIT thousandths of a nat.
    """

    rows: Indices
    distances: Int64s


def symbols(codes: UInt32s) -> UInt8s:
    """Characters as places in ALPHABET from 1; 0 stays 0, and all that is on no plate is one further symbol."""
    at = np.minimum(np.searchsorted(_POINTS, codes), len(_POINTS) - 1)
    found = np.where(_POINTS[at] == codes, _SYMBOL_AT[at], np.uint8(_OTHER))
    return np.where(codes == 0, np.uint8(_PADDING), found)


def costs(read: UInt8s, confidences: Doubles) -> Int64s:
    """What each character of a read costs against each character a plate may have there.

    Args:
        read: (n,) uint8 symbols.
        confidences: (n,) float64, 0..1; NaN where the reader gave none.

    Returns:
        (n, symbols) int64 thousandths of a nat; 0 for the character read, but never for one that is on no plate.
    """
    wrong = wrong_rate(confidences)
    doubt = np.log1p(-wrong) - np.log(wrong)
    table = np.rint(NAT * (doubt[:, None] - _LOG_MISREAD[:, read].T)).astype(np.int64)
    table = np.maximum(table, LEAST_COST)
    known = read < _OTHER
    table[np.flatnonzero(known), read[known]] = 0
    return table


def near(index: PlateIndex, codes: UInt32s, confidences: Doubles) -> Near:
    """All registered plates near one read, the equal one not among them.

    Args:
        index: the registered plates.
        codes: (WIDTH,) uint32 code points of the read, zero-padded.
        confidences: (WIDTH,) float64, as for `costs`.
    """
    length = int(np.count_nonzero(codes))
    if not 0 < length <= LONGEST:
        return Near(rows=np.empty(0, np.intp), distances=np.empty(0, np.int64))
    read = symbols(codes[:LONGEST])
    word = np.ascontiguousarray(read).view("<u8").astype(np.uint64)[0]
    table = costs(read[:length], confidences[:length])
    found = [
        _same_length(index, word, table, length),
        _plate_longer(index, word, table, length),
        _plate_shorter(index, word, table, length),
    ]
    places, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    kept = (distances > 0) & (distances <= LIMIT)
    rows, distances = index.rows[places[kept]], distances[kept]
    order = np.argsort(rows)
    return Near(rows=rows[order], distances=distances[order])


def _same_length(index: PlateIndex, word: np.uint64, table: Int64s, length: int) -> tuple[Indices, Int64s]:
    """Candidates that may differ in MAX_EDITS characters at most, and their distances."""
    part = index.of_length(length)
    places = np.flatnonzero(np.bitwise_count(_differing(index.words[part] ^ word)) <= MAX_EDITS) + part.start
    paid = _paid(index.words[places], table)
    few = np.count_nonzero(paid, axis=1) <= MAX_EDITS  # two characters of no plate share a symbol, not a cost
    return places[few], paid[few].sum(axis=1)


def _plate_longer(index: PlateIndex, word: np.uint64, table: Int64s, length: int) -> tuple[Indices, Int64s]:
    """The reader lost a character: behind it the read stands one place to the left."""
    part = index.of_length(length + 1)
    words = index.words[part]
    full = _low_bytes(length)
    straight, shifted = _differing((words & full) ^ word), _differing((words >> _BYTE) ^ word)
    places = np.flatnonzero(np.bitwise_count(straight & shifted) < MAX_EDITS) + part.start
    words = index.words[places]
    return places, _with_gap(_paid(words, table), _paid(words >> _BYTE, table))


def _plate_shorter(index: PlateIndex, word: np.uint64, table: Int64s, length: int) -> tuple[Indices, Int64s]:
    """The reader saw a character that is not there: behind it the read stands one place to the right."""
    part = index.of_length(length - 1)
    words = index.words[part]
    full = _low_bytes(length - 1)
    straight, shifted = _differing(words ^ (word & full)), _differing(words ^ (word >> _BYTE))
    places = np.flatnonzero(np.bitwise_count(straight & shifted) < MAX_EDITS) + part.start
    words = index.words[places]
    return places, _with_gap(_paid(words, table[:-1]), _paid(words, table[1:]))


def _differing(words: Words) -> Words:
    """The highest bit of every byte that is not zero; bytes are below 128, so nothing is carried."""
    return (words + _LOW) & _HIGH


def _low_bytes(count: int) -> np.uint64:
    return np.uint64((1 << (8 * count)) - 1)


def _paid(words: Words, table: Int64s) -> Int64s:
    """(k, n): what each of the first n characters of k plates costs against the read's, character by character."""
    characters = words.astype("<u8").view(np.uint8).reshape(-1, LONGEST)[:, : len(table)]
    paid: Int64s = table[np.arange(len(table)), characters]
    return paid


def _with_gap(before: Int64s, behind: Int64s) -> Int64s:
    """(k,): the cheapest place of the gap, `before` (k, n) paid in front of it and `behind` (k, n) after it."""
    heads = _sums(before)
    tails = _sums(behind[:, ::-1])[:, ::-1]
    edits = _sums((before > 0).astype(np.int64)) + _sums((behind[:, ::-1] > 0).astype(np.int64))[:, ::-1]
    total = np.where(edits < MAX_EDITS, heads + tails, LIMIT)
    cheapest: Int64s = total.min(axis=1) + GAP_COST
    return cheapest


def _sums(paid: Int64s) -> Int64s:
    """(k, n + 1): the sums of the first 0 to n columns."""
    sums = np.zeros((len(paid), paid.shape[1] + 1), np.int64)
    np.cumsum(paid, axis=1, out=sums[:, 1:])
    return sums


def _log_misread() -> Doubles:
    """(symbols, symbols): log P(read | true, misread) with rows and columns for padding and what is on no plate."""
    table = np.full((_OTHER + 1, _OTHER + 1), np.log(misread().min()))
    table[1:_OTHER, 1:_OTHER] = np.log(misread())
    return read_only(table)


_LOG_MISREAD = _log_misread()
