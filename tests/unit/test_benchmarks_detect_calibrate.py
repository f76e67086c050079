"""The calibration finds the numbers it was given, and looks at findings as the back-test makes them."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.detect_calibrate import Map, Said, arguments, brier, fit, fitted, log_odds, said_in, weeks
from benchmarks.detect_sensing import Setting
from benchmarks.detect_worlds import World, back_test
from tests.unit.detect_streams import passage, stream


def said(probability: float, right: bool, weight: float = 1.0, generator: str = "lives", number: int = 0) -> Said:
    return Said(
        generator=generator, finding=str(number), kind="sublet", probability=probability, right=right, weight=weight
    )  # fmt: skip


def drawn(truth: Map, count: int, seed: int = 1) -> list[Said]:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.7, 0.7, count)
    right = rng.random(count) < truth.of(p)
    where = ["lives", "elsewhere"]
    return [said(float(p[n]), bool(right[n]), generator=where[n % 2], number=n) for n in range(count)]


@pytest.mark.parametrize("truth", [Map(), Map(shift=-2.0, slope=0.5), Map(shift=1.0, slope=1.5)])
def test_the_numbers_that_made_it_are_found_again(truth: Map) -> None:
    rows = drawn(truth, 20_000)
    found = fit(rows)
    assert (found.shift, found.slope) == pytest.approx((truth.shift, truth.slope), abs=0.12)
    assert brier(rows, found) <= brier(rows, Map()) + 1e-5


def test_a_weight_of_two_is_as_good_as_saying_it_twice() -> None:
    rows = drawn(Map(), 300)
    twice = fit([*rows, *rows])
    double = fit([said(row.probability, row.right, 2.0) for row in rows])
    assert (twice.shift, twice.slope) == pytest.approx((double.shift, double.slope), abs=1e-3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_the_order_of_findings_stays(rows: list[tuple[float, bool]]) -> None:
    both = [said(p, right) for p, right in rows] + [said(0.5, True), said(0.5, False)]
    found = fit(both)
    assert found.slope >= 0
    mapped = found.of(np.sort([row.probability for row in both]))
    assert (np.diff(mapped) >= -1e-12).all()


def test_brier_by_hand() -> None:
    assert brier([said(0.9, True), said(0.4, False, 3.0)], Map()) == pytest.approx((0.1**2 + 3 * 0.4**2) / 4, abs=1e-4)
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


def test_each_generator_is_judged_by_the_numbers_of_the_other() -> None:
    figures = fitted(drawn(Map(shift=-1.0), 2_000), "sublet")
    assert figures["brier_after"] < figures["brier_before"]  # type: ignore[operator]
    assert figures["brier_lives_by_the_others_numbers"] < figures["brier_lives_before"]  # type: ignore[operator]
    assert "note" in fitted([said(0.9, True)], "sublet")
    assert fitted([], "swap")["findings"] == 0


def test_seeds_for_reporting_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert arguments(["--seeds", "1,99"]).seeds == (1, 99)
    with pytest.raises(SystemExit):
        arguments(["--seeds", "1,1001"])
    assert "nothing may be fitted" in capsys.readouterr().err


def test_the_last_week_says_what_the_back_test_says() -> None:
    made = stream([passage(stream().start + timedelta(days=n), "p2") for n in range(70)], days=70)
    looks = [(day, docket.findings) for day, docket in weeks(made, lambda *_: None)]
    assert [day for day, _ in looks] == [made.start + timedelta(days=6 + 7 * n) for n in range(10)]
    whole = {finding.finding: finding for finding in back_test(made, lambda *_: None).findings[0]}
    assert whole.keys() == set(looks[-1][1])
    assert {finding.kind for finding in whole.values()} == {"vacancy"}
    assert looks[-1][1] == whole


def test_a_finding_weighs_one_however_long_it_is_open_and_labelled_homes_less() -> None:
    world = World(
        generator="elsewhere", seed=2, homes=60, days=100, settings=(Setting(missed_percent=0),), prevalence=0.1
    )
    (rows,) = said_in(world, lambda *_: None)
    weights: dict[str, float] = {}
    for row in rows:
        weights[row.finding] = weights.get(row.finding, 0.0) + row.weight
    assert weights
    assert {round(weight, 6) for weight in weights.values()} <= {1.0, 0.05}
