"""False discovery control: the bound holds, alone and together, and nobody falls by other homes' news."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import texts
from core.errors import InvalidValue
from occupancy import findings
from occupancy.arrays import Bools, Doubles
from occupancy.discovery import ACCUSING, GROWN, HELD, LOCAL_MOST, admit, control
from occupancy.findings import Finding, Verdict, doubt_when_raised, raised_step
from occupancy.rules import RULES, sublet
from occupancy.rules.base import Reason, Stage

ON, DAY = date(2026, 3, 2), timedelta(days=1)
PERCENT, MOST = 5, 0.05
doubts = st.lists(st.sampled_from([0.0, 0.001, 0.03, 0.05, 0.06, 0.1, 0.19, 0.2, 0.21, 0.5, 1.0]), max_size=12)
any_doubts = st.lists(st.floats(0, 1), max_size=12)


def of(values: Sequence[float]) -> Doubles:
    return np.array(values, np.float64)


def alone(doubt: Sequence[float], most: float = MOST, standing: Sequence[float] = ()) -> Bools:
    return admit(of(doubt), np.zeros(len(doubt), np.bool_), of(standing), most)


def expected_false(doubt: Doubles) -> float:
    """The expected share of false ones among (n,) raised doubts; 0 where nothing is raised."""
    return float(doubt.mean()) if len(doubt) else 0.0


def slow_twin(doubt: Sequence[float], protected: Sequence[bool], standing: Sequence[float], most: float) -> list[bool]:
    """Every threshold is tried: the largest at which the mean holds, or the bound itself."""
    best = min(most, LOCAL_MOST)
    for limit in doubt:
        chosen = [d for d, p in zip(doubt, protected, strict=True) if p or d <= limit]
        if best < limit <= LOCAL_MOST and sum([*chosen, *standing]) <= (most + 1e-12) * len([*chosen, *standing]):
            best = limit
    return [p or d <= best for d, p in zip(doubt, protected, strict=True)]


@given(st.lists(st.tuples(st.sampled_from([n / 64 for n in range(17)]), st.booleans()), max_size=10), doubts,
       st.sampled_from([0.0, 1 / 32, 1 / 16, 1 / 8, 1.0]))  # fmt: skip
def test_it_is_the_largest_set_that_the_bound_carries(
    asked: list[tuple[float, bool]], standing: list[float], most: float
) -> None:
    doubt, protected = [d for d, _ in asked], [p for _, p in asked]
    fast = admit(of(doubt), np.array(protected, np.bool_), of(standing), most)
    assert fast.tolist() == slow_twin(doubt, protected, standing, most)


@given(any_doubts, st.floats(0, 1))
def test_the_expected_share_of_false_ones_stays_within_the_bound(doubt: list[float], most: float) -> None:
    raised = alone(doubt, most)
    assert expected_false(of(doubt)[raised]) <= most + 1e-8
    assert not (raised & (of(doubt) > LOCAL_MOST + 1e-8)).any()


@given(any_doubts, any_doubts, st.floats(0, 1))
def test_what_stands_already_counts(doubt: list[float], standing: list[float], most: float) -> None:
    raised = alone(doubt, most, standing)
    over = raised & (of(doubt) > most + 1e-8)
    if over.any():  # only what the mean carries goes beyond the bound of its own
        assert expected_false(np.concatenate([of(doubt)[raised], of(standing)])) <= most + 1e-8


@given(doubts.flatmap(lambda values: st.tuples(st.just(values), st.permutations(range(len(values))))))
def test_the_order_of_homes_does_not_matter(drawn: tuple[list[float], list[int]]) -> None:
    values, order = drawn
    assert alone([values[n] for n in order]).tolist() == alone(values)[order].tolist()


@given(doubts.filter(bool), st.data())
def test_more_certainty_never_costs_a_home_its_place(doubt: list[float], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(doubt) - 1))
    surer = [*doubt[:n], doubt[n] * data.draw(st.sampled_from([0.0, 0.3, 0.9])), *doubt[n + 1 :]]
    assert alone(surer)[n] >= alone(doubt)[n]


@given(doubts, doubts, st.floats(0, 1), st.floats(0, 1))
def test_a_wider_bound_raises_no_fewer(doubt: list[float], standing: list[float], one: float, other: float) -> None:
    narrow, wide = (alone(doubt, most, standing) for most in sorted((one, other)))
    assert (wide >= narrow).all()


@given(doubts, doubts)
def test_who_is_protected_stays_whoever_comes_or_goes(doubt: list[float], standing: list[float]) -> None:
    everybody = np.ones(len(doubt), np.bool_)
    assert admit(of(doubt), everybody, of(standing), 0.0).all()


def test_nobody_and_one_home() -> None:
    assert alone([]).shape == (0,)
    assert expected_false(of([])) == 0.0
    assert alone([0.05]).tolist() == [True]  # as 1 - 0.95 is: a little more
    assert alone([1 - 0.95]).tolist() == [True]
    assert alone([0.06]).tolist() == [False]


def test_sure_ones_carry_a_less_sure_one_but_no_guess() -> None:
    sure = [0.01] * 10
    assert alone([*sure, 0.15]).all()
    assert alone([*sure, 0.25]).tolist() == [True] * 10 + [False]  # the mean is 0.03: the doubt of one's own decides


def test_equal_doubts_fare_alike() -> None:
    assert alone([0.0, 0.1]).tolist() == [True, True]
    assert alone([0.0, 0.1, 0.1]).tolist() == [True, False, False]  # one of the two would do, both would not


def test_a_surer_newcomer_need_not_wait_for_those_whose_doubts_grew() -> None:
    assert alone([0.04, 0.06], standing=[0.4, 0.4]).tolist() == [True, False]


@pytest.mark.parametrize("wrong", [([1.1], [], 0.05), ([-0.1], [], 0.05), ([], [2.0], 0.05), ([0.1], [], 1.5)])
def test_what_is_no_probability_is_refused(wrong: tuple[list[float], list[float], float]) -> None:
    with pytest.raises(InvalidValue):
        alone(wrong[0], wrong[2], wrong[1])


@pytest.mark.parametrize("shape", [(0.5, 0.5), (2.0, 1.0), (8.0, 0.4)])
def test_calibrated_probabilities_give_the_promised_rate(shape: tuple[float, float]) -> None:
    """Homes are guilty as often as their probability says; over 4,000 evenings at most 5 % of those raised are not."""
    rng = np.random.default_rng(11)
    false = shares = raised_in_all = evenings = 0.0
    for _ in range(4_000):
        p = rng.beta(*shape, size=30)
        guilty = rng.random(30) < p
        raised = alone((1 - p).tolist())
        wrong = int((raised & ~guilty).sum())
        false, raised_in_all = false + wrong, raised_in_all + int(raised.sum())
        shares, evenings = shares + wrong / max(int(raised.sum()), 1), evenings + 1
    assert raised_in_all > 4_000
    slack = 4 * (MOST * (1 - MOST) / raised_in_all) ** 0.5
    assert false / raised_in_all <= MOST + slack
    assert shares / evenings <= MOST + slack
    assert false / raised_in_all > MOST / 5, "the bound is used, not merely kept"


def test_memory_costs_little_of_the_bound() -> None:
    """Sixty evenings of calibrated, wandering probabilities with what stays by memory: still few are false."""
    rng, homes = np.random.default_rng(5), 200
    false = raised_in_all = 0
    for _ in range(12):
        guilty, log_odds = rng.random(homes) < 0.1, np.full(homes, np.log(0.1 / 0.9))
        was, at = np.zeros(homes, np.bool_), np.ones(homes)
        for _evening in range(60):
            log_odds += rng.normal(np.where(guilty, 0.245, -0.245), 0.7)  # of unit normals 0.7 apart
            doubt = 1 / (1 + np.exp(log_odds))
            up = admit(doubt, was & (doubt <= np.maximum(MOST, GROWN * at)), of([]), MOST)
            at, was = np.where(up & ~was, doubt, at), up
            raised_in_all, false = raised_in_all + int(up.sum()), false + int((up & ~guilty).sum())
    assert raised_in_all > 5_000
    assert false / raised_in_all <= MOST


# --- verdicts and findings ---


def verdict(home: str, probability: float, stage: Stage = Stage.SUSPECTED) -> Verdict:
    return Verdict(
        home=home, stage=stage, probability=probability, onset=ON, onset_low=ON, onset_high=ON, legal_basis="law",
        evidence=(Reason("sublet.one_kind"),), counter_evidence=(Reason("sublet.still_here", {"seen": 1}),),
    )  # fmt: skip


def evening(
    said: Sequence[Verdict], known: dict[str, Finding], on: date, elsewhere: Sequence[float] = ()
) -> dict[str, Finding]:
    """One evening over all homes named; returns the open findings after it."""
    homes = sorted({*known, *(v.home for v in said)})
    held = control("sublet", said, known, elsewhere, PERCENT)
    changed = findings.follow(sublet.RULE, "e1", known, held, homes, on, 7)
    after = known | {finding.home: finding for finding in changed}
    return {home: finding for home, finding in after.items() if finding.is_open}


def test_who_is_held_back_stays_at_watch_and_says_why() -> None:
    sure, unsure = verdict("h0", 0.97), verdict("h1", 0.90, Stage.TO_VERIFY)
    after = control("sublet", [sure, unsure], {}, [], PERCENT)
    assert after[0] == sure
    assert (after[1].stage, after[1].probability, after[1].evidence) == (Stage.WATCH, 0.90, unsure.evidence)
    assert after[1].counter_evidence == (*unsure.counter_evidence, Reason(HELD, {"percent": 5}))
    for lang in texts.LANGUAGES:
        assert "5" in texts.render(HELD, lang, percent=5)


def test_only_accusations_are_held_back() -> None:
    said = [verdict("h0", 0.3), verdict("h1", 0.0)]
    for kind in RULES.keys() - ACCUSING:
        assert control(kind, said, {}, [], PERCENT) == said
    assert {"welfare", "overdue", "vacancy", "renewal_due", "relet_overdue"}.isdisjoint(ACCUSING)
    for kind in ACCUSING:
        assert [v.stage for v in control(kind, said, {}, [], PERCENT)] == [Stage.WATCH] * 2


def test_what_a_rule_only_watches_is_nobodys_business() -> None:
    watched = verdict("h0", 0.1, Stage.WATCH)
    assert control("sublet", [watched], {}, [], PERCENT) == [watched]


def test_a_finding_once_suspected_does_not_fall_by_others_news() -> None:
    together = [verdict("h0", 0.999), verdict("h1", 0.91)]
    first = evening(together, {}, ON)
    assert [f.stage for f in first.values()] == ["suspected", "suspected"]
    second = evening([verdict("h1", 0.91)], {"h1": first["h1"]}, ON + DAY)  # h0 ended: h1 alone is over the bound
    assert second["h1"].stage == "suspected"
    third = evening([verdict("h1", 1 - (GROWN - 0.1) * 0.09)], second, ON + 2 * DAY)
    assert third["h1"].stage == "suspected"
    fourth = evening([verdict("h1", 1 - (GROWN + 0.1) * 0.09)], third, ON + 3 * DAY)  # news of its own
    assert fourth["h1"].stage == "watch"
    fifth = evening([verdict("h1", 0.91)], fourth, ON + 4 * DAY)  # a newcomer again
    assert fifth["h1"].stage == "watch"


def test_findings_of_other_homes_and_quiet_ones_count() -> None:
    unsure = verdict("h1", 0.91)
    assert control("sublet", [unsure], {}, [], PERCENT)[0].stage is Stage.WATCH
    assert control("sublet", [unsure], {}, [0.999], PERCENT)[0].stage is Stage.SUSPECTED
    quiet = evening([verdict("h0", 0.999)], {}, ON)
    assert control("sublet", [unsure], quiet, [], PERCENT)[0].stage is Stage.SUSPECTED
    lowered = [unsure, verdict("h0", 0.999, Stage.WATCH)]
    assert control("sublet", lowered, quiet, [], PERCENT)[0].stage is Stage.WATCH


def test_steps_remember_the_probability_they_were_taken_at() -> None:
    first = evening([verdict("h0", 0.96)], {}, ON)
    second = evening([verdict("h0", 0.98, Stage.TO_VERIFY)], first, ON + DAY)["h0"]
    assert [step.probability for step in second.stages] == [0.96, 0.98]
    assert doubt_when_raised(second) == pytest.approx(0.04)
    step = raised_step(second.stages)
    assert step is not None
    assert step.on == ON
    assert raised_step(()) is None


def test_a_finding_from_before_probabilities_were_kept_is_protected_by_its_present_one() -> None:
    first = evening([verdict("h0", 0.999), verdict("h1", 0.91)], {}, ON)["h1"]
    old = msgspec.structs.replace(first, stages=tuple(findings.Step(step.stage, step.on) for step in first.stages))
    assert doubt_when_raised(old) == pytest.approx(0.09)
    assert control("sublet", [verdict("h1", 0.91)], {"h1": old}, [], PERCENT)[0].stage is Stage.SUSPECTED
