"""How the pipeline benchmark reads its speed off the growing log."""

import numpy as np
import pytest

from benchmarks.pipeline import slope


def _log(*points: tuple[float, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(points, dtype=np.float64)


def test_the_slope_is_rows_a_second_without_the_start_and_the_tail() -> None:
    slow_start_and_tail = _log((0, 0), (10, 0), (11, 1000), (12, 2000), (20, 2100))
    assert slope(slow_start_and_tail, 0, 2000) == pytest.approx(1000)


def test_rows_from_before_do_not_count() -> None:
    assert slope(_log((0, 500), (1, 600), (3, 1000), (5, 1500)), 500, 1000) == pytest.approx(800 / 3.6)


def test_a_log_that_never_got_there_has_no_slope() -> None:
    assert slope(_log((0, 0), (1, 50)), 0, 1000) == 0
    assert slope(np.empty((0, 2)), 0, 1000) == 0


def test_a_log_that_stands_still_for_a_while_is_slower_for_it() -> None:
    assert slope(_log((0, 0), (1, 100), (3, 100), (4, 200)), 0, 200) == pytest.approx(160 / 3.6)
