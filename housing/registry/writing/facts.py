"""What is known of homes and doors: absences, visits, swaps, outages."""

from datetime import date, datetime

from sqlalchemy.engine import Connection

from core.clock import to_us
from core.errors import InvalidValue
from housing.registry.kinds import AbsenceKind, VisitOutcome
from housing.registry.writing import words
from housing.registry.writing.transaction import Act


def add_absence(
    conn: Connection,
    *,
    home: str,
    person: str | None = None,
    from_day: date,
    until_day: date | None,
    kind: AbsenceKind,
    approved: bool,
    actor: str,
    now: datetime,
) -> None:
    """Register or change a declared absence, of a household or of one of its members.

    Raises InvalidValue, UnknownReference.
    """
    act = Act(conn, actor, now)
    act.require_home(home)
    if person is not None:
        act.require_person(person)
    row = {
        "home": home, "person": person, "from_day": from_day, "until_day": until_day, "kind": kind.value,
        "approved": approved,
    }  # fmt: skip
    act.put("absences", row)
    act.done("registry:absence:put", home, {"from": from_day, "until": until_day, "approved": approved})


def add_visit(
    conn: Connection,
    *,
    home: str,
    at: datetime,
    officer: str,
    outcome: VisitOutcome,
    note: str,
    actor: str,
    now: datetime,
) -> None:
    """Record an officer's visit. Raises InvalidValue (a visit in the future), UnknownReference."""
    act = Act(conn, actor, now)
    act.require_home(home)
    if to_us(at) > to_us(now):
        raise InvalidValue("走访时间在将来。", "the visit lies in the future.")
    row = {
        "home": home, "at_us": to_us(at), "officer": words.line(officer, "走访人", "the officer"),
        "outcome": outcome.value, "note": words.note(note, "备注", "the note"),
    }  # fmt: skip
    act.put("visits", row)
    act.done("registry:visit:put", home, {"at": at, "outcome": outcome})


def add_swap(
    conn: Connection,
    *,
    home_a: str,
    home_b: str,
    from_day: date,
    until_day: date | None = None,
    approved: bool,
    actor: str,
    now: datetime,
) -> None:
    """Register or change a swap of two homes. Raises InvalidValue, UnknownReference."""
    act = Act(conn, actor, now)
    for home in (home_a, home_b):
        act.require_home(home)
    row = {"home_a": home_a, "home_b": home_b, "from_day": from_day, "until_day": until_day, "approved": approved}
    act.put("swaps", row)
    act.done("registry:swap:put", home_a, {"with": home_b, "from": from_day, "approved": approved})


def put_outage(
    conn: Connection,
    *,
    door: str | None = None,
    gateway: str | None = None,
    estate: str,
    start: datetime,
    until: datetime | None,
    actor: str,
    now: datetime,
) -> None:
    """Register when a door, or all doors of a gateway, could not see; the same start again corrects its end.

    Raises InvalidValue, UnknownReference.
    """
    act = Act(conn, actor, now)
    row = {
        "door": door, "gateway": gateway, "from_us": to_us(start), "until_us": None if until is None else to_us(until),
    }  # fmt: skip
    if door is not None:
        act.require_door(door, estate)
    if gateway is not None:
        act.require_gateway(gateway, estate)
    act.put("outages", row)
    act.done("registry:outage:put", door or gateway or "", {"estate": estate, "from": start, "until": until})
