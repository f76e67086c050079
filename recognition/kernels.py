"""Dot products of four-bit integers by SIMD: the one module that knows numkong.

Where the library is missing, or knows no fast kernel for the processor, `available` says so and the search works on
float32 with numpy alone.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognition.arrays import Int8s, Int32s, UInt8s

try:
    numkong: Any = import_module("numkong")
except ImportError:  # no wheel for this platform
    numkong = None

LOWEST, HIGHEST = -8, 7  # of a four-bit integer
# Measured on this kernel's AVX-512 form; without it the packed product is slower than float32 by BLAS.
_FAST = ("icelake", "genoa", "neonsdot", "svesdot")
_LINE = 64  # bytes: the library pads a row to cache lines, and away from powers of two
_SUMS = 8  # bytes beside each row


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Rows (n, m) of four-bit integers in the kernel's own layout."""

    matrix: Any
    rows: int

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.matrix.nbytes)


def available() -> bool:
    """Whether packed products are worth using on this machine."""
    if numkong is None:
        return False
    capabilities = numkong.get_capabilities()
    return any(capabilities.get(name, False) for name in _FAST)


def bytes_per_row(columns: int) -> int:
    """What a packed row of `columns` four-bit integers takes."""
    lines = -(-columns // (2 * _LINE))
    return (lines + (lines & (lines - 1) == 0)) * _LINE + _SUMS


def pack(values: Int8s) -> Packed:
    """Pack rows (n, m) int8 within LOWEST and HIGHEST; m even, n at least 1."""
    return Packed(numkong.dots_pack(_view(nibbles(values), "int4")), len(values))


def products(probes: UInt8s, packed: Packed, out: Int32s) -> None:
    """Write all dot products of probes (b, m/2), as `nibbles` leaves them, with the packed rows into `out` (b, n)."""
    numkong.dots_packed(_view(probes, "int4"), packed.matrix, out=_view(out, "int32"))


def nibbles(values: Int8s) -> UInt8s:
    """Rows (n, m) int8 within LOWEST and HIGHEST with two columns a byte, (n, m/2).

    Which two does not matter, as gallery and probe are packed alike: the halves copy fastest.
    """
    low, high = np.hsplit(values.view(np.uint8), 2)
    both: UInt8s = (low & np.uint8(15)) | (high << np.uint8(4))
    return both


def _view(array: NDArray[Any], dtype: str) -> Any:
    """The same memory as the library's tensor, which lives no longer than the call it is passed to."""
    return numkong.from_pointer(array.ctypes.data, array.shape, dtype, owner=array)
