"""Error rates on scores whose answer is known: counts, intervals, halves, sizes nobody measured."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped]

from core.errors import InvalidValue
from recognition import evaluation, evaluation_sizes
from recognition.evaluation import UNUSABLE, Rate, TooFew, Trials
from tests import reference


def trials(mated: list[list[float]], whose: list[int], strangers: list[list[float]]) -> Trials:
    people = len(strangers[0])
    return Trials(
        mated=np.array(mated, float).reshape(-1, people), whose=np.array(whose, np.intp),
        strangers=np.array(strangers, float), templates=2 * people,
    )  # fmt: skip


def drawn(seed: int, people: int, probes: int, strangers: int, tail: str = "normal") -> Trials:
    """Scores of strangers with a normal tail, which the formulas of larger galleries are for, or a heavier one."""
    rng = np.random.default_rng(seed)

    def others(count: int) -> np.ndarray:
        shape = (count, people)
        return rng.normal(0.1, 0.1, shape) if tail == "normal" else rng.exponential(0.05, shape)

    mated = others(probes)
    whose = rng.integers(0, people, probes)
    mated[np.arange(probes), whose] = rng.normal(0.9, 0.12, probes)
    return Trials(mated=mated, whose=whose, strangers=others(strangers), templates=people)


def halves(count: int) -> list[np.ndarray]:
    return [np.arange(0, count, 2), np.arange(1, count, 2)]


small = st.integers(0, 4).map(lambda n: n / 4) | st.just(UNUSABLE)


@st.composite
def small_trials(draw: st.DrawFn) -> Trials:
    people = draw(st.integers(1, 3))
    row = st.lists(small, min_size=people, max_size=people)
    mated = draw(st.lists(row, min_size=1, max_size=6))
    whose = draw(st.lists(st.integers(0, people - 1), min_size=len(mated), max_size=len(mated)))
    return trials(mated, whose, draw(st.lists(row, min_size=1, max_size=6)))


@given(small_trials())
def test_the_curve_equals_the_slow_twin(made: Trials) -> None:
    curve = evaluation.det(made)
    for threshold, fpir, fnir in zip(curve.thresholds, curve.fpir, curve.fnir, strict=True):
        expected = reference.rates(made.mated.tolist(), made.whose.tolist(), made.strangers.tolist(), float(threshold))
        assert (fpir, fnir) == pytest.approx(expected)
    assert (np.diff(curve.fpir) <= 0).all()
    assert (np.diff(curve.fnir) >= 0).all()
    assert curve.fpir[-1] == 0 or not np.isfinite(made.highest).any()


@given(st.integers(0, 40), st.integers(0, 40))
def test_an_interval_holds_its_rate_and_means_what_it_says(events: int, more: int) -> None:
    count = events + more
    low, high = Rate(events=events, trials=count).interval
    assert 0 <= low <= (events / count if count else 0) <= high <= 1
    if 0 < events < count:  # at its ends, what was seen lies in the tail of one chance in forty
        assert binom.sf(events - 1, count, low) == pytest.approx(0.025)
        assert binom.cdf(events, count, high) == pytest.approx(0.025)


def test_a_rate_of_nothing_is_unknown() -> None:
    assert np.isnan(Rate(events=0, trials=0).value)
    assert Rate(events=0, trials=0).interval == (0.0, 1.0)


@given(st.lists(st.integers(0, 30).map(float), min_size=10, max_size=60), st.sampled_from([0.1, 0.2, 0.5]))
def test_a_threshold_lets_in_no_more_than_asked(scores: list[float], fpir: float) -> None:
    highest = np.array(scores)
    threshold = evaluation.threshold_for(highest, fpir)
    assert (highest >= threshold).sum() <= fpir * (len(highest) + 1) - 1 + 1e-9
    looser = np.nextafter(threshold, -np.inf)
    assert (highest >= looser).sum() >= int(fpir * (len(highest) + 1) + 1e-9)  # and is not stricter than it must be


def test_too_few_strangers_are_refused_with_the_number_needed() -> None:
    with pytest.raises(TooFew, match="at least 99") as caught:
        evaluation.threshold_for(np.zeros(98), 0.01)
    assert "99" in caught.value.text("zh")
    evaluation.threshold_for(np.zeros(99), 0.01)


def test_who_is_missed() -> None:
    made = trials([[0.9, 0.1], [0.4, 0.1], [0.8, 0.9], [0.7, 0.7], [UNUSABLE, UNUSABLE]], [0, 0, 0, 0, 1], [[0.2, 0.1]])
    assert evaluation.missed(made, 0.5).tolist() == [False, True, True, True, True]
    assert evaluation.missed(made, -5.0).tolist() == [False, False, True, True, True]


def test_each_half_judges_the_others_threshold() -> None:
    mated = [[0.95], [0.85], [0.75], [0.1]]
    strangers = [[0.8], [0.3]] + [[0.7], [0.2]] * 4  # even places: 0.8 and four times 0.7; odd ones: lower
    row = evaluation.crossed(trials(mated, [0] * 4, strangers), 0.2, halves(10))
    # even half: one above 0.7 allowed, threshold just above 0.8; odd half: just above 0.3, five of five come in
    assert row.fpir == Rate(events=5, trials=10)
    assert row.fnir == Rate(events=2, trials=4)  # two and one, the mean rounded up
    assert row.threshold == pytest.approx(0.7)  # of all ten together two may pass
    assert not row.extrapolated


def test_a_chosen_threshold_keeps_its_promise_on_others() -> None:
    made = drawn(1, 50, 10, 20_000)
    row = evaluation.crossed(made, 0.01, halves(20_000))
    assert row.fpir is not None
    low, high = row.fpir.interval
    assert low < 0.01 < high or row.fpir.value < 0.01


@pytest.mark.parametrize(("tail", "below", "above"), [("normal", 0.0, 0.06), ("exponential", 0.05, 0.05)])
def test_a_larger_gallery_is_foreseen(tail: str, below: float, above: float) -> None:
    """Measured on 100 people and foreseen for 2,000, against 2,000 drawn from the same distribution."""
    made, larger = drawn(2, 100, 2_000, 2_000, tail), drawn(3, 2_000, 2_000, 1_000, tail)
    measured = evaluation.crossed(made, 0.01, halves(2_000))
    foreseen = evaluation_sizes.extrapolated(made, measured, 0.01, 2_000)
    truth = evaluation.threshold_for(larger.highest, 0.01)
    assert foreseen.extrapolated
    assert foreseen.fpir is None
    assert truth - below < foreseen.threshold < truth + above
    lost = evaluation.missed(larger, foreseen.threshold).mean()
    assert foreseen.expected_fnir == pytest.approx(float(lost), abs=0.03)
    assert foreseen.expected_fnir >= foreseen.fnir.value
    assert foreseen.templates == 2_000


def test_who_would_be_outdone_in_a_larger_gallery_is_expected_to_be_missed() -> None:
    """Enrolled people score no better than the threshold: among 50,000 others many would be outdone."""
    made = drawn(6, 100, 200, 2_000)
    weak = Trials(
        mated=np.where(np.arange(100) == made.whose[:, None], 0.62, made.mated.clip(max=0.4)),
        whose=made.whose, strangers=made.strangers, templates=100,
    )  # fmt: skip
    row = evaluation_sizes.extrapolated(weak, evaluation.crossed(weak, 0.05, halves(2_000)), 0.05, 50_000)
    assert row.fnir.events == 0
    assert 0.005 < row.expected_fnir < 0.2


@given(st.integers(0, 50))
@settings(max_examples=15)
def test_thresholds_and_misses_grow_with_the_gallery(seed: int) -> None:
    rows = evaluation_sizes.by_size(drawn(seed, 30, 100, 200), 0.05, halves(200), (10, 1_000, 10_000))
    assert [row.people for row in rows] == [10, 30, 1_000, 10_000]
    assert [row.extrapolated for row in rows] == [False, False, True, True]
    larger = rows[1:]
    assert all(a.threshold < b.threshold for a, b in pairwise(larger))
    assert all(a.expected_fnir <= b.expected_fnir for a, b in pairwise(larger))


def test_a_smaller_gallery_is_measured_on_its_own_people() -> None:
    made = trials([[0.9, 0.95], [0.9, 0.2], [0.1, 0.9]], [0, 0, 1], [[0.3, 0.6]])
    first = made.of_first(1)
    assert (first.people, first.templates, len(first.own)) == (1, 2, 2)
    assert not evaluation.missed(first, 0.5).any()  # who outdid the first probe is not enrolled any more


def test_the_deviation_of_a_normal_tail_is_found_on_the_strict_side() -> None:
    rng = np.random.default_rng(5)
    assert 0.07 < evaluation_sizes.tail_deviation(rng.normal(0.2, 0.07, (400, 300))) < 0.09
    few = rng.normal(0.2, 0.07, (400, 3))  # no ten comparisons in the thousandth: the hundredth alone
    assert 0.05 < evaluation_sizes.tail_deviation(few) < 0.25
    with pytest.raises(TooFew, match="too few"):
        evaluation_sizes.tail_deviation(few[:9])
    with pytest.raises(TooFew, match="the same"):
        evaluation_sizes.tail_deviation(np.ones((100, 100)))


def test_groups_are_counted_apart() -> None:
    made = trials([[0.9], [0.1], [0.9]], [0, 0, 0], [[0.8], [0.1]])
    rows = evaluation.by_group(made, 0.5, "mask", ["yes", "yes", ""], ["no", "yes"])
    assert [(row.value, row.fpir, row.fnir) for row in rows] == [
        ("no", Rate(events=1, trials=1), Rate(events=0, trials=0)),
        ("yes", Rate(events=0, trials=1), Rate(events=1, trials=2)),
    ]


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidValue, match="fit"):
        trials([[0.1, 0.2]], [0, 1], [[0.1, 0.2]])
    with pytest.raises(InvalidValue, match="nobody"):
        trials([[0.1, 0.2]], [2], [[0.1, 0.2]])
