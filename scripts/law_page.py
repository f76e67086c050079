"""The page of the law: grounds, routes, clocks, deadlines, money and every number, read off `housing.law`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from housing.law import clocks, periods, relocation
from housing.law.grounds import GROUNDS, ROUTES, Ground, Route
from housing.law.money import MonthlyRent, RentPaid, back_rent, fine_cap
from housing.law.terms import idle_term
from housing.parameters import BAN_YEARS, FINE_INCOME_TIMES, Parameter, detection, law

_INTRO = """\
The law the system lives under, read off `housing/law` and `housing/parameters` by `make docs`. Order 11 is
《公共租赁住房管理办法》（住房和城乡建设部令第11号）. All of it flags, reckons and reminds. None of it decides, and none
of it touches a door: a person decides.

A day is a calendar day at the estate (Asia/Shanghai). The day that sets a period off is not counted (Civil Code 201);
months and years end on the day of the same number, or on the last day of a month that lacks it (202). An end on a
holiday is not moved (203), so no day shown here is later than the law's own. Every number may be set by a city from a
day on; a running clock keeps the numbers of the day it started ([ADR 0014](adr/0014-which-days-numbers.md)).
"""
_GROUNDS = """\
A route that is refused raises `wrong_route`, which names the right one. Breaches are the grounds of Art. 27: only they
carry market rent from the onset, a fine and the ban (Art. 36).
"""
_CLOCK_718 = """\
Law: silence for six calendar months after a sublet was known, or should have been, is consent to it (Civil Code 718).
House practice: the reminders, and the red alarm, which never comes after the law's last day. An objection served in
time stops the clock; one served later stops nothing.

Known on {known}: reminders on {reminders}; red from {red}; the last day to object is {last}.
"""
_CLOCK_734 = """\
Law: a home used after the term without an objection is held by a lease of no fixed term (Civil Code 734). House
practice: the day on which the objection is drafted. One that was served before the term was over counts too.
"""
_PERIODS = """\
A hearing's own day counts, the day its notice is served does not. Renewal is applied for by the day that lies the
months of `renewal_notice_months` before the lease's last day, with a reminder `renewal_reminder_days` ahead of it, by
the numbers of the first day of the term. Working days are those of the State Council's notices; into a year without
one, the answer is `holidays_unknown` and what mends it, never a guess.
"""
_TERMS = """\
An idle run that begins on {start} reaches six months on {term}. Each day away with approval, or without any reader at
work, moves the term by a day, those of the days it was moved by too: with {first} to {last} not counted it is {moved}.
Each day is judged by the number in force on it, and a term that was reached stays reached, whatever is changed later
(L2). Rent owed is counted cumulatively, not in a row.
"""
_MONEY = """\
- Market rent is owed from the day the breach began, so an onset is money. For an onset with its interval there are
  three sums: the estimate's, the least (latest onset) and the most (earliest onset).
- Rent accrues by the day: a month's rent divided by the days of that calendar month. Rent paid for a day is credited,
  up to the market rent of that day.
- Sums are exact until a calendar month is closed; each month is then rounded down to whole fen.
- The fine is at most {plain} yuan; with illegal income at most {times} times that income and at most {most} yuan. A
  breach is fined by the law of its own day, or by that of the decision where it is milder (Penalty Law 37).
- No new application for {ban} years from the day of return.

Market rent 1,000 yuan a month, 300 yuan paid for January, breach from {first} to {last}:
"""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = tuple(head)
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _grounds() -> Iterator[str]:
    yield from ("## Grounds and routes", "")
    yield from _table(
        ("route", "words", "whose it is"),
        ((f"`{route}`", f"{way.zh}<br>{way.en}", f"{way.who_zh}<br>{way.who_en}") for route, way in ROUTES.items()),
    )
    head = ("ground", "breach", "words", "article", "beside it", *(f"`{route}`" for route in Route))
    yield from _table(head, (_ground(ground) for ground in Ground))
    yield _GROUNDS


def _ground(ground: Ground) -> Iterator[str]:
    details = GROUNDS[ground]
    yield f"`{ground}`"
    yield "yes" if details.is_breach else ""
    yield f"{details.zh}<br>{details.en}"
    yield f"{details.article.zh}<br>{details.article.en}"
    yield "<br>".join(article.en for article in details.beside)
    yield from ("given" if route is details.route else "refused" for route in Route)


def _states(prefix: str, texts: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield from _table(
        ("state", "中文", "English"),
        ((f"`{key.removeprefix(prefix)}`", zh, en) for key, (zh, en) in texts.items() if key.startswith(prefix)),
    )


def _clocks() -> Iterator[str]:
    clock = clocks.Clock718.of(date(2025, 8, 31))
    yield from ("## Clock 718", "")
    yield _CLOCK_718.format(
        known=clock.known_on, reminders=", ".join(map(str, clock.reminders)), red=clock.red_from, last=clock.last_day
    )
    yield from _states("law.718.", clocks.TEXTS)
    yield from ("## Clock 734", "", _CLOCK_734)
    yield from _states("law.734.", clocks.TEXTS)


def _periods() -> Iterator[str]:
    yield from ("## Periods", "")
    yield from _table(
        ("ends with", "set off by", "number", "default", "unit", "citation"),
        (
            (
                f"{p.zh}<br>{p.en}", f"{p.starts_zh}<br>{p.starts_en}", f"`{p.parameter.name}`",
                str(p.parameter.default), p.unit.replace("_", " "), p.parameter.citation,
            )
            for p in periods.ALL
        ),
    )  # fmt: skip
    yield _PERIODS


def _terms() -> Iterator[str]:
    start, paused = date(2025, 8, 31), [date(2026, 2, 26), date(2026, 2, 27), date(2026, 2, 28)]
    yield from ("## Idle months and rent owed", "")
    yield _TERMS.format(
        start=start, term=idle_term(start, 6), first=paused[0], last=paused[-1], moved=idle_term(start, 6, paused)
    )


def _money() -> Iterator[str]:
    new_year, first, last = date(2026, 1, 1), date(2026, 1, 17), date(2026, 2, 28)
    yield from ("## Money (Art. 36)", "")
    yield _MONEY.format(
        plain=f"{fine_cap(first, last) // 100:,}", times=FINE_INCOME_TIMES.default,
        most=f"{fine_cap(first, last, illegal_income_fen=10**9) // 100:,}", ban=BAN_YEARS.default,
        first=first, last=last,
    )  # fmt: skip
    market = [MonthlyRent(from_day=new_year, fen=100_000)]
    owed = back_rent(first, last, market, [RentPaid(first=new_year, last=date(2026, 1, 31), fen=30_000)])
    yield from _table(
        ("month", "days", "market rent, fen", "credit, fen", "owed, fen"),
        (
            (f"{m.month:%Y-%m}", str(m.days), f"{float(m.market):,.2f}", f"{float(m.credit):,.2f}", f"{m.owed_fen:,}")
            for m in owed.months
        ),
    )
    yield from ("## After an exit by Art. 31", "")
    yield from _states("law.relocation.", relocation.TEXTS)


def _numbers(title: str, about: str, all_of: Iterable[Parameter[int] | Parameter[tuple[int, ...]]]) -> Iterator[str]:
    yield from (f"## {title}", "", about, "")
    yield from _table(
        ("parameter", "default", "中文", "English", "citation"),
        ((f"`{p.name}`", _written(p.default), p.zh, p.en, p.citation) for p in all_of),
    )


def _written(value: int | tuple[int, ...]) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:,}"


def law_page() -> str:
    """All of it as one page."""
    parts = ["# The law", "", _INTRO, *_grounds(), *_clocks(), *_periods(), *_terms(), *_money()]
    parts += _numbers("Numbers of the law", "With the article each comes from; house practice says so.", law.ALL)
    about = "What staff are asked to look at, never what is a breach. No law gives them."
    parts += _numbers("Numbers of detection", about, detection.ALL)
    return "\n".join(parts).rstrip() + "\n"
