"""What makes impressions fit to be enrolled, and what is said of those that are not."""

import pytest

from recognition.enrolment import Advice
from recognition.errors import UnmeasuredModel
from recognition.finger_enrolment import IMPRESSIONS_MOST, Impression, ImpressionRefused, check
from recognition.fingers.records import BadRecord
from tests.fingers import MODEL, TABLE, finger_record

import gateway.recognisers.fingers  # noqa: F401 - its words  # isort: skip

TABLES = {MODEL: TABLE, "another": TABLE}


def pressed(seed: int, impression: int = 0, *, quality: float = 0.8, model: str = MODEL) -> Impression:
    reasons = (Advice("finger_unclear", {"value": quality, "limit": 0.6}),) if quality < 0.5 else ()
    return Impression(record=finger_record(seed, impression), model=model, quality=quality, reasons=reasons)


def test_impressions_of_one_finger_pass() -> None:
    check([pressed(1)], TABLES)
    check([pressed(1), pressed(1, 1), pressed(1, 2)], TABLES)


@pytest.mark.parametrize("count", [0, IMPRESSIONS_MOST + 1])
def test_none_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ImpressionRefused):
        check([pressed(1)] * count, TABLES)


def test_a_poor_impression_is_refused_by_number_with_its_reason_in_words() -> None:
    with pytest.raises(ImpressionRefused) as poor:
        check([pressed(1), pressed(1, 1, quality=0.2)], TABLES)
    assert poor.value.number == 2
    assert "指纹不清晰" in poor.value.text("zh")
    assert "wipe finger" in poor.value.text("en")


def test_an_impression_of_almost_nothing_is_refused_in_words() -> None:
    empty = Impression(record=finger_record(1)[:27] + bytes([0, 0, 0]), model=MODEL, quality=0.9)
    with pytest.raises(ImpressionRefused, match="too few features") as few:
        check([pressed(1), empty], TABLES)
    assert few.value.number == 2


@pytest.mark.parametrize("other", [pressed(2), pressed(1, 1, model="another")])
def test_two_fingers_or_two_extractors_are_refused_by_number(other: Impression) -> None:
    with pytest.raises(ImpressionRefused, match="same finger") as mixed:
        check([pressed(1), pressed(1, 2), other], TABLES)
    assert mixed.value.number == 3


def test_unmeasured_extractors_and_broken_records_are_refused() -> None:
    with pytest.raises(UnmeasuredModel):
        check([pressed(1, model="unmeasured")], TABLES)
    with pytest.raises(BadRecord):
        check([Impression(record=b"no record", model=MODEL, quality=0.9)], TABLES)


def test_no_record_shows_in_a_representation() -> None:
    assert "FMR" not in repr(pressed(1))
