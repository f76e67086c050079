"""What the detection benchmark counts as right, false, repeated, late and missed."""

from datetime import date, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.detect_truth import Claim, Exact, Judged, claims_of, compare, is_right, match
from occupancy.findings import Finding, Step
from occupancy.rules.base import Reason
from simulators.streams import Truth

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
DAY = timedelta(days=1)


def claim(
    flagged: date | None, home: str = "h1", kind: str = "sublet", onset: date | None = None, spoke: date = LAST
) -> Claim:
    opened = flagged or date(2026, 3, 1)
    return Claim(
        home=home, kind=kind, opened_on=opened, flagged_on=flagged, spoke_until=spoke, onset=onset or opened,
        probability=0.9, stage="suspected" if flagged else "watch",
    )  # fmt: skip


def truth(
    since: date | None = None, until: date | None = None, label: str = "sublet", home: str = "h1", scenario: str = "let"
) -> Truth:
    return Truth(home=home, household="family", scenario=scenario, label=label, since=since, until=until)


USUAL = truth(label="", scenario="usual")
SPRING = truth(date(2026, 3, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("flagged", "truths", "judged"),
    [
        (date(2026, 3, 1), [SPRING], Judged.HIT),
        (date(2026, 2, 28), [SPRING], Judged.OTHER_TIME),
        (date(2026, 6, 14), [SPRING], Judged.HIT),  # within two weeks after the last day, 31 May
        (date(2026, 6, 15), [SPRING], Judged.OTHER_TIME),
        (date(2026, 9, 1), [truth(date(2026, 3, 1))], Judged.HIT),
        (date(2026, 4, 1), [USUAL], Judged.FALSE),
        (date(2026, 4, 1), [], Judged.FALSE),
        (date(2026, 4, 1), [truth(date(2026, 3, 1), home="h2"), USUAL], Judged.FALSE),
        (date(2026, 4, 1), [truth(date(2026, 3, 1), label="swap")], Judged.OTHER_KIND),
        (date(2026, 4, 1), [truth(date(2026, 3, 1), label="extra_resident")], Judged.OTHER_KIND),
        (date(2026, 4, 1), [truth(date(2026, 5, 1), label="swap")], Judged.FALSE),
        (date(2026, 4, 1), [truth(date(2026, 3, 1), label="vacancy")], Judged.FALSE),
        (date(2026, 4, 1), [SPRING, truth(date(2026, 3, 1), label="swap")], Judged.HIT),
    ],
)
def test_a_flagged_finding_is_judged_by_what_was_so_there_then(
    flagged: date, truths: list[Truth], judged: Judged
) -> None:
    scored, _ = match([claim(flagged)], truths, "sublet", FIRST, LAST)
    assert [row.judged for row in scored] == [judged]
    assert judged.is_false == (judged not in {Judged.HIT, Judged.REPEAT})


def test_a_second_finding_about_the_same_truth_is_a_repeat() -> None:
    scored, told = match([claim(date(2026, 4, 20)), claim(date(2026, 4, 1))], [SPRING], "sublet", FIRST, LAST)
    assert [(row.claim.flagged_on, row.judged) for row in scored] == [
        (date(2026, 4, 1), Judged.HIT),
        (date(2026, 4, 20), Judged.REPEAT),
    ]
    assert [row.delay_days for row in told] == [31]


def test_two_truths_one_after_the_other_take_a_finding_each() -> None:
    again = truth(date(2026, 6, 5), date(2026, 9, 1))
    scored, told = match([claim(date(2026, 6, 8)), claim(date(2026, 6, 9))], [SPRING, again], "sublet", FIRST, LAST)
    assert [row.judged for row in scored] == [Judged.HIT, Judged.HIT]
    assert [row.delay_days for row in told] == [100, 3]  # the newest truth takes the first


def test_watch_and_other_kinds_find_nothing() -> None:
    scored, told = match([claim(None), claim(date(2026, 4, 1), kind="swap")], [SPRING], "sublet", FIRST, LAST)
    assert scored == []
    assert [row.found for row in told] == [False]


def test_delay_and_onset_error() -> None:
    _, told = match([claim(date(2026, 3, 20), onset=date(2026, 2, 26))], [SPRING], "sublet", FIRST, LAST)
    assert [(row.delay_days, row.onset_error_days) for row in told] == [(19, -3)]
    before = truth(date(2025, 12, 1), date(2026, 6, 1))
    _, told = match([claim(date(2026, 1, 11), onset=FIRST)], [before], "sublet", FIRST, LAST)
    assert [(row.delay_days, row.onset_error_days) for row in told] == [(10, 31)]  # nothing could be known earlier


@pytest.mark.parametrize(
    ("since", "until", "lasting", "late"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), True, False),
        (date(2026, 3, 1), date(2026, 3, 30), False, False),
        (date(2026, 12, 2), None, True, False),
        (date(2026, 12, 3), None, False, True),
        (date(2025, 6, 1), date(2026, 1, 31), True, False),
        (date(2025, 6, 1), date(2026, 1, 30), False, False),
        (date(2026, 12, 1), date(2027, 3, 1), True, False),
    ],
)
def test_what_lasts_thirty_days_within_the_stream(since: date, until: date | None, lasting: bool, late: bool) -> None:
    _, told = match([], [truth(since, until)], "sublet", FIRST, LAST)
    assert [(row.lasting, row.begun_late, row.found) for row in told] == [(lasting, late, False)]


def test_household_and_scenario_are_those_of_the_day() -> None:
    rows = [USUAL, truth(date(2026, 3, 1), date(2026, 4, 1), "", scenario="travel"), truth(date(2026, 8, 1))]
    for flagged, scenario in ((date(2026, 2, 1), "usual"), (date(2026, 3, 5), "travel"), (date(2026, 9, 1), "let")):
        scored, _ = match([claim(flagged)], rows, "sublet", FIRST, LAST)
        assert [row.scenario for row in scored] == [scenario]


days_ = st.dates(FIRST, LAST)
claims = st.lists(st.builds(claim, days_ | st.none(), st.sampled_from(["h1", "h2"]), st.just("sublet")), max_size=8)
spans = st.tuples(days_, st.integers(1, 200), st.sampled_from(["sublet", "swap", ""]), st.sampled_from(["h1", "h2"]))


@given(claims, st.lists(spans, max_size=5, unique_by=lambda row: (row[0], row[3])), st.randoms())
def test_the_order_of_findings_and_truths_changes_nothing(
    given_: list[Claim], rows: list[tuple[date, int, str, str]], random: Random
) -> None:
    truths = [truth(since, since + length * DAY, label, home) for since, length, label, home in rows]
    scored, told = match(given_, truths, "sublet", FIRST, LAST)
    shuffled, others = list(given_), list(truths)
    random.shuffle(shuffled)
    random.shuffle(others)
    again, told_again = match(shuffled, others, "sublet", FIRST, LAST)
    assert again == scored
    assert {row.truth: row for row in told_again} == {row.truth: row for row in told}
    assert len(scored) == sum(row.flagged_on is not None for row in given_)
    assert sum(row.found for row in told) == sum(row.judged is Judged.HIT for row in scored)
    assert compare(shuffled, "sublet", {}) == compare(given_, "sublet", {})


@pytest.mark.parametrize(
    ("flagged", "due", "expected"),
    [
        ([], [], Exact()),
        ([5], [5], Exact(right_day=1)),
        ([5], [6], Exact(wrong_day=1)),
        ([], [6], Exact(missed=1)),
        ([5], [], Exact(false=1)),
        ([5, 9], [9, 5], Exact(right_day=2)),
        ([5, 9], [9], Exact(right_day=1, false=1)),
        ([5, 8], [9, 5, 30], Exact(right_day=1, wrong_day=1, missed=1)),
        ([5, 5], [5], Exact(right_day=1, false=1)),
    ],
)
def test_exact_days(flagged: list[int], due: list[int], expected: Exact) -> None:
    given_ = [claim(date(2026, 7, day), kind="vacancy") for day in flagged]
    noise = [claim(date(2026, 7, 1), "h9"), claim(None, "h8", "vacancy")]
    assert compare([*given_, *noise], "vacancy", {"h1": [date(2026, 7, day) for day in due]}) == expected


def test_each_home_is_compared_by_itself() -> None:
    due = {"h1": [date(2026, 7, 1)], "h2": [date(2026, 7, 2)]}
    given_ = [claim(date(2026, 7, 1), "h2", "vacancy"), claim(date(2026, 7, 2), "h1", "vacancy")]
    assert compare(given_, "vacancy", due) == Exact(wrong_day=2)


@pytest.mark.parametrize(
    ("spoke", "right"),
    [(date(2026, 2, 28), False), (date(2026, 3, 1), True), (date(2026, 6, 14), True), (date(2026, 6, 15), False)],
)
def test_a_probability_is_right_when_it_was_so_when_last_said(spoke: date, right: bool) -> None:
    assert is_right(claim(None, spoke=spoke), [USUAL, SPRING]) is right
    assert not is_right(claim(None, spoke=spoke), [USUAL, truth(date(2026, 3, 1), label="swap")])


FINDING = Finding(
    finding="f", estate="e", home="h1", kind="sublet", stage="suspected",
    stages=(Step("watch", date(2026, 3, 2)), Step("suspected", date(2026, 3, 14))), flagged_on=date(2026, 3, 14),
    onset=date(2026, 2, 20), onset_low=date(2026, 2, 14), onset_high=date(2026, 2, 27), probability=0.93,
    evidence=(Reason("sublet.faded"),), counter_evidence=(), legal_basis="x", first_known_us=1, updated_us=2,
)  # fmt: skip


def test_findings_become_claims() -> None:
    quiet = msgspec.structs.replace(FINDING, home="h0", quiet_since=date(2026, 5, 2), ended_on=date(2026, 5, 9))
    ended, opened = claims_of([FINDING, quiet], LAST)
    assert (ended.home, ended.spoke_until) == ("h0", date(2026, 5, 1))
    assert opened == Claim(
        home="h1", kind="sublet", opened_on=date(2026, 3, 2), flagged_on=date(2026, 3, 14), spoke_until=LAST,
        onset=date(2026, 2, 20), probability=0.93, stage="suspected", grounds=("sublet.faded",),
    )  # fmt: skip
