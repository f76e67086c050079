"""A gateway's fingers: brought up to date by what changed they equal those made anew, and what is gone is gone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import sets
from core.facts import MAX_RECORD_BYTES
from gateway.finger_copy import FingerCopy, copy_fingers
from recognition.fingers import features
from recognition.fingers.gallery import search
from recognition.handles import Handles
from recognition.modalities.fingerprint import minutiae_of
from tests.fingers import MODEL, finger_record

FINGERS = [finger_record(seed) for seed in range(5)]
MODELS = (MODEL, "another")
chosen = st.dictionaries(
    st.sampled_from([sets.finger_key(f"t{n}") for n in range(4)]),
    st.tuples(st.integers(0, len(FINGERS) - 1), st.sampled_from(["anna", "bo"]), st.sampled_from(MODELS)),
)


def row(record: bytes, person: str = "anna", model: str = MODEL) -> bytes:
    return sets.encode_row(sets.FingerRow(person=person, model=model, record=record))


def people(copy: FingerCopy, principals: Handles) -> dict[tuple[str, int], str]:
    """Whom each finger is found to be, by model and finger; an empty text for nobody."""
    probes = features.of_probes([minutiae_of(record) for record in FINGERS])
    found: dict[tuple[str, int], str] = {}
    for model, gallery in copy.galleries.items():
        matches = search(gallery, probes)
        sure = np.where(matches.scores[:, 0] > 0.9, matches.persons[:, 0], -1).astype(np.int32)
        found |= {(model, n): person for n, person in enumerate(principals.ids(sure)) if person}
    return found


@settings(max_examples=20, deadline=None)
@given(st.lists(chosen, min_size=1, max_size=3))
def test_a_chain_of_changes_ends_where_the_last_rows_are(chain: list[dict[str, tuple[int, str, str]]]) -> None:
    principals, copy = Handles(), None
    for contents in chain:
        rows = {key: row(FINGERS[n], person, model) for key, (n, person, model) in contents.items()}
        copy = copy_fingers(rows, principals, copy)
    assert copy is not None
    anew = Handles()
    whole = copy_fingers(rows, anew, None)
    assert {model: gallery.size for model, gallery in copy.galleries.items()} == {
        model: gallery.size for model, gallery in whole.galleries.items()
    }
    once = {(n, model) for n, _, model in contents.values()}
    if len(once) == len(contents):  # one finger of two people is anybody's
        assert people(copy, principals) == people(whole, anew)
        assert len(people(copy, principals)) == len(contents)
    assert all(gallery.rows == gallery.size for gallery in copy.galleries.values())  # nothing revoked stays in memory


@pytest.mark.parametrize("bad", [b"\xc1", row(b"FMR\0 20\0"), row(bytes(20))])
def test_a_row_that_cannot_be_used_is_counted_and_leaves_the_others(bad: bytes) -> None:
    rows = {sets.finger_key("t1"): row(FINGERS[0]), sets.finger_key("t2"): bad}
    copy = copy_fingers(rows, Handles(), None)
    assert (copy.galleries[MODEL].size, copy.unusable) == (1, 1)
    assert copy_fingers(rows, Handles(), copy) is copy


def test_a_record_of_any_permitted_length_fits_a_row() -> None:
    long = sets.encode_row(sets.FingerRow(person="anna", model=MODEL, record=bytes(MAX_RECORD_BYTES)))
    assert len(sets.decode_row(long, sets.FingerRow).record) == MAX_RECORD_BYTES
    assert sets.split_kind(sets.finger_key("t1")) == (sets.FINGER, "t1")
