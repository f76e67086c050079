"""The size of a picture from its first bytes, before anything is decoded: JPEG, PNG, WebP and BMP.

A decompression bomb is a small file that says it is a huge picture; a decoder believes it and takes the memory. So the
declared size is read here and judged first. Nothing here allocates by what a file says.
"""

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers: baseline to arithmetic, without DHT (C4), JPG (C8) and DAC (CC). ITU-T T.81, table B.1.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_SCAN = 0xDA
# Before a frame these have no place, nor have stuffed or reserved bytes: a decoder might read on elsewhere than we do.
_JPEG_REFUSED = frozenset({0xD8, 0xD9, _JPEG_SCAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of itself. Sizes in pixels, as stored (before any EXIF rotation)."""

    kind: str  # "jpeg", "png", "webp" or "bmp"
    width: int
    height: int


def read_header(data: bytes) -> Header | None:
    """The header of `data`, or None where it is no picture of a known kind or its header is cut short."""
    size: tuple[str, int, int] | None = None
    if data.startswith(b"\xff\xd8"):
        size = _jpeg(data)
    elif data.startswith(_PNG):
        size = _png(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        size = _webp(data)
    elif data.startswith(b"BM"):
        size = _bmp(data)
    return Header(kind=size[0], width=size[1], height=size[2]) if size else None


def jpeg_scans(data: bytes) -> int:
    """How many scans a JPEG claims (compressed data follows every 0xFF by 0x00, so markers can be counted)."""
    return data.count(bytes((0xFF, _JPEG_SCAN)))


def _jpeg(data: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _JPEG_STANDALONE:
            at += 2
        elif marker in _JPEG_FRAMES:
            if at + 9 > len(data):
                return None
            return "jpeg", _big(data, at + 7, 2), _big(data, at + 5, 2)
        elif marker in _JPEG_REFUSED or marker < 0xC0:
            return None
        else:
            length = _big(data, at + 2, 2)
            if length < 2:
                return None
            at += 2 + length
    return None


def _png(data: bytes) -> tuple[str, int, int] | None:
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    return "png", _big(data, 16, 4), _big(data, 20, 4)


def _webp(data: bytes) -> tuple[str, int, int] | None:
    if len(data) < 30:
        return None
    chunk = data[12:16]
    if chunk == b"VP8X":
        return "webp", _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = _little(data, 21, 4)
        return "webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return "webp", _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None


def _bmp(data: bytes) -> tuple[str, int, int] | None:
    if len(data) < 26:
        return None
    if _little(data, 14, 4) == 12:  # OS/2 core header
        return "bmp", _little(data, 18, 2), _little(data, 20, 2)
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)  # negative: top row first
    return ("bmp", width, abs(height)) if width >= 0 else None


def _big(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "big")


def _little(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "little")
