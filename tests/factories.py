"""Valid things with nothing special about them: a test changes the one field it is about.

capture(door="g1", probe=plate_read("桂C12345"))
world_in(store_settings, small_world())
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from core.facts import Capture, CredentialRead, Direction, DoorActed, FaceProbe, InputRefused, Modality, PlateRead
from simulators import embeddings
from simulators.tables import World
from simulators.world import draw

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon at the estate
EPOCH = "0" * 31 + "1"


def small_world(seed: int = 1, *, homes: int = 24, estate: str = "qingxi", today: date = TODAY) -> World:
    """A seeded estate small enough for a test."""
    return draw(seed, today, homes=homes, estate=estate)


def face_probe(embedding: np.ndarray[Any, np.dtype[np.float32]] | None = None) -> FaceProbe:
    """A face probe; without an embedding a stranger's."""
    drawn = embeddings.draw_strangers(np.random.default_rng(0), 1)[0] if embedding is None else embedding
    return FaceProbe(model=embeddings.MODEL, embedding=drawn.astype("<f4").tobytes())


def plate_read(text: str = "桂C12345", *, agreed: bool = True) -> PlateRead:
    """A plate read with confidence."""
    return PlateRead(
        model="plates", text=text, agreed=agreed, confidences=(0.99,) * len(text), plate_kind="blue"
    )  # fmt: skip


def card_read(credential: str = "card-1", kind: Modality = Modality.CARD) -> CredentialRead:
    """A card, PIN or pass held to the reader."""
    return CredentialRead(kind=kind, credential=credential)


def capture(**changes: Any) -> Capture:
    """A stranger's face at noon."""
    fields: Mapping[str, Any] = {
        "door": "qingxi-gate-n",
        "direction": Direction.IN,
        "device": "qingxi-gate-n-in",
        "device_event": "1",
        "device_time": NOW,
        "clock_offset_ms": 0,
        "taken_at": NOW,
        "quality": 0.9,
        "recogniser": embeddings.RECOGNISER,
    }
    probe = changes.pop("probe", None) or face_probe()
    return Capture(probe=probe, **{**fields, **changes})


def door_acted(**changes: Any) -> DoorActed:
    """A door that opened."""
    fields: Mapping[str, Any] = {
        "capture_seq": 1,
        "door": "qingxi-gate-n",
        "opened": True,
        "reason": "granted",
        "acted_at": NOW,
        "decision_ms": 12.5,
    }
    return DoorActed(**{**fields, **changes})


def input_refused(**changes: Any) -> InputRefused:
    """A picture that was none."""
    fields: Mapping[str, Any] = {
        "door": "qingxi-gate-n",
        "device": "qingxi-gate-n-in",
        "device_event": "1",
        "reason": "not_a_picture",
        "detail": "the bytes are no picture",
        "at": NOW,
    }
    return InputRefused(**{**fields, **changes})
