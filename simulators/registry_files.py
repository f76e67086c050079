"""A simulated estate written as the registry files of the import: UTF-8 CSV with a header, one file a table."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.clock import CHINA, from_us
from simulators.belongings import CONSENT_TEXT
from simulators.tables import Bools, Days, Ints, Strings, World

LIST_SEPARATOR = ";"
Columns = dict[str, Sequence[object]]


def write(world: World, folder: Path) -> list[Path]:
    """Write every registry file of `world` into `folder` (made if missing); the same world gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{name}.csv", columns) for name, columns in _files(world)]


def _write(path: Path, columns: Columns) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def _files(world: World) -> Iterator[tuple[str, Columns]]:
    yield "homes", _homes(world)
    yield "doors", _doors(world)
    yield "gateways", _gateways(world)
    yield "people", _people(world)
    yield "leases", _leases(world)
    yield "vehicles", _vehicles(world)
    yield "credentials", _credentials(world)
    yield "passes", _passes(world)
    yield "absences", _absences(world)
    yield "consents", _consents(world)


def _days(days: Days) -> list[str]:
    return [str(day) if day else "" for day in days.astype("datetime64[D]").tolist()]


def _moments(us: Ints) -> list[str]:
    return [from_us(value).astimezone(CHINA).isoformat() for value in us.tolist()]


def _flags(values: Bools) -> list[int]:
    return [int(value) for value in values.tolist()]


def _named(ids: Strings, rows: Ints) -> list[str]:
    """The ids of `rows`, empty for -1."""
    return [str(name) for name in np.where(rows >= 0, ids[rows], "")]


def _empty(count: int) -> list[str]:
    return [""] * count


def _homes(world: World) -> Columns:
    homes = world.homes
    return {
        "home": homes.id.tolist(),
        "estate": [world.estate] * len(homes.id),
        "building": homes.building_id.tolist(),
        "floor": homes.floor.tolist(),
        "unit": homes.unit.tolist(),
        "area_m2": homes.area_m2.tolist(),
        "state": homes.state.tolist(),
    }


def _doors(world: World) -> Columns:
    doors, first = world.doors, np.unique(world.homes.building, return_index=True)[1]
    return {
        "door": doors.id.tolist(),
        "estate": [world.estate] * len(doors.id),
        "kind": doors.kind.tolist(),
        "building": _named(world.homes.building_id[first], doors.building),
        "home": _named(world.homes.id, doors.home),
        "counts_tailgating": _flags(doors.counts_tailgating),
    }


def _gateways(world: World) -> Columns:
    doors = world.doors
    held = [LIST_SEPARATOR.join(doors.id[doors.gateway == row].tolist()) for row in range(len(world.gateways))]
    return {"gateway": world.gateways.tolist(), "estate": [world.estate] * len(held), "doors": held}


def _people(world: World) -> Columns:
    people = world.people
    return {
        "person": people.id.tolist(),
        "name": people.name.tolist(),
        "born": _days(people.born),
        "home": _named(world.homes.id, people.home),
        "relation": people.relation.tolist(),
        "from": _days(people.since),
        "until": _empty(len(people.id)),
        "lives_alone": _flags(people.lives_alone),
    }


def _leases(world: World) -> Columns:
    leases, none = world.leases, _empty(len(world.leases.id))
    return {
        "lease": leases.id.tolist(),
        "home": _named(world.homes.id, leases.home),
        "tenant": _named(world.people.id, leases.tenant),
        "start": _days(leases.start),
        "end": _days(leases.end),
        "rent_month": leases.rent_yuan.tolist(),
        "ended": none,
        "end_reason": none,
        "relocation_until": none,
        "renewal_applied": _days(leases.renewal_applied),
        "objection_718_served": none,
        "objection_734_served": none,
    }


def _vehicles(world: World) -> Columns:
    vehicles = world.vehicles
    return {
        "plate": vehicles.plate.tolist(),
        "person": _named(world.people.id, vehicles.person),
        "home": _named(world.homes.id, vehicles.home),
        "from": _days(vehicles.since),
        "until": _empty(len(vehicles.plate)),
    }


def _credentials(world: World) -> Columns:
    credentials = world.credentials
    return {
        "credential": credentials.id.tolist(),
        "person": _named(world.people.id, credentials.person),
        "kind": credentials.kind.tolist(),
        "from": _days(credentials.since),
        "until": _empty(len(credentials.id)),
    }


def _passes(world: World) -> Columns:
    passes, doors, ways = world.passes, world.doors.id, world.doorways
    gates = doors[ways.gates].tolist()
    building = world.homes.building[passes.home]
    way = zip(doors[ways.building[building]], doors[ways.lift[building]], doors[ways.home[passes.home]], strict=True)
    return {
        "pass": passes.id.tolist(),
        "home": _named(world.homes.id, passes.home),
        "kind": passes.kind.tolist(),
        "holder": passes.holder.tolist(),
        "from": _moments(passes.from_us),
        "until": _moments(passes.until_us),
        "doors": [LIST_SEPARATOR.join([*gates, *inner]) for inner in way],
    }


def _absences(world: World) -> Columns:
    absences = world.absences
    return {
        "home": _named(world.homes.id, absences.home),
        "person": _named(world.people.id, absences.person),
        "from": _days(absences.since),
        "until": _days(absences.until),
        "kind": absences.kind.tolist(),
        "approved": _flags(absences.approved),
    }


def _consents(world: World) -> Columns:
    consents = world.consents
    count = len(consents.person)
    return {
        "person": _named(world.people.id, consents.person),
        "purpose": consents.purpose.tolist(),
        "modality": consents.modality.tolist(),
        "given": _moments(consents.given_us),
        "withdrawn": _empty(count),
        "text_version": [CONSENT_TEXT] * count,
        "guardian": _named(world.people.name, consents.guardian),
    }
