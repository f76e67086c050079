"""The decision policy: its table, its thresholds, and what never leaves it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from recognition.arrays import NOBODY
from recognition.errors import BadArray, UnmeasuredModel
from recognition.matches import NO_SCORE, Matches
from recognition.policy import Identities, Status, doubt, identify
from recognition.thresholds import SFACE, Measurement, Threshold, ThresholdTable, table_of
from tests import reference
from tests.reference import Pair

cosines = st.floats(-1, 1, allow_nan=False)


def threshold(value: float, margin: float) -> Threshold:
    return Threshold(value=value, margin=margin, templates=1, extrapolated=False, basis=SFACE.rows)


def found(pairs: list[Pair]) -> Matches:
    table = np.array(pairs, np.float64).reshape(-1, 2, 2)
    return Matches(
        persons=table[..., 0].astype(np.int32), scores=table[..., 1].copy(), usable=np.ones(len(pairs), np.bool_)
    )


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """A best and a second person, a best alone, or nobody; scores often on a coarse grid so that borders are hit."""
    score = st.one_of(cosines, st.sampled_from([0.25, 0.375, 0.5, 0.625]))
    low, high = sorted([draw(score), draw(score)])
    alone, nobody = draw(st.booleans()), draw(st.booleans())
    first = reference.NOBODY if alone and nobody else (3, high)
    return first, reference.NOBODY if alone else (8, low)


limits = st.sampled_from([-1.0, 0.0, 0.125, 0.25, 0.449, 0.5])


@given(st.lists(pairs(), max_size=8), limits, limits)
def test_equals_the_slow_twin(drawn: list[Pair], value: float, margin: float) -> None:
    decided = identify(found(drawn), threshold(value, margin))
    wanted = [reference.identity(pair, value, margin) for pair in drawn]
    assert decided.status.tolist() == [status for status, _ in wanted]
    assert decided.persons.tolist() == [person for _, person in wanted]


@given(st.lists(pairs(), max_size=8), limits, limits)
def test_ambiguous_exactly_where_the_two_best_are_within_the_margin(
    drawn: list[Pair], value: float, margin: float
) -> None:
    matches = found(drawn)
    decided = identify(matches, threshold(value, margin))
    over = (matches.scores[:, 0] >= value) & (matches.persons[:, 0] != NOBODY)
    within = (matches.scores[:, 0] - matches.scores[:, 1] < margin) & (matches.persons[:, 1] != NOBODY)
    np.testing.assert_array_equal((decided.status == Status.AMBIGUOUS)[over], within[over])


@given(st.lists(pairs(), max_size=8), limits, limits)
def test_nobody_under_the_threshold_leaves(drawn: list[Pair], value: float, margin: float) -> None:
    matches = found(drawn)
    decided = identify(matches, threshold(value, margin))
    for at in range(len(decided)):
        over = {int(p) for p, s in zip(matches.persons[at], matches.scores[at], strict=True) if s >= value}
        named = {int(decided.persons[at]), *decided.candidates[at].tolist()} - {NOBODY}
        assert named <= over
        if decided.status[at] == Status.UNKNOWN:
            assert not named


def one(first: tuple[int, float], second: tuple[int, float] = reference.NOBODY) -> Identities:
    return identify(found([(first, second)]), threshold(0.5, 0.1))


def test_a_clear_match_is_accepted() -> None:
    decided = one((3, 0.7), (8, 0.55))
    assert decided.status.tolist() == [Status.ACCEPTED]
    assert decided.persons.tolist() == [3]
    assert decided.candidates.tolist() == [[NOBODY, NOBODY]]
    assert decided.scores.tolist() == [0.7]
    assert decided.margins[0] == pytest.approx(0.15)


def test_a_stranger_is_unknown_and_nameless() -> None:
    decided = one((3, 0.49999), (8, 0.2))
    assert decided.status.tolist() == [Status.UNKNOWN]
    assert decided.persons.tolist() == [NOBODY]
    assert decided.candidates.tolist() == [[NOBODY, NOBODY]]


def test_the_threshold_itself_is_enough() -> None:
    assert one((3, 0.5)).status.tolist() == [Status.ACCEPTED]


def test_twins_are_candidates_for_a_second_factor() -> None:
    decided = one((3, 0.8), (8, 0.75))
    assert decided.status.tolist() == [Status.AMBIGUOUS]
    assert decided.persons.tolist() == [NOBODY]
    assert decided.candidates.tolist() == [[3, 8]]


def test_a_look_alike_under_the_threshold_makes_ambiguous_but_is_not_named() -> None:
    assert one((3, 0.52), (8, 0.48)).candidates.tolist() == [[3, NOBODY]]


def test_nobody_to_compare_with() -> None:
    decided = one(reference.NOBODY)
    assert decided.status.tolist() == [Status.UNKNOWN]
    assert decided.scores.tolist() == [NO_SCORE]


def test_nobody_is_never_accepted_however_low_the_threshold() -> None:
    decided = identify(found([(reference.NOBODY, reference.NOBODY)]), threshold(-1.0, 0.0))
    assert decided.status.tolist() == [Status.UNKNOWN]


def test_the_only_person_enrolled_is_accepted_whatever_the_margin() -> None:
    decided = identify(found([((3, 0.6), reference.NOBODY)]), threshold(0.5, 1.9))
    assert decided.status.tolist() == [Status.ACCEPTED]


def test_an_empty_batch() -> None:
    decided = identify(found([]), threshold(0.5, 0.1))
    assert len(decided) == 0
    assert decided.candidates.shape == (0, 2)
    assert len(doubt(decided, np.empty(0, np.bool_))) == 0


def test_doubt_asks_for_a_second_factor() -> None:
    drawn: list[Pair] = [((3, 0.9), (8, 0.2)), ((4, 0.9), (8, 0.2)), ((5, 0.1), (8, 0.0)), ((6, 0.8), (8, 0.79))]
    decided = doubt(identify(found(drawn), threshold(0.5, 0.1)), np.array([True, False, True, True]))
    assert decided.status.tolist() == [Status.AMBIGUOUS, Status.ACCEPTED, Status.UNKNOWN, Status.AMBIGUOUS]
    assert decided.persons.tolist() == [NOBODY, 4, NOBODY, NOBODY]
    assert decided.candidates.tolist() == [[3, NOBODY], [NOBODY, NOBODY], [NOBODY, NOBODY], [6, 8]]


def test_doubt_needs_one_flag_a_probe() -> None:
    with pytest.raises(BadArray):
        doubt(one((3, 0.9)), np.array([True, False]))


def test_thresholds_follow_the_size_of_the_gallery() -> None:
    assert SFACE.at(300).value == 0.449
    assert SFACE.at(1_559).value == pytest.approx(0.481)
    assert SFACE.at(684).value == pytest.approx(0.465, abs=1e-4)  # the geometric mean of the sizes, half way
    values = [SFACE.at(size).value for size in (0, 1, 299, 300, 301, 1_000, 1_559, 1_560, 10_000, 1_000_000)]
    assert values == sorted(values)


@pytest.mark.parametrize(("size", "outside"), [(0, True), (299, True), (300, False), (1_559, False), (1_560, True)])
def test_a_size_nobody_measured_is_marked(size: int, outside: bool) -> None:
    assert SFACE.at(size).extrapolated is outside


def test_beyond_the_table_the_line_goes_on() -> None:
    step = SFACE.at(100_000).value - SFACE.at(10_000).value
    assert SFACE.at(1_000_000).value - SFACE.at(100_000).value == pytest.approx(step)
    assert SFACE.at(10_000).basis == SFACE.rows
    assert SFACE.at(10_000).margin == SFACE.margin


def test_under_the_table_the_strictest_measured_is_kept() -> None:
    assert SFACE.at(5).value == SFACE.rows[0].threshold
    assert SFACE.at(5).basis == SFACE.rows[:1]


def test_a_table_of_one_row() -> None:
    table = ThresholdTable(model="m", rows=SFACE.rows[:1], margin=0.0, margin_source="test")
    assert [table.at(size).value for size in (1, 300, 9_000)] == [0.449] * 3
    assert [table.at(size).extrapolated for size in (1, 300, 9_000)] == [True, False, True]


def test_a_table_of_three_rows_takes_the_pair_around_the_size() -> None:
    rows = (row(10, 0.2), row(100, 0.3), row(1_000, 0.8))
    table = ThresholdTable(model="m", rows=rows, margin=0.0, margin_source="test")
    sizes = {10: 0.2, 32: 0.25, 100: 0.3, 316: 0.55, 1_000: 0.8, 10_000: 1.3}
    for size, value in sizes.items():
        assert table.at(size).value == pytest.approx(value, abs=2e-3)
    assert table.at(32).basis == rows[:2]
    assert table.at(316).basis == rows[1:]


def test_every_row_says_where_it_was_measured() -> None:
    assert all(row.source and 0 < row.fnir < 1 and 0 < row.fpir < 1 for row in SFACE.rows)
    assert table_of(SFACE.model) is SFACE


def test_an_unmeasured_model_opens_no_door() -> None:
    with pytest.raises(UnmeasuredModel, match="no-such-model"):
        table_of("no-such-model")


def row(templates: int, value: float) -> Measurement:
    return Measurement(templates=templates, people=1, threshold=value, fpir=0.01, fnir=0.1, source="test")


@pytest.mark.parametrize(
    ("rows", "margin"),
    [((), 0.1), ((row(10, 0.4), row(10, 0.5)), 0.1), ((row(10, 0.4), row(20, 0.3)), 0.1), ((row(10, 0.4),), -0.1)],
    ids=["no row", "same size", "falling", "negative margin"],
)
def test_a_table_that_makes_no_sense_is_refused(rows: tuple[Measurement, ...], margin: float) -> None:
    with pytest.raises(InvalidValue):
        ThresholdTable(model="m", rows=rows, margin=margin, margin_source="test")


@pytest.mark.parametrize(
    "change", [{"templates": 0}, {"threshold": float("nan")}, {"fpir": 1.5}, {"fnir": -0.1}, {"source": ""}]
)
def test_a_measurement_that_makes_no_sense_is_refused(change: dict[str, float]) -> None:
    fields = {"templates": 10, "people": 1, "threshold": 0.4, "fpir": 0.01, "fnir": 0.1, "source": "test"}
    with pytest.raises(InvalidValue):
        Measurement(**{**fields, **change})  # type: ignore[arg-type]
