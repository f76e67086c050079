"""A comparison as a picture that opens in any browser and prints: SVG, Chinese first, English beside it. Pure.

Two parts. Above, for each kind, how many findings begin to count in each week, A beside B on one scale a kind. Below,
the findings on which the settings disagree most, a pair of lines each: thin while watched, thick once suspected.
"""

from collections.abc import Sequence
from datetime import date
from html import escape

import msgspec

from anju.backtest_comparison import Pair, Span, months, weekly

WIDTH, LEFT, RIGHT, TOP = 1180, 290, 40, 128
BAR_ROW, PAIR_ROW, HEAD = 64, 22, 44
MOST_PAIRS = 10  # of a kind
COLOURS = ("#1f5fa8", "#d9730d")  # A, B; told apart by the colour-blind, and dark and light in print
INK, QUIET, GRID = "#1c2430", "#5d6878", "#e3e7ec"
STYLE = (
    "text{font-family:'Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;font-size:13px;"
    f"fill:{INK}}}.q{{fill:{QUIET};font-size:12px}}.t{{font-size:20px;font-weight:600}}.h{{font-size:15px;"
    "font-weight:600}.n{font-size:11px;fill:#5d6878}"
)


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: `kinds` are (kind, Chinese, English) in order; `names` are those of the two settings."""

    pairs: Sequence[Pair]
    kinds: Sequence[tuple[str, str, str]]
    first: date
    until: date
    homes: int
    names: tuple[str, str]


def draw(picture: Picture) -> str:
    """The whole SVG."""
    differing = most_different(picture)
    bars_end = TOP + HEAD + BAR_ROW * len(picture.kinds)
    height = bars_end + HEAD + 24 + PAIR_ROW * max(len(differing), 1) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="{escape(_title(picture), quote=True)}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_heading(picture),
        *_bars(picture, TOP),
        *_timeline(picture, differing, bars_end + 24),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def most_different(picture: Picture) -> list[Pair]:
    """Of each kind at most MOST_PAIRS that differ, those of one side alone and the farthest moved first; by time."""
    found: list[Pair] = []
    for kind, *_ in picture.kinds:
        differing = [pair for pair in picture.pairs if pair.kind == kind and pair.differs]
        differing.sort(key=lambda pair: (pair.a is not None and pair.b is not None, -abs(pair.moved)))
        found += sorted(differing[:MOST_PAIRS], key=lambda pair: (_since(pair), pair.home))
    return found


def _since(pair: Pair) -> date:
    return min(span.counted_from for span in (pair.a, pair.b) if span)


def _title(picture: Picture) -> str:
    return f"参数回测对比 Comparison of settings {picture.first} – {picture.until}"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def _heading(picture: Picture) -> list[str]:
    last = date.fromordinal(picture.until.toordinal() - 1)
    period = f"{picture.first} 至 to {last}，{picture.homes} 户 homes"
    parts = [_text(24, 40, "参数回测对比  Comparison of settings", "t"), _text(24, 64, period, "q")]
    parts += _legend(WIDTH - RIGHT - 320, 89)
    for n, (letter, name) in enumerate(zip("AB", picture.names, strict=True)):
        x = 24 + n * 390
        parts += [
            f'<rect x="{x}" y="82" width="14" height="14" rx="2" fill="{COLOURS[n]}"/>',
            _text(x + 22, 94, f"{letter}  {name}"),
        ]
    return parts


def _x(picture: Picture, day: date) -> float:
    whole = (picture.until - picture.first).days
    return LEFT + (WIDTH - LEFT - RIGHT) * (day - picture.first).days / whole


def _grid(picture: Picture, top: float, bottom: float) -> list[str]:
    parts, starts = [], months(picture.first, picture.until)
    every = -(-len(starts) // 14)
    for n, day in enumerate(starts):
        x = _x(picture, day)
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{GRID}"/>')
        if n % every == 0:
            parts.append(_text(x + 3, top - 6, f"{day:%Y-%m}" if n == 0 or day.month == 1 else f"{day.month}月", "n"))
    return parts


def _bars(picture: Picture, top: float) -> list[str]:
    """Weekly counts, a row a kind."""
    parts = [_text(24, top + 14, "每周新增线索  New findings by week", "h")]
    first_row = top + HEAD
    parts += _grid(picture, first_row, first_row + BAR_ROW * len(picture.kinds))
    for row, (kind, zh, en) in enumerate(picture.kinds):
        base = first_row + BAR_ROW * (row + 1) - 8
        sides = [[pair.a for pair in picture.pairs if pair.kind == kind and pair.a],
                 [pair.b for pair in picture.pairs if pair.kind == kind and pair.b]]  # fmt: skip
        counts = [weekly(side, picture.first, picture.until) for side in sides]
        most = max(1, *(max(side, default=0) for side in counts))
        parts += [
            _text(24, base - 26, zh), _text(24, base - 10, en, "q"),
            _text(LEFT - 12, base - 26, f"A {len(sides[0])}", "n", "end"),
            _text(LEFT - 12, base - 10, f"B {len(sides[1])}", "n", "end"),
            f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="{QUIET}"/>',
            _text(WIDTH - RIGHT + 6, base - BAR_ROW + 24, str(most), "n"),
        ]  # fmt: skip
        parts += _weeks(picture, counts, most, base)
    return parts


def _weeks(picture: Picture, counts: Sequence[Sequence[int]], most: int, base: float) -> list[str]:
    weeks = len(counts[0])
    width = (WIDTH - LEFT - RIGHT) / ((picture.until - picture.first).days / 7)
    bar = max(width / 2 - 1, 0.8)
    parts = []
    for n, side in enumerate(counts):
        for week in range(weeks):
            if side[week]:
                height = (BAR_ROW - 20) * side[week] / most
                x = LEFT + week * width + n * width / 2
                shown = max(min(bar, WIDTH - RIGHT - x), 0.8)  # the last week may be a short one
                parts.append(
                    f'<rect x="{x:.1f}" y="{base - height:.1f}" width="{shown:.1f}" height="{height:.1f}" '
                    f'fill="{COLOURS[n]}"><title>{"AB"[n]} {side[week]}</title></rect>'
                )
    return parts


def _timeline(picture: Picture, pairs: Sequence[Pair], top: float) -> list[str]:
    """The findings that differ, two lines each."""
    differing = sum(pair.differs for pair in picture.pairs)
    words = f"两种设置不一致的线索  Findings that differ: {differing}"
    if differing > len(pairs):
        words += f"（每类列出差异最大的{MOST_PAIRS}条 the {MOST_PAIRS} of each kind that differ most）"
    parts = [_text(24, top + 14, words, "h")]
    first_row = top + HEAD
    if not pairs:
        return [*parts, _text(24, first_row + 10, "两种设置的结果完全一致。 Both settings say the same.", "q")]
    parts += _grid(picture, first_row, first_row + PAIR_ROW * len(pairs))
    names = {kind: zh for kind, zh, _ in picture.kinds}
    for row, pair in enumerate(pairs):
        y = first_row + PAIR_ROW * row + PAIR_ROW / 2
        if row % 2 == 0:
            parts.insert(
                1, f'<rect x="16" y="{y - PAIR_ROW / 2}" width="{WIDTH - 32}" height="{PAIR_ROW}" fill="#f6f8fa"/>'
            )
        parts.append(_text(24, y + 4, f"{pair.home}  {names.get(pair.kind, pair.kind)}"))
        for n, span in enumerate((pair.a, pair.b)):
            if span:
                parts += _span(picture, span, y - 4 + 8 * n, COLOURS[n])
    return parts


def _legend(x: float, y: float) -> list[str]:
    """What thin, thick and the ring mean."""
    return [
        f'<line x1="{x}" y1="{y}" x2="{x + 26}" y2="{y}" stroke="{QUIET}" stroke-width="1.5"/>',
        _text(x + 32, y + 4, "关注 watch", "n"),
        f'<line x1="{x + 110}" y1="{y}" x2="{x + 136}" y2="{y}" stroke="{QUIET}" stroke-width="5"/>',
        _text(x + 142, y + 4, "疑似 suspected", "n"),
        f'<circle cx="{x + 246}" cy="{y}" r="3" fill="#ffffff" stroke="{QUIET}" stroke-width="1.5"/>',
        _text(x + 256, y + 4, "结束 ended", "n"),
    ]


def _span(picture: Picture, span: Span, y: float, colour: str) -> list[str]:
    end = _x(picture, min(span.until or picture.until, picture.until))
    begin = _x(picture, max(span.since, picture.first))
    parts = [
        f'<line x1="{begin:.1f}" y1="{y}" x2="{max(end, begin + 1.5):.1f}" y2="{y}" stroke="{colour}" '
        f'stroke-width="1.5"/>'
    ]
    if span.flagged_on:
        x = _x(picture, span.flagged_on)
        parts.append(
            f'<line x1="{x:.1f}" y1="{y}" x2="{max(end, x + 2):.1f}" y2="{y}" stroke="{colour}" stroke-width="5"/>'
        )
    if span.until:
        parts.append(f'<circle cx="{end:.1f}" cy="{y}" r="3" fill="#ffffff" stroke="{colour}" stroke-width="1.5"/>')
    return parts
