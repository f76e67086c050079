"""How what was decided is written down: rows of the store from facts and answers. Pure."""

from typing import Any

import msgspec

from core.clock import from_us, to_us
from core.facts import (
    Capture,
    DoorActed,
    FaceProbe,
    FingerProbe,
    GatewayHealth,
    InputRefused,
    Modality,
    Outcome,
    PlateRead,
)
from core.topics import Address
from recognition.intake import Arrived, DeadLetter, Refused
from recognition.judge import Judgement, modality_of

_json = msgspec.json.Encoder()


def sighting_row(arrived: Arrived, capture: Capture, judgement: Judgement, received_us: int) -> dict[str, Any]:
    """A row of the log but for its place in it."""
    probe = capture.probe
    taken_us = to_us(capture.taken_at)
    return {
        "day": from_us(taken_us).date(),
        "estate": arrived.address.estate,
        "gateway": arrived.address.gateway,
        "epoch": arrived.epoch,
        "seq": arrived.seq,
        "payload_hash": arrived.payload_hash,
        "taken_us": taken_us,
        "received_us": received_us,
        "clock_offset_ms": capture.clock_offset_ms,
        "door": capture.door,
        "direction": capture.direction.value,
        "device": capture.device,
        "device_event": capture.device_event,
        "modality": (judgement.by or modality_of(capture)).value,
        "recogniser": capture.recogniser,
        "model": probe.model if isinstance(probe, FaceProbe | FingerProbe | PlateRead) else None,
        "quality": capture.quality,
        "liveness": capture.liveness,
        "score": judgement.score,
        "threshold": judgement.threshold,
        "person": judgement.person,
        "pass": judgement.pass_,
        "home": judgement.home,
        "plate": probe.text if isinstance(probe, PlateRead) else None,
        "outcome": judgement.outcome.value,
        "reason": judgement.reason,
        "seen": judgement.seen,
        "opens": judgement.opens,
        "lane": arrived.lane.value,
    }


def decided_alone(capture: Capture, home: str | None) -> Judgement | None:
    """The answer that the gateway gave by itself, as it stands in a replayed capture; None where it gave none."""
    local = capture.decided
    if local is None:
        return None
    return Judgement(
        outcome=local.outcome, opens=local.opened, reason=local.reason, person=local.person or None, home=home,
        by=_alone_by(capture, local.outcome),
    )  # fmt: skip


def _alone_by(capture: Capture, outcome: Outcome) -> Modality | None:
    """What a gateway alone knew somebody by who showed a credential too; it does not say, so the credential."""
    return None if capture.claim is None or outcome is Outcome.MISMATCH else capture.claim.kind


def door_act_row(arrived: Arrived, act: DoorActed) -> dict[str, Any]:
    """What a door did."""
    acted_us = to_us(act.acted_at)
    return {
        "gateway": arrived.address.gateway,
        "epoch": arrived.epoch,
        "seq": arrived.seq,
        "day": from_us(acted_us).date(),
        "capture_seq": act.capture_seq,
        "door": act.door,
        "opened": act.opened,
        "reason": act.reason,
        "acted_us": acted_us,
        "decision_ms": act.decision_ms,
    }


def rejected_row(
    *,
    at_us: int,
    estate: str,
    gateway: str,
    reason: str,
    detail: str,
    epoch: str | None = None,
    seq: int | None = None,
    door: str | None = None,
    device: str | None = None,
    payload: bytes | None = None,
) -> dict[str, Any]:
    """Something that could not be used."""
    return {
        "at_us": at_us,
        "estate": estate,
        "gateway": gateway,
        "epoch": epoch,
        "seq": seq,
        "reason": reason,
        "detail": detail,
        "door": door,
        "device": device,
        "payload": payload,
    }


def refused_row(refused: Refused, at_us: int) -> dict[str, Any]:
    """An item that could not be read."""
    return rejected_row(
        at_us=at_us,
        estate=refused.address.estate,
        gateway=refused.address.gateway,
        reason=refused.reason,
        detail=refused.detail,
        epoch=refused.epoch,
        seq=refused.seq,
    )


def input_refused_row(arrived: Arrived, refused: InputRefused) -> dict[str, Any]:
    """Something a device handed in that its gateway could not use."""
    return rejected_row(
        at_us=to_us(refused.at),
        estate=arrived.address.estate,
        gateway=arrived.address.gateway,
        reason=refused.reason,
        detail=refused.detail,
        epoch=arrived.epoch,
        seq=arrived.seq,
        door=refused.door or None,
        device=refused.device or None,
    )


def dead_letter_row(letter: DeadLetter, at_us: int) -> dict[str, Any]:
    """A delivery that could not be read; estate and gateway as far as its topic tells."""
    levels = [*letter.topic.split("/"), "", "", "", ""]
    return rejected_row(
        at_us=at_us,
        estate=levels[2][:64],
        gateway=levels[3][:64],
        reason=letter.reason,
        detail=letter.detail[:400],
        payload=letter.payload,
    )


def status_row(address: Address, health: GatewayHealth, seen_us: int) -> dict[str, Any]:
    """What a gateway said of itself."""
    return {
        "gateway": address.gateway,
        "estate": address.estate,
        "seen_us": seen_us,
        "waiting": health.waiting,
        "quarantined": health.quarantined,
        "refused": health.refused,
        "set_versions": _json.encode(health.sets).decode(),
        "devices": _json.encode(health.devices).decode(),
    }


def outage_rows(address: Address, health: GatewayHealth) -> list[dict[str, Any]]:
    """When a gateway could not see, by its own account."""
    if health.blind_from is None:
        return []
    until = health.blind_until
    return [
        {
            "gateway": address.gateway,
            "door": "",
            "from_us": to_us(health.blind_from),
            "until_us": None if until is None else to_us(until),
        }
    ]
