"""How far a cheap score can be from the true cosine: every bound that the search rests on, each with its proof.

**Rounding** (`slack`). Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1: a float32 dot
product of d components, summed in any order, is off by at most γ_d·|x|·|y|, γ_d = d·u / (1 - d·u), u = 2**-24.

**Sketch** (`least`). Write p for a row's coordinates on the kept axes and t for its tail, likewise p' and t' for the
probe. The row is kept as integers g with p = αg + ρ, ρ ⟂ g, |ρ| = η; the probe as integers h with p' = βh + ε, ε ⟂ h.

1. The cosine is p'·p + t'·t, so p'·p >= floor - |t'||t| (Cauchy and Schwarz), and as |p| <= 1 the angle between p'
   and p is at most arccos((floor - |t'||t|) / |p'|).
2. Angles are a metric: between h and p it is at most ψ = that + δ, δ = atan(|ε| / β|h|), so h·p >= |h|cosψ. (With a
   shorter p the same two steps give more than that.)
3. With x = α h·g, h·p = x + h·ρ <= x + η·sqrt(|h|² - x²): of h only what is orthogonal to g meets ρ, and α|g| <= 1.
4. x = |h|cosφ turns that into |h|·sqrt(1 + η²)·cos(φ - atan η), so φ <= arccos(cosψ / sqrt(1 + η²)) + atan η.

A row whose product h·g is below |h|cosφ / α cannot reach the floor. No probability enters; the data decide only how
many rows are left.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Doubles

UNIT_TOLERANCE = 1e-4  # a row or probe counts as a unit vector within this; encoders reach 1e-6
_ROUNDINGS = 4.0


def slack(dim: int) -> float:
    """Most by which a float32 dot product of two unit vectors differs from the exact one, summed in any order.

    See the module; both norms are 1 within about UNIT_TOLERANCE.
    """
    rounding = dim * 2.0**-24
    return rounding / (1 - rounding) * (1 + 2 * UNIT_TOLERANCE) ** 2


def projection_slack(dim: int, columns: int) -> float:
    """Most by which scores on projected coordinates are off because these were computed in float32.

    Each of `columns` coordinates of probe and row is off by at most slack(dim), which moves a score by twice
    √columns·slack(dim). As much again is more than what is left: axes and products rounded to float32, α and ρ from
    float32 sums, norms of 1 within UNIT_TOLERANCE where the proof says 1.
    """
    return float(_ROUNDINGS * np.sqrt(columns) * slack(dim))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbeTerms:
    """What the bound takes from each of B probes, (B,) float64: |h|, β, |ε|, |t'|; and what is added for rounding."""

    length: Doubles
    scale: Doubles
    error: Doubles
    tail: Doubles
    rounding: float


def least(terms: ProbeTerms, floor: Doubles, residual: Doubles, tail: Doubles) -> Doubles:
    """The least x = α h·g with which a row can still reach the floor, (B, k) float64, in k bands of rows.

    Zero or less says that the bound is too wide to tell: any row may.

    Args:
        terms: of the probes.
        floor: (B,) scores that matter.
        residual: (k,) the largest η of each band.
        tail: (k,) the largest |t|.
    """
    along = terms.scale * terms.length
    wanted = (floor - terms.rounding)[:, None] - np.outer(terms.tail, tail)
    angle = _arccos(wanted / np.hypot(along, terms.error)[:, None]) + np.arctan2(terms.error, along)[:, None]
    angle = _arccos(np.cos(np.minimum(angle, np.pi)) / np.sqrt(1 + residual**2)) + np.arctan(residual)
    lowest: Doubles = terms.length[:, None] * np.cos(np.minimum(angle, np.pi))
    return lowest


def _arccos(cosine: Doubles) -> Doubles:
    angle: Doubles = np.arccos(np.clip(cosine, -1.0, 1.0))
    return angle
