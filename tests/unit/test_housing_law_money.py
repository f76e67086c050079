"""Market rent from the onset, credit, rounding; the highest fine; rent after an exit by Art. 31."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import texts
from core.errors import InvalidValue
from housing.law.money import MonthlyRent, RentPaid, back_rent, back_rent_range, fine_cap
from housing.law.relocation import Relocation, RentBasis, relocation_on
from housing.parameters import ParameterRow
from tests.unit.housing_law_twins import month_length

DAY = timedelta(days=1)
NEW_YEAR = date(2026, 1, 1)
FLAT = [MonthlyRent(from_day=date(2020, 1, 1), fen=100_000)]
DAYS = st.dates(min_value=date(2023, 11, 1), max_value=date(2025, 4, 30))
FEN = st.integers(0, 500_000)
MARKET = st.lists(
    st.tuples(st.dates(date(2024, 1, 1), date(2025, 6, 1)), FEN), max_size=3, unique_by=lambda r: r[0]
).map(lambda rents: [MonthlyRent(from_day=day, fen=fen) for day, fen in sorted([(date(2020, 1, 1), 123_457), *rents])])
PAID = st.lists(
    st.builds(
        lambda first, days, fen: RentPaid(first=first, last=first + days * DAY, fen=fen), DAYS, st.integers(0, 95), FEN
    ),
    max_size=4,
)


def owed_by_hand(first: date, last: date, market: Sequence[MonthlyRent], paid: Sequence[RentPaid]) -> int:
    """Twin in decimals of sixty digits, a day at a time, closed month by month."""
    months: dict[tuple[int, int], Decimal] = {}
    with localcontext() as context:
        context.prec = 60
        for n in range((last - first).days + 1):
            day = first + n * DAY
            rent = [rent.fen for rent in market if rent.from_day <= day][-1]
            due = Decimal(rent) / month_length(day.year, day.month)
            got = sum(
                (Decimal(p.fen) / ((p.last - p.first).days + 1) for p in paid if p.first <= day <= p.last), Decimal(0)
            )
            month = (day.year, day.month)
            months[month] = months.get(month, Decimal(0)) + max(due - got, Decimal(0))
        # Decimals end: what is within 1e-40 of a whole fen is that fen.
        return sum(int((sum_ + Decimal("1e-40")).to_integral_value(ROUND_FLOOR)) for sum_ in months.values())


def test_a_whole_month_is_the_months_rent_whatever_its_length() -> None:
    for year in (2023, 2024, 2025):
        for month in range(1, 13):
            first = date(year, month, 1)
            last = date(year, month, month_length(year, month))
            assert back_rent(first, last, FLAT).owed_fen == 100_000


def test_every_part_of_every_month() -> None:
    """29 February too: 29 days of a leap year's February make the rent, 28 of another's."""
    for year in (2024, 2025):
        for month in range(1, 13):
            length = month_length(year, month)
            for day in range(1, length + 1):
                owed = back_rent(date(year, month, day), date(year, month, length), FLAT)
                assert owed.owed_fen == 100_000 * (length - day + 1) // length
                assert [m.days for m in owed.months] == [length - day + 1]


def test_partial_months_at_both_ends() -> None:
    owed = back_rent(date(2026, 1, 17), date(2026, 4, 10), FLAT)
    assert [(m.month.month, m.days, m.owed_fen) for m in owed.months] == [
        (1, 15, 48_387), (2, 28, 100_000), (3, 31, 100_000), (4, 10, 33_333),
    ]  # fmt: skip
    assert owed.owed_fen == 281_720


def test_market_rent_may_change_within_a_month() -> None:
    market = [MonthlyRent(from_day=NEW_YEAR, fen=90_000), MonthlyRent(from_day=date(2026, 4, 16), fen=120_000)]
    assert back_rent(date(2026, 4, 1), date(2026, 4, 30), market).owed_fen == 45_000 + 60_000
    assert back_rent(date(2026, 4, 16), date(2026, 4, 30), market[1:]).owed_fen == 60_000


def test_paid_rent_is_credited_for_its_days_only() -> None:
    paid = [RentPaid(first=date(2026, 3, 1), last=date(2026, 3, 31), fen=31_000)]
    assert back_rent(date(2026, 3, 1), date(2026, 3, 31), FLAT, paid).owed_fen == 69_000
    assert back_rent(date(2026, 3, 22), date(2026, 3, 31), FLAT, paid).owed_fen == 1_000_000 // 31 - 10_000
    assert back_rent(date(2026, 4, 1), date(2026, 4, 30), FLAT, paid).owed_fen == 100_000
    quarter = [RentPaid(first=date(2026, 1, 1), last=date(2026, 3, 31), fen=90_000)]
    assert [m.owed_fen for m in back_rent(NEW_YEAR, date(2026, 3, 31), FLAT, quarter).months] == [
        69_000,
        72_000,
        69_000,
    ]


def test_more_paid_than_market_rent_is_no_credit_for_other_days() -> None:
    paid = [RentPaid(first=date(2026, 3, 1), last=date(2026, 3, 31), fen=500_000)]
    assert [m.owed_fen for m in back_rent(date(2026, 3, 1), date(2026, 4, 30), FLAT, paid).months] == [0, 100_000]


@given(DAYS, st.integers(0, 420), MARKET, PAID)
@settings(max_examples=80, deadline=None)
def test_the_sum_is_the_sum_by_hand(first: date, days: int, market: list[MonthlyRent], paid: list[RentPaid]) -> None:
    last = first + days * DAY
    owed = back_rent(first, last, market, paid)
    assert owed.owed_fen == owed_by_hand(first, last, market, paid)
    assert sum(month.days for month in owed.months) == days + 1
    assert (owed.first, owed.last) == (first, last)


@given(DAYS, st.integers(0, 200), st.integers(0, 200), st.integers(0, 90), MARKET, PAID)
@settings(max_examples=60, deadline=None)
def test_an_earlier_onset_never_costs_less(
    low: date, early: int, late: int, after: int, market: list[MonthlyRent], paid: list[RentPaid]
) -> None:
    onset, high = low + early * DAY, low + (early + late) * DAY
    found = back_rent_range((onset, low, high), high + after * DAY, market, iter(paid))
    assert 0 <= found.least.owed_fen <= found.estimate.owed_fen <= found.most.owed_fen
    assert (found.most.first, found.estimate.first, found.least.first) == (low, onset, high)


def test_days_without_a_market_rent_are_refused() -> None:
    late = [MonthlyRent(from_day=date(2026, 2, 1), fen=1)]
    mixed = [MonthlyRent(from_day=date(2026, 2, 1), fen=1), MonthlyRent(from_day=date(2025, 2, 1), fen=1)]
    twice = [MonthlyRent(from_day=date(2025, 2, 1), fen=1), MonthlyRent(from_day=date(2025, 2, 1), fen=2)]
    for market in ([], late, mixed, twice):
        with pytest.raises(InvalidValue):
            back_rent(NEW_YEAR, date(2026, 3, 1), market)
    with pytest.raises(InvalidValue):
        back_rent(NEW_YEAR, NEW_YEAR - DAY, FLAT)
    with pytest.raises(InvalidValue):
        back_rent_range((NEW_YEAR, NEW_YEAR + DAY, NEW_YEAR + 2 * DAY), date(2026, 3, 1), FLAT)


def test_amounts_below_zero_cannot_exist() -> None:
    with pytest.raises(InvalidValue):
        MonthlyRent(from_day=NEW_YEAR, fen=-1)
    with pytest.raises(InvalidValue):
        RentPaid(first=NEW_YEAR, last=NEW_YEAR, fen=-1)
    with pytest.raises(InvalidValue):
        RentPaid(first=NEW_YEAR, last=NEW_YEAR - DAY, fen=1)


@pytest.mark.parametrize(
    ("income", "cap"),
    [
        (0, 100_000), (1, 3), (10_000, 30_000), (500_000, 1_500_000), (999_999, 2_999_997), (1_000_000, 3_000_000),
        (1_000_001, 3_000_000), (10**9, 3_000_000),
    ],
)  # fmt: skip
def test_the_highest_fine(income: int, cap: int) -> None:
    assert fine_cap(NEW_YEAR, NEW_YEAR + DAY, illegal_income_fen=income) == cap


def test_a_fine_goes_by_the_milder_of_two_laws() -> None:
    change = date(2026, 6, 1)
    for value, expected in (("200000", 100_000), ("50000", 50_000)):
        rows = [ParameterRow("fine_max_fen", change, value, "c")]
        assert fine_cap(change - DAY, change, rows=iter(rows)) == expected
        assert fine_cap(change, change, rows=rows) == int(value)
        assert fine_cap(change - 2 * DAY, change - DAY, rows=rows) == 100_000
    rows = [ParameterRow("fine_income_times", change, "2", "c"), ParameterRow("fine_income_max_fen", change, "99", "c")]
    assert fine_cap(change - DAY, change, illegal_income_fen=10, rows=rows) == 20
    assert fine_cap(change - DAY, change, illegal_income_fen=1_000, rows=rows) == 99


def test_a_fine_needs_a_breach_before_its_decision() -> None:
    with pytest.raises(InvalidValue):
        fine_cap(NEW_YEAR, NEW_YEAR - DAY)
    with pytest.raises(InvalidValue):
        fine_cap(NEW_YEAR, NEW_YEAR, illegal_income_fen=-1)


UNTIL = date(2026, 8, 31)


@pytest.mark.parametrize("has_other_home", [None, False, True])
def test_contract_rent_until_the_last_day_of_the_relocation_period(has_other_home: bool | None) -> None:
    for day in (UNTIL - 90 * DAY, UNTIL):
        standing = relocation_on(day, UNTIL, has_other_home=has_other_home)
        assert (standing.state, standing.rent, standing.may_sue) == (Relocation.RUNNING, RentBasis.CONTRACT, False)
    standing = relocation_on(UNTIL, None, has_other_home=has_other_home)
    assert (standing.state, standing.rent, standing.may_sue) == (Relocation.TO_GRANT, RentBasis.CONTRACT, False)


@pytest.mark.parametrize(
    ("has_other_home", "state", "rent", "may_sue"),
    [
        (False, Relocation.MARKET_RENT, RentBasis.MARKET, False),
        (True, Relocation.SUIT, RentBasis.CONTRACT, True),
        (None, Relocation.TO_ESTABLISH, RentBasis.CONTRACT, False),
    ],
)
def test_after_it_market_rent_or_suit(
    has_other_home: bool | None, state: Relocation, rent: RentBasis, may_sue: bool
) -> None:
    standing = relocation_on(UNTIL + DAY, UNTIL, has_other_home=has_other_home)
    assert (standing.state, standing.rent, standing.may_sue) == (state, rent, may_sue)


def test_every_standing_has_words() -> None:
    for state in Relocation:
        assert texts.render(f"law.relocation.{state}", "zh") != texts.render(f"law.relocation.{state}", "en")
