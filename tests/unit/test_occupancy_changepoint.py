"""Change points: every day weighed at once is every day weighed by itself."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from occupancy.rules import changepoint
from occupancy.rules.changepoint import fading, log_likelihood, peak, rate, settling, split
from occupancy.rules.handover import KINDS, grouped, minded, probability

flags = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


def columns(days: list[tuple[bool, bool]]) -> tuple[np.ndarray, np.ndarray]:
    shown, told = (np.array([column], np.bool_) for column in zip(*days, strict=True))
    return shown, told


@given(flags)
def test_a_split_counts_what_lies_before_and_since(days: list[tuple[bool, bool]]) -> None:
    found = split(*columns(days))
    for day in range(len(days)):
        before, since = days[:day], days[day:]
        assert found.hits_before[0, day] == sum(shown and told for shown, told in before)
        assert found.days_before[0, day] == sum(told for _, told in before)
        assert found.hits_since[0, day] == sum(shown and told for shown, told in since)
        assert found.days_since[0, day] == sum(told for _, told in since)


@given(flags, st.floats(0.05, 0.95))
def test_a_likelihood_is_the_product_of_its_days(days: list[tuple[bool, bool]], p: float) -> None:
    found = split(*columns(days))
    each = [math.log(p if shown else 1 - p) for shown, told in days if told]
    whole = log_likelihood(found.hits_since, found.days_since, np.full((1, len(days)), p))[0, 0]
    assert math.isclose(whole, sum(each), abs_tol=1e-9)


@given(flags, st.floats(0.05, 0.95), st.floats(0.5, 1.0))
def test_fading_is_the_best_of_each_story(days: list[tuple[bool, bool]], usual: float, held: float) -> None:
    found, width = split(*columns(days)), len(days)

    def story(shares: tuple[float, ...]) -> float:
        values = []
        for share in shares:
            p = min(max(share * usual * held, changepoint.LEAST), changepoint.MOST)
            values.append(sum(math.log(p if shown else 1 - p) for shown, told in days if told))
        return max(values)

    said = fading([found], [np.full((1, width), usual)], np.full((1, width), held))
    assert math.isclose(said.gone[0, 0], story(changepoint.GONE), abs_tol=1e-9)
    assert math.isclose(said.not_part[0, 0], story(changepoint.GONE) - story(changepoint.PART), abs_tol=1e-9)
    assert math.isclose(said.not_usual[0, 0], story(changepoint.GONE) - story((1.0,)), abs_tol=1e-9)


def test_more_days_away_speak_louder_and_a_day_here_speaks_against() -> None:
    def said(days: list[int]) -> float:
        found = split(np.array([days]) > 0, np.ones((1, len(days)), np.bool_))
        held = np.ones((1, len(days)))
        return float(fading([found], [held * 0.9], held).not_part[0, 0])

    assert 0 < said([0] * 5) < said([0] * 10)
    assert said([0] * 9 + [1]) < said([0] * 10)
    assert said([1] * 10) < 0


def test_guests_as_before_or_a_few_more_do_not_live_here() -> None:
    def said(share: float, usual: float) -> float:
        days = np.zeros((1, 40), np.bool_)
        days[0, : round(40 * share)] = True
        found = split(days, np.ones((1, 40), np.bool_))
        return float(settling(found, np.full((1, 40), usual)).not_guests[0, 0])

    assert said(0.75, 0.05) > 5
    assert said(0.15, 0.05) < 0
    assert said(0.75, 0.7) < 1e-9  # it was always so


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=20), st.floats(0, 10))
def test_a_peak_and_what_is_near_it(values: list[float], within: float) -> None:
    best, low, high = (int(column[0]) for column in peak(np.array([values]), within))
    near = [n for n, value in enumerate(values) if value >= max(values) - within]
    assert best == values.index(max(values))
    assert (low, high) == (near[0], near[-1])


def test_a_rate_leans_on_what_is_expected_while_little_is_known() -> None:
    none, many = (rate(np.array([[n * 0.0]]), np.array([[n]]), 0.6, 3.0)[0, 0] for n in (0.0, 300.0))
    assert math.isclose(none, 0.6)
    assert math.isclose(many, changepoint.LEAST)


def test_a_face_no_longer_known_is_one_kind() -> None:
    counts = np.zeros((1, len(KINDS)), np.int32)
    counts[0, [KINDS.index("unknown_entries"), KINDS.index("mismatches")]] = 7, 9
    assert grouped(counts).tolist() == [[0, 9, 0]]
    counts[0, KINDS.index("guests")] = 3
    assert grouped(counts).tolist() == [[3, 9, 0]]


def test_the_weaker_half_decides() -> None:
    """However plain one half, without the other it stays unlikely; time speaks against a home that is merely minded."""

    def said(fades: float, settles: float, counted: float = 90.0, *, many: bool = True) -> float:
        at = np.full((1, 1), 1.0)
        house = changepoint.Fading(gone=at, not_usual=at * fades, not_part=at * fades)
        others = changepoint.Settling(resident=at, not_usual=at * settles, not_guests=at * settles)
        minding = minded(at * counted, np.array([many]), np.array([False]))
        return float(probability(house, others, minding)[0, 0])

    assert said(100, 0) < 0.1
    assert said(0, 100) < 0.15
    assert said(30, 30) > 0.99
    assert said(30, 30, 7) < 0.85
    assert said(30, 30, 20, many=False) < 0.93 < said(30, 30, 20)
