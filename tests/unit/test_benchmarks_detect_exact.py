"""The rules of the calendar against the oracle: idle and overdue homes on the evening the law says, none else.

Missed reads, repeated and late events, wrong clocks and five dark days included; both generators.
"""

from datetime import timedelta

import pytest

from benchmarks.detect_oracle import due_evenings
from benchmarks.detect_sensing import FIVE_DAYS, Setting, seen
from benchmarks.detect_truth import claims_of, compare
from benchmarks.detect_worlds import GENERATORS, START, back_test

HOMES, DAYS, SEED = 90, 280, 17


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_idle_and_overdue_homes_are_flagged_on_the_right_evening(generator: str) -> None:
    made = GENERATORS[generator](SEED, HOMES, START, DAYS, prevalence=0.1)
    worse = seen(made, Setting(missed_percent=20, outage=FIVE_DAYS), SEED)
    due = due_evenings(worse)
    claims = claims_of(back_test(worse, lambda *_: None).findings[0], START + timedelta(days=DAYS - 1))
    for kind in ("vacancy", "overdue"):
        met = compare(claims, kind, {home: getattr(days, kind) for home, days in due.items()})
        assert met.right_day > 0
        assert (met.wrong_day, met.missed, met.false) == (0, 0, 0), kind
