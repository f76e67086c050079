"""A small copy of a segment from which a scan tells which rows can matter; `bounds` proves that it overlooks none.

With the kernel library a row is kept as four-bit integers on the gallery's axes, without it as float32 on as many axes
as memory allows. Either way a scan gives products. Rows stand in the order of how much their copy misses, and every
band of 256 has its own limits, so that the few poor copies do not widen the bound of all the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition import kernels
from recognition.arrays import Doubles, Floats, Indices, Int8s, Int32s, UInt8s, UInt16s, read_only
from recognition.axes import Axes, fit
from recognition.bounds import ProbeTerms, least
from recognition.kernels import Packed

SKETCH_ROWS = 8_192  # fewer are scanned as they are
BAND = 256  # rows that share limits
_SHARE = 0.27  # of the float32 bytes, at most: with ids, persons and tombstones a gallery stays within 1.3 times
_STEP = 0.36  # of the quantiser, in standard deviations: near the least error, with few rows far off
_DIGIT = 16  # two four-bit digits make a probe of eight bits
_MOST = 7 * _DIGIT + 7
_FLOOD = 1 / 16  # a larger share of rows to look at, and the scan of all of them is no slower
_UP = 1 + 1e-5  # on a float32 norm of at most 1024 terms


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """B probes as a sketch's axes see them.

    Attributes:
        coordinates: (B, m) float32, what products with float32 rows are taken with.
        nibbles: (r, m/2) uint8, what products with packed rows are taken with; none for float32 rows.
        digits: 1, or 2: then rows of high digits stand before rows of low digits, and r = 2B.
        terms: of the bound.
    """

    coordinates: Floats
    nibbles: UInt8s
    digits: int
    terms: ProbeTerms

    def __len__(self) -> int:
        return len(self.coordinates)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """The sketch of a segment's n rows; see the module.

    Attributes:
        axes: what the rows are projected on.
        rows: copies of the rows, packed integers or float32 (n', m); n' is n, filled up to whole bands with zeros.
        order: (n,) uint16, which row of the segment each copy is of.
        worth, residual, tail: (n' / BAND,) float64, each band's largest α, η and |t| of `bounds`.
    """

    axes: Axes
    rows: Packed | Floats
    order: UInt16s
    worth: Doubles
    residual: Doubles
    tail: Doubles

    @property
    def probes_at_once(self) -> int:
        """How many probes a scan is best at: products that stay in the cache, or enough for a BLAS."""
        return 8 if isinstance(self.rows, Packed) else 64

    @property
    def nbytes(self) -> int:
        """Bytes held, without the axes, which segments share."""
        return self.rows.nbytes + self.order.nbytes + 3 * self.worth.nbytes

    def aim(self, probes: Floats, *, fine: bool) -> Target:
        """Prepare probes (B, d) for sketches on these axes; `fine` takes twice the products for a tighter bound."""
        coordinates, tails = self.axes.project(probes)
        if not isinstance(self.rows, Packed):
            none = np.empty((0, coordinates.shape[1] // 2), np.uint8)
            return Target(coordinates, none, 1, _terms(coordinates, coordinates, tails, self.axes))
        if not fine:
            coarse = _quantise(coordinates, _STEP * np.sqrt(np.square(coordinates).mean(axis=1, keepdims=True)))
            return Target(coordinates, kernels.nibbles(coarse), 1, _terms(coordinates, coarse, tails, self.axes))
        both = np.rint(coordinates * (_MOST / np.abs(coordinates).max(axis=1, keepdims=True))).astype(np.int8)
        high = (both - kernels.LOWEST) // _DIGIT
        values = np.concatenate([high, both - high * _DIGIT]).astype(np.int8)
        return Target(coordinates, kernels.nibbles(values), 2, _terms(coordinates, both, tails, self.axes))

    def products(self, target: Target, buffer: Int32s) -> Int32s | Floats:
        """Products (B, n') of probes and copies, int32 or float32, written into `buffer` of at least 2B times n'."""
        height = len(target) * target.digits
        out = buffer[: height * len(self.worth) * BAND].reshape(height, -1)
        if not isinstance(self.rows, Packed):
            floats: Floats = out.view(np.float32)
            if len(target) == 1:  # a matrix times a vector: BLAS is slow at it as a product of two matrices
                np.dot(self.rows, target.coordinates[0], out=floats[0])
                return floats
            return np.matmul(target.coordinates, self.rows.T, out=floats)
        kernels.products(target.nibbles, self.rows, out)
        if target.digits == 2:
            high, low = out[: len(target)], out[len(target) :]
            np.multiply(high, _DIGIT, out=high)
            return np.add(high, low, out=high)
        return out

    def candidates(self, products: Int32s | Floats, bars: Int32s | Floats) -> tuple[Indices, Indices] | None:
        """Pairs (probe, row), (k,) each: the rows whose product (B, n') reaches the bar of the band, (B, n' / BAND).

        None where these are too many to be looked at.
        """
        banded = products.reshape(*bars.shape, BAND)
        probe, band = np.nonzero(banded.max(axis=2) >= bars)
        few, place = np.nonzero(banded[probe, band] >= bars[probe, band][:, None])
        if len(few) > _FLOOD * products.size:
            return None
        return probe[few], self.order[band[few] * BAND + place].astype(np.intp)

    def seeds(self, products: Int32s | Floats, count: int) -> tuple[Indices, Indices]:
        """Pairs (probe, row) of about `count` rows a probe with large products; bounds need them, no answer does."""
        count = min(count, len(self.order))
        copy = np.argpartition(products[:, : len(self.order)], -count, axis=1)[:, -count:].ravel()
        return np.repeat(np.arange(len(products)), count), self.order[copy].astype(np.intp)


def bars(sketches: Sequence[Sketch], target: Target, floors: Doubles) -> list[Int32s | Floats] | None:
    """For each sketch, all on one set of axes: the products (B, bands) from which a cosine can reach its floor, (B,).

    None where the bound is too wide for these data to tell: any row may.
    """
    residual = np.concatenate([one.residual for one in sketches])
    tail = np.concatenate([one.tail for one in sketches])
    worth = np.concatenate([one.worth for one in sketches])
    lowest = least(target.terms, floors, residual, tail) / worth
    if not (lowest > 0).all():
        return None
    packed = isinstance(sketches[0].rows, Packed)
    all_bars = np.ceil(lowest).astype(np.int32) if packed else np.nextafter(lowest.astype(np.float32), np.float32(0))
    return np.split(all_bars, np.cumsum([len(one.worth) for one in sketches])[:-1], axis=1)


def sketch(vectors: Floats, axes: Axes | None = None) -> Sketch | None:
    """Sketch rows (n, d), n at most 2**16, on `axes`, or on axes of their own where these do not suit.

    None where a sketch would not pay: too few rows, or one that takes more memory than it may.
    """
    if len(vectors) < SKETCH_ROWS:
        return None
    if axes is None or not axes.suits(vectors):
        axes = fit(vectors)
    dim, columns = axes.matrix.shape
    packed = kernels.available()
    if (kernels.bytes_per_row(columns) if packed else 4 * columns) > _SHARE * 4 * dim:
        return None
    coordinates, tail = axes.project(vectors)
    return _packed(axes, coordinates, tail) if packed else _prefix(axes, coordinates, tail)


def _packed(axes: Axes, coordinates: Floats, tail: Doubles) -> Sketch:
    """The sketch as four-bit integers."""
    integers, worth, residual = _integers(coordinates)
    order = np.argsort(residual, kind="stable")
    rows = kernels.pack(np.concatenate([integers[order], np.zeros(_missing(integers), np.int8)]))
    return _sketch(axes, rows, order, worth, residual, tail)


def _prefix(axes: Axes, coordinates: Floats, tail: Doubles) -> Sketch:
    """The sketch as float32."""
    order = np.argsort(tail, kind="stable")
    rows = read_only(np.concatenate([coordinates[order], np.zeros(_missing(coordinates), np.float32)]))
    return _sketch(axes, rows, order, np.ones(len(order)), np.zeros(len(order)), tail)


def _sketch(
    axes: Axes, rows: Packed | Floats, order: Indices, worth: Doubles, residual: Doubles, tail: Doubles
) -> Sketch:
    return Sketch(
        axes=axes,
        rows=rows,
        order=read_only(order.astype(np.uint16)),
        worth=_band_limits(worth[order]),
        residual=_band_limits(residual[order]),
        tail=_band_limits(tail[order]),
    )


def _integers(coordinates: Floats) -> tuple[Int8s, Doubles, Doubles]:
    """Four-bit integers of coordinates (n, m); what each row's unit is worth and what its integers miss, (n,)."""
    integers = _quantise(coordinates, _row_step(coordinates))
    floats = integers.astype(np.float32)
    squares = np.maximum(np.einsum("ij,ij->i", floats, floats), 1.0)
    worth = np.einsum("ij,ij->i", coordinates, floats) / squares
    floats *= -worth[:, None]
    floats += coordinates
    missed = np.sqrt(np.einsum("ij,ij->i", floats, floats))
    return integers, worth.astype(np.float64), missed.astype(np.float64) * _UP


def _missing(rows: Floats | Int8s) -> tuple[int, int]:
    """The shape of what fills rows (n, m) up to whole bands."""
    return -len(rows) % BAND, rows.shape[1]


def _band_limits(values: Doubles) -> Doubles:
    limits: Doubles = np.maximum.reduceat(values, np.arange(0, len(values), BAND))
    return read_only(limits)


def _row_step(coordinates: Floats) -> float:
    """One step for all rows (n, m): their unit is worth about the same, so a band's limits are tight."""
    return _STEP * float(np.sqrt(np.square(coordinates).mean()))


def _quantise(coordinates: Floats, step: Floats | float) -> Int8s:
    integers: Int8s = np.clip(np.rint(coordinates / step), kernels.LOWEST, kernels.HIGHEST).astype(np.int8)
    return integers


def _terms(coordinates: Floats, values: Floats | Int8s, tails: Doubles, axes: Axes) -> ProbeTerms:
    """The bound's terms of coordinates (B, m) that are kept as `values` (B, m)."""
    exact, kept = coordinates.astype(np.float64), values.astype(np.float64)
    squares = np.einsum("ij,ij->i", kept, kept)
    scale = np.einsum("ij,ij->i", exact, kept) / squares
    return ProbeTerms(
        length=np.sqrt(squares),
        scale=scale,
        error=np.linalg.norm(exact - scale[:, None] * kept, axis=1),
        tail=tails,
        rounding=axes.rounding,
    )
