"""What a cell may hold: dates, times, numbers, lists, formulas as text."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import day_start_us, to_us
from core.errors import InvalidValue
from housing.registry.importing import cells
from housing.registry.importing.schema import FILES

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=40)


@given(st.text(max_size=60))
def test_protecting_is_undone_and_leaves_nothing_to_run(text: str) -> None:
    protected = cells.protect(text)
    assert cells.unprotect(protected) == text
    assert not protected.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 773 1234567", "-", "@SUM(A1)", "'=already", "=cmd|' /C calc'!A0", "#DIV/0!", "'#N/A"]
)
def test_formulas_are_text(text: str) -> None:
    assert cells.LINE.parse(cells.LINE.show(text)) == text
    if not text.startswith(("'", "#")):
        assert cells.LINE.parse(text) == text


@given(DAYS)
def test_days_come_back(day: date) -> None:
    assert cells.DAY.parse(cells.DAY.show(day)) == day
    assert cells.DAY.parse(f"{day.year}/{day.month}/{day.day}") == day
    if day.year >= 1950:  # before, local time was not whole minutes away from UTC, or stepped at midnight
        assert cells.DAY.parse(cells.MOMENT.show(day_start_us(day))) == day


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2199, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_moments_come_back_to_the_microsecond(moment: datetime) -> None:
    assert cells.MOMENT.parse(cells.MOMENT.show(to_us(moment))) == to_us(moment)


def test_moments_of_any_offset_and_days_as_their_first_moment() -> None:
    wanted = to_us(datetime(2026, 3, 1, 0, 0, tzinfo=UTC))
    for text in ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00Z", "2026-02-28T19:00:00-05:00", "2026-03-01 00:00Z"):
        assert cells.MOMENT.parse(text) == wanted
    assert cells.MOMENT.parse("2026-03-01") == day_start_us(date(2026, 3, 1))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (cells.DAY, "2026-02-30"), (cells.DAY, "2026-13-01"), (cells.DAY, "0001-01-01"), (cells.DAY, "20260301"),
        (cells.DAY, "2026-W10-1"), (cells.DAY, "01.03.2026"), (cells.DAY, "2026-03-01T08:00:00+08:00"),
        (cells.DAY, "٢٠٢٦-٠٣-٠٠"), (cells.DAY, "2026-03/01"),
        (cells.MOMENT, "2026-03-01T08:00:00"), (cells.MOMENT, "2026-02-30T08:00:00+08:00"),
        (cells.MOMENT, "2026-03-01T25:00:00+08:00"), (cells.MOMENT, "2026-03-01T08:00:00+99:00"), (cells.MOMENT, "now"),
        (cells.MONTH, "2026-00"), (cells.MONTH, "March"),
        (cells.WHOLE, "1.5"), (cells.WHOLE, "1e3"), (cells.WHOLE, "９"), (cells.WHOLE, "9" * 40),
        (cells.NUMBER, "nan"), (cells.NUMBER, "-1"), (cells.NUMBER, "1e9"), (cells.NUMBER, "inf"),
        (cells.FEN, "1.005"), (cells.FEN, "12,50"), (cells.FLAG, "yes"), (cells.FLAG, "2"),
        (cells.ID, "a" * 65), (cells.ID, "#REF!"), (cells.TOPIC_ID, "gate.1"), (cells.TOPIC_ID, "门"),
        (cells.LINE, "a" * 201), (cells.LINE, "two\nlines"), (cells.NOTE, "a" * 2001),
        (cells.DOORS, "gate;b/door"), (cells.WAYS_IN, "face;gait"), (cells.PLATE, "桂C"), (cells.PLATE, "桂C12345;"),
    ],
)  # fmt: skip
def test_what_a_cell_cannot_hold_is_said_in_words(cell: cells.Cell, text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        cell.parse(text)
    assert not caught.value.zh.isascii()
    assert caught.value.en.replace(text[:32], "").isascii()


@pytest.mark.parametrize(
    ("cell", "text", "value", "shown"),
    [
        (cells.FEN, "600", 60_000, "600"), (cells.FEN, "600.5", 60_050, "600.50"), (cells.FEN, "0.07", 7, "0.07"),
        (cells.NUMBER, "48.50", 48.5, "48.5"), (cells.NUMBER, "100", 100.0, "100"), (cells.WHOLE, "-1", -1, "-1"),
        (cells.MONTH, "2026-03", date(2026, 3, 1), "2026-03"), (cells.FLAG, "TRUE", True, "1"),
        (cells.DOORS, "b; a,a|c、d", ("a", "b", "c", "d"), "a;b;c;d"),
        (cells.WAYS_IN, "card;face", "face card", "face;card"), (cells.PLATE, "桂c·1234５", "桂C12345", "桂C12345"),
    ],
)  # fmt: skip
def test_values_and_how_they_are_written(cell: cells.Cell, text: str, value: object, shown: str) -> None:
    assert cell.parse(text) == value
    assert cell.show(value) == shown


@given(TEXT)
def test_text_comes_back(text: str) -> None:
    assert cells.LINE.parse(cells.LINE.show(text)) == text


@given(st.floats(min_value=0, max_value=1e9))
def test_numbers_come_back_as_far_as_files_carry_them(value: float) -> None:
    rounded = round(value, 6)
    assert cells.NUMBER.parse(cells.NUMBER.show(rounded)) == rounded


CONTRACT = {
    "homes": "home, estate, building, floor, unit, area_m2, state",
    "doors": "door, estate, kind, building, home, counts_tailgating",
    "leases": "lease, home, tenant, start, end, rent_month, ended, end_reason, relocation_until, renewal_applied, "
    "objection_718_served, objection_734_served",
    "people": "person, name, born, home, relation, from, until, lives_alone",
    "vehicles": "plate, person, home, from, until",
    "absences": "home, person, from, until, kind, approved",
    "passes": "pass, home, kind, holder, from, until, doors",
    "outages": "door, from, until",
    "credentials": "credential, person, kind, from, until",
    "consents": "person, purpose, modality, given, withdrawn, text_version, guardian",
    "visits": "home, at, officer, outcome, note",
    "swaps": "home_a, home_b, from, approved",
    "gateways": "gateway, estate, doors",
    "arrears": "lease, month, amount",
    "meters": "home, date, electricity_kwh, water_m3",
}


def test_every_file_of_the_contract_is_known_with_its_columns() -> None:
    known = {file.name: {column.name: column for column in file.columns} for file in FILES}
    assert set(known) == set(CONTRACT)
    for name, listed in CONTRACT.items():
        columns = listed.split(", ")
        assert set(columns) <= set(known[name])
        assert all(known[name][extra].may_miss for extra in set(known[name]) - set(columns))
    assert {file.name for file in FILES if file.needed} == {"homes", "doors", "leases", "people"}
