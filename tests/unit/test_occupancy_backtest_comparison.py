"""Two settings side by side: which findings are the same, what moved, and the picture of it."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from anju.backtest import table
from anju.backtest_comparison import Pair, Span, lines, months, paired, weekly
from anju.backtest_picture import MOST_PAIRS, Picture, draw, most_different
from occupancy.alerts import Alert
from occupancy.findings import Finding, Step

FIRST, UNTIL = date(2026, 1, 5), date(2026, 5, 1)
SVG = "{http://www.w3.org/2000/svg}"


def finding(
    home: str, since: int, flagged: int | None = None, until: int | None = None, kind: str = "sublet"
) -> Finding:
    """A finding by days after FIRST."""

    def day(n: int | None) -> date | None:
        return None if n is None else FIRST + timedelta(n)

    return Finding(
        finding=f"{home}-{since}", estate="e1", home=home, kind=kind, stage="watch",
        stages=(Step("watch", FIRST + timedelta(since)),), flagged_on=day(flagged), onset=None, onset_low=None,
        onset_high=None, probability=0.5, evidence=(), counter_evidence=(), legal_basis="Order 11 Art. 27(1)",
        first_known_us=None, updated_us=0, ended_on=day(until),
    )  # fmt: skip


def alert(name: str, kind: str = "sublet") -> Alert:
    return Alert(
        alert=name, finding=name, estate="e1", home="h", kind=kind, urgent=False, opened_us=0, refreshed_us=0
    )  # fmt: skip


def test_findings_of_one_home_and_kind_that_share_a_day_are_the_same() -> None:
    a = [finding("h1", 3, 10, 30), finding("h1", 50), finding("h2", 5), finding("h3", 5, kind="vacancy")]
    b = [finding("h1", 8, 12, 29), finding("h1", 31, until=40), finding("h2", 6), finding("h3", 5)]
    days = [
        (pair.home, pair.kind, *(None if span is None else (span.since - FIRST).days for span in (pair.a, pair.b)))
        for pair in paired(a, b)
    ]
    assert days == [
        ("h1", "sublet", 3, 8), ("h1", "sublet", None, 31), ("h1", "sublet", 50, None), ("h2", "sublet", 5, 6),
        ("h3", "sublet", None, 5), ("h3", "vacancy", 5, None),
    ]  # fmt: skip


def test_a_line_says_what_each_found_and_what_moved() -> None:
    a = [finding("h1", 3, 10, 30), finding("h2", 5), finding("h3", 9, 20), finding("h4", 1, 4), finding("h5", 0)]
    b = [finding("h1", 3, 14, 30), finding("h2", 3), finding("h3", 9, 26), finding("h4", 1, 4), finding("h6", 0)]
    (line,) = lines(paired(a, b), ([alert("x"), alert("y", "vacancy")], [alert("x"), alert("z")]), 500, 120)
    assert (line.raised, line.flagged, line.ended) == ((5, 5), (3, 3), (1, 1))
    assert (line.only_a, line.only_b) == (1, 1)
    assert (line.earlier, line.earlier_days, line.later, line.later_days) == (1, 2.0, 2, 5.0)
    month = 365.25 / 12
    assert line.alerts == (round(2 * month / 120, 2), round(4 * month / 120, 2))


FINDINGS = st.lists(
    st.builds(
        lambda home, since, flagged, length: finding(
            home, since, None if flagged is None else since + flagged, None if length is None else since + length
        ),
        st.sampled_from(["h1", "h2", "h3"]), st.integers(0, 110), st.none() | st.integers(0, 20),
        st.none() | st.integers(1, 40),
    ),
    max_size=12,
)  # fmt: skip


@given(FINDINGS, FINDINGS)
def test_every_finding_is_in_one_pair_and_changing_sides_mirrors(a: list[Finding], b: list[Finding]) -> None:
    pairs = paired(a, b)
    assert sorted(str(pair.a) for pair in pairs if pair.a) == sorted(str(span) for span in _spans(a))
    assert sorted(str(pair.b) for pair in pairs if pair.b) == sorted(str(span) for span in _spans(b))
    assert all(pair.a or pair.b for pair in pairs)
    assert not any(pair.differs for pair in paired(a, a)) or _overlapping(a)
    for line in lines(pairs, ((), ()), 10, 100):
        assert line.raised[0] - line.only_a == line.raised[1] - line.only_b


def _spans(found: list[Finding]) -> list[Span]:
    return [span for pair in paired(found, []) if (span := pair.a)]


def _overlapping(found: list[Finding]) -> bool:
    """Two findings of one home at once: the service never makes them, a list drawn at random may hold them."""
    spans = sorted(_spans(found), key=lambda span: (span.home, span.since))
    return any(
        one.home == other.home and (one.until is None or other.since < one.until) for one, other in pairwise(spans)
    )


def test_weeks_begin_with_the_period_and_months_with_the_calendar() -> None:
    spans = _spans([finding("h1", 0), finding("h2", 6, 7), finding("h3", 13), finding("h4", 400)])
    assert weekly(spans, FIRST, FIRST + timedelta(15)) == [1, 2, 0]
    assert months(FIRST, UNTIL) == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]


def picture(pairs: list[Pair]) -> Picture:
    kinds = [("sublet", "疑似转租", "Perhaps sublet"), ("vacancy", "疑似空置", "Perhaps vacant")]
    return Picture(pairs=pairs, kinds=kinds, first=FIRST, until=UNTIL, homes=10, names=("now", "<b & c>"))


def test_the_picture_is_well_formed_and_shows_every_disagreement() -> None:
    a, b = [finding("h1", 3, 10, 30), finding("h2", 5)], [finding("h1", 8, 12, 29), finding("h2", 5)]
    drawn = ET.fromstring(draw(picture(paired(a, b))))  # noqa: S314 - as above
    words = [node.text or "" for node in drawn.iter(f"{SVG}text")]
    assert any("<b & c>" in text for text in words)
    assert any(text.startswith("h1") for text in words)
    assert not any(text.startswith("h2") for text in words)  # both say the same of it
    assert "疑似转租" in words
    assert "Perhaps sublet" in words
    width, height = int(drawn.attrib["width"]), int(drawn.attrib["height"])
    for node in drawn.iter(f"{SVG}rect"):
        x, y = (float(node.attrib.get(name, 0)) for name in ("x", "y"))
        assert x + float(node.attrib["width"]) <= width + 0.01
        assert y + float(node.attrib["height"]) <= height + 0.01
    same = draw(picture(paired(a, a)))
    assert "Both settings say the same" in same


def test_the_picture_shows_of_each_kind_those_that_differ_most() -> None:
    moved = [(finding(f"h{n:02}", 0, 10), finding(f"h{n:02}", 0, 11 + n)) for n in range(MOST_PAIRS + 5)]
    alone = finding("x", 3, kind="vacancy")
    found = most_different(picture(paired([a for a, _ in moved], [*(b for _, b in moved), alone])))
    homes = [pair.home for pair in found]
    assert homes == [*(f"h{n:02}" for n in range(5, MOST_PAIRS + 5)), "x"]


def test_a_table_has_a_row_for_each_setting() -> None:
    rows = lines(paired([finding("h1", 3)], [finding("h2", 4)]), ((), ()), 10, 100)
    assert (table(rows, two=False).row_count, table(rows, two=True).row_count) == (1, 2)
