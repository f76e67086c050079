"""What others ask of occupancy: read-only queries on connections of the caller. Nothing here writes or decides."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import texts
from core.clock import SystemClock, local_day, to_us
from core.errors import AnjuError
from housing.registry import reading
from occupancy import board as boards
from occupancy import finding_store
from occupancy.board import BoardLine
from occupancy.finding_store import finding_of
from occupancy.findings import Finding, Step
from occupancy.presence import PresenceRow, State, as_shown
from occupancy.rules import RULES
from occupancy.rules.base import Reason
from occupancy.store import chunks
from occupancy.tables import alerts, findings, home_days, presence

PAGE_MAX = 200
ALERT_STATES = ("open", "closed", "all")
AlertKey = tuple[bool, int, str]  # where a page of alerts ended: urgent, opened_us, alert


class UnknownAlertState(AnjuError):
    """A page of alerts was asked for in a state that does not exist."""

    code = "unknown_alert_state"


class PresenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is, as a page may show it: an entry is believed for a day (`presence.as_shown`)."""

    kind: str  # person, pass, vehicle
    subject: str
    home: str | None
    state: str  # unknown, away, on_estate, at_home
    since_us: int
    last_us: int
    last_door: str


class HomeDayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a home; days without a line saw nothing while every reader worked."""

    day: date
    entries: int
    exits: int
    members_seen: int
    members_in_at_night: int
    passes: int
    unknown_entries: int
    mismatches: int
    vehicle_entries: int
    other_vehicles: int
    outage_share: float
    last_member_us: int | None


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with what its finding says now; `key` asks for the page after it."""

    alert: str
    finding: str
    estate: str
    home: str
    kind: str
    urgent: bool
    stage: str
    probability: float
    flagged_on: date | None
    legal_basis: str
    opened_us: int
    refreshed_us: int
    closed_us: int | None

    @property
    def key(self) -> AlertKey:
        """Its place in the order of pages."""
        return self.urgent, self.opened_us, self.alert


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert said, and when: its kind and the dated stages of its finding."""

    alert: str
    kind: str
    stages: tuple[Step, ...]


class ReasonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A reason in words."""

    kind: str
    zh: str
    en: str


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with its reasons in words, for and against."""

    finding: str
    estate: str
    home: str
    kind: str
    stage: str
    stages: tuple[Step, ...]
    flagged_on: date | None
    onset: date | None
    onset_low: date | None
    onset_high: date | None
    probability: float
    evidence: tuple[ReasonLine, ...]
    counter_evidence: tuple[ReasonLine, ...]
    legal_basis: str
    first_known_us: int | None
    updated_us: int
    ended_on: date | None


def board(
    conn_occ: Connection, conn_housing: Connection, estate: str, *, now: datetime | None = None
) -> list[BoardLine]:
    """A line for every home of an estate, from SQL; `now` defaults to the machine's clock."""
    now = now or SystemClock().now()
    today = local_day(now)
    away = {
        row.home
        for row in reading.absences_of(conn_housing, estate)
        if row.approved
        and row.person is None
        and row.from_day <= today
        and (not row.until_day or today < row.until_day)
    }
    f = findings.c
    found = conn_occ.execute(sa.select(f.home, f.kind, f.stage).where(f.estate == estate, f.ended_on.is_(None)))
    return boards.lines(
        [row.home for row in reading.homes_of(conn_housing, estate)],
        _presence(conn_occ, estate, None),
        [(row.home, row.kind, row.stage) for row in found],
        away,
        to_us(now),
    )


def presence_of(
    conn: Connection, estate: str, home: str | None = None, *, now: datetime | None = None
) -> list[PresenceLine]:
    """Everybody of an estate, or of one home, and where they were last known to be."""
    now_us = to_us(now or SystemClock().now())
    return [
        PresenceLine(
            kind=row.kind, subject=row.subject, home=row.home, since_us=row.since_us, last_us=row.last_us,
            last_door=row.last_door, state=as_shown(State[row.state.upper()], row.since_us, now_us).word,
        )
        for row in _presence(conn, estate, home)
    ]  # fmt: skip


def _presence(conn: Connection, estate: str, home: str | None) -> list[PresenceRow]:
    query = sa.select(presence).where(presence.c.estate == estate)
    if home is not None:
        query = query.where(presence.c.home == home)
    rows = conn.execute(query.order_by(presence.c.kind, presence.c.subject))
    return [PresenceRow(**row) for row in rows.mappings()]


def home_days_of(conn: Connection, home: str, from_day: date, until_day: date) -> list[HomeDayLine]:
    """The days of a home from `from_day` until before `until_day`, oldest first."""
    columns = [home_days.c[name] for name in HomeDayLine.__struct_fields__]
    query = sa.select(*columns).where(
        home_days.c.home == home, home_days.c.day >= from_day, home_days.c.day < until_day
    )
    return [HomeDayLine(**row) for row in conn.execute(query.order_by(home_days.c.day)).mappings()]


def alerts_page(
    conn: Connection,
    estates: Sequence[str],
    *,
    state: str = "open",
    before: AlertKey | None = None,
    limit: int = 50,
) -> list[AlertLine]:
    """Alerts of some estates, the urgent first, then the newest; after the `key` of the page before.

    `state` is open, closed or all; raises UnknownAlertState.
    """
    a = alerts.c
    query = _alerts().where(a.estate.in_(estates))
    if state not in ALERT_STATES:
        raise UnknownAlertState(
            f"没有“{state}”这种提醒状态。", f"There is no alert state {state!r}.",
            mend_zh="可用：open、closed、all。", mend_en="Use open, closed or all.",
        )  # fmt: skip
    if state != "all":
        query = query.where(a.closed_us.is_(None) if state == "open" else a.closed_us.is_not(None))
    if before is not None:
        urgent, opened_us, last = before
        older = sa.or_(a.opened_us < opened_us, sa.and_(a.opened_us == opened_us, a.alert < last))
        same = sa.and_(a.urgent == sa.literal(urgent), older)
        query = query.where(sa.or_(same, a.urgent == sa.false()) if urgent else same)
    query = query.order_by(a.urgent.desc(), a.opened_us.desc(), a.alert.desc()).limit(min(limit, PAGE_MAX))
    return [AlertLine(**row) for row in conn.execute(query).mappings()]


def alert(conn: Connection, id: str) -> AlertLine | None:  # noqa: A002 - the name other rooms agreed on
    """One alert; None if there is none of that id."""
    row = conn.execute(_alerts().where(alerts.c.alert == id)).mappings().first()
    return None if row is None else AlertLine(**row)


def _alerts() -> sa.Select[tuple[object, ...]]:
    a, f = alerts.c, findings.c
    from_alert = [a[name] for name in ("alert", "finding", "estate", "home", "kind", "urgent")]
    times = [a.opened_us, a.refreshed_us, a.closed_us]
    joined = alerts.join(findings, f.finding == a.finding)
    return sa.select(*from_alert, f.stage, f.probability, f.flagged_on, f.legal_basis, *times).select_from(joined)


def finding(conn: Connection, id: str) -> FindingView | None:  # noqa: A002 - the name other rooms agreed on
    """One finding with its reasons in words; None if there is none of that id."""
    row = conn.execute(sa.select(findings).where(findings.c.finding == id)).first()
    return None if row is None else in_words(finding_of(row))


def findings_of(conn: Connection, home: str) -> list[FindingView]:
    """Every finding about a home, the newest first, ended ones too."""
    rows = conn.execute(sa.select(findings).where(findings.c.home == home).order_by(findings.c.updated_us.desc()))
    return [in_words(finding_of(row)) for row in rows]


def stated_of(conn: Connection, ids: Sequence[str]) -> list[Stated]:
    """What some alerts said over time; those there are not any more are left out."""
    a, f = alerts.c, findings.c
    query = sa.select(a.alert, a.kind, f.stages).select_from(alerts.join(findings, f.finding == a.finding))
    return [
        Stated(alert=row.alert, kind=row.kind, stages=finding_store.stages_of(row.stages))
        for piece in chunks(ids)
        for row in conn.execute(query.where(a.alert.in_(piece)))
    ]


def waiting(conn: Connection, estate: str, limit: int = PAGE_MAX) -> list[FindingView]:
    """Accusations whose alert waits for the week's budget, the likeliest first: nothing is held back in silence."""
    f = findings.c
    query = finding_store.waiting(estate).order_by(f.probability.desc(), f.first_known_us, f.finding)
    return [in_words(finding_of(row)) for row in conn.execute(query.limit(min(limit, PAGE_MAX)))]


def count_waiting(conn: Connection, estate: str) -> int:
    """How many alerts of an estate wait for the week's budget."""
    return conn.scalar(sa.select(sa.func.count()).select_from(finding_store.waiting(estate).subquery())) or 0


def in_words(found: Finding) -> FindingView:
    """A finding with its reasons rendered in both languages."""
    fields = {name: getattr(found, name) for name in FindingView.__struct_fields__}
    fields["evidence"] = tuple(_words(reason) for reason in found.evidence)
    fields["counter_evidence"] = tuple(_words(reason) for reason in found.counter_evidence)
    return FindingView(**fields)


def _words(reason: Reason) -> ReasonLine:
    said = {lang: texts.render(reason.kind, lang, **reason.values) for lang in texts.LANGUAGES}
    return ReasonLine(kind=reason.kind, zh=said["zh"], en=said["en"])


def kinds() -> tuple[str, ...]:
    """The kinds of findings there are, the urgent first."""
    return tuple(RULES)
