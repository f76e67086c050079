"""From what was presented to facts: pure but for the estate's key, a batch at a time.

An embedding is rotated under the estate's key before it goes anywhere: right after the model, or right on arrival where
a simulator drew it. A picture may hold several plates: each makes a capture, the first under the device's own number of
the event, the others under that number with `#2`, `#3` behind it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from core.clock import from_us
from core.errors import AnjuError
from core.facts import (
    Capture,
    CredentialRead,
    Direction,
    FaceProbe,
    FingerProbe,
    InputRefused,
    LocalDecision,
    Modality,
    PlateRead,
)
from core.vault import EstateKey
from core.wire import encode_body
from gateway.clocks import Placed
from gateway.config import Device
from gateway.devices.base import Drawn, Event, Recognised, Scanned, Shown
from gateway.outbox_file import Entry
from gateway.recognisers.base import FaceFound, FingerFound, PlateFound, Probe
from gateway.refusals import InputUnusable
from recognition.fingers import records
from recognition.fingers.sealing import sealed_probe
from recognition.modalities.face import unit
from recognition.segments import MAX_DIM, MIN_DIM

SIMULATED = "simulated"
READER = "reader"
MAX_PER_PICTURE = 8
_CREDENTIALS = frozenset({Modality.CARD, Modality.PIN, Modality.PASS, Modality.INTERCOM})
_MAX_ID = 64


class Made(msgspec.Struct, frozen=True):
    """What one event, or one part of it, became: a capture, or the reason why not."""

    event: Event
    device: Device | None
    device_event: str
    outcome: Capture | AnjuError


def rotated(drawn: Sequence[Drawn], key: EstateKey) -> list[Recognised | InputUnusable]:
    """Drawn embeddings, n of them, as probes: scaled to unit norm and rotated with one product a dimension."""
    done: dict[int, Recognised | InputUnusable] = {}
    by_size: dict[int, list[int]] = {}
    for place, one in enumerate(drawn):
        by_size.setdefault(len(one.embedding), []).append(place)
    for size, places in by_size.items():
        if size % 4 or not MIN_DIM <= size // 4 <= MAX_DIM:
            done.update((place, InputUnusable("bad_embedding")) for place in places)
            continue
        raw = np.frombuffer(b"".join(drawn[place].embedding for place in places), np.dtype("<f4"))
        vectors = unit(raw.reshape(len(places), size // 4))
        usable = np.linalg.norm(vectors, axis=1) > 0
        turned = np.ascontiguousarray(key.rotate(vectors), np.dtype("<f4"))
        for row, place in enumerate(places):
            done[place] = _probe(drawn[place], turned[row].tobytes()) if usable[row] else InputUnusable("bad_embedding")
    return [done[place] for place in range(len(drawn))]


def _probe(one: Drawn, embedding: bytes) -> Recognised:
    probe = FaceProbe(model=one.model, embedding=embedding)
    return Recognised(probe=probe, quality=one.quality, liveness=one.liveness, recogniser=SIMULATED)


def from_picture(found: Probe, key: EstateKey, device: Device) -> Recognised:
    """What a recogniser found in a picture of `device`, as a probe that may travel."""
    if isinstance(found, FaceFound):
        turned = key.rotate(unit(found.embedding[np.newaxis]))[0].astype("<f4")
        probe: FaceProbe | FingerProbe | PlateRead = FaceProbe(model=found.model, embedding=turned.tobytes())
    elif isinstance(found, FingerFound):
        probe = sealed_probe(key, found.record, door=device.door, device=device.id, model=found.model)
    elif isinstance(found, PlateFound):
        confidences = tuple(np.clip(found.confidences, 0.0, 1.0).tolist())
        probe = PlateRead(
            model=found.model, text=found.text, agreed=found.agreed, confidences=confidences, plate_kind=found.kind
        )
    else:
        raise TypeError(f"no probe is made from {type(found).__name__}")
    quality = min(1.0, max(0.0, found.quality))
    return Recognised(probe=probe, quality=quality, liveness=found.liveness, recogniser=found.model)


def from_record(scanned: Scanned, key: EstateKey, device: Device) -> Recognised:
    """A reader's own record as a probe that may travel: read once to see that it is one, then sealed as it came.

    Raises:
        BadRecord: bytes that are no finger record we take.
    """
    records.decode(scanned.record)
    probe = sealed_probe(key, scanned.record, door=device.door, device=device.id, model=scanned.model)
    return Recognised(probe=probe, quality=scanned.quality, liveness=scanned.liveness, recogniser=READER)


def from_credential(shown: Shown) -> Recognised | InputUnusable:
    """A card, PIN or pass as a probe."""
    if shown.kind not in _CREDENTIALS:
        return InputUnusable("bad_credential", kind=shown.kind.value)
    probe = CredentialRead(kind=shown.kind, credential=shown.credential)
    return Recognised(probe=probe, quality=1.0, liveness=None, recogniser=READER)


def part_name(device_event: str, number: int) -> str:
    """The number of an event's part, counted from 1: the first keeps the device's own."""
    if number == 1:
        return device_event
    mark = f"#{number}"
    if len(device_event) + len(mark) > _MAX_ID:
        device_event = hashlib.blake2b(device_event.encode(), digest_size=24).hexdigest()
    return device_event + mark


def capture(event: Event, device: Device, name: str, placed: Placed, what: Recognised) -> Capture:
    """The fact of one presentation."""
    return Capture(
        door=device.door,
        direction=direction(event, device),
        device=device.id,
        device_event=name,
        device_time=event.device_time,
        clock_offset_ms=round(placed.offset_us / 1000),
        taken_at=from_us(placed.taken_us),
        probe=what.probe,
        claim=event.claim,
        quality=what.quality,
        liveness=what.liveness,
        recogniser=what.recogniser,
    )


def direction(event: Event, device: Device) -> Direction:
    """Which way: as the event says, else as configured."""
    return device.direction if event.direction is None else event.direction


def decided(made: Made, decision: LocalDecision) -> Made:
    """The same with the decision the gateway took before it was stored; afterwards a capture never changes."""
    if not isinstance(made.outcome, Capture):
        return made
    return msgspec.structs.replace(made, outcome=msgspec.structs.replace(made.outcome, decided=decision))


def entry(made: Made, now: datetime) -> Entry:
    """What goes into the outbox: the capture, or the report of why there is none."""
    door = made.device.door if made.device else ""
    device = made.event.device
    if isinstance(made.outcome, Capture):
        return Entry(encode_body(made.outcome), device, made.device_event, door)
    fact = refusal_fact(door=door, device=device, device_event=made.device_event, error=made.outcome, now=now)
    return Entry(encode_body(fact), device, made.device_event, door, (fact.reason, fact.detail))


def refusal_fact(*, door: str, device: str, device_event: str, error: AnjuError, now: datetime) -> InputRefused:
    """The report to the server about input that could not be used, in both languages."""
    detail = f"{error.text('zh')} / {error.text('en')}"[:400]
    return InputRefused(
        door=door,
        device=device[:_MAX_ID],
        device_event=device_event[:_MAX_ID],
        reason=error.code,
        detail=detail,
        at=now,
    )
