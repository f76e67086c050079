"""Columns of words and moments as numbers, a whole batch at a time: what makes a file of millions of rows quick.

A column of words comes dictionary-encoded: each different word is looked up once and the rows follow by index. Batches
of one table share their dictionary, so the last one's answers are kept.
"""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.clock import to_us
from core.errors import InvalidValue
from occupancy.arrays import NOBODY, Bools, Int32s, Int64s, spans

MAX_EVENT = 64  # characters of an event's id, as everywhere in the registry
_MOMENT = pa.timestamp("us", tz="UTC")
_MIX = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)  # odd: no bit is lost


def value_type(column: pa.Array) -> pa.DataType:
    """The type of a column's values, whether they come as a dictionary or not."""
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def dictionary_of(column: pa.Array) -> pa.DictionaryArray:
    """Any column of names as a dictionary of strings; names that are numbers are written out, NaN is null."""
    if pa.types.is_floating(value_type(column)):
        decimals = column.cast(pa.float64())
        column = pc.if_else(pc.is_nan(decimals), None, decimals)
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string()).dictionary_encode()
    if column.type.value_type != pa.string():
        return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.string()))
    return column


def places_of(column: pa.DictionaryArray) -> Int32s:
    """(n,) int32 the place of each row's word in the dictionary, -1 for null."""
    places = column.indices.cast(pa.int32())
    found: Int32s = (pc.fill_null(places, -1) if places.null_count else places).to_numpy(zero_copy_only=False)
    return found


class Coder:
    """Numbers for the words of one column by a lookup; NOBODY for null, the empty word and words nobody knows.

    Attributes, set by `numbers`:
        words: the m words.
        unknown: (m + 1,) bool, the words that the lookup does not know; the empty one and null are not among them.
    """

    def __init__(self, lookup: Callable[[str], int]) -> None:
        self._lookup = lookup
        self._dictionary: pa.Array | None = None
        self._numbers: Int32s = np.empty(0, np.int32)
        self.words: list[str] = []
        self.unknown: Bools = np.empty(0, np.bool_)

    def numbers(self, dictionary: pa.Array) -> Int32s:
        """(m + 1,) int32 a number for each word, and the last for null."""
        if self._dictionary is None or not self._dictionary.equals(dictionary):
            self.words = ["" if word is None else word for word in dictionary.to_pylist()]
            found = [NOBODY if word == "" else self._lookup(word) for word in self.words]
            self._numbers = np.array([*found, NOBODY], np.int32)
            self.unknown = (self._numbers == NOBODY) & np.array([*(word != "" for word in self.words), False])
            self._dictionary = dictionary
        return self._numbers


def moments(column: pa.Array) -> tuple[Int64s, Bools]:
    """Moments of a column of Arrow timestamps with a zone, or of RFC 3339 texts, whose T and Z may be small.

    Returns:
        (n,) int64 microseconds UTC, 0 where there is none; (n,) bool, it could be read.
    """
    if pa.types.is_timestamp(column.type):
        known = column.is_valid().to_numpy(zero_copy_only=False)
        return pc.fill_null(column.cast(_MOMENT, safe=False).cast(pa.int64()), 0).to_numpy(), known
    texts = column.cast(pa.string())
    try:
        found = pc.ascii_upper(texts).cast(_MOMENT)
    except pa.ArrowInvalid:  # one bad text spoils the whole column: look at each
        found = pa.array([_moment(text) for text in texts.to_pylist()], pa.int64())
    known = found.is_valid().to_numpy(zero_copy_only=False)
    return pc.fill_null(found.cast(pa.int64()), 0).to_numpy(), known


def _moment(text: str | None) -> int | None:
    try:
        return None if text is None else to_us(datetime.fromisoformat(text.strip().upper()))
    except (ValueError, InvalidValue, OverflowError):
        return None


def event_keys(column: pa.Array) -> tuple[Int64s, Bools]:
    """A number for each event's id: integers themselves, texts by a hash of 64 bits.

    Two different texts share a number once in 20,000 files of 45 million rows (n² / 2⁶⁵).

    Returns:
        (n,) int64; (n,) bool, there is an id, of at most MAX_EVENT bytes.
    """
    if pa.types.is_integer(column.type):
        known = column.is_valid().to_numpy(zero_copy_only=False)
        return pc.fill_null(column.cast(pa.int64(), safe=False), 0).to_numpy(zero_copy_only=False), known
    texts = pc.fill_null(column.cast(pa.string()), "")
    length = pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    known = (length > 0) & (length <= MAX_EVENT)
    return _hashed(texts, np.where(known, length, 0)), known


def _hashed(texts: pa.Array, length: Int64s) -> Int64s:
    """(n,) int64 hashes of the first `length` bytes of each text, by the finaliser of splitmix64 (Steele 2014)."""
    _, offsets, data = texts.buffers()
    count = len(texts)
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + count].astype(np.int64)
    width = -(-int(length.max(initial=1)) // 8) * 8
    padded = np.zeros((count, width), np.uint8)
    row, place = spans(starts, starts + length)
    if len(place):
        padded[row, place - starts[row]] = np.frombuffer(data, np.uint8)[place]
    mixed = length.astype(np.uint64)
    for word in padded.view(np.uint64).T:
        mixed = (mixed ^ word) * _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
        mixed ^= mixed >> np.uint64(31)
    return mixed.view(np.int64)
