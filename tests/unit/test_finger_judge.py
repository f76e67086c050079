"""Fingers judged: the table of outcomes, credentials shown with fingers, and what must never be said."""

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest

from core.facts import Capture, Direction, FingerProbe, Modality, Outcome
from core.vault import EstateKey
from recognition.access import FOREVER_US
from recognition.calibration import Calibration
from recognition.estate import Credential, EstateView, Grant, access_policy
from recognition.fingers import features
from recognition.fingers.gallery import FingerGallery, FingerTemplates
from recognition.fingers.sealing import opened, sealed_probe
from recognition.handles import Handles
from recognition.judge import Judgement, judge
from recognition.modalities.fingerprint import minutiae_of
from recognition.modalities.plate import PlateGallery
from tests import factories
from tests.fingers import MODEL, TABLE, finger_record

KEY = EstateKey("e1", 1, bytes(range(32)))
OTHER_KEY = EstateKey("e1", 1, bytes(32))
PEOPLE = 5  # p0 .. p3 each with a finger of their own; p4 has p3's, as nobody should
TABLES = {MODEL: TABLE}
CALIBRATIONS = {
    MODEL: Calibration(model=MODEL, modality=Modality.FINGER, scores=(0.05, 0.1), llrs=(-6.0, 6.0), genuine=9,
                       impostor=9, cllr=0.1, cllr_least=0.1, source="drawn: chosen for tests"),
}  # fmt: skip


def gallery() -> FingerGallery:
    records = [finger_record(min(n, 3)) for n in range(PEOPLE)]
    held = features.of_enrolled([minutiae_of(record) for record in records])
    return FingerGallery(model=MODEL).add(
        FingerTemplates(ids=np.arange(PEOPLE), persons=np.arange(PEOPLE, dtype=np.int32), features=held)
    )


def estate(fingers: Mapping[str, FingerGallery]) -> EstateView:
    people, doors = Handles(f"p{n}" for n in range(PEOPLE)), Handles(["gate", "h0-door"])
    grants = [Grant(f"p{n}", "gate", 0, None) for n in range(PEOPLE)]
    return EstateView(
        estate="e1", version=1, principals=people, doors=doors, faces={}, fingers=fingers, plates=PlateGallery(),
        credentials={("card", f"c{n}"): Credential(n, 0, FOREVER_US) for n in range(PEOPLE)}, homes_of_doors={},
        access=access_policy(grants, doors, people),
    )  # fmt: skip


VIEW = estate({MODEL: gallery()})


def show(record: bytes, *, key: EstateKey = KEY, model: str = MODEL, **changes: object) -> Capture:
    blank = factories.capture(**{"door": "gate", "device": "reader", "recogniser": "reader", **changes})
    probe = sealed_probe(key, record, door=blank.door, device=blank.device, model=model)
    return msgspec.structs.replace(blank, probe=probe)


def one(capture: Capture, view: EstateView = VIEW) -> Judgement:
    return judge(
        view, [capture], tables=TABLES, calibrations=CALIBRATIONS, records=opened(KEY, [capture])
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    ("capture", "outcome", "reason", "opens", "person"),
    [
        (show(finger_record(0, 1)), Outcome.GRANTED, "granted", True, "p0"),
        (show(finger_record(1, 1), door="h0-door"), Outcome.DENIED, "no_right", False, "p1"),
        (show(finger_record(90)), Outcome.UNRECOGNISED, "under_threshold", False, None),
        (show(finger_record(90), direction=Direction.OUT), Outcome.UNRECOGNISED, "under_threshold", True, None),
        (show(finger_record(3, 1)), Outcome.AMBIGUOUS, "too_alike", False, None),
        (show(b"FMR\0 20\0"), Outcome.UNRECOGNISED, "probe_unusable", False, None),
        (show(finger_record(0), key=OTHER_KEY), Outcome.UNRECOGNISED, "seal_broken", False, None),
        (show(finger_record(0), model="another"), Outcome.UNRECOGNISED, "no_template_of_model", False, None),
    ],
)
def test_every_outcome(capture: Capture, outcome: Outcome, reason: str, opens: bool, person: str | None) -> None:
    found = one(capture)
    assert (found.outcome, found.reason, found.opens, found.person) == (outcome, reason, opens, person)


def test_a_model_without_a_measured_threshold_opens_nothing() -> None:
    capture = show(finger_record(0))
    found = judge(VIEW, [capture], tables={}, records=opened(KEY, [capture]))[0]
    assert (found.outcome, found.reason, found.opens) == (Outcome.UNRECOGNISED, "unmeasured_model", False)


def test_a_probe_whose_record_nobody_opened_is_nobodys() -> None:
    found = judge(VIEW, [show(finger_record(0))], tables=TABLES)[0]
    assert (found.outcome, found.reason, found.person) == (Outcome.UNRECOGNISED, "seal_broken", None)


def test_a_revoked_finger_is_unrecognised_and_the_others_stay() -> None:
    view = estate({MODEL: gallery().revoke(np.array([0], np.int32))})
    assert one(show(finger_record(0, 1)), view).outcome is Outcome.UNRECOGNISED
    assert one(show(finger_record(1, 1)), view).person == "p1"


def test_a_card_settles_two_fingers_too_alike_and_anothers_finger_is_a_mismatch() -> None:
    settled = one(show(finger_record(3, 1), claim=factories.card_read("c3")))
    assert (settled.outcome, settled.person) == (Outcome.GRANTED, "p3")
    lent = one(show(finger_record(1, 1), claim=factories.card_read("c0")))
    assert (lent.outcome, lent.person, lent.seen) == (Outcome.MISMATCH, "p0", "p1")
    stranger = one(show(finger_record(90), claim=factories.card_read("c0")))
    assert (stranger.outcome, stranger.person, stranger.seen) == (Outcome.MISMATCH, "p0", None)


def test_a_poor_or_unreadable_finger_says_nothing_against_the_card() -> None:
    poor = one(show(finger_record(90), claim=factories.card_read("c0"), quality=0.1))
    broken = one(show(finger_record(90), key=OTHER_KEY, claim=factories.card_read("c0")))
    assert [found.outcome for found in (poor, broken)] == [Outcome.GRANTED, Outcome.GRANTED]


def test_a_batch_is_judged_like_each_alone_beside_faces_and_cards() -> None:
    batch = [
        show(finger_record(2, 1)), factories.capture(door="gate"), show(finger_record(90)),
        factories.capture(door="gate", probe=factories.card_read("c1")), show(finger_record(0, 2)),
    ]  # fmt: skip
    together = judge(VIEW, batch, tables=TABLES, calibrations=CALIBRATIONS, records=opened(KEY, batch))
    assert together == [one(capture) for capture in batch]
    assert [found.person for found in together] == ["p2", None, None, "p1", "p0"]
    assert isinstance(batch[0].probe, FingerProbe)
