"""Draws docs/search-bound.svg from one real search: `python -m scripts.search_figure`.

The gallery is 60,000 SFace-like templates, the probe one of their people. Each dot is a row, by the score that its
four-bit copy gives and by its true cosine; only rows right of the bar are scored exactly.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.spectra import Floats, Population
from recognition import kernels
from recognition.sketch import Sketch, sketch
from recognition.thresholds import SFACE

OUT = Path(__file__).parents[1] / "docs" / "search-bound.svg"
ROWS, SHOWN, SEED, GALLERY = 60_000, 1_500, 11, 1_000_000
WIDTH, HEIGHT, EDGE = 760, 460, 56
LOW, HIGH = -0.3, 0.85
LOOKED_AT, PASSED = "#b3261e", "#5b7a99"
Doubles = NDArray[np.float64]


def main() -> None:
    """Write the figure."""
    if not kernels.available():
        raise SystemExit("the figure needs numkong's kernels.")
    population = Population(128, "real", SEED)
    vectors, centres = population.gallery(ROWS, kept=1)
    probe = population.pictures(centres[:1])
    copy = sketch(vectors)
    if copy is None:
        raise SystemExit("the gallery was not sketched.")
    OUT.write_text(draw(copy, vectors, probe), "utf-8")


def draw(copy: Sketch, vectors: Floats, probe: Floats) -> str:
    """The figure of one probe (1, d) in a sketched segment (n, d)."""
    threshold = SFACE.at(GALLERY)
    floor = threshold.value - threshold.margin
    target = copy.aim(probe, fine=True)
    products = copy.products(target, np.empty(4 * len(vectors), np.int32))[0, : len(vectors)].astype(np.float64)
    worth, residual = (float(np.median(values)) for values in (copy.worth, copy.residual))
    scale, length = float(target.terms.scale[0]), float(target.terms.length[0])
    true = (vectors[copy.order].astype(np.float64) @ probe[0].astype(np.float64)).ravel()
    cheap = scale * worth * products
    rest = float(target.terms.error[0]) + target.terms.rounding
    x = np.linspace(LOW, HIGH, 120)
    bound = x + scale * residual * np.sqrt(np.maximum(length**2 - (x / scale) ** 2, 0)) + rest
    bar = float(np.interp(floor, bound, x))
    some = np.union1d(np.arange(0, len(true), len(true) // SHOWN), np.flatnonzero(cheap >= bar))
    marks = [
        f'<circle cx="{_x(a)}" cy="{_y(b)}" r="2" fill="{LOOKED_AT if a >= bar else PASSED}"/>'
        for a, b in zip(cheap[some].tolist(), true[some].tolist(), strict=True)
    ]
    looked_at = int((cheap >= bar).sum())
    return _page([
        *_axes(),
        *marks,
        f'<polyline fill="none" stroke="#1d6f42" stroke-width="2" points="{_points(x, bound)}"/>',
        _line(LOW, floor, HIGH, floor, "#8a6d00"),
        _line(bar, LOW, bar, HIGH, "#b3261e"),
        _text(_x(LOW) + 6, _y(floor) - 6, f"floor {floor:.3f} = threshold - margin"),
        _text(_x(bar) - 250, _y(LOW) - 8, f"bar {bar:.3f}: {looked_at} of {ROWS:,} rows are looked at"),
        _text(_x(-0.26), _y(0.42), "bound: no cosine lies above this line"),
    ])  # fmt: skip


def _axes() -> Iterable[str]:
    width, height = WIDTH - EDGE - 10, HEIGHT - EDGE - 10
    yield f'<rect x="{EDGE}" y="10" width="{width}" height="{height}" fill="none" stroke="#888"/>'
    for tick in (-0.2, 0.0, 0.2, 0.4, 0.6, 0.8):
        yield _text(_x(tick) - 10, HEIGHT - EDGE + 18, f"{tick:.1f}")
        yield _text(EDGE - 34, _y(tick) + 4, f"{tick:.1f}")
    yield _text(WIDTH / 2 - 90, HEIGHT - 14, "score from the four-bit copy")
    yield f'<text transform="translate(16 {HEIGHT / 2 + 30}) rotate(-90)">true cosine</text>'


def _page(parts: Iterable[str]) -> str:
    font = 'font-family="sans-serif" font-size="13"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {font}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *parts, "</svg>", ""])


def _x(value: float) -> float:
    return round(float(EDGE + (value - LOW) / (HIGH - LOW) * (WIDTH - EDGE - 10)), 1)


def _y(value: float) -> float:
    return round(float(HEIGHT - EDGE - (value - LOW) / (HIGH - LOW) * (HEIGHT - EDGE - 10)), 1)


def _points(x: Doubles, y: Doubles) -> str:
    inside = y <= HIGH
    return " ".join(f"{_x(a)},{_y(b)}" for a, b in zip(x[inside].tolist(), y[inside].tolist(), strict=True))


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return (
        f'<line x1="{_x(x1)}" y1="{_y(y1)}" x2="{_x(x2)}" y2="{_y(y2)}" stroke="{colour}" '
        'stroke-width="1.5" stroke-dasharray="6 4"/>'
    )


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}">{words}</text>'


if __name__ == "__main__":
    main()
