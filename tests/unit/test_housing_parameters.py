"""The numbers of the rules: defaults, rows by day, values that cannot be."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing import parameters as p
from housing.parameters import detection, law

DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2040, 1, 1))
ROWS = st.lists(
    st.builds(p.ParameterRow, st.just("idle_months"), DAYS, st.integers(1, 60).map(str), st.just("c")),
    max_size=8,
    unique_by=lambda row: row.effective_from,
)


def test_defaults_stand_where_a_city_has_no_row() -> None:
    assert p.value_on([], p.IDLE_MONTHS, date(2026, 1, 1)) == 6
    assert p.value_on([], p.IDLE_EARLY_DAYS, date(2026, 1, 1)) == (30, 90)
    assert p.value_on([], p.CLOCK_718_REMINDER_DAYS, date(2026, 1, 1)) == (30, 90, 150)
    assert p.value_on([], p.FINE_INCOME_MAX_FEN, date(2026, 1, 1)) == 30_000 * 100


def test_a_row_counts_from_its_day_on() -> None:
    rows = [
        p.ParameterRow("idle_months", date(2026, 3, 1), "4", "city notice 7"),
        p.ParameterRow("idle_months", date(2025, 1, 1), "5", "city notice 3"),
        p.ParameterRow("arrears_months", date(2020, 1, 1), "9", "another"),
    ]
    assert p.value_on(rows, p.IDLE_MONTHS, date(2024, 12, 31)) == 6
    assert p.value_on(rows, p.IDLE_MONTHS, date(2026, 2, 28)) == 5
    assert p.value_on(rows, p.IDLE_MONTHS, date(2026, 3, 1)) == 4
    row = p.row_on(rows, "idle_months", date(2026, 3, 1))
    assert row is not None
    assert row.citation == "city notice 7"


@given(ROWS, DAYS, st.integers(1, 60), st.integers(1, 2000))
def test_a_later_change_never_rejudges_the_past(rows: list[p.ParameterRow], day: date, value: int, ahead: int) -> None:
    before = p.value_on(rows, p.IDLE_MONTHS, day)
    later = p.ParameterRow("idle_months", day + timedelta(days=ahead), str(value), "c")
    assert p.value_on([later, *rows], p.IDLE_MONTHS, day) == before


@given(ROWS, DAYS)
def test_the_order_of_rows_does_not_matter(rows: list[p.ParameterRow], day: date) -> None:
    assert p.value_on(rows[::-1], p.IDLE_MONTHS, day) == p.value_on(rows, p.IDLE_MONTHS, day)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idle_months", ""), ("idle_months", "-1"), ("idle_months", "6.5"), ("idle_months", "６"),
        ("idle_months", "9" * 14), ("idle_early_days", "90,30"), ("idle_early_days", "30,30"),
        ("idle_early_days", "30,,90"), ("no_such_name", "1"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(name: str, value: str) -> None:
    with pytest.raises(p.WrongParameter):
        p.check(name, value)


def test_good_values_pass() -> None:
    p.check("idle_months", "12")
    p.check("idle_early_days", "15, 45, 100")


def test_every_parameter_reads_its_own_default_and_says_why() -> None:
    for name, parameter in p.KNOWN.items():
        text = ",".join(map(str, parameter.default)) if isinstance(parameter.default, tuple) else str(parameter.default)
        row = p.ParameterRow(name, date(2020, 1, 1), text, "c")
        assert p.value_on([row], parameter, date(2026, 1, 1)) == parameter.default
        assert parameter.citation
        assert parameter.zh
        assert parameter.en


@pytest.mark.parametrize("name", sorted(name for name in p.KNOWN if name.endswith("_percent")))
def test_a_share_is_never_more_than_all(name: str) -> None:
    p.check(name, "0")
    p.check(name, "100")
    with pytest.raises(p.WrongParameter) as refused:
        p.check(name, "101")
    assert refused.value.mend_zh == "请填写0到100之间的整数。"


@pytest.mark.parametrize("name", sorted(name for name in p.KNOWN if name.endswith(("_months", "_years"))))
def test_no_term_is_over_before_it_begins(name: str) -> None:
    p.check(name, "1")
    with pytest.raises(p.WrongParameter):
        p.check(name, "0")


def test_a_refusal_says_what_its_kind_of_parameter_takes() -> None:
    with pytest.raises(p.WrongParameter, match="ascending, separated by commas"):
        p.check("idle_early_days", "90,30")
    with pytest.raises(p.WrongParameter, match="Give a whole number from 1 to 1,200"):
        p.check("idle_months", "six")
    with pytest.raises(p.WrongParameter, match="Give a whole number of 0 or more"):
        p.check("fine_max_fen", "1000.00")
    with pytest.raises(p.WrongParameter, match="The page of parameters lists those that exist"):
        p.check("no_such_name", "1")


def test_no_two_parameters_share_a_name_and_all_can_be_imported_by_theirs() -> None:
    both = (*law.ALL, *detection.ALL)
    assert len(p.KNOWN) == len(both)
    for parameter in both:
        assert getattr(p, parameter.name.upper()) is parameter
