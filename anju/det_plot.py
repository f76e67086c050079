"""A detection error trade-off as an SVG: FNIR over FPIR, both axes on the normal deviate's scale (ISO/IEC 19795-1)."""

from collections.abc import Iterable
from html import escape

import numpy as np
from scipy.stats import norm  # type: ignore[import-untyped]

from recognition.evaluation import Curve, Row

WIDTH, HEIGHT, EDGE = 640, 520, 64
TICKS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
_LOW, _HIGH = (float(norm.ppf(end)) for end in (0.0004, 0.5))


def draw(curve: Curve, at: Row) -> str:
    """The curve of a gallery, with the measured rates of `at` and their 95 % intervals; rates of 0 lie on the edge."""
    points = " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in zip(curve.fpir.tolist(), curve.fnir.tolist(), strict=True))
    body = [
        *_axes(),
        f'<polyline fill="none" stroke="#1d6f42" stroke-width="2" points="{points}"/>',
        *_operating_point(at),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12" role="img" aria-label="DET">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *body,
            "</svg>\n",
        ]
    )


def _operating_point(at: Row) -> Iterable[str]:
    if at.fpir is None:
        return
    x, y = _x(at.fpir.value), _y(at.fnir.value)
    (left, right), (low, high) = at.fpir.interval, at.fnir.interval
    style = 'stroke="#b3261e" stroke-width="1.5"'
    yield f'<line x1="{_x(left):.1f}" y1="{y:.1f}" x2="{_x(right):.1f}" y2="{y:.1f}" {style}/>'
    yield f'<line x1="{x:.1f}" y1="{_y(low):.1f}" x2="{x:.1f}" y2="{_y(high):.1f}" {style}/>'
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#b3261e"/>'
    label = f"threshold {at.threshold:.3f}: FPIR {at.fpir.value:.2%} ({at.fpir.events}/{at.fpir.trials}), FNIR "
    label += f"{at.fnir.value:.2%} ({at.fnir.events}/{at.fnir.trials})"
    yield _text(EDGE + 8, 28, f"{at.people:,} people. {label}; lines: 95 %")


def _axes() -> Iterable[str]:
    right, bottom = WIDTH - 16, HEIGHT - EDGE
    yield f'<rect x="{EDGE}" y="12" width="{right - EDGE}" height="{bottom - 12}" fill="none" stroke="#888"/>'
    for tick in TICKS:
        x, y = _x(tick), _y(tick)
        yield f'<line x1="{x:.1f}" y1="12" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>'
        yield f'<line x1="{EDGE}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield _text(x - 14, bottom + 18, f"{tick:.2%}".replace(".00", ""))
        yield _text(14, y + 4, f"{tick:.2%}".replace(".00", ""))
    yield _text(WIDTH / 2 - 90, HEIGHT - 14, "FPIR: strangers accepted as somebody")
    yield f'<text transform="translate(12 {HEIGHT / 2 + 100}) rotate(-90)">FNIR: enrolled people missed</text>'


def _x(rate: float) -> float:
    return EDGE + _share(rate) * (WIDTH - 16 - EDGE)


def _y(rate: float) -> float:
    return HEIGHT - EDGE - _share(rate) * (HEIGHT - EDGE - 12)


def _share(rate: float) -> float:
    """Where a rate lies on its axis, 0..1; what is off the axis lies on its end."""
    ends = float(norm.cdf(_LOW)), float(norm.cdf(_HIGH))
    return (float(norm.ppf(np.clip(rate, *ends))) - _LOW) / (_HIGH - _LOW)


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#222">{escape(words)}</text>'
