"""Greedy CTC decoding of a batch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One line of text as a reader read it.

    Attributes:
        text: May be empty.
        confidences: (len(text),) float32, 0..1: the highest probability each character reached while it was read.
    """

    text: str
    confidences: NDArray[np.float32]

    @property
    def weakest(self) -> float:
        """The confidence of the character the reader was least sure of; 0.0 for an empty text."""
        return float(self.confidences.min(initial=1.0)) if self.text else 0.0


def greedy(probabilities: NDArray[np.float32], alphabet: Sequence[str]) -> list[Line]:
    """The likeliest class at each step, repeats merged, blanks dropped (Graves 2006, best path).

    Args:
        probabilities: (b, t, c) float32, 0..1; class 0 is the blank, class i is alphabet[i - 1].
        alphabet: c - 1 characters.

    Returns:
        b lines; each is empty where t is 0 or all is blank.
    """
    b, t, c = probabilities.shape
    if c != len(alphabet) + 1:
        raise ValueError(f"{c} classes for {len(alphabet)} characters and a blank")
    if t == 0:
        return [Line(text="", confidences=np.zeros(0, np.float32)) for _ in range(b)]
    best = probabilities.argmax(axis=2)
    peak = np.take_along_axis(probabilities, best[:, :, None], axis=2)[:, :, 0]
    opens = np.ones((b, t), bool)  # where a run of one class begins; every line begins one
    opens[:, 1:] = best[:, 1:] != best[:, :-1]
    starts = np.flatnonzero(opens)
    highest = np.maximum.reduceat(peak.ravel(), starts) if b else peak.ravel()
    classes, rows = best.ravel()[starts], starts // t
    kept = classes != BLANK
    highest = highest.clip(0.0, 1.0)  # a softmax may end a hair above 1
    return [_line(classes[kept & (rows == row)], highest[kept & (rows == row)], alphabet) for row in range(b)]


def _line(classes: NDArray[np.intp], confidences: NDArray[np.float32], alphabet: Sequence[str]) -> Line:
    return Line(
        text="".join(alphabet[index - 1] for index in classes), confidences=confidences.astype(np.float32, copy=False)
    )
