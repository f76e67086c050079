"""Words, formats, masks, places in lists, charts: the small pure things under the pages."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import words
from api.console import catalogs
from api.console.charts import calendar
from api.console.formats import Formats
from api.errors import BadRequest
from api.feed import event
from api.masking import masked
from api.paging import decode, encode
from api.reading.labels import building_label, home_label
from core.clock import to_us
from core.texts import known
from occupancy.rules import RULES
from occupancy.views import HomeDayLine

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MONDAY = date(2025, 11, 17)


def _ids(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_catalogues_hold_what_templates_and_code_use_and_nothing_else(lang: str) -> None:
    used = {_ids(message) for message, _file in catalogs.used()}
    held = {_ids(message.id) for message in catalogs.read(lang) if message.id}
    assert used == held, "run `python -m api.console.catalogs`"


def test_everything_is_said_in_chinese() -> None:
    without = [m.id for m in catalogs.read("zh") if m.id and (not m.string or not all(m.string) or m.fuzzy)]
    assert without == []


def test_translations_keep_the_places_of_values() -> None:
    for message in catalogs.read("zh"):
        if message.id:
            wanted = set(re.findall(r"%\((\w+)\)[sd]", _ids(message.id)))
            texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
            for text in texts:
                assert set(re.findall(r"%\((\w+)\)[sd]", text)) == wanted, message.id
                assert text.count("%") == len(re.findall(r"%\(\w+\)[sd]|%%", text)), message.id


def test_the_same_things_are_named_in_both_languages() -> None:
    for kind, code in (("outcome", "granted"), ("reason", "no_right"), ("home", "care"), ("stage", "to_verify")):
        assert words.word(kind, code, "zh") == known()[f"{kind}.{code}"].zh
        assert words.word(kind, code, "en") == known()[f"{kind}.{code}"].en
    assert words.word("reason", "never_heard_of", "zh") == "never heard of"


@pytest.mark.parametrize(
    ("basis", "zh"),
    [
        ("Order 11 Art. 27(1)", "《公共租赁住房管理办法》第27条第1项"),
        ("Order 11 Art. 30", "《公共租赁住房管理办法》第30条"),
        ("Civil Code Art. 734", "《民法典》第734条"),
        ("Order 11", "《公共租赁住房管理办法》"),
        ("PIPL Art. 13(1)(1), consent for care", "《个人信息保护法》第13条第1款第1项（经本人同意的关爱）"),
        ("Something else", "Something else"),
        ("", ""),
    ],
)
def test_a_legal_basis_in_words(basis: str, zh: str) -> None:
    assert words.law(basis, "zh") == zh
    assert words.law(basis, "en") == basis


@pytest.mark.parametrize("basis", [basis for rule in RULES.values() for basis in rule.bases])
def test_every_rules_basis_has_chinese_words(basis: str) -> None:
    assert not re.search("[A-Za-z]", words.law(basis, "zh"))


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("李四", "李*"), ("王", "*"), ("Ana Lima", "A** L***"), ("", "")]
)
def test_names_in_live_rows(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.text(max_size=40))
def test_a_mask_hides_all_but_the_first_of_each_word(name: str) -> None:
    for word, hidden in zip(name.split(), masked(name).split(" "), strict=False):
        assert len(hidden) == len(word)
        assert set(hidden[1:]) <= {"*"}


@given(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**53)))
def test_a_place_in_a_list_comes_back(key: tuple[int, int]) -> None:
    text = encode(key)
    assert decode(text, tuple[int, int]) == key
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)


@given(st.text(max_size=60))
def test_no_text_breaks_a_list(text: str) -> None:
    with suppress(BadRequest):
        found = decode(text, tuple[int, int])
        assert found is None or len(found) == 2


def test_labels() -> None:
    assert home_label("qingxi-01", "0502", "qingxi") == "01-0502"
    assert building_label("qingxi-01", "qingxi", "zh") == "01栋"
    assert building_label("qingxi-01", "qingxi", "en") == "Building 01"
    assert building_label("梅园", "qingxi", "en") == "梅园"


def test_times_are_said_at_the_estates_clock() -> None:
    zh, en = Formats("zh"), Formats("en")
    at = to_us(NOON)
    assert zh.clock(at, NOON) == "12:00"
    assert zh.clock(at - 86_400_000_000, NOON) == "11月22日 12:00"
    assert en.clock(at - 86_400_000_000, NOON) == "22 Nov 12:00"
    assert zh.clock(to_us(NOON.replace(year=2025)), NOON) == "2025年11月23日 12:00"
    assert zh.iso(at) == "2026-11-23T12:00:00+08:00"
    assert zh.ago(at - 180_000_000, NOON) == "3分钟前"
    assert en.ago(at - 180_000_000, NOON) == "3 minutes ago"
    assert zh.ago(at + 5_000_000, NOON) == "1秒钟前", "a clock ahead of ours says no nonsense"
    assert zh.days(178) == "178天"
    assert zh.yuan(28_850) == "¥288.5"
    assert en.percent(0.914) == "91%"


def _line(day: date, **changes: float) -> HomeDayLine:
    fields: dict[str, float | None] = dict.fromkeys(HomeDayLine.__struct_fields__[1:], 0)
    return HomeDayLine(day=day, **{**fields, "last_member_us": None, **changes})  # type: ignore[arg-type]


def test_a_year_of_days_says_what_was_seen_and_what_could_not_be() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(10)]
    lines = [
        _line(days[0], entries=1, exits=1, members_in_at_night=1), _line(days[1], outage_share=1.0),
        _line(days[2], entries=9), _line(days[3], passes=1), _line(days[4], outage_share=1.0, entries=1),
    ]  # fmt: skip
    strip = calendar(lines, MONDAY, days[-1], [(days[5], days[7]), (days[8], None)], days[2])
    assert [square.kind for square in strip.days] == [
        "seen2", "dark", "seen4", "none", "seen1", "away", "away", "none", "away", "away",
    ]  # fmt: skip
    assert strip.days[3].others == 1
    assert (strip.seen, strip.dark) == (3, 1)
    assert strip.onset is strip.days[2]
    assert (strip.days[7].x, strip.days[7].y) == (13, 0), "a column a week"


@pytest.mark.parametrize(
    ("within", "band"),
    [
        ((0, 6), (-1, 13)),
        ((6, 7), (-1, 26)),
        ((-30, 8), (-1, 26)),
        ((8, 99), (12, 13)),
        ((-9, -1), None),
        ((10, 12), None),
    ],
)
def test_the_weeks_in_which_it_may_have_begun(within: tuple[int, int], band: tuple[int, int] | None) -> None:
    first, last = (MONDAY + timedelta(days=n) for n in within)
    assert calendar([], MONDAY, MONDAY + timedelta(days=9), [], None, (first, last)).band == band
    assert calendar([], MONDAY, MONDAY + timedelta(days=9), [], None).band is None


def test_an_empty_year_is_a_year() -> None:
    strip = calendar([], MONDAY, MONDAY, [], None)
    assert [square.kind for square in strip.days] == ["none"]
    assert strip.onset is None


@given(st.text(max_size=80))
def test_an_event_keeps_its_lines(data: str) -> None:
    text = data.replace("\r", "")
    block = event("sighting", text, "s1:7").decode()
    assert block.startswith("event: sighting\nid: s1:7\n")
    assert block.endswith("\n\n")
    read = [line.removeprefix("data: ") for line in block.split("\n") if line.startswith("data: ")]
    assert "\n".join(read) == text
