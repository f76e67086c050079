"""From MQTT deliveries to captures that can be decided: pure.

Every item ends in exactly one of: a capture or another fact to keep, a rejection with its reason, or, where not even
the gateway's own number can be read, a dead letter. Nothing is dropped.
"""

from collections.abc import Iterable

import msgspec

from core import topics, wire
from core.facts import Capture, DoorActed, InputRefused, Lane, Uplink
from core.mqtt import Message
from core.topics import Address
from recognition.store import Key

SNIPPET_BYTES = 256
Reported = DoorActed | InputRefused


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in its place, with the hash of its bytes."""

    address: Address
    epoch: str
    seq: int
    payload_hash: bytes
    lane: Lane
    fact: Uplink

    @property
    def key(self) -> Key:
        """Its place in the gateway's own order."""
        return self.address.gateway, self.epoch, self.seq


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """One item that cannot be used; the gateway is told and keeps it in quarantine."""

    address: Address
    epoch: str
    seq: int
    reason: str
    detail: str


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery so broken that nobody can be told; `payload` are its first bytes."""

    topic: str
    reason: str
    detail: str
    payload: bytes


class Intake(msgspec.Struct, kw_only=True):
    """What a handful of deliveries held, in order of arrival."""

    captures: list[Arrived] = msgspec.field(default_factory=list)
    reports: list[Arrived] = msgspec.field(default_factory=list)
    refused: list[Refused] = msgspec.field(default_factory=list)
    dead: list[DeadLetter] = msgspec.field(default_factory=list)


def read(messages: Iterable[Message]) -> Intake:
    """Sort out deliveries of the two lanes."""
    intake = Intake()
    for message in messages:
        try:
            address = topics.parse(message.topic)
            envelope = wire.decode(message.payload, wire.Envelope)
            lane = topics.LANES[address.channel]
        except (topics.UnknownTopic, wire.WireError) as error:
            letter = DeadLetter(
                topic=message.topic, reason=error.code, detail=str(error), payload=message.payload[:SNIPPET_BYTES]
            )
            intake.dead.append(letter)
            continue
        _read_items(intake, address, lane, envelope)
    return intake


def _read_items(intake: Intake, address: Address, lane: Lane, envelope: wire.Envelope) -> None:
    for item in envelope.items:
        try:
            fact = wire.decode_body(item.body)
        except wire.WireError as error:
            refused = Refused(
                address=address, epoch=envelope.epoch, seq=item.seq, reason=error.code, detail=str(error)[:400]
            )
            intake.refused.append(refused)
            continue
        arrived = Arrived(
            address=address,
            epoch=envelope.epoch,
            seq=item.seq,
            payload_hash=wire.payload_hash(item.body),
            lane=lane,
            fact=fact,
        )
        (intake.captures if isinstance(fact, Capture) else intake.reports).append(arrived)
