"""Number plates drawn as they hang on a car: layout and colours of GA 36-2018, characters from Noto Sans CJK Bold.

The official plate typeface is not free; a bold sans stretched to the standard's character boxes is close enough that a
reader trained on real plates reads it. The font comes from the wheel `cvttf-notosanscjk-bold`, found, never imported.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.errors import AnjuError
from simulators.plate_numbers import PlateKind

Picture = NDArray[np.uint8]  # (height, width, 3), blue first

HEIGHT = 140  # millimetres, and pixels
WIDTH = {PlateKind.BLUE: 440, PlateKind.YELLOW: 440, PlateKind.GREEN: 480}
_TOP, _TALL, _BROAD = 25, 90, 45
_GLYPH = 180  # points at which a glyph is drawn before it is fitted to its box
_BORDER_INSET = 4
_PACKAGE, _FONT = "cvttf_NotoSansCJK_Bold", "NotoSansCJKtc-Bold.otf"
# Background and ink, blue first.
_COLOURS = {
    PlateKind.BLUE: ((172, 74, 12), (248, 248, 248)),
    PlateKind.YELLOW: ((22, 178, 240), (20, 20, 20)),
    PlateKind.GREEN: ((120, 205, 70), (20, 20, 20)),
}
_PALE = np.array([236, 246, 236], dtype=np.float32)  # the upper end of the green plate's gradient


class FontMissing(AnjuError):
    """The font that plates are drawn with is not installed."""

    code = "font_missing"


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FontMissing(
            "没有安装绘制车牌用的字体。",
            "The font that number plates are drawn with is not installed.",
            mend_zh="请运行 make setup。",
            mend_en="Run make setup.",
        )
    return ImageFont.truetype(Path(spec.submodule_search_locations[0]) / _FONT, _GLYPH)


@lru_cache(maxsize=128)
def _glyph(character: str, broad: int) -> Image.Image:
    """The character's ink, fitted to its box: an 8-bit mask `broad` x 90; a narrow one (1) keeps its proportions."""
    left, top, right, bottom = _font().getbbox(character)
    width, height = int(right - left), int(bottom - top)
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).text((-left, -top), character, fill=255, font=_font())
    fitted = min(broad, max(14, round(width * _TALL / height * 1.1)))
    box = Image.new("L", (broad, _TALL))
    box.paste(mask.resize((fitted, _TALL), Image.Resampling.LANCZOS), ((broad - fitted) // 2, 0))
    return box


def _lefts(kind: PlateKind) -> list[tuple[int, int]]:
    """Left edge and breadth of each character's box: two, a wider gap with the dot in it, then the rest."""
    if kind == PlateKind.GREEN:
        return [(15, _BROAD), (69, 43), *((161 + 52 * place, 43) for place in range(6))]
    return [(15, _BROAD), (72, _BROAD), *((151 + 57 * place, _BROAD) for place in range(5))]


def _ground(kind: PlateKind) -> Image.Image:
    """The plate without characters: colour, rim and, on green plates, the gradient."""
    colour, ink = _COLOURS[kind]
    width = WIDTH[kind]
    ground = np.empty((HEIGHT, width, 3), dtype=np.float32)
    ground[:] = colour
    if kind == PlateKind.GREEN:
        share = np.clip(np.linspace(1.15, -0.15, HEIGHT, dtype=np.float32), 0, 1)[:, None, None]
        ground = share * _PALE + (1 - share) * ground
    plate = Image.fromarray(ground.astype(np.uint8))
    inset = (_BORDER_INSET, _BORDER_INSET, width - 1 - _BORDER_INSET, HEIGHT - 1 - _BORDER_INSET)
    ImageDraw.Draw(plate).rounded_rectangle(inset, radius=10, outline=ink, width=3)
    return plate


def draw_plate(text: str, kind: PlateKind) -> Picture:
    """The plate seen from straight ahead.

    Args:
        text: 7 characters (blue, yellow) or 8 (green).
        kind: Its colour and layout.

    Returns:
        (140, 440 or 480, 3) uint8, blue first.

    Raises:
        ValueError: The text has not as many characters as the plate has boxes.
        FontMissing: The font's wheel is not installed.
    """
    boxes = _lefts(kind)
    if len(text) != len(boxes):
        raise ValueError(f"a {kind.name.lower()} plate has {len(boxes)} characters, not {len(text)}")
    plate, ink = _ground(kind), _COLOURS[kind][1]
    for character, (left, broad) in zip(text, boxes, strict=True):
        plate.paste(ink, (left, _TOP), _glyph(character, broad))
    dot = boxes[1][0] + boxes[1][1]
    middle = (dot + boxes[2][0]) // 2
    if kind != PlateKind.GREEN:
        ImageDraw.Draw(plate).ellipse((middle - 5, 65, middle + 5, 75), fill=ink)
    return np.asarray(plate, dtype=np.uint8).copy()
