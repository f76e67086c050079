"""Frames of the device link: however the stream is cut, and whatever it holds."""

import struct
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.facts import Direction, Modality
from gateway.devices.base import DoorMove, Drawn, Presented, Refused, Shown, Stored
from gateway.devices.link import frames
from gateway.devices.link.frames import FireSignal, FrameBuffer, FrameMalformed, FrameTooLarge, Hello

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
EVENT = Presented(
    device="cam-1",
    device_event="e-1",
    direction=Direction.OUT,
    device_time=NOW,
    handed_at=NOW,
    content=Drawn(model="sface", embedding=b"\0" * 512),
)
CARD = Presented(
    device="reader", device_event="2", device_time=NOW, content=Shown(kind=Modality.CARD, credential="c-1")
)


@given(st.lists(st.binary(max_size=50), max_size=8), st.lists(st.integers(1, 40), max_size=30))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    buffer, found, start = FrameBuffer(), [], 0
    for cut in [*cuts, len(stream)]:
        found += list(buffer.feed(stream[start : start + cut]))
        start += cut
    assert found == bodies


def test_a_frame_over_its_size_ends_the_stream_before_it_is_held() -> None:
    buffer = FrameBuffer(limit=100)
    assert list(buffer.feed(struct.pack(">I", 100) + bytes(100))) == [bytes(100)]
    with pytest.raises(FrameTooLarge, match="101 bytes"):
        list(buffer.feed(struct.pack(">I", 101)))


def test_messages_go_both_ways() -> None:
    up: list[frames.Up] = [Hello(devices=("cam-1",)), EVENT, CARD, FireSignal(on=True)]
    assert frames.decode_up(frames.encode(up)[4:]) == up
    down: list[frames.Down] = [
        Stored(device="cam-1", device_event="e-1"),
        Refused(device="cam-1", device_event="e-2", reason="busy", zh="忙", en="busy", again=True),
        DoorMove(door="d-1", device="cam-1", device_event="e-1", opened=True, reason="granted"),
    ]
    assert frames.decode_down(frames.encode(down)[4:]) == down


def test_one_bad_message_is_refused_alone_and_by_its_number() -> None:
    good = msgspec.to_builtins(CARD)
    naive = {**good, "device_event": "naive", "device_time": "2026-03-02T07:30:00"}
    long = {**good, "device_event": "x" * 200}
    body = msgspec.msgpack.encode([good, naive, {"type": "present", "device_event": "bare"}, long, 5, good])
    first, *bad, last = frames.decode_up(body)
    assert first == last == CARD
    assert [(one.device_event, one.again) for one in bad if isinstance(one, Refused)] == [
        ("naive", False),
        ("bare", False),
        ("x" * 64, False),
        ("", False),
    ]
    assert all(isinstance(one, Refused) and one.reason == "malformed" and "协议" in one.zh for one in bad)


def test_devices_cannot_send_what_only_our_own_sources_make() -> None:
    seen = {**msgspec.to_builtins(CARD), "content": {"type": "recognised", "quality": 1.0}}
    (refused,) = frames.decode_up(msgspec.msgpack.encode([seen]))
    assert isinstance(refused, Refused)


@given(st.binary(max_size=200))
def test_rubbish_is_refused_in_words(body: bytes) -> None:
    try:
        messages = frames.decode_up(body)
    except FrameMalformed as error:
        messages = [Refused.of("", "", error, again=False)]
    assert all(not isinstance(one, Refused) or (one.reason == "malformed" and one.zh) for one in messages)


def test_too_many_messages_are_no_frame() -> None:
    body = msgspec.msgpack.encode([{"type": "fire", "on": False}] * (frames.MAX_MESSAGES + 1))
    with pytest.raises(FrameMalformed):
        frames.decode_up(body)


def test_an_answer_that_cannot_be_read() -> None:
    with pytest.raises(FrameMalformed):
        frames.decode_down(b"\x91\x05")
