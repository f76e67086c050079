"""Array types by name, and the few array tools that more than one module needs."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Int8s = NDArray[np.int8]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]

A = TypeVar("A", bound=NDArray[Any])

NOBODY = -1  # the handle of no person, no pass, no vehicle, no door, no home


def read_only(array: A) -> A:
    """The same array, now closed to writing; for arrays that belong to the caller alone."""
    array.setflags(write=False)
    return array


def spans(starts: Indices, stops: Indices) -> tuple[Indices, Indices]:
    """Write out half-open ranges, one after another.

    Args:
        starts, stops: (k,) with starts <= stops.

    Returns:
        owner: (m,) which range each index belongs to, ascending.
        index: (m,) the indices themselves; m is the sum of the lengths and may be 0.
    """
    counts = stops - starts
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (starts - before)[owner]


def last_of_groups(groups: NDArray[np.integer[Any]]) -> Indices:
    """(k,) ascending indices of where each run of equal neighbours in `groups`, (n,), ends."""
    if not len(groups):
        return np.empty(0, np.intp)
    return np.append(np.flatnonzero(groups[1:] != groups[:-1]), len(groups) - 1)


def counts_at(places: NDArray[np.integer[Any]], shape: tuple[int, int]) -> Int32s:
    """How often each cell of a table was hit: (rows, columns) int32 from (n,) flat places."""
    return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int32)
