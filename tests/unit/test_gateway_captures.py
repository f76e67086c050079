"""From what was presented to facts."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import wire
from core.facts import Capture, FaceProbe, FingerProbe, InputRefused, LocalDecision, Modality, Outcome, PlateRead
from core.vault import EstateKey
from gateway import captures
from gateway.captures import Made
from gateway.clocks import Basis, Placed
from gateway.config import Device, Kind
from gateway.devices.base import Drawn, Presented, Recognised, Shown
from gateway.recognisers.base import FaceFound, FingerFound, PlateFound
from gateway.refusals import InputUnusable
from recognition.fingers.sealing import probe_place

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
KEY = EstateKey("laurel", 1, bytes(range(32)))
DEVICE = Device(id="cam-1", kind=Kind.LINK, door="d-1")
PLACED = Placed(1_772_436_600_000_000, 1_500, Basis.STEADY, clamped=False)


def drawn(vector: np.ndarray) -> Drawn:
    return Drawn(model="sface", embedding=vector.astype("<f4").tobytes(), quality=0.8)


def event(content: Drawn | Shown, name: str = "e-1") -> Presented:
    return Presented(device="cam-1", device_event=name, device_time=NOW, content=content)


def embedding(one: Recognised | InputUnusable) -> np.ndarray:
    assert isinstance(one, Recognised)
    assert isinstance(one.probe, FaceProbe)
    return np.frombuffer(one.probe.embedding, "<f4")


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_batch_is_rotated_as_each_alone_and_scores_are_kept(count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32) * 17
    together = np.stack([embedding(one) for one in captures.rotated([drawn(v) for v in vectors], KEY)])
    alone = np.stack([embedding(captures.rotated([drawn(v)], KEY)[0]) for v in vectors])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(together @ together.T, unit @ unit.T, atol=1e-5)
    assert not np.allclose(together, unit, atol=1e-2)


def test_sizes_may_differ_within_a_batch_and_the_order_is_kept() -> None:
    rng = np.random.default_rng(1)
    mixed = [rng.normal(size=size) for size in (128, 512, 128, 64)]
    assert [len(embedding(one)) for one in captures.rotated([drawn(v) for v in mixed], KEY)] == [128, 512, 128, 64]
    assert captures.rotated([], KEY) == []


@pytest.mark.parametrize(
    "bad",
    [
        Drawn(model="m", embedding=b""),
        Drawn(model="m", embedding=bytes(511)),
        Drawn(model="m", embedding=bytes(4 * 32)),
        Drawn(model="m", embedding=bytes(4 * 1025)),
        drawn(np.zeros(128)),
        drawn(np.full(128, np.nan)),
        drawn(np.r_[np.inf, np.zeros(127)]),
    ],
)
def test_an_embedding_without_sense_is_refused_alone(bad: Drawn) -> None:
    good = drawn(np.random.default_rng(2).normal(size=128))
    first, middle, last = captures.rotated([good, bad, good], KEY)
    assert isinstance(middle, InputUnusable)
    assert middle.code == "bad_embedding"
    np.testing.assert_array_equal(embedding(first), embedding(last))


def test_a_face_in_a_picture_is_rotated_like_a_drawn_one() -> None:
    vector = np.random.default_rng(3).normal(size=128).astype(np.float32)
    vector /= np.linalg.norm(vector)
    found = FaceFound(
        modality=Modality.FACE, model="sface", quality=1.2, reasons=(), liveness=0.9,
        box=np.zeros(4, np.float32), points=np.zeros((5, 2), np.float32), score=0.9, embedding=vector,
    )  # fmt: skip
    made = captures.from_picture(found, KEY, DEVICE)
    np.testing.assert_allclose(embedding(made), embedding(captures.rotated([drawn(vector)], KEY)[0]), atol=1e-6)
    assert (made.quality, made.liveness, made.recogniser) == (1.0, 0.9, "sface")


def test_a_plate_in_a_picture() -> None:
    found = PlateFound(
        modality=Modality.PLATE, model="a+b", quality=0.8, reasons=(), text="桂A12345", kind="standard", agreed=True,
        confidences=np.array([0.9, 1.00001], np.float32), quad=np.zeros((4, 2), np.float32), score=0.9,
    )  # fmt: skip
    probe = captures.from_picture(found, KEY, DEVICE).probe
    assert isinstance(probe, PlateRead)
    assert (probe.text, probe.agreed, probe.plate_kind, max(probe.confidences)) == ("桂A12345", True, "standard", 1.0)


def test_a_credential_must_be_one() -> None:
    assert isinstance(captures.from_credential(Shown(kind=Modality.CARD, credential="c")), Recognised)
    refused = captures.from_credential(Shown(kind=Modality.GAIT, credential="c"))
    assert isinstance(refused, InputUnusable)
    assert refused.code == "bad_credential"


@given(st.text("abc#", min_size=1, max_size=64), st.integers(1, 8), st.integers(1, 8))
def test_parts_of_an_event_have_names_of_their_own(name: str, one: int, two: int) -> None:
    names = captures.part_name(name, one), captures.part_name(name, two)
    assert all(1 <= len(part) <= 64 for part in names)
    assert (names[0] == names[1]) == (one == two)
    assert captures.part_name(name, 1) == name


def test_long_names_that_differ_at_the_end_keep_their_parts_apart() -> None:
    assert captures.part_name("x" * 63 + "1", 2) != captures.part_name("x" * 63 + "2", 2)


def made() -> Made:
    what = captures.rotated([drawn(np.ones(128))], KEY)[0]
    assert isinstance(what, Recognised)
    one = event(drawn(np.ones(128)))
    return Made(one, DEVICE, "e-1", captures.capture(one, DEVICE, "e-1", PLACED, what))


def test_a_capture_is_stored_as_it_will_travel() -> None:
    entry = captures.entry(made(), NOW)
    fact = wire.decode_body(entry.body)
    assert isinstance(fact, Capture)
    assert (fact.door, fact.device, fact.device_event, fact.clock_offset_ms) == ("d-1", "cam-1", "e-1", 2)
    assert (fact.recogniser, fact.quality, fact.decided) == ("simulated", 0.8, None)
    assert (entry.device, entry.device_event, entry.door, entry.refused) == ("cam-1", "e-1", "d-1", None)


def test_a_decision_taken_before_storing_travels_with_it() -> None:
    local = LocalDecision(outcome=Outcome.GRANTED, opened=True, reason="granted", policy_version=3, policy_age_s=60)
    fact = wire.decode_body(captures.entry(captures.decided(made(), local), NOW).body)
    assert isinstance(fact, Capture)
    assert fact.decided == local


def test_a_refusal_is_reported_in_both_languages_without_the_input() -> None:
    refused = Made(event(drawn(np.ones(128))), DEVICE, "e-1", InputUnusable("no_face"))
    entry = captures.entry(refused, NOW)
    fact = wire.decode_body(entry.body)
    assert isinstance(fact, InputRefused)
    assert (fact.reason, fact.door, fact.device, fact.device_event) == ("no_face", "d-1", "cam-1", "e-1")
    assert "人脸" in fact.detail
    assert "no face" in fact.detail
    assert entry.refused == ("no_face", fact.detail)
    assert len(entry.body) < 600


def test_a_stranger_device_is_reported_without_a_door() -> None:
    one = event(Shown(kind=Modality.CARD, credential="c"))
    entry = captures.entry(Made(one, None, "e-1", InputUnusable("unknown_device", device="x" * 64)), NOW)
    fact = wire.decode_body(entry.body)
    assert isinstance(fact, InputRefused)
    assert fact.door == ""


def test_a_finger_in_a_picture_is_sealed_for_its_device() -> None:
    record = b"FMR\0 20\0 what the network found"
    found = FingerFound(
        modality=Modality.FINGER, model="leader", quality=0.7, reasons=(), record=record, minutiae=1
    )  # fmt: skip
    probe = captures.from_picture(found, KEY, DEVICE).probe
    assert isinstance(probe, FingerProbe)
    assert record not in probe.sealed
    assert KEY.open(probe.sealed, probe_place("laurel", door="d-1", device="cam-1", model="leader")) == record
