"""The legal clock of a finding as pages show it: 718 of a sublet or swap, 734 of staying on (`housing.law.clocks`)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.clock import from_us, local_day
from housing import tables as t
from housing.law.clocks import Clock718, Clock734, State718, State734
from housing.parameters import ParameterRow
from housing.registry import reading
from housing.registry.rows import LeaseRow
from occupancy.views import FindingView

KNOWN_KINDS = frozenset({"sublet", "swap"})  # clock 718 runs from the first suspicion
OVERDUE, SIGNS = "overdue", "overdue.signs"
_TONES: Mapping[str, str] = {
    State718.RED: "bad", State718.CONSENT: "bad", State718.STOPPED: "good", State734.OBJECT: "bad",
}  # fmt: skip


class LegalClock(msgspec.Struct, frozen=True, kw_only=True):
    """Where a clock stands today.

    Attributes:
        article: of the Civil Code: 718 or 734.
        state: the code of its state; the words are `law.<article>.<state>`.
        since: 718: the day the sublet was first suspected; 734: the last day of right.
        days: days since then.
        red_from: 718: the day from which it is red; None for 734.
        next_reminder, last_day, days_left: 718, while it runs.
        draft_on: 734: the day on which an objection is to be drafted.
        tone: bad, warn, good or nothing.
    """

    article: int
    state: str
    since: date
    days: int
    red_from: date | None = None
    next_reminder: date | None = None
    last_day: date | None = None
    days_left: int | None = None
    draft_on: date | None = None
    tone: str = ""

    @property
    def red_days(self) -> int | None:
        """718: days from the first suspicion to red."""
        return None if self.red_from is None else (self.red_from - self.since).days


def clocks_of(conn: Connection, estate: str, findings: Iterable[FindingView], today: date) -> Mapping[str, LegalClock]:
    """The clocks of those findings that start one, by finding; `conn` is on the housing store."""
    concerned = [f for f in findings if f.kind == OVERDUE or (f.kind in KNOWN_KINDS and f.first_known_us is not None)]
    if not concerned:
        return {}
    leases = _leases(conn, sorted({f.home for f in concerned}))
    rows = reading.parameters_of(conn, reading.city_of(conn, estate))
    made = {f.finding: clock(f, leases.get(f.home, ()), rows, today) for f in concerned}
    return {finding: found for finding, found in made.items() if found is not None}


def _leases(conn: Connection, homes: Sequence[str]) -> Mapping[str, Sequence[LeaseRow]]:
    """The leases of a page's worth of homes, newest first."""
    c = t.leases.c
    query = sa.select(*(c[name] for name in LeaseRow.__struct_fields__)).where(c.home.in_(homes))
    found: dict[str, list[LeaseRow]] = {}
    for row in conn.execute(query.order_by(c.start.desc())):
        found.setdefault(row.home, []).append(LeaseRow(*row))
    return found


def clock(
    finding: FindingView, leases: Sequence[LeaseRow], rows: Sequence[ParameterRow], today: date
) -> LegalClock | None:
    """The clock of one finding by the leases of its home, newest first; None where it starts none.

    Pure. An objection served before this suspicion was about another one and stops nothing here.
    """
    if finding.kind == OVERDUE:
        return _clock_734(finding, leases, rows, today)
    if finding.kind not in KNOWN_KINDS or finding.first_known_us is None:
        return None
    known = local_day(from_us(finding.first_known_us))
    served = [lease.objection_718_served for lease in leases if lease.objection_718_served]
    running = Clock718.of(known, min((day for day in served if day >= known), default=None), rows=rows)
    now = running.on(max(today, known))
    return LegalClock(
        article=718, state=now.state, since=known, days=(today - known).days, red_from=running.red_from,
        next_reminder=now.next_reminder, last_day=running.last_day, days_left=now.days_left,
        tone=_TONES.get(now.state, "warn" if now.reminders else ""),
    )  # fmt: skip


def _clock_734(
    finding: FindingView, leases: Sequence[LeaseRow], rows: Sequence[ParameterRow], today: date
) -> LegalClock | None:
    """Its onset is the day after the last day of right, and ends with the first day of signs, where there are any."""
    if finding.onset is None:
        return None
    due = finding.onset - timedelta(days=1)
    signs = finding.onset_high if any(reason.kind == SIGNS for reason in finding.evidence) else None
    served = [lease.objection_734_served for lease in leases if lease.objection_734_served and lease.start <= due]
    running = Clock734.of(due, signs, next(iter(served), None), rows=rows)
    state = running.on(today)
    return LegalClock(
        article=734, state=state, since=due, days=(today - due).days, draft_on=running.draft_on,
        tone=_TONES.get(state, ""),
    )  # fmt: skip
