"""The wire: what goes out comes back, and whatever comes in is refused in words or read, never a crash."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import topics, wire
from core.errors import InvalidValue
from core.facts import Capture, DoorActed, FaceProbe, GatewayHealth, InputRefused, Outcome, Receipt, Uplink
from core.topics import Address, Channel
from tests import factories

UPLINKS: list[Uplink] = [
    factories.capture(),
    factories.capture(probe=factories.plate_read()),
    factories.capture(probe=factories.card_read(), claim=None, liveness=0.5),
    factories.capture(claim=factories.card_read()),
    factories.door_acted(),
    factories.input_refused(),
]
EPOCH = factories.EPOCH


@pytest.mark.parametrize("fact", UPLINKS)
def test_a_fact_comes_back_as_it_went(fact: Uplink) -> None:
    assert wire.decode_body(wire.encode_body(fact)) == fact


def test_an_envelope_keeps_order_numbers_and_bytes() -> None:
    bodies = [wire.encode_body(fact) for fact in UPLINKS]
    envelope = wire.decode(wire.encode_envelope(EPOCH, list(enumerate(bodies, 1))), wire.Envelope)
    assert [item.seq for item in envelope.items] == [1, 2, 3, 4, 5, 6]
    assert [bytes(item.body) for item in envelope.items] == bodies
    assert len({wire.payload_hash(item.body) for item in envelope.items}) == len(bodies)


@pytest.mark.parametrize(
    "message",
    [
        wire.Decisions(wire.VERSION, EPOCH, ()),
        wire.Receipts(wire.VERSION, EPOCH, Receipt(kept=(1, 2))),
        wire.Have(wire.VERSION, "gallery", 0, ""),
        wire.SetDelta(wire.VERSION, "gallery", 0, 3, "ab", {"k": b"v"}, ("gone",), True),
        wire.Health(
            wire.VERSION,
            GatewayHealth(
                at=factories.NOW, started_at=factories.NOW, waiting=0, quarantined=0, refused=0, sets={}, devices={}
            ),
        ),
    ],
)
def test_messages_down_and_about_come_back(message: wire.Decisions) -> None:
    assert wire.decode(wire.encode(message), type(message)) == message


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "malformed"),
        (b"\xc1", "malformed"),
        (b"\x90", "unknown_version"),
        (msgspec.msgpack.encode([2, EPOCH, []]), "unknown_version"),
        (msgspec.msgpack.encode(["1", EPOCH, []]), "malformed"),
        (msgspec.msgpack.encode([1, EPOCH, []]), "malformed"),  # no items
        (msgspec.msgpack.encode([1, "short", [[1, {}]]]), "malformed"),
        (msgspec.msgpack.encode([1, EPOCH, [[0, {}]]]), "malformed"),  # numbers begin at 1
        (msgspec.msgpack.encode([1, EPOCH, [[1, {}]] * (wire.MAX_ITEMS + 1)]), "malformed"),
        (b"\x00" * (wire.MAX_MESSAGE_BYTES + 1), "oversized"),
    ],
)
def test_a_message_that_cannot_be_read_says_why(payload: bytes, code: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.decode(payload, wire.Envelope)
    assert caught.value.code == code
    assert caught.value.text("zh") != caught.value.text("en")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    readers: list[Callable[[], object]] = [
        lambda: wire.decode(payload, wire.Envelope),
        lambda: wire.decode(payload, wire.Decisions),
        lambda: wire.decode(payload, wire.Receipts),
        lambda: wire.decode(payload, wire.Have),
        lambda: wire.decode(payload, wire.SetDelta),
        lambda: wire.decode(payload, wire.Health),
        lambda: wire.decode_body(payload),
    ]
    for read in readers:
        try:
            read()
        except wire.WireError:
            continue


@given(st.sampled_from(UPLINKS), st.data())
def test_a_damaged_body_is_read_or_refused(fact: Uplink, data: st.DataObject) -> None:
    body = bytearray(wire.encode_body(fact))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    try:
        read = wire.decode_body(bytes(body))
    except wire.WireError:
        return
    assert isinstance(read, Capture | DoorActed | InputRefused)


def test_an_oversized_item_is_refused_by_its_size() -> None:
    with pytest.raises(wire.TooLarge):
        wire.decode_body(b"\x00" * (wire.MAX_ITEM_BYTES + 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"taken_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is the point
        {"device_time": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"door": "a/b"},
        {"door": "a.b"},
    ],
)
def test_a_capture_that_must_not_exist_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        factories.capture(**changes)


@pytest.mark.parametrize("wrong", [{"quality": 1.5}, {"device_event": ""}, {"liveness": -0.1}, {"taken_at": "noon"}])
def test_a_wrong_field_does_not_come_through_the_wire(wrong: dict[str, object]) -> None:
    fields = msgspec.to_builtins(factories.capture(), builtin_types=(bytes, datetime))
    with pytest.raises(wire.WireError):
        wire.decode_body(msgspec.msgpack.encode({**fields, **wrong}))


def test_unknown_fields_of_a_later_release_are_passed_over() -> None:
    fields = msgspec.to_builtins(factories.capture(), builtin_types=(bytes, datetime))
    assert wire.decode_body(msgspec.msgpack.encode({**fields, "later": 1})) == factories.capture()


def test_topics_and_addresses_are_one_to_one() -> None:
    for channel in Channel:
        address = Address("e-1", "gw_1", channel)
        assert topics.parse(address.topic()) == address


@pytest.mark.parametrize(
    "topic",
    ["", "anju/1/e/g", "anju/2/e/g/up/live", "anju/1/e/g/up/nothing", "anju/1/e.x/g/up/live", "x/1/e/g/up/live"],
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(topics.UnknownTopic):
        topics.parse(topic)


@pytest.mark.parametrize("name", ["", "a/b", "a+", "#", "a.b", "小区", "x" * 65])
def test_what_cannot_stand_in_a_topic_is_no_gateway(name: str) -> None:
    with pytest.raises(InvalidValue):
        Address("e", name, Channel.LIVE)


def test_outcomes_are_the_contract_s() -> None:
    assert [str(outcome) for outcome in Outcome] == ["granted", "denied", "ambiguous", "unrecognised", "mismatch"]
    assert FaceProbe.__struct_config__.frozen
    assert datetime.now(UTC).tzinfo is not None
