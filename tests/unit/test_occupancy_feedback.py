"""Verdicts in numbers: exact intervals, what is not known left out, and nothing about the people concerned."""

from datetime import date, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from housing.triage import Verdict
from occupancy.feedback import EDGES, ENOUGH, Judged, interval, precision, reliability, stated
from occupancy.findings import Step

ON, DAY = date(2026, 3, 2), timedelta(days=1)
KINDS = ("welfare", "sublet")


def judged(kind: str = "sublet", verdict: Verdict = Verdict.RIGHT, probability: float | None = 0.96) -> Judged:
    return Judged(kind=kind, estate="e1", verdict=verdict, probability=probability)


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) of a binomial, term by term."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@given(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_ends_where_the_binomial_says(drawn: tuple[int, int]) -> None:
    right, of = drawn
    low, high = interval(right, of)
    assert 0 <= low <= (right / of if of else 0.5) <= high <= 1
    if right:
        assert at_least(right, of, low) == pytest.approx(0.025, rel=1e-6)
    if right < of:
        assert 1 - at_least(right + 1, of, high) == pytest.approx(0.025, rel=1e-6)


def test_intervals_of_tables() -> None:
    """The rule of three's exact form, and nothing known of nothing."""
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert interval(10, 10) == pytest.approx((0.025**0.1, 1.0))
    for wrong in ((-1, 3), (4, 3)):
        with pytest.raises(InvalidValue):
            interval(*wrong)


def test_precision_counts_right_and_wrong_and_shows_unclear() -> None:
    rows = [judged()] * 3 + [judged(verdict=Verdict.WRONG)] + [judged(verdict=Verdict.UNCLEAR)] * 2
    welfare, sublet = precision(rows, KINDS)
    assert (sublet.kind, sublet.right, sublet.wrong, sublet.unclear, sublet.share) == ("sublet", 3, 1, 2, 0.75)
    assert (sublet.low, sublet.high) == interval(3, 4)
    assert (welfare.right, welfare.wrong, welfare.share, welfare.low, welfare.high) == (0, 0, None, 0.0, 1.0)


def test_a_kind_of_another_release_is_still_counted() -> None:
    assert [line.kind for line in precision([judged(kind="gone")], KINDS)] == [*KINDS, "gone"]
    assert [line.share for line in precision([], KINDS)] == [None, None]


def test_reliability_waits_for_enough_verdicts_with_a_stated_probability() -> None:
    rows = [judged()] * (ENOUGH - 1)
    assert reliability([*rows, judged(probability=None), judged(verdict=Verdict.UNCLEAR), judged(kind="swap")]) == []
    (line,) = reliability([*rows, judged(verdict=Verdict.WRONG)])
    assert (line.kind, line.verdicts, line.seen.right) == ("sublet", ENOUGH, ENOUGH - 1)
    assert line.stated == pytest.approx(0.96)
    assert line.brier == pytest.approx((19 * 0.04**2 + 0.96**2) / 20)
    assert [(part.above, part.until, part.seen.of) for part in line.bins] == [(0.95, 1.0, ENOUGH)]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=ENOUGH, max_size=40))
def test_every_verdict_is_in_one_bin_around_its_probability(pairs: list[tuple[float, bool]]) -> None:
    rows = [judged(verdict=Verdict.RIGHT if right else Verdict.WRONG, probability=p) for p, right in pairs]
    (line,) = reliability(rows)
    assert sum(part.seen.of for part in line.bins) == len(pairs)
    assert sum(part.seen.right for part in line.bins) == line.seen.right
    for part in line.bins:
        inside = [p for p, _ in pairs if part.above < p <= part.until or p == part.above == 0]
        assert len(inside) == part.seen.of
        assert part.above - 1e-9 <= part.stated <= part.until + 1e-9
    assert (EDGES[0], EDGES[-1]) == (0.0, 1.0)


def test_the_probability_is_of_the_stage_that_was_looked_into() -> None:
    stages = (
        Step("watch", ON, 0.4), Step("suspected", ON + DAY, 0.95), Step("to_verify", ON + 3 * DAY, 0.98),
        Step("watch", ON + 5 * DAY, 0.1),
    )  # fmt: skip
    assert stated(stages, ON - DAY) is None
    assert stated(stages, ON) == 0.4  # an alert that asks for a look
    assert stated(stages, ON + 2 * DAY) == 0.95
    assert stated(stages, ON + 5 * DAY) == 0.98  # the visit that lowered it came with the verdict
    assert stated((Step("suspected", ON),), ON) is None  # written before it was kept
