"""What must hold between rows: every home, person and door that is named is registered, or in the files themselves.

Files are checked in an order in which each only names what came before, so a refused home takes the rows that name it
with it, each with its own reason. A row that passes may get what the files leave open (the estate of a member).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from housing import tables as t
from housing.registry import rules
from housing.registry.importing.parsing import Parsed
from housing.registry.importing.sheets import Refusal
from housing.registry.kinds import Relation
from housing.registry.rules import RuleBroken

Row = dict[str, Any]


class Known:
    """Everything registered by id, from the store and from the rows accepted so far."""

    def __init__(self, conn: Connection) -> None:
        def pairs(*columns: sa.Column[Any]) -> list[Any]:
            return list(conn.execute(sa.select(*columns)))

        self.estates: set[str] = set(conn.scalars(sa.select(t.estates.c.estate)))
        self.homes: dict[str, str] = dict(map(tuple, pairs(t.homes.c.home, t.homes.c.estate)))
        d = t.doors.c
        self.doors: dict[str, tuple[str, str | None]] = {r[0]: (r[1], r[2]) for r in pairs(d.door, d.estate, d.home)}
        self.gateways: dict[str, str] = dict(map(tuple, pairs(t.gateways.c.gateway, t.gateways.c.estate)))
        self.people: dict[str, date | None] = dict(map(tuple, pairs(t.people.c.person, t.people.c.born)))
        child = sa.select(t.members.c.person).where(t.members.c.relation == Relation.CHILD.value)
        self.children = set(conn.scalars(child))
        self.leases = set(conn.scalars(sa.select(t.leases.c.lease)))
        c = t.consents.c
        rows = conn.execute(
            sa.select(c.person, c.purpose, c.modality, c.given_us, c.withdrawn_us).where(c.withdrawn_us.is_not(None))
        )
        self.withdrawn = {tuple(row[:4]): row[4] for row in rows}
        self.named: dict[str, tuple[str, date | None]] = {}  # name and birthday of people in this import

    def home(self, home: str, column: str = "home") -> str:
        """The estate of a home; raises RuleBroken."""
        if home not in self.homes:
            raise RuleBroken(column, f"房屋“{home}”未登记。", f"Home {home!r} is not registered.")
        return self.homes[home]

    def person(self, person: str, column: str = "person") -> None:
        """Raise RuleBroken unless the person is known."""
        if person not in self.people:
            raise RuleBroken(column, f"人员“{person}”未登记。", f"Person {person!r} is not registered.")

    def door(self, door: str, estate: str, column: str = "doors") -> str | None:
        """The home of a home's own door; raises RuleBroken for a door that is not the estate's."""
        found = self.doors.get(door)
        if found is None or found[0] != estate:
            raise RuleBroken(
                column, f"门“{door}”未登记在小区“{estate}”。", f"Door {door!r} is not registered in estate {estate!r}."
            )
        return found[1]


def _same_estate(column: str, name: str, before: str | None, estate: str) -> None:
    if before is not None and before != estate:
        raise RuleBroken(
            column, f"“{name}”已登记在小区“{before}”。编号在所有小区中必须唯一。",
            f"{name!r} is registered in estate {before!r}; ids are unique over all estates.",
        )  # fmt: skip


def _home(known: Known, row: Row) -> None:
    _same_estate("home", row["home"], known.homes.get(row["home"]), row["estate"])
    known.estates.add(row["estate"])
    known.homes[row["home"]] = row["estate"]


def _door(known: Known, row: Row) -> None:
    before = known.doors.get(row["door"])
    _same_estate("door", row["door"], before and before[0], row["estate"])
    if row["home"] is not None and known.home(row["home"]) != row["estate"]:
        raise RuleBroken("home", "房屋属于另一个小区。", "The home is in another estate.")
    known.estates.add(row["estate"])
    known.doors[row["door"]] = (row["estate"], row["home"])


def _gateway(known: Known, row: Row) -> None:
    _same_estate("gateway", row["gateway"], known.gateways.get(row["gateway"]), row["estate"])
    if row["estate"] not in known.estates:
        raise RuleBroken("estate", "小区未登记。", "The estate is not registered.")
    for door in row["doors"]:
        known.door(door, row["estate"])
    known.gateways[row["gateway"]] = row["estate"]


def _staff_estate(known: Known, named: str | None) -> str:
    if named is not None:
        if named not in known.estates:
            raise RuleBroken("estate", f"小区“{named}”未登记。", f"Estate {named!r} is not registered.")
        return named
    if len(known.estates) != 1:
        raise RuleBroken(
            "estate", "登记了多个小区，请用 estate 列写明工作人员所属小区。",
            "There are several estates; name the estate of staff in a column estate.",
        )  # fmt: skip
    return next(iter(known.estates))


def _same_person(known: Known, row: Row) -> None:
    """Several lines may be about one person; a birthday that one of them leaves out is another's."""
    name, born = known.named.get(row["person"], (row["name"], row["born"]))
    row["born"] = row["born"] or born
    if (row["name"], row["born"]) != (name, born or row["born"]):
        raise RuleBroken(
            "person",
            "同一编号在本文件中对应不同的姓名或出生日期。",
            "The same id has another name or birthday in this file.",
        )
    known.named[row["person"]] = (name, row["born"])


def _person(known: Known, row: Row) -> None:
    named = row.get("estate")
    row["estate"] = _staff_estate(known, named) if row["home"] is None else known.home(row["home"])
    if named is not None:
        _same_estate("estate", row["home"] or "", row["estate"], named)
    _same_person(known, row)
    known.people[row["person"]] = row["born"]
    if row["relation"] == Relation.CHILD:
        known.children.add(row["person"])


def _lease(known: Known, row: Row) -> None:
    known.home(row["home"])
    known.person(row["tenant"], "tenant")
    known.leases.add(row["lease"])


def _vehicle(known: Known, row: Row) -> None:
    known.person(row["person"])
    if row["home"] is not None:
        known.home(row["home"])


def _credential(known: Known, row: Row) -> None:
    known.person(row["person"])


def _pass(known: Known, row: Row) -> None:
    estate = known.home(row["home"])
    for door in row["doors"]:
        if known.door(door, estate) not in (None, row["home"]):
            raise RuleBroken("doors", f"门“{door}”属于其他住户。", f"Door {door!r} is another home's own.")


def _absence(known: Known, row: Row) -> None:
    known.home(row["home"])
    if row["person"] is not None:
        known.person(row["person"])


def _consent(known: Known, row: Row) -> None:
    known.person(row["person"])
    rules.guardian(row, known.people[row["person"]], is_child=row["person"] in known.children)
    key = (row["person"], row["purpose"], row["modality"], row["given_us"])
    ended = known.withdrawn.get(key)
    if ended is not None and row.get("withdrawn_us", ended) != ended:
        raise RuleBroken(
            "withdrawn", "该同意已被撤回，撤回不能由导入更改；重新同意请另起一行。",
            "This consent was withdrawn; an import cannot change that. A new consent is a new row.",
        )  # fmt: skip


def _of_home(known: Known, row: Row) -> None:
    known.home(row["home"])


def _swap(known: Known, row: Row) -> None:
    for column in ("home_a", "home_b"):
        known.home(row[column], column)


def _outage(known: Known, row: Row) -> None:
    """The column `door` may name a gateway: then all its doors were blind."""
    door, gateway = row.get("door"), row.get("gateway")
    if door is not None and door not in known.doors and door in known.gateways:
        door, gateway = None, door
    if door is not None and door not in known.doors:
        raise RuleBroken("door", f"没有门或网关“{door}”。", f"No door or gateway {door!r} is registered.")
    if gateway is not None and gateway not in known.gateways:
        raise RuleBroken("gateway", f"没有网关“{gateway}”。", f"No gateway {gateway!r} is registered.")
    row["door"], row["gateway"] = door, gateway


def _arrears(known: Known, row: Row) -> None:
    if row["lease"] not in known.leases:
        raise RuleBroken("lease", f"租约“{row['lease']}”未登记。", f"Lease {row['lease']!r} is not registered.")


# In the order in which files are checked and written: each names only what stands before it.
CHECKS: Mapping[str, Callable[[Known, Row], None]] = {
    "homes": _home,
    "doors": _door,
    "gateways": _gateway,
    "people": _person,
    "leases": _lease,
    "vehicles": _vehicle,
    "credentials": _credential,
    "passes": _pass,
    "absences": _absence,
    "consents": _consent,
    "visits": _of_home,
    "swaps": _swap,
    "outages": _outage,
    "arrears": _arrears,
    "meters": _of_home,
}


def check(parsed: Parsed, known: Known) -> None:
    """Move the rows of `parsed` that name what is not there to its refusals; add the rest to `known`."""
    decide, kept = CHECKS[parsed.spec.name], []
    for line in parsed.lines:
        try:
            decide(known, line.row)
        except RuleBroken as error:
            parsed.refusals.append(Refusal(parsed.file, line.line, error.column, error.zh, error.en, "reference"))
        else:
            kept.append(line)
    parsed.lines = kept
