"""Bytes in, picture out: decoding with bounds, and the one way to make a picture smaller.

A picture is a (height, width, 3) uint8 array, blue first, upright (EXIF orientation applied).
"""

from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import AnjuError
from gateway.recognisers.image_headers import jpeg_scans, read_header

Picture: TypeAlias = NDArray[np.uint8]

MAX_BYTES = 16 * 1024 * 1024
MAX_PIXELS = 24_000_000  # 72 MB decoded; a 4K frame has 8.3 million
MAX_JPEG_SCANS = 64  # progressive files have about 10; thousands are made to keep a decoder busy


class ImageFault(StrEnum):
    """Why bytes are no picture we take; also the counter's label."""

    NO_BYTES = "image_no_bytes"
    TOO_MANY_BYTES = "image_too_many_bytes"
    NOT_A_PICTURE = "image_not_a_picture"
    EMPTY = "image_empty"
    TOO_MANY_PIXELS = "image_too_many_pixels"
    TOO_COSTLY = "image_too_costly"
    DAMAGED = "image_damaged"


_WORDS = {
    ImageFault.NO_BYTES: ("没有收到图像数据", "no picture data was received"),
    ImageFault.TOO_MANY_BYTES: ("图像文件过大（{size} 字节）", "the picture file is too big ({size} bytes)"),
    ImageFault.NOT_A_PICTURE: ("不是可识别的图像文件", "this is no picture of a known kind"),
    ImageFault.EMPTY: ("图像没有像素", "the picture has no pixels"),
    ImageFault.TOO_MANY_PIXELS: ("图像尺寸过大（{size}）", "the picture is too large ({size})"),
    ImageFault.TOO_COSTLY: (
        "图像结构异常（{size} 次扫描）",
        "the picture is made to decode slowly ({size} scans)",
    ),
    ImageFault.DAMAGED: ("图像文件已损坏或不完整", "the picture file is damaged or incomplete"),
}
_MEND = (
    f"请发送不超过 {MAX_BYTES >> 20} MB、{MAX_PIXELS // 10_000} 万像素的 JPEG、PNG、WebP 或 BMP 图像，"
    "并检查设备的抓拍设置。",
    f"Send a JPEG, PNG, WebP or BMP picture of at most {MAX_BYTES >> 20} MB and {MAX_PIXELS // 1_000_000} million "
    "pixels, and check the device's snapshot settings.",
)


class UnreadableImage(AnjuError):
    """Bytes that are no picture we take. `fault` says why; `code` is its value."""

    def __init__(self, fault: ImageFault, size: str = "") -> None:
        zh, en = (words.format(size=size) for words in _WORDS[fault])
        super().__init__(f"图像无法读取：{zh}。", f"Unreadable image: {en}.", mend_zh=_MEND[0], mend_en=_MEND[1])
        self.fault = fault
        self.code = fault.value


def decode(data: bytes) -> Picture:
    """The picture in `data`, upright. Its declared size is judged before anything is decoded.

    Raises:
        UnreadableImage: with the fault that counters and people see.
    """
    _check_header(data)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableImage(ImageFault.DAMAGED) from error
    if picture is None:
        raise UnreadableImage(ImageFault.DAMAGED)
    return require_picture(picture)


def require_picture(picture: NDArray[np.generic]) -> Picture:
    """`picture` itself if it is a (height, width, 3) uint8 array with pixels, as a camera should give; else raises."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise UnreadableImage(ImageFault.NOT_A_PICTURE)
    if picture.size == 0:
        raise UnreadableImage(ImageFault.EMPTY)
    if picture.shape[0] * picture.shape[1] > MAX_PIXELS:
        raise UnreadableImage(ImageFault.TOO_MANY_PIXELS, f"{picture.shape[1]} × {picture.shape[0]}")
    return picture.view(np.uint8)


def shrink(picture: Picture, side: int) -> tuple[Picture, float]:
    """The picture with its longer side at most `side` pixels, and the factor applied (1.0 where it already fits)."""
    height, width = picture.shape[:2]
    factor = min(1.0, side / max(height, width))
    if factor == 1.0:
        return picture, factor
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return require_picture(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)), factor


def pad(picture: Picture, least: int) -> Picture:
    """The picture with black added to the right and below until both sides have `least` pixels."""
    height, width = picture.shape[:2]
    if height >= least and width >= least:
        return picture
    canvas = np.zeros((max(height, least), max(width, least), 3), np.uint8)
    canvas[:height, :width] = picture
    return canvas


def _check_header(data: bytes) -> None:
    if not data:
        raise UnreadableImage(ImageFault.NO_BYTES)
    if len(data) > MAX_BYTES:
        raise UnreadableImage(ImageFault.TOO_MANY_BYTES, str(len(data)))
    header = read_header(data)
    if header is None:
        raise UnreadableImage(ImageFault.NOT_A_PICTURE)
    if header.width * header.height == 0:
        raise UnreadableImage(ImageFault.EMPTY)
    if header.width * header.height > MAX_PIXELS:
        raise UnreadableImage(ImageFault.TOO_MANY_PIXELS, f"{header.width} × {header.height}")
    if header.kind == "jpeg" and (scans := jpeg_scans(data)) > MAX_JPEG_SCANS:
        raise UnreadableImage(ImageFault.TOO_COSTLY, str(scans))
