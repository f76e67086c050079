"""Finger minutiae records: ISO/IEC 19794-2:2005 and :2011, ANSI INCITS 378-2004; bytes in, arrays out, and back.

All three begin with `FMR`; a version follows. The 2005 and ANSI forms share the version and everything else but the
width of the length field, a product id and the unit of angles (360/256 and 2 degrees): a length of two bytes that is
not zero says ANSI. That is certain here, as a record is refused above 32 KiB before anything is read.

Real records break small rules, and are read all the same: a length field that is off (a NIST sample of 341 bytes says
340), zeros after the record (SourceAFIS's are padded to 384). What is not read: extended data, device and vendor ids,
certification blocks. The encoder writes none.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.facts import MAX_RECORD_BYTES
from recognition.arrays import read_only, require
from recognition.errors import RecognitionError

MAX_BYTES = MAX_RECORD_BYTES
MAX_MINUTIAE = 255  # of a view: the count is one byte
PPCM_500_DPI = 197
_MAGIC, _V20, _V30 = b"FMR\0", b" 20\0", b"030\0"
_LEAST_PPCM, _MOST_PPCM = 60, 800  # 150 to 2,000 dpi: outside, the scale of a record means nothing
UNKNOWN_QUALITY = 254  # "not reported"; on the wire of 2005 and ANSI a minutia says it with 0


class Standard(StrEnum):
    """Which form a record has."""

    ISO_2005 = "iso_19794_2_2005"
    ISO_2011 = "iso_19794_2_2011"
    ANSI_2004 = "ansi_378_2004"


class RecordFault(StrEnum):
    """Why bytes are no record we take; also the counter's label."""

    TOO_LONG = "finger_record_too_long"
    NOT_A_RECORD = "finger_record_unknown"
    CUT_SHORT = "finger_record_cut_short"
    TRAILING = "finger_record_trailing_bytes"
    NO_VIEW = "finger_record_no_view"
    BAD_SCALE = "finger_record_bad_scale"
    BAD_FIELD = "finger_record_bad_field"


_WORDS = {
    RecordFault.TOO_LONG: ("指纹记录过长（{what}字节）", "the finger record is too long ({what} bytes)"),
    RecordFault.NOT_A_RECORD: (
        "不是支持的指纹特征点记录",
        "this is no finger minutiae record of a supported standard",
    ),
    RecordFault.CUT_SHORT: ("指纹记录不完整，缺少{what}", "the finger record ends within its {what}"),
    RecordFault.TRAILING: ("指纹记录之后还有{what}字节多余数据", "{what} bytes of other data follow the finger record"),
    RecordFault.NO_VIEW: ("指纹记录中没有任何指纹", "the finger record holds no finger"),
    RecordFault.BAD_SCALE: (
        "指纹记录的分辨率无效（{what}像素/厘米）",
        "the finger record has no usable resolution ({what} pixels per cm)",
    ),
    RecordFault.BAD_FIELD: ("指纹记录的{what}无效", "the finger record has an invalid {what}"),
}
_MEND = (
    "请将设备设置为输出 ISO/IEC 19794-2 或 ANSI 378 格式，并重新采集。",
    "Set the device to ISO/IEC 19794-2 or ANSI 378 records and take the finger again.",
)


class BadRecord(RecognitionError):
    """Bytes that are no finger record we take. `fault` says why; `code` is its value."""

    def __init__(self, fault: RecordFault, what: object = "") -> None:
        zh, en = (words.format(what=what) for words in _WORDS[fault])
        super().__init__(f"{zh}。", f"{en}.", mend_zh=_MEND[0], mend_en=_MEND[1])
        self.fault = fault
        self.code = fault.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """One impression of one finger.

    Attributes:
        position: 0 unknown, 1-5 right thumb to little finger, 6-10 left; 2011 knows groups up to 50.
        number: 0 upwards among the views of a position.
        impression: 0 live plain, 1 live rolled, and so on, as the standards count.
        quality: 0-100, UNKNOWN_QUALITY or 255 (failed) where the record gives none.
        width, height: of the image, pixels.
        ppcm_x, ppcm_y: pixels per centimetre.
        minutiae: (n, 5) uint16 in the record's own units: x, y (pixels, y downwards), kind (0 other, 1 ending,
            2 bifurcation), angle (ISO: 256ths of a turn; ANSI: 2 degrees; counter-clockwise), quality (0-100;
            UNKNOWN_QUALITY where none). n <= MAX_MINUTIAE, may be 0.

    Raises:
        BadRecord: a value the standards have no room for.
        BadArray: minutiae of another shape or dtype.
    """

    position: int = 0
    number: int = 0
    impression: int = 0
    quality: int = UNKNOWN_QUALITY
    width: int
    height: int
    ppcm_x: int = PPCM_500_DPI
    ppcm_y: int = PPCM_500_DPI
    minutiae: NDArray[np.uint16]

    def __post_init__(self) -> None:
        require(self.minutiae, np.uint16, (None, 5), "minutiae")
        for name, most in _MOST:
            if not 0 <= getattr(self, name) <= most:
                raise BadRecord(RecordFault.BAD_FIELD, name)
        if not all(_LEAST_PPCM <= rate <= _MOST_PPCM for rate in (self.ppcm_x, self.ppcm_y)):
            raise BadRecord(RecordFault.BAD_SCALE, f"{self.ppcm_x} x {self.ppcm_y}")
        if len(self.minutiae) > MAX_MINUTIAE or (self.minutiae > _MOST_MINUTIA).any():
            raise BadRecord(RecordFault.BAD_FIELD, "minutia")


_MOST = (("position", 50), ("number", 15), ("impression", 29), ("quality", 255), ("width", 16383), ("height", 16383))
_MOST_MINUTIA = np.array([16383, 16383, 3, 255, 255], np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FingerRecord:
    """A decoded record: its standard and one view or more.

    Raises:
        BadRecord: no view; views that this standard cannot say together (sizes that differ, in 2005 and ANSI); an ANSI
            angle of 180 or more.
    """

    standard: Standard
    views: tuple[View, ...]

    def __post_init__(self) -> None:
        if not self.views:
            raise BadRecord(RecordFault.NO_VIEW)
        if len(self.views) > 255:
            raise BadRecord(RecordFault.BAD_FIELD, "count of views")
        if self.standard is not Standard.ISO_2011:
            if len({(v.width, v.height, v.ppcm_x, v.ppcm_y) for v in self.views}) > 1:
                raise BadRecord(RecordFault.BAD_FIELD, "image size")
            if any(view.impression > 15 for view in self.views):
                raise BadRecord(RecordFault.BAD_FIELD, "impression")
        if self.standard is Standard.ANSI_2004 and any((view.minutiae[:, 3] >= 180).any() for view in self.views):
            raise BadRecord(RecordFault.BAD_FIELD, "angle")

    @property
    def angle_unit(self) -> float:
        """Degrees of one step of a minutia's angle."""
        return 2.0 if self.standard is Standard.ANSI_2004 else 360 / 256


class _Reader:
    """Takes fields off the front of bytes; says by name what was cut off."""

    def __init__(self, data: bytes) -> None:
        self._data, self.place = data, 0

    def take(self, form: str, what: str) -> tuple[int, ...]:
        size = struct.calcsize(form)
        if self.place + size > len(self._data):
            raise BadRecord(RecordFault.CUT_SHORT, what)
        values: tuple[int, ...] = struct.unpack_from(form, self._data, self.place)
        self.place += size
        return values

    def skip(self, size: int, what: str) -> None:
        self.take(f">{size}x", what)

    def skip_extended_data(self) -> None:
        (size,) = self.take(">H", "extended data")
        self.skip(size, "extended data")

    def minutiae(self, count: int, width: int) -> NDArray[np.uint16]:
        """`count` minutiae of `width` bytes (5, without quality, or 6) as (count, 5) uint16."""
        self.skip(count * width, "minutiae")
        raw = np.frombuffer(self._data, np.uint8, count * width, self.place - count * width)
        rows = raw.reshape(count, width).astype(np.uint16)
        words = rows[:, 0:4:2] << 8 | rows[:, 1:4:2]  # x with the kind above it, y
        quality = rows[:, 5] if width == 6 else np.full(count, UNKNOWN_QUALITY, np.uint16)
        columns = [words[:, 0] & 0x3FFF, words[:, 1] & 0x3FFF, words[:, 0] >> 14, rows[:, 4], quality]
        return np.stack(columns, axis=1).astype(np.uint16)

    def finish(self) -> None:
        rest = self._data[self.place :]
        if rest.strip(b"\0"):
            raise BadRecord(RecordFault.TRAILING, len(rest))


def decode(data: bytes) -> FingerRecord:
    """Read a record of any of the three standards.

    Raises:
        BadRecord: with the fault that counters and people see.
    """
    if len(data) > MAX_BYTES:
        raise BadRecord(RecordFault.TOO_LONG, len(data))
    if data[:4] != _MAGIC or data[4:8] not in (_V20, _V30):
        raise BadRecord(RecordFault.NOT_A_RECORD)
    reader = _Reader(data)
    reader.skip(8, "header")
    record = _iso_2011(reader) if data[4:8] == _V30 else _version_20(reader, data)
    reader.finish()
    return record


def _version_20(reader: _Reader, data: bytes) -> FingerRecord:
    """ISO 2005 and ANSI 2004: one header for all views. The length field is not trusted, the bytes there are."""
    ansi_short, iso = data[8:10] != b"\0\0", data[8:12] != bytes(4)
    ansi = ansi_short or not iso
    if ansi:  # two bytes, or two zeros and four; then the product id
        reader.skip(2 + 4 if ansi_short else 6 + 4, "header")
    else:
        reader.skip(4, "header")
    _device, width, height, ppcm_x, ppcm_y, count, _reserved = reader.take(">HHHHHBB", "header")
    views = []
    for _ in range(count):
        position, number_impression, quality, minutiae = reader.take(">BBBB", "view header")
        rows = reader.minutiae(minutiae, 6)
        rows[rows[:, 4] == 0, 4] = UNKNOWN_QUALITY
        views.append(
            View(
                position=position, number=number_impression >> 4, impression=number_impression & 15, quality=quality,
                width=width, height=height, ppcm_x=ppcm_x, ppcm_y=ppcm_y, minutiae=read_only(rows),
            )
        )  # fmt: skip
        reader.skip_extended_data()
    return FingerRecord(standard=Standard.ANSI_2004 if ansi else Standard.ISO_2005, views=tuple(views))


def _iso_2011(reader: _Reader) -> FingerRecord:
    _length, count, certified = reader.take(">IHB", "header")
    views = tuple(_representation(reader, certified=bool(certified)) for _ in range(count))
    return FingerRecord(standard=Standard.ISO_2011, views=views)


def _representation(reader: _Reader, *, certified: bool) -> View:
    reader.skip(4 + 9 + 1 + 2 + 2, "view header")  # length, date and time, technology, vendor, type
    (blocks,) = reader.take(">B", "quality")
    quality = reader.take(">B4x", "quality")[0] if blocks else UNKNOWN_QUALITY
    reader.skip(5 * max(0, blocks - 1), "quality")
    if certified:
        reader.skip(3 * reader.take(">B", "certification")[0], "certification")
    position, number, ppcm_x, ppcm_y, impression, width, height, form, minutiae = reader.take(
        ">BBHHBHHBB", "view header"
    )
    if form >> 4 not in (5, 6):
        raise BadRecord(RecordFault.BAD_FIELD, "minutia length")
    view = View(
        position=position, number=number, impression=impression, quality=quality, width=width, height=height,
        ppcm_x=ppcm_x, ppcm_y=ppcm_y, minutiae=read_only(reader.minutiae(minutiae, form >> 4)),
    )  # fmt: skip
    reader.skip_extended_data()
    return view


def encode(record: FingerRecord) -> bytes:
    """The bytes of a record in its own standard. Raises BadRecord where they would not fit into MAX_BYTES."""
    data = _write_2011(record) if record.standard is Standard.ISO_2011 else _write_20(record)
    if len(data) > MAX_BYTES:
        raise BadRecord(RecordFault.TOO_LONG, len(data))
    return data


def _write_20(record: FingerRecord) -> bytes:
    first = record.views[0]
    size = (first.width, first.height, first.ppcm_x, first.ppcm_y)
    body = struct.pack(">HHHHHBB", 0, *size, len(record.views), 0)
    for view in record.views:
        head = (view.position, view.number << 4 | view.impression, view.quality, len(view.minutiae))
        body += struct.pack(">BBBB", *head) + _write_minutiae(view, 0) + bytes(2)
    if record.standard is Standard.ISO_2005:
        return _MAGIC + _V20 + struct.pack(">I", len(body) + 12) + body
    return _MAGIC + _V20 + struct.pack(">HI", (len(body) + 14) & 0xFFFF, 0) + body


def _write_2011(record: FingerRecord) -> bytes:
    body = struct.pack(">HB", len(record.views), 0)
    for view in record.views:
        quality = b"\0" if view.quality == UNKNOWN_QUALITY else struct.pack(">BB4x", 1, view.quality)
        tail = struct.pack(
            ">BBHHBHHBB", view.position, view.number, view.ppcm_x, view.ppcm_y, view.impression, view.width,
            view.height, 6 << 4, len(view.minutiae),
        )  # fmt: skip
        inner = b"\xff" * 9 + bytes(5) + quality + tail + _write_minutiae(view, UNKNOWN_QUALITY) + bytes(2)
        body += struct.pack(">I", len(inner) + 4) + inner
    return _MAGIC + _V30 + struct.pack(">I", len(body) + 12) + body


def _write_minutiae(view: View, unknown: int) -> bytes:
    """Six bytes a minutia; `unknown` is how this standard says that there is no quality."""
    x, y, kind, angle, quality = view.minutiae.T
    rows = np.empty((len(x), 6), np.uint8)
    first = kind << 14 | x
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = first >> 8, first & 255, y >> 8, y & 255
    rows[:, 4] = angle
    rows[:, 5] = np.where(quality == UNKNOWN_QUALITY, unknown, quality)
    return rows.tobytes()
