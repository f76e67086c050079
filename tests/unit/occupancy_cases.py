"""Homes with a given past, as the rules see them: a view made from a few rows and marked days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from core import texts
from core.clock import day_start_us
from housing.parameters import ParameterRow
from housing.registry.rows import AbsenceRow, DoorRow, HomeRow, LeaseRow, MemberRow, PersonRow, SwapRow, VisitRow
from occupancy import days
from occupancy.findings import Verdict, rows_of
from occupancy.homedays import empty
from occupancy.registry import Registry, Rows
from occupancy.rules.base import Rule, Values, View
from occupancy.tenure import keys

TODAY = date(2026, 11, 20)
LEASED = date(2025, 1, 1)
Days = Iterable[date]


def span(first: date, until: date) -> list[date]:
    """Days from `first` until before `until`."""
    return [first + timedelta(n) for n in range((until - first).days)]


def lease(
    home: str = "h0",
    start: date = LEASED,
    end: date = date(2029, 12, 31),
    tenant: str = "p0",
    reason: str | None = None,
    **fields: date | None,
) -> LeaseRow:
    """A lease of a home."""
    row = {"ended": None, "relocation_until": None, "renewal_applied": None, "objection_734_served": None} | fields
    return LeaseRow(
        f"l-{home}-{start}", home, tenant, start, end, 50_000, row["ended"], reason, row["relocation_until"],
        row["renewal_applied"], None, row["objection_734_served"],
    )  # fmt: skip


def away(first: date, until: date | None, person: str | None = None, approved: bool = True) -> AbsenceRow:
    """A declared absence of home h0."""
    return AbsenceRow("h0", person, first, until, "work", approved)


def visit(day: date, outcome: str) -> VisitRow:
    """An officer at home h0."""
    return VisitRow("h0", day_start_us(day) + 36_000_000_000, "officer", outcome, "")


def registry(
    *,
    leases: Sequence[LeaseRow] | None = None,
    absences: Sequence[AbsenceRow] = (),
    visits: Sequence[VisitRow] = (),
    swaps: Sequence[SwapRow] = (),
    members: int = 2,
    state: str = "let",
    born: date = date(1950, 5, 5),
    alone: bool = False,
    care: Sequence[str] = (),
    since: date = LEASED,
    withdrawn: Sequence[tuple[str, date]] = (),
    renewed: date | None = None,
) -> Registry:
    """Home h0 with members p0, p1 … since a day, and an empty home h1; `renewed`: with new rows from that day on."""
    spells = [(since, renewed), *([(renewed, None)] if renewed else [])]
    people = [f"p{n}" for n in range(members)]
    return Registry.of(Rows(
        estate="e1",
        homes=[HomeRow("h0", "b1", 1, "1", 50.0, state), HomeRow("h1", "b1", 1, "2", 50.0, "vacant")],
        doors=[DoorRow("gate", "gate", None, None, False), DoorRow("h0-door", "home", "b1", "h0", False)],
        people=[PersonRow(person, person, born) for person in people],
        members=[MemberRow(person, "h0", "tenant", *spell, alone) for person in people for spell in spells],
        leases=[lease()] if leases is None else leases,
        absences=absences, visits=visits, swaps=swaps, care=care,
        withdrawn=[(person, day_start_us(day)) for person, day in withdrawn],
    ))  # fmt: skip


def view(
    known: Registry | None = None,
    *,
    today: date = TODAY,
    window: int = 120,
    observed_from: date = LEASED,
    seen: Days = (),
    columns: Mapping[str, Mapping[date, float]] | None = None,
    unseen: Days = (),
    values: Sequence[ParameterRow] = (),
    last_entry: date | None = None,
    complete: bool = True,
) -> View:
    """Both homes on the evening of `today`.

    `seen`: days on which a member of h0 came in; `columns`: other home-day columns of h0; `unseen`: days without any
    reader; `last_entry`: the last entry of all, where it lies before the window.
    """  # fmt: skip
    known = registry() if known is None else known
    entered, first = list(seen), days.number(today) - window + 1
    made = empty(np.arange(2, dtype=np.int32), first, window)
    for column, marked in ({"members_seen": dict.fromkeys(entered, 1), "entries": dict.fromkeys(entered, 1)}
                           | dict(columns or {})).items():  # fmt: skip
        for day, value in marked.items():
            if first <= days.number(day) <= days.number(today):
                getattr(made, column)[0, days.number(day) - first] = value
    entries = [days.number(day) for day in [*entered, *([last_entry] if last_entry else [])] if day <= today]
    blind = np.array(sorted({days.number(day) for day in unseen}), np.int32)
    return View(
        registry=known,
        values=Values(values),
        observed_from=days.number(observed_from),
        complete=complete,
        days=made,
        last_entry=np.array([max(entries, default=days.NEVER), days.NEVER], np.int32),
        unseen=keys(np.zeros(len(blind), np.int32), blind),
    )


def verdict(rule: Rule, case: View) -> Verdict | None:
    """What a rule says about h0; it must never say anything about the empty home."""
    said = {row.home: row for row in rows_of(rule.evaluate(case), case.registry.homes.ids)}
    assert "h1" not in said
    found = said.get("h0")
    for reason in (*found.evidence, *found.counter_evidence) if found else ():
        assert reason.kind in rule.texts
        assert all(texts.render(reason.kind, lang, **reason.values) for lang in texts.LANGUAGES)
    return found


def reasons(found: Verdict) -> set[str]:
    """The kinds of everything said for and against."""
    return {reason.kind for reason in (*found.evidence, *found.counter_evidence)}
