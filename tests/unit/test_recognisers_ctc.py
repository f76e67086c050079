"""CTC decoding against the obvious loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gateway.recognisers.ctc import greedy

ALPHABET = "桂A1"
BATCHES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(0, 4), st.integers(0, 12), st.just(len(ALPHABET) + 1)),
    # Few values, so that runs and ties are common.
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]).map(np.float32),
)


def slow(line: NDArray[np.float32]) -> tuple[str, list[float]]:
    """Step by step: a character is read while its class stays the best one."""
    text, confidences, last = "", list[float](), 0
    for step in line:
        best = max(range(len(step)), key=lambda index: (step[index], -index))
        if best != 0 and best != last:
            text += ALPHABET[best - 1]
            confidences.append(float(step[best]))
        elif best != 0:
            confidences[-1] = max(confidences[-1], float(step[best]))
        last = best
    return text, confidences


@given(BATCHES)
def test_a_batch_reads_as_the_slow_loop_line_by_line(probabilities: NDArray[np.float32]) -> None:
    lines = greedy(probabilities, ALPHABET)
    assert [(line.text, line.confidences.tolist()) for line in lines] == [slow(line) for line in probabilities]


@given(BATCHES)
def test_the_weakest_character_bounds_the_others(probabilities: NDArray[np.float32]) -> None:
    for line in greedy(probabilities, ALPHABET):
        assert line.confidences.shape == (len(line.text),)
        assert line.confidences.dtype == np.float32
        assert line.weakest == (min(line.confidences.tolist()) if line.text else 0.0)


def test_a_character_twice_in_a_row_needs_a_blank_between() -> None:
    steps = np.eye(4, dtype=np.float32)
    assert greedy(steps[None, [3, 3, 0, 3]], ALPHABET)[0].text == "11"
    assert greedy(steps[None, [3, 3, 3]], ALPHABET)[0].text == "1"


def test_a_run_at_the_end_of_one_line_does_not_reach_into_the_next() -> None:
    steps = np.eye(4, dtype=np.float32)
    assert [line.text for line in greedy(steps[[[0, 2], [2, 0]]], ALPHABET)] == ["A", "A"]


def test_a_softmax_a_hair_above_one_is_one() -> None:
    assert greedy(np.full((1, 1, 4), [0, 1.0000001, 0, 0], np.float32), ALPHABET)[0].weakest <= 1.0


def test_an_alphabet_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="4 classes for 2 characters"):
        greedy(np.zeros((1, 5, 4), np.float32), "桂A")
