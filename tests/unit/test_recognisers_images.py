"""Bytes into pictures: bounds before decoding, clear faults, upright results."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.recognisers import images
from gateway.recognisers.image_headers import read_header
from gateway.recognisers.images import ImageFault, UnreadableImage, decode, pad, require_picture, shrink

KINDS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP"}


def encoded(kind: str, width: int = 60, height: int = 40, **options: Any) -> bytes:
    """A picture with a red left top quarter, a green right bottom quarter, black else."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[height // 2 :, width // 2 :] = (0, 255, 0)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, KINDS[kind], **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header is whole and says so many pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def jpeg_claiming(width: int, height: int, before: bytes = b"") -> bytes:
    """The beginning of a JPEG whose frame says so many pixels, after the segments `before`."""
    return b"\xff\xd8" + before + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\0" * 9


def fault_of(data: bytes) -> ImageFault:
    with pytest.raises(UnreadableImage) as refused:
        decode(data)
    assert refused.value.code == refused.value.fault.value
    assert refused.value.text("zh")
    assert refused.value.text("en")
    return refused.value.fault


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_decoded_blue_first(kind: str) -> None:
    picture = decode(encoded(kind))
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8
    assert picture[5, 5, 2] > 200 > 60 > picture[5, 5, 0]
    assert picture[35, 55, 1] > 200 > 60 > picture[35, 55, 2]


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 300), st.integers(1, 300))
def test_the_header_tells_the_size_that_decoding_gives(kind: str, width: int, height: int) -> None:
    data = encoded(kind, width, height)
    header = read_header(data)
    assert header
    assert (header.kind, header.width, header.height) == (kind, width, height)
    assert decode(data).shape == (height, width, 3)


@pytest.mark.parametrize("options", [{"progressive": True}, {"quality": 5}, {"restart_marker_blocks": 1}])
def test_jpeg_variants_are_read(options: dict[str, Any]) -> None:
    assert decode(encoded("jpeg", **options)).shape == (40, 60, 3)


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0"}])
def test_webp_variants_are_read(options: dict[str, Any]) -> None:
    assert decode(encoded("webp", **options)).shape == (40, 60, 3)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda p: p),
        (2, lambda p: p[:, ::-1]),
        (3, lambda p: p[::-1, ::-1]),
        (4, lambda p: p[::-1]),
        (5, lambda p: p.transpose(1, 0, 2)),
        (6, lambda p: np.rot90(p, -1)),
        (7, lambda p: p[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda p: np.rot90(p, 1)),
    ],
)
def test_exif_orientation_is_applied(
    kind: str, orientation: int, upright: Callable[[images.Picture], images.Picture]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = decode(encoded(kind, exif=exif))
    expected = upright(decode(encoded(kind)))
    assert turned.shape == expected.shape
    assert np.abs(turned.astype(int) - expected.astype(int)).mean() < 6  # lossy kinds differ at block edges


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", ImageFault.NO_BYTES),
        (b"GIF89a", ImageFault.NOT_A_PICTURE),
        (b"<html>not found</html>", ImageFault.NOT_A_PICTURE),
        (b"\xff\xd8", ImageFault.NOT_A_PICTURE),
        (png_claiming(0, 40), ImageFault.EMPTY),
        (jpeg_claiming(60, 0), ImageFault.EMPTY),
        (png_claiming(30_000, 30_000), ImageFault.TOO_MANY_PIXELS),
        (png_claiming(2**31 - 1, 2**31 - 1), ImageFault.TOO_MANY_PIXELS),
        (jpeg_claiming(65_000, 65_000), ImageFault.TOO_MANY_PIXELS),
        (png_claiming(40, 40), ImageFault.DAMAGED),
        (jpeg_claiming(60, 40), ImageFault.DAMAGED),
    ],
)
def test_bytes_that_are_no_picture_are_refused_with_their_fault(data: bytes, fault: ImageFault) -> None:
    assert fault_of(data) is fault


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decoding(*_: object) -> None:
        raise AssertionError("the decoder was asked")

    monkeypatch.setattr("gateway.recognisers.images.cv2.imdecode", decoding)
    assert fault_of(png_claiming(20_000, 20_000)) is ImageFault.TOO_MANY_PIXELS
    assert fault_of(b"BM" + bytes(images.MAX_BYTES)) is ImageFault.TOO_MANY_BYTES
    assert fault_of(jpeg_claiming(60, 40) + b"\xff\xda\x00\x02" * 1000) is ImageFault.TOO_COSTLY


@pytest.mark.parametrize("hiding", [b"\xff\x00\x00\x04\x00\x00", b"\xff\x02\x00\x04\x00\x00", b"\xff\xd8", b"\x00"])
def test_a_frame_cannot_hide_where_decoders_disagree(hiding: bytes) -> None:
    assert read_header(jpeg_claiming(60, 40, hiding)) is None


def test_segments_fill_bytes_and_restarts_before_the_frame_are_passed() -> None:
    header = read_header(jpeg_claiming(60, 40, b"\xff\xfe\x00\x06note" + b"\xff\xd0" + b"\xff\xff"))
    assert header
    assert (header.width, header.height) == (60, 40)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_file_cut_short_is_refused(kind: str, share: float) -> None:
    data = encoded(kind, 300, 200)
    assert fault_of(data[: int(len(data) * share)]) in {ImageFault.DAMAGED, ImageFault.NOT_A_PICTURE}


MAGIC = [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF\0\0\0\0WEBPVP8 "]


def pixels_of(data: bytes) -> int:
    """The number of pixels decoded; 0 where the bytes were refused. Any other error is the test's failure."""
    try:
        picture = decode(data)
    except UnreadableImage:
        return 0
    assert picture.size > 0
    return picture.size // 3


@given(st.binary(max_size=400), st.sampled_from(MAGIC))
def test_no_bytes_do_worse_than_be_refused(tail: bytes, magic: bytes) -> None:
    assert pixels_of(magic + tail) <= images.MAX_PIXELS


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_spoilt_file_is_decoded_within_bounds_or_refused(kind: str, data: st.DataObject) -> None:
    spoilt = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    assert pixels_of(bytes(spoilt)) <= images.MAX_PIXELS


@pytest.mark.parametrize(
    ("shape", "dtype", "fault"),
    [
        ((40, 60), np.uint8, ImageFault.NOT_A_PICTURE),
        ((40, 60, 4), np.uint8, ImageFault.NOT_A_PICTURE),
        ((40, 60, 3), np.float32, ImageFault.NOT_A_PICTURE),
        ((0, 60, 3), np.uint8, ImageFault.EMPTY),
        ((5000, 5000, 3), np.uint8, ImageFault.TOO_MANY_PIXELS),
    ],
)
def test_an_array_that_is_no_picture_is_refused(
    shape: tuple[int, ...], dtype: type[np.generic], fault: ImageFault
) -> None:
    with pytest.raises(UnreadableImage) as refused:
        require_picture(np.zeros(shape, dtype))
    assert refused.value.fault is fault


@given(st.integers(1, 2000), st.integers(1, 40), st.integers(1, 200))
def test_shrinking_keeps_the_longer_side_within_bounds_and_never_enlarges(width: int, height: int, side: int) -> None:
    small, factor = shrink(np.zeros((height, width, 3), np.uint8), side)
    assert 1 <= max(small.shape[:2]) <= max(side, 1)
    assert min(small.shape[:2]) >= 1
    assert 0 < factor <= 1
    assert (factor == 1) == (max(width, height) <= side)


def test_padding_keeps_the_picture_at_the_left_top() -> None:
    picture = np.full((10, 200, 3), 7, np.uint8)
    padded = pad(picture, 96)
    assert padded.shape == (96, 200, 3)
    assert (padded[:10] == 7).all()
    assert not padded[10:].any()
    assert pad(padded, 96) is padded
