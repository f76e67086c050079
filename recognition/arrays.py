"""Array types by name, and the few array tools that more than one module needs."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recognition.errors import BadArray

Bools = NDArray[np.bool_]
UInt8s = NDArray[np.uint8]
Int8s = NDArray[np.int8]
UInt16s = NDArray[np.uint16]
UInt32s = NDArray[np.uint32]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]

A = TypeVar("A", bound=NDArray[Any])

NOBODY = -1  # the handle of no person, no vehicle, no door


def read_only(array: A) -> A:
    """The same array, now closed to writing; for arrays that belong to the caller alone."""
    array.setflags(write=False)
    return array


def require(array: NDArray[Any], dtype: type[np.generic], shape: tuple[int | None, ...], what: str) -> None:
    """Raise BadArray unless `array` has this dtype and shape (None stands for any length)."""
    fits = array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=False)
    )
    if array.dtype != dtype or not fits:
        wanted = "×".join("n" if length is None else str(length) for length in shape)
        raise BadArray(
            f"{what}应为{np.dtype(dtype)}数组，形状{wanted}；实际为{array.dtype}，形状{array.shape}。",
            f"{what} must be {np.dtype(dtype)} of shape {wanted}, not {array.dtype} of shape {array.shape}.",
        )


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
