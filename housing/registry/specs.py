"""For each table of the registry: what makes a row the same row, and what has to be seen anew when it changes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.clock import from_us, local_day
from housing import tables as t
from housing.registry.changes import EVERYTHING, Changes
from housing.registry.kinds import Purpose
from housing.registry.lookup import Lookup

Row = Mapping[str, Any]
Note = Callable[[Changes, Lookup, Row | None, Row], None]


class Spec(NamedTuple):
    """How rows of a table are recognised and followed.

    `key` holds the columns that make a row the same row (the first one never NULL), `links` a second table with the
    doors of the row. `note(changes, lookup, old, new)` tells what changed; old is None for a new row.
    """

    table: sa.Table
    key: tuple[str, ...]
    note: Note
    links: sa.Table | None = None


def _versions(old: Row | None, new: Row) -> Iterable[Row]:
    return (new,) if old is None else (old, new)


def _home(changes: Changes, lookup: Lookup, home: str, from_day: date | None, until_day: date | None) -> None:
    place = lookup.home(home)
    if place is not None:
        changes.home(place.estate, home, from_day, until_day)


def _note_home(changes: Changes, _lookup: Lookup, old: Row | None, new: Row) -> None:
    changes.home(new["estate"], new["home"], changes.today, None)
    if old is not None and old["building"] != new["building"]:
        changes.rights(new["estate"], new["home"])


def _note_door(changes: Changes, _lookup: Lookup, _old: Row | None, new: Row) -> None:
    changes.rights(new["estate"], new["door"])


def _note_gateway(changes: Changes, _lookup: Lookup, _old: Row | None, new: Row) -> None:
    changes.rights(new["estate"], new["gateway"])


def _note_person(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    if old is None or old["born"] == new["born"]:
        return  # a new person changes nothing before belonging somewhere, and names decide nothing
    for place in lookup.person(new["person"]):
        if place.home is not None:
            changes.home(place.estate, place.home, None, None)


def _note_member(changes: Changes, _lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        changes.rights(row["estate"], row["person"])
        if row["home"] is not None:
            changes.home(row["estate"], row["home"], row["from_day"], row["until_day"])


def _note_lease(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        _home(changes, lookup, row["home"], row["start"], None)


def _note_vehicle(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        place = lookup.home(row["home"]) if row["home"] else None
        for estate in [place.estate] if place else lookup.estates_of(row["person"]):
            changes.rights(estate, row["person"])
        if place:
            changes.home(place.estate, row["home"], row["from_day"], row["until_day"])


def _note_credential(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for person in {row["person"] for row in _versions(old, new)}:
        for estate in lookup.estates_of(person):
            changes.rights(estate, person)


def _note_pass(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for home in {row["home"] for row in _versions(old, new)}:
        place = lookup.home(home)
        if place is not None:
            changes.rights(place.estate, home)


def _note_absence(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        _home(changes, lookup, row["home"], row["from_day"], row["until_day"])


def _note_visit(changes: Changes, lookup: Lookup, _old: Row | None, new: Row) -> None:
    place = lookup.home(new["home"])
    if place is not None:
        changes.home_day(place.estate, new["home"], local_day(from_us(new["at_us"])))


def _note_swap(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        for home in (row["home_a"], row["home_b"]):
            _home(changes, lookup, home, row["from_day"], row["until_day"])


def _note_outage(changes: Changes, lookup: Lookup, old: Row | None, new: Row) -> None:
    for row in _versions(old, new):
        found = lookup.door(row["door"]) if row["door"] else (lookup.gateway(row["gateway"]), None)
        if found is not None and found[0] is not None:
            until = None if row["until_us"] is None else local_day(from_us(row["until_us"] - 1))
            first = local_day(from_us(row["from_us"]))
            changes.home(found[0], found[1] or EVERYTHING, first, None if until is None else _next(until))


def _note_meter(changes: Changes, lookup: Lookup, _old: Row | None, new: Row) -> None:
    place = lookup.home(new["home"])
    if place is not None:
        changes.home_day(place.estate, new["home"], new["day"])


def _note_consent(changes: Changes, lookup: Lookup, _old: Row | None, new: Row) -> None:
    """What findings may rest on changed; templates are followed where they are removed."""
    if new["purpose"] != Purpose.DOOR:
        for place in lookup.person(new["person"]):
            if place.home is not None:
                changes.home(place.estate, place.home, local_day(from_us(new["given_us"])), None)


def _note_nothing(_changes: Changes, _lookup: Lookup, _old: Row | None, _new: Row) -> None:
    """Arrears go the civil route; nothing at a door or in a finding rests on them (D10)."""


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


SPECS: Mapping[str, Spec] = {
    "homes": Spec(t.homes, ("home",), _note_home),
    "doors": Spec(t.doors, ("door",), _note_door),
    "gateways": Spec(t.gateways, ("gateway",), _note_gateway, t.gateway_doors),
    "people": Spec(t.people, ("person",), _note_person),
    "members": Spec(t.members, ("person", "home", "from_day"), _note_member),
    "leases": Spec(t.leases, ("lease",), _note_lease),
    "vehicles": Spec(t.vehicles, ("plate", "person", "home", "from_day"), _note_vehicle),
    "credentials": Spec(t.credentials, ("credential",), _note_credential),
    "passes": Spec(t.passes, ("pass",), _note_pass, t.pass_doors),
    "absences": Spec(t.absences, ("home", "person", "from_day", "kind"), _note_absence),
    "consents": Spec(t.consents, ("person", "purpose", "modality", "given_us"), _note_consent),
    "visits": Spec(t.visits, ("home", "at_us"), _note_visit),
    "swaps": Spec(t.swaps, ("home_a", "home_b", "from_day"), _note_swap),
    "outages": Spec(t.outages, ("from_us", "door", "gateway"), _note_outage),
    "arrears": Spec(t.arrears, ("lease", "month"), _note_nothing),
    "meters": Spec(t.meters, ("home", "day"), _note_meter),
}
