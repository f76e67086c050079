"""Finger records: three standards, the quirks of real files, and bytes that are no record."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognition.errors import BadArray
from recognition.fingers.minutiae import best_view, from_view, to_record
from recognition.fingers.records import (
    MAX_BYTES,
    UNKNOWN_QUALITY,
    BadRecord,
    FingerRecord,
    RecordFault,
    Standard,
    View,
    decode,
    encode,
)
from tests import reference

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "fingerprints" / "templates"
there = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample records (../shared/data/fingerprints/templates) are not there"
)


def minutiae(draw: st.DrawFn, standard: Standard) -> NDArray[np.uint16]:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 16383), st.integers(0, 16383), st.integers(0, 3),
                st.integers(0, 179 if standard is Standard.ANSI_2004 else 255),
                st.one_of(st.integers(1, 100), st.just(UNKNOWN_QUALITY)),
            ),
            max_size=8,
        )
    )  # fmt: skip
    return np.array(rows, np.uint16).reshape(-1, 5)


@st.composite
def records(draw: st.DrawFn) -> FingerRecord:
    standard = draw(st.sampled_from(Standard))
    sizes = st.tuples(st.integers(0, 16383), st.integers(0, 16383), st.integers(60, 800), st.integers(60, 800))
    size = draw(sizes)
    views = []
    for _ in range(draw(st.integers(1, 4))):
        size = draw(sizes) if standard is Standard.ISO_2011 else size
        view = View(
            position=draw(st.integers(0, 10)), number=draw(st.integers(0, 15)), impression=draw(st.integers(0, 15)),
            quality=draw(st.integers(0, 100)), width=size[0], height=size[1], ppcm_x=size[2], ppcm_y=size[3],
            minutiae=minutiae(draw, standard),
        )  # fmt: skip
        views.append(view)
    return FingerRecord(standard=standard, views=tuple(views))


def same(one: FingerRecord, other: FingerRecord) -> bool:
    def plain(record: FingerRecord) -> object:
        names = [name for name in View.__dataclass_fields__ if name != "minutiae"]
        return [([getattr(view, name) for name in names], view.minutiae.tolist()) for view in record.views]

    return one.standard is other.standard and plain(one) == plain(other)


def refusal(data: bytes) -> BadRecord | None:
    try:
        decode(data)
    except BadRecord as error:
        return error
    return None


@given(records(), st.integers(0, 60))
def test_what_is_written_is_read_again_with_or_without_padding(record: FingerRecord, zeros: int) -> None:
    assert same(decode(encode(record) + bytes(zeros)), record)


@given(records())
def test_the_length_field_of_what_is_written_is_true(record: FingerRecord) -> None:
    data = encode(record)
    form = ">H" if record.standard is Standard.ANSI_2004 else ">I"
    assert struct.unpack_from(form, data, 8) == (len(data),)


@given(records(), st.integers(0, 2**16))
def test_the_length_field_of_what_is_read_is_not_trusted(record: FingerRecord, claimed: int) -> None:
    data = bytearray(encode(record))
    if record.standard is Standard.ANSI_2004:
        data[8:10] = struct.pack(">H", max(1, claimed & 0xFFFF))
    else:
        data[8:12] = struct.pack(">I", max(1, claimed & 0xFFFF))
    assert same(decode(bytes(data)), record)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_typed_error(data: bytes) -> None:
    for version in (b"", b"FMR\0 20\0", b"FMR\x00030\0"):
        refused = refusal(version + data)
        if refused is not None:
            assert refused.code == refused.fault.value
            assert refused.text("zh") != refused.text("en") != ""


@given(records(), st.data())
def test_a_changed_byte_or_a_cut_is_a_record_or_a_typed_error(record: FingerRecord, data: st.DataObject) -> None:
    bytes_ = bytearray(encode(record))
    place = data.draw(st.integers(0, len(bytes_) - 1))
    bytes_[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(bytes_)))
    for broken in (bytes(bytes_), bytes(bytes_[:cut])):
        refused = refusal(broken)
        assert refused is None or isinstance(refused.fault, RecordFault)


@given(records(), st.data())
def test_a_record_that_is_cut_is_never_read_as_whole(record: FingerRecord, data: st.DataObject) -> None:
    whole = encode(record)
    with pytest.raises(BadRecord):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


def small(standard: Standard = Standard.ISO_2005, **changed: object) -> FingerRecord:
    values = {"width": 300, "height": 400, "minutiae": np.array([[10, 20, 1, 64, 80]], np.uint16), **changed}
    return FingerRecord(standard=standard, views=(View(**values),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", RecordFault.NOT_A_RECORD),
        (b"FMR\0 40\0" + bytes(50), RecordFault.NOT_A_RECORD),
        (b"FMR\0 20\0" + bytes(MAX_BYTES), RecordFault.TOO_LONG),
        (encode(small()) + b"\1", RecordFault.TRAILING),
        (encode(small())[:-1], RecordFault.CUT_SHORT),
        (encode(small())[:30], RecordFault.CUT_SHORT),
    ],
)
def test_faults_are_named(data: bytes, fault: RecordFault) -> None:
    with pytest.raises(BadRecord) as caught:
        decode(data)
    assert caught.value.fault is fault
    assert caught.value.mend_zh


def test_a_record_without_a_view_or_scale_is_refused() -> None:
    data = bytearray(encode(small()))
    data[22] = 0
    with pytest.raises(BadRecord) as caught:
        decode(bytes(data[:24]))
    assert caught.value.fault is RecordFault.NO_VIEW
    with pytest.raises(BadRecord) as caught:
        small(ppcm_x=0)
    assert caught.value.fault is RecordFault.BAD_SCALE


def test_values_that_no_standard_holds_are_refused() -> None:
    for changed in ({"position": 51}, {"quality": 256}, {"width": 16384}, {"number": 16}):
        with pytest.raises(BadRecord, match="invalid"):
            small(**changed)  # type: ignore[arg-type]
    with pytest.raises(BadRecord, match="angle"):
        small(Standard.ANSI_2004, minutiae=np.array([[1, 1, 1, 180, 50]], np.uint16))
    with pytest.raises(BadRecord, match="minutia"):
        small(minutiae=np.full((1, 5), 16384, np.uint16))
    with pytest.raises(BadRecord, match="minutia"):
        small(minutiae=np.ones((256, 5), np.uint16))
    with pytest.raises(BadArray):
        small(minutiae=np.ones((3, 4), np.uint16))
    one, other = small().views[0], small(width=301).views[0]
    with pytest.raises(BadRecord, match="image size"):
        FingerRecord(standard=Standard.ISO_2005, views=(one, other))


def test_five_byte_minutiae_quality_blocks_certificates_and_extended_data_of_2011_are_understood() -> None:
    head = b"FMR\x00030\0" + struct.pack(">IHB", 0, 1, 1)
    quality = bytes([2]) + struct.pack(">BHH", 77, 1, 2) + struct.pack(">BHH", 3, 1, 2)
    certificates = bytes([1]) + bytes(3)
    view = struct.pack(">BBHHBHHBB", 6, 0, 197, 197, 0, 300, 400, 5 << 4, 1)
    row = struct.pack(">HHB", 2 << 14 | 11, 22, 33)
    inner = bytes(9 + 5) + quality + certificates + view + row + struct.pack(">H", 3) + b"abc"
    record = decode(head + struct.pack(">I", len(inner) + 4) + inner)
    assert record.views[0].quality == 77
    assert record.views[0].minutiae.tolist() == [[11, 22, 2, 33, UNKNOWN_QUALITY]]
    wrong = inner.replace(view, view[:-2] + bytes([7 << 4, 1]))
    with pytest.raises(BadRecord, match="minutia length"):
        decode(head + struct.pack(">I", len(inner) + 4) + wrong)


def test_an_ansi_record_with_its_long_length_is_ansi() -> None:
    short = encode(small(Standard.ANSI_2004))
    long = short[:8] + bytes(2) + struct.pack(">I", len(short) + 4) + short[10:]
    assert same(decode(long), decode(short))


@pytest.mark.parametrize("standard", Standard)
def test_the_same_finger_has_the_same_minutiae_whatever_the_standard(standard: Standard) -> None:
    quarter = 45 if standard is Standard.ANSI_2004 else 64
    record = small(standard, minutiae=np.array([[30, 40, 1, quarter, 80]], np.uint16), ppcm_x=394, ppcm_y=394)
    found = from_view(record, record.views[0])
    np.testing.assert_allclose(found.xyt, [[14.99, -19.99, np.pi / 2]], atol=0.01)
    assert found.quality.tolist() == [0.8]


def test_quality_that_nobody_told_counts_as_good() -> None:
    record = small(minutiae=np.array([[30, 40, 1, 0, UNKNOWN_QUALITY], [1, 1, 1, 0, 30]], np.uint16))
    found = from_view(record, record.views[0])
    assert found.quality.tolist() == [1.0, 0.3]
    assert len(found.at_least(0.5)) == 1


def test_the_best_view_tells_its_quality() -> None:
    views = [small(quality=quality).views[0] for quality in (UNKNOWN_QUALITY, 20, 90, 255)]
    assert best_view(FingerRecord(standard=Standard.ISO_2005, views=tuple(views))) is views[2]


@given(st.integers(0, 15), st.integers(0, 2**32 - 1))
def test_a_record_of_found_minutiae_keeps_them_within_its_steps(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = np.column_stack([rng.uniform(0, 400, (count, 2)), rng.uniform(-7, 7, count), rng.random(count)])
    record = decode(encode(to_record(points, rng.random(count) < 0.5, width=400, height=400, quality=55)))
    found = from_view(record, record.views[0])
    assert record.views[0].quality == 55
    for row, (x, y, turn) in enumerate(found.xyt.tolist()):
        assert abs(x - points[row, 0]) < 1
        assert abs(-y - points[row, 1]) < 1
        assert reference.turn_between(turn, points[row, 2]) <= np.pi / 256 + 1e-9
        assert abs(found.quality[row] - points[row, 3]) <= 0.01


@pytest.mark.real_data
@there
@pytest.mark.parametrize(
    ("name", "standard", "views"),
    [
        ("Appendix-B2_Example.raw", Standard.ANSI_2004, [(7, 90, 27), (2, 70, 22)]),
        ("Appendix-C2_Example.raw", Standard.ISO_2005, [(7, 90, 27), (2, 70, 22)]),  # says 340 bytes, has 341
        ("iso-probe.dat", Standard.ISO_2005, [(0, 100, 38)]),  # padded with zeros to 384
        ("iso-matching.dat", Standard.ISO_2005, [(0, 100, 38)]),
        ("iso-nonmatching.dat", Standard.ISO_2005, [(0, 100, 39)]),
    ],
)
def test_sample_records_are_read_and_written_again(
    name: str, standard: Standard, views: list[tuple[int, int, int]]
) -> None:
    record = decode((SAMPLES / name).read_bytes())
    assert record.standard is standard
    assert [(view.position, view.quality, len(view.minutiae)) for view in record.views] == views
    assert same(decode(encode(record)), record)


@pytest.mark.real_data
@there
def test_the_two_appendices_show_the_same_finger_in_two_standards() -> None:
    ansi, iso = (decode((SAMPLES / f"Appendix-{name}_Example.raw").read_bytes()) for name in ("B2", "C2"))
    for one, other in zip(ansi.views, iso.views, strict=True):
        left, right = from_view(ansi, one).xyt, from_view(iso, other).xyt
        np.testing.assert_array_equal(left[:, :2], right[:, :2])
        turns = [reference.turn_between(a, b) for a, b in zip(left[:, 2], right[:, 2], strict=True)]
        assert max(turns) < np.deg2rad(2)
