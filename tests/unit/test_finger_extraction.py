"""Around the minutiae network: where ridges are, the picture's frame, quality, the queue, the sums of the benchmark."""

from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import finger_scores
from benchmarks.finger_data import find_pictures
from benchmarks.finger_scores import Pairs
from core import texts
from core.facts import Modality
from gateway.recognisers.base import FingerFound
from gateway.recognisers.finger_network import Found, at_500_dpi, padded, ridge_box
from gateway.recognisers.finger_queue import Busy, FingerQueue
from gateway.recognisers.fingers import judge
from gateway.recognisers.images import ImageFault, Picture, UnreadableImage

BLANK = np.full((64, 64, 3), 255, np.uint8)


@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 2**32 - 1))
def test_the_box_holds_every_ridge_and_stays_in_the_picture(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = np.full((height, width), 250, np.uint8)
    top, left = int(rng.integers(height)), int(rng.integers(width))
    grey[top : top + 90, left : left + 70] = rng.integers(0, 255, grey[top : top + 90, left : left + 70].shape)
    box = ridge_box(grey)
    if box is None:
        return
    above, before, below, after = box
    assert 0 <= above < below <= height
    assert 0 <= before < after <= width
    for length, span in ((height, below - above), (width, after - before)):
        assert span % 32 == 0 or span == length
    squares = height // 16 * 16, width // 16 * 16
    rows = np.flatnonzero((grey[: squares[0], : squares[1]] < 200).reshape(squares[0], -1).any(axis=1))
    if len(rows) > 40:
        assert above <= rows.min() + 16
        assert below >= rows.max() - 16


def test_a_blank_picture_has_no_box() -> None:
    assert ridge_box(BLANK[..., 0]) is None
    assert ridge_box(np.zeros((3, 3), np.uint8)) is None


@given(st.integers(1, 70), st.integers(1, 70))
def test_padding_keeps_the_picture_where_it_says(height: int, width: int) -> None:
    grey = np.arange(height * width, dtype=np.uint32).reshape(height, width).astype(np.uint8)
    canvas, (above, before) = padded(grey)
    assert canvas.shape[0] % 32 == canvas.shape[1] % 32 == 0
    np.testing.assert_array_equal(canvas[above : above + height, before : before + width], grey)


def test_other_resolutions_are_brought_to_the_networks() -> None:
    grey = np.zeros((569, 300), np.uint8)
    assert at_500_dpi(grey, 569).shape == (500, 264)
    assert at_500_dpi(grey, 500) is grey


def found(count: int, quality: float) -> Found:
    points = np.column_stack([np.zeros((count, 3)), np.full(count, quality)])
    return Found(points=points, endings=np.zeros(count, np.bool_))


@pytest.mark.parametrize(
    ("count", "quality", "reasons"),
    [
        (40, 0.8, []),
        (5, 0.8, ["finger_small"]),
        (40, 0.35, ["finger_unclear"]),
        (0, 0, ["finger_small", "finger_unclear"]),
    ],
)
def test_quality_has_its_reasons_in_words(count: int, quality: float, reasons: list[str]) -> None:
    score, why = judge(found(count, quality))
    assert [reason.id for reason in why] == reasons
    assert (score == 1.0) == (not reasons)
    assert all(reason.text(lang) for reason in why for lang in texts.LANGUAGES)


FINGER = FingerFound(
    modality=Modality.FINGER, model="m", quality=1.0, reasons=(), record=b"kept to itself", minutiae=30
)


class Slow:
    """A reader that waits to be let go on."""

    def __init__(self) -> None:
        self.go = Event()
        self.seen: list[int] = []

    def read(self, picture: Picture, *, dpi: int = 500) -> FingerFound | None:
        assert picture is BLANK
        assert self.go.wait(10)
        self.seen.append(dpi)
        if dpi == 1:
            raise UnreadableImage(ImageFault.EMPTY)
        return FINGER if dpi == 500 else None


def test_fingers_are_read_in_turn_and_who_comes_too_many_is_told() -> None:
    reader = Slow()
    queue = FingerQueue(lambda: reader, most=3)
    tickets = [queue.submit(BLANK, dpi=dpi) for dpi in (500, 300, 1)]
    assert [(ticket.ahead, ticket.number) for ticket in tickets] == [(0, 0), (1, 1), (2, 2)]
    assert queue.finished == 0
    with pytest.raises(Busy, match="3 fingers are waiting") as busy:
        queue.submit(BLANK)
    assert busy.value.mend_zh
    reader.go.set()
    assert tickets[0].result.result(10) is FINGER
    assert tickets[1].result.result(10) is None
    with pytest.raises(UnreadableImage):
        tickets[2].result.result(10)
    assert queue.submit(BLANK).result.result(10) is FINGER
    queue.close()
    assert reader.seen == [500, 300, 1, 500]
    assert queue.finished == 4


def test_closing_finishes_what_was_begun_and_cancels_the_rest() -> None:
    reader = Slow()
    queue = FingerQueue(lambda: reader)
    begun = queue.submit(BLANK)
    while not begun.result.running():
        pass
    later = queue.submit(BLANK)
    reader.go.set()
    queue.close()
    assert begun.result.result(10) is FINGER
    assert later.result.cancelled() or later.result.result(10) is FINGER


def test_a_record_is_never_shown() -> None:
    assert "kept" not in repr(FINGER)


def test_error_rates_of_scores_known_by_hand() -> None:
    pairs = Pairs(genuine=np.array([0.2, 0.6, 0.7, 0.9]), impostor=np.array([0.1, 0.1, 0.3, 0.2]))
    assert finger_scores.equal_error(pairs) == pytest.approx(0.25)
    assert finger_scores.missed_at(pairs, 0.25) == 0.25
    assert finger_scores.missed_at(pairs, 0.0) == 0.25
    apart = Pairs(genuine=np.array([0.8, 0.9]), impostor=np.array([0.1, 0.2]))
    assert finger_scores.equal_error(apart) == 0.0


def test_pairs_are_the_protocols() -> None:
    finger, impression = np.repeat(np.arange(10), 8), np.tile(np.arange(1, 9), 10)
    table = np.arange(6400.0).reshape(80, 80)
    every, protocol = finger_scores.within(table, finger), finger_scores.fvc(table, finger, impression)
    assert (len(every.genuine), len(every.impostor)) == (280, 2880)
    assert (len(protocol.genuine), len(protocol.impostor)) == (280, 45)
    cross = finger_scores.across(table, finger, finger)
    assert (len(cross.genuine), len(cross.impostor)) == (640, 5760)
    low, high = finger_scores.bootstrap([np.where(finger[:, None] == finger, 0.9, 0.1)], [finger])
    assert (low, high) == (0.0, 0.0)


def test_a_folder_without_fingers_is_said_to_be_so(tmp_path: object) -> None:
    with pytest.raises(SystemExit, match="FINGER_IMPRESSION"):
        find_pictures(tmp_path)  # type: ignore[arg-type]
