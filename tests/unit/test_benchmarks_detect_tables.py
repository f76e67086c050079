"""The figures of the detection benchmark from runs whose figures can be counted by hand."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import interval
from benchmarks.detect_tables import Rated, Run, bootstrap, details, headline, rate_interval, reliability
from benchmarks.detect_truth import Claim, Exact, Judged, Scored, Told
from simulators.streams import Truth

DAY = date(2026, 5, 1)


def scored(judged: Judged, probability: float = 0.9, household: str = "family", scenario: str = "let") -> Scored:
    claim = Claim(
        home="h", kind="sublet", opened_on=DAY, flagged_on=DAY, spoke_until=DAY, onset=DAY, probability=probability,
        stage="suspected",
    )  # fmt: skip
    return Scored(claim=claim, judged=judged, household=household, scenario=scenario)


def told(delay: int | None, error: int | None = None, *, lasting: bool = True, home: str = "h") -> Told:
    truth = Truth(home=home, household="family", scenario="let", label="sublet", since=DAY)
    return Told(truth=truth, lasting=lasting, begun_late=not lasting, delay_days=delay, onset_error_days=error)


def run(*, found: list[Scored], truths: list[Told], seed: int = 1, **values: object) -> Run:
    usual: dict[str, object] = {
        "generator": "lives", "seed": seed, "missed_percent": 10, "outage": "none", "days": 365,
        "households": {"family": 300, "elderly": 100}, "scored": {"sublet": found}, "told": {"sublet": truths},
        "rated": [], "alerts": {"sublet": 3, "vacancy": 9}, "vacancy": Exact(right_day=4), "overdue": Exact(),
        "sightings": 1000, "seconds": 1.0,
    }  # fmt: skip
    return Run(**{**usual, **values})  # type: ignore[arg-type]


A = run(
    found=[
        scored(Judged.HIT, 0.99), scored(Judged.HIT, 0.98), scored(Judged.HIT, 0.97), scored(Judged.REPEAT, 1.0),
        scored(Judged.FALSE, 0.6, "elderly", "weekly_relatives"),
    ],
    truths=[told(10, -2, home="a"), told(12, 4, home="b"), told(40, 0, home="c"), told(None, home="d"),
            told(5, 1, lasting=False, home="e"), told(None, lasting=False, home="f")],
)  # fmt: skip
B = run(found=[scored(Judged.OTHER_KIND, 0.7)], truths=[], seed=2, vacancy=Exact(wrong_day=1))


def test_precision_counts_no_repeats_and_recall_what_lasted() -> None:
    figures = headline([A])
    assert figures["sublet_precision"] == 0.75
    assert figures["intervals"]["sublet_precision"] == interval(3, 4)
    assert figures["sublet_recall"] == 0.75
    assert figures["sublet_delay_days_median"] == 11.0  # of 10, 12, 40 and 5
    assert figures["onset_mae_days"] == 1.75
    counts = figures["counts"]
    assert (counts["hits"], counts["false"], counts["findings_repeat"]) == (3, 1, 1)
    assert (counts["truths_all"], counts["found_all"], counts["truths_begun_late"], counts["found_begun_late"]) == (
        6, 4, 2, 1,
    )  # fmt: skip


def test_runs_are_pooled_by_counting_together() -> None:
    figures = headline([A, B])
    assert figures["sublet_precision"] == 0.6
    assert figures["false_sublets_per_1000_homes_year"] == pytest.approx(1000 * 2 / (800 * 365 / 365.25), abs=1e-4)
    assert figures["vacancy_exact"] == {"right_day": 4, "wrong_day": 1, "missed": 0, "false": 0}
    assert figures["counts"]["findings_other_kind"] == 1
    assert headline([B, A]) == figures


def test_nothing_found_is_said_as_nothing() -> None:
    figures = headline([run(found=[], truths=[])])
    assert figures["sublet_precision"] is None
    assert figures["sublet_delay_days_median"] is None
    assert figures["intervals"]["onset_mae_days"] is None
    assert figures["false_sublets_per_1000_homes_year"] == 0


def test_false_findings_by_household_beside_the_average() -> None:
    table = details([A, B])["by_household"]
    assert table["elderly"]["false"] == table["family"]["false"] == 1
    assert table["elderly"]["ratio"] == 2.0  # half of the false ones in a quarter of the homes
    assert table["family"]["ratio"] == pytest.approx(2 / 3, abs=1e-4)
    assert table["elderly"]["interval"] == rate_interval(1, 200 * 365 / 365.25 / 1000)


def test_false_ones_are_traced_to_what_was_played_there() -> None:
    found = details([A, B])
    assert found["false_by_scenario"] == {"let": 1, "weekly_relatives": 1}
    assert found["missed_by_scenario"] == {"let": 1}
    assert found["by_kind"]["sublet"]["findings"] == {"false": 1, "hit": 3, "other_kind": 1, "repeat": 1}


def test_alerts_by_month() -> None:
    alerts = details([A])["alerts_per_1000_homes_month"]
    assert alerts["all"] == pytest.approx(12 / (0.4 * 365 / 30.4375), abs=1e-4)
    assert alerts["vacancy"] == pytest.approx(3 * alerts["sublet"], abs=1e-3)


def test_precision_of_the_likeliest() -> None:
    many = [scored(Judged.HIT, 0.9 - n / 100) for n in range(9)] + [scored(Judged.FALSE, 0.99), scored(Judged.FALSE, 0)]
    assert details([run(found=[*many, scored(Judged.REPEAT, 1.0)], truths=[])])["precision_at"] == {
        "10": {"precision": 0.9, "interval": interval(9, 10)}
    }


def rated(probability: float, right: bool) -> Rated:
    return Rated(kind="sublet", probability=probability, right=right)


def test_reliability_by_hand() -> None:
    figures = reliability([rated(0.95, True), rated(0.91, False), rated(1.0, True), rated(0.2, False)])
    assert figures["brier"] == pytest.approx((0.05**2 + 0.91**2 + 0 + 0.2**2) / 4, abs=1e-4)
    assert [(row["from"], row["count"], row["came_true"]) for row in figures["reliability"]] == [
        (0.2, 1, 0.0),
        (0.9, 3, 0.6667),
    ]


@given(st.lists(st.builds(rated, st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_reliability_loses_nobody(rows: list[Rated]) -> None:
    figures = reliability(rows)
    assert sum(row["count"] for row in figures["reliability"]) == len(rows)
    assert all(row["from"] - 1e-4 <= row["said"] <= row["to"] + 1e-4 for row in figures["reliability"])
    assert 0 <= figures["brier"] <= 1


@pytest.mark.parametrize(
    ("events", "exposure", "expected"),
    [(0, 1.0, [0.0, 3.6889]), (10, 1.0, [4.7954, 18.3904]), (10, 5.0, [0.9591, 3.6781]), (3, 0.0, None)],
)
def test_exact_poisson_intervals(events: int, exposure: float, expected: list[float] | None) -> None:
    assert rate_interval(events, exposure) == (expected if expected is None else pytest.approx(expected, abs=2e-4))


def test_homes_are_drawn_whole() -> None:
    alone = bootstrap([[n] for n in range(40)], np.mean)
    together = bootstrap([[n] * 10 for n in range(40)], np.mean)
    assert alone is not None
    assert together == pytest.approx(alone)  # ten values of a home are no more than one
    assert alone[0] < 19.5 < alone[1]
    assert alone[1] - alone[0] == pytest.approx(2 * 1.96 * np.std(range(40)) / np.sqrt(40), rel=0.15)


def test_the_median_delay_lies_in_its_interval() -> None:
    later = [told(10 + n, n, home=str(n)) for n in range(5)]
    low, high = headline([run(found=[], truths=later)])["intervals"]["sublet_delay_days_median"]
    assert 10 <= low <= 12 <= high <= 14
