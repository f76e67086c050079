"""Two reads into one plate: what is agreed, what is chosen, what stays unread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.recognisers.ctc import Line
from gateway.recognisers.plate_grammar import PlateKind, plate_kind
from gateway.recognisers.plates import FLOOR, combine

TEXTS = st.sampled_from(["桂C12345", "桂C1234S", "桂CD12345", "桂CI2345", "12345", "", "京A1234警"])


def line(text: str, *confidences: float) -> Line:
    values = confidences or (0.99,) * len(text)
    return Line(text=text, confidences=np.array(values[:1] * len(text) if len(values) == 1 else values, np.float32))


LINES = st.builds(line, TEXTS, st.floats(0.01, 1.0))


def test_the_same_sure_text_is_agreed_with_the_lower_confidences() -> None:
    plate = combine(line("桂C12345", 0.9, 1, 1, 1, 1, 1, 1), line("桂C12345", 1, 1, 1, 1, 1, 1, 0.8))
    assert plate
    assert (plate.text, plate.kind, plate.agreed) == ("桂C12345", PlateKind.STANDARD, True)
    assert plate.confidences.tolist() == pytest.approx([0.9, 1, 1, 1, 1, 1, 0.8])


def test_agreement_of_unsure_readers_does_not_count() -> None:
    unsure = line("桂C12345", FLOOR - 0.01)
    plate = combine(unsure, line("桂C12345"))
    assert plate
    assert plate.same
    assert not plate.agreed


def test_of_two_plates_the_surer_is_taken_and_not_agreed() -> None:
    plate = combine(line("桂C12345", 0.8), line("桂C1234S", 0.9))
    assert plate
    assert (plate.text, plate.agreed) == ("桂C1234S", False)


def test_a_read_the_grammar_allows_is_preferred_to_a_surer_one_it_does_not() -> None:
    plate = combine(line("桂CC12345X", 0.99), line("桂C12345", 0.5))
    assert plate
    assert (plate.text, plate.agreed) == ("桂C12345", False)


def test_the_same_text_that_is_no_plate_is_no_plate() -> None:
    assert combine(line("桂CI2345"), line("桂CI2345")) is None
    assert combine(line(""), line("")) is None


@given(LINES, LINES)
def test_a_plate_is_one_of_the_reads_and_the_grammar_allows_it(first: Line, second: Line) -> None:
    plate = combine(first, second)
    allowed = [read for read in (first, second) if plate_kind(read.text)]
    if plate is None:
        assert not allowed
        return
    assert plate.text in {read.text for read in allowed}
    assert plate.kind is plate_kind(plate.text)
    assert plate.confidences.shape == (len(plate.text),)
    assert plate.same == (first.text == second.text)
    assert plate.agreed <= (first.text == second.text and min(first.weakest, second.weakest) >= FLOOR)


@given(LINES, LINES)
def test_the_order_of_the_readers_changes_nothing_but_a_tie(first: Line, second: Line) -> None:
    one, other = combine(first, second), combine(second, first)
    assert (one is None) == (other is None)
    if one and other:
        assert one.agreed == other.agreed
        assert one.weakest == other.weakest
        if first.weakest != second.weakest:
            assert one.text == other.text
