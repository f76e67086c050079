"""The first look: every enrolled finger scored by its codes, in blocks that stay in the processor's cache.

The score of two fingers is the mean, over the n_P codes of the probe that found most alike, of one minus the share of
bits that differ from the nearest code. It knows nothing of places, so it only chooses whom `relaxation` looks at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.arrays import Doubles, Int64s, read_only
from recognition.fingers.projection import CODE_BITS, WORDS, Codes
from recognition.fingers.relaxation import pairs_of

BLOCK_FINGERS = 512  # times 40 codes of 8 bytes: a word of every code of a block is 160 KB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Up to BLOCK_FINGERS fingers of about the same number of codes.

    Attributes:
        words: (WORDS, m, f) uint64, C-contiguous: for each word and slot, all fingers. A finger with fewer than m codes
            repeats its first one, which changes no minimum.
        counts: (f,) int64, codes of each finger, 1 to m.
    """

    words: NDArray[np.uint64]
    counts: Int64s


def block(codes: Codes, counts: Int64s) -> Block:
    """A block of fingers whose codes (r, WORDS) stand one finger after the other, counts (f,) of at least 1."""
    starts = np.cumsum(counts) - counts
    slots = np.arange(int(counts.max()))
    rows = starts + np.where(slots[:, None] < counts, slots[:, None], 0)  # (m, f)
    words = np.ascontiguousarray(np.moveaxis(codes[rows], -1, 0))
    return Block(words=read_only(words), counts=read_only(counts))


def scores(one: Block, probe: Codes) -> Doubles:
    """The score of a probe (n, WORDS), n >= 1, with each finger of a block, (f,) float64 in [0, 1]."""
    nearest = np.sort(distances(one, probe), axis=1)
    pairs = np.minimum(pairs_of(len(probe), one.counts), len(probe))
    sums = np.cumsum(nearest, axis=1, dtype=np.int64)
    total: Doubles = sums[np.arange(len(pairs)), pairs - 1] / (pairs * float(CODE_BITS))
    return 1.0 - total


def distances(one: Block, probe: Codes) -> NDArray[np.uint8]:
    """Bits by which each probe code differs from the nearest code of each finger, (f, n) uint8."""
    shape = one.words.shape[1:]
    differing, bits = np.empty(shape, np.uint64), np.empty(shape, np.uint8)
    more = np.empty_like(bits)
    nearest = np.empty((len(probe), shape[1]), np.uint8)
    for row, code in zip(nearest, probe, strict=True):
        np.bitwise_xor(one.words[0], code[0], out=differing)
        np.bitwise_count(differing, out=bits)
        for word in range(1, WORDS):
            np.bitwise_xor(one.words[word], code[word], out=differing)
            np.bitwise_count(differing, out=more)
            bits += more
        np.minimum.reduce(bits, axis=0, out=row)
    return np.ascontiguousarray(nearest.T)
