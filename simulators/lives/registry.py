"""The office's files of a village, as tables of strings with the columns of the import."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from core.clock import CHINA, US_PER_DAY, day_start_us, from_us
from simulators.belongings import CONSENT_TEXT, GUARDED_YEARS, add_years
from simulators.lives.bodies import NONE, Ints32
from simulators.lives.people import CARD_AGE, People
from simulators.lives.village import Passes, Village
from simulators.tables import Bools, Days, Ints, Strings

_SEPARATOR = ";"
_UNUSED = 0.02  # of the passes nobody used that stand in the file all the same
Columns = Mapping[str, Sequence[str]]


def tables(village: Village, people: People, ids: Strings, used: Bools) -> dict[str, pa.Table]:
    """Every file by name; `ids` (people,) are persons, `used` (passes,) says which passes were shown."""
    made: dict[str, Columns] = {
        "homes": _homes(village),
        "doors": _doors(village),
        "gateways": _gateways(village),
        "people": _people(village, people, ids),
        "leases": _leases(village, ids),
        "vehicles": _vehicles(village, ids),
        "credentials": _credentials(village, people, ids),
        "passes": _passes(village, used),
        "absences": _absences(village, ids),
        "consents": _consents(village, people, ids),
        "swaps": _swaps(village),
        "outages": outage_columns(
            [(str(village.estate.doors.id[o.door]), village.day(o.from_day), village.day(o.until_day))
             for o in village.outages]
        ),
    }  # fmt: skip
    return {name: pa.table({key: pa.array(list(column), pa.string()) for key, column in columns.items()})
            for name, columns in made.items()}  # fmt: skip


def _days(days: Days) -> list[str]:
    return ["" if np.isnat(day) else str(day) for day in days.astype("datetime64[D]")]


def _flags(values: Bools) -> list[str]:
    return [str(int(value)) for value in values.tolist()]


def _named(ids: Strings, rows: Ints | Ints32) -> list[str]:
    """The ids of `rows`, empty for NONE."""
    return [str(name) for name in np.where(rows >= 0, ids[rows], "")]


def moment(day: date) -> str:
    """The first moment of a day as the files write it."""
    return from_us(day_start_us(day)).astimezone(CHINA).isoformat()


def outage_columns(rows: Sequence[tuple[str, date, date]]) -> Columns:
    """Outages of doors, whole days, the last one exclusive."""
    return {
        "door": [door for door, _, _ in rows],
        "from": [moment(first) for _, first, _ in rows],
        "until": [moment(last) for _, _, last in rows],
    }


def _homes(village: Village) -> Columns:
    homes = village.estate.homes
    return {
        "home": homes.id.tolist(),
        "estate": [village.estate.name] * len(homes.id),
        "building": homes.building_id.tolist(),
        "floor": [str(floor) for floor in homes.floor.tolist()],
        "unit": homes.unit.tolist(),
        "area_m2": [str(area) for area in homes.area_m2.tolist()],
        "state": homes.state.tolist(),
    }


def _doors(village: Village) -> Columns:
    doors, homes = village.estate.doors, village.estate.homes
    first = np.unique(homes.building, return_index=True)[1]
    base = np.where(doors.kind == "garage", "plate;card", "card;pin;pass;intercom")
    sensor = np.where(doors.camera, np.where(doors.finger, "finger;", "face;"), "")
    return {
        "door": doors.id.tolist(),
        "estate": [village.estate.name] * len(doors.id),
        "kind": doors.kind.tolist(),
        "building": _named(homes.building_id[first], doors.building),
        "home": _named(homes.id, doors.home),
        "counts_tailgating": _flags(doors.counts),
        "ways": np.char.add(sensor, base).tolist(),
    }


def _gateways(village: Village) -> Columns:
    estate = village.estate
    held = [
        _SEPARATOR.join(estate.doors.id[estate.doors.gateway == row].tolist()) for row in range(len(estate.gateways))
    ]
    return {"gateway": estate.gateways.tolist(), "estate": [estate.name] * len(held), "doors": held}


def _people(village: Village, people: People, ids: Strings) -> Columns:
    return {
        "person": ids.tolist(),
        "name": people.name.tolist(),
        "born": _days(people.born),
        "home": _named(village.estate.homes.id, people.home),
        "relation": people.relation.tolist(),
        "from": _days(people.since),
        "until": _days(people.until),
        "lives_alone": _flags(people.alone),
    }


def _leases(village: Village, ids: Strings) -> Columns:
    leases = village.leases
    area = village.estate.homes.area_m2[leases.home]
    return {
        "lease": [f"{village.estate.name}-l{n + 1:06d}" for n in range(len(leases.home))],
        "home": _named(village.estate.homes.id, leases.home),
        "tenant": _named(ids, leases.tenant),
        "start": _days(leases.start),
        "end": _days(leases.end),
        "rent_month": [str(rent) for rent in np.round(area * 7.5).astype(np.int64).tolist()],
        "ended": _days(leases.ended),
        "end_reason": ["" if np.isnat(day) else "term" for day in leases.ended],
        "relocation_until": _days(leases.relocation),
        "renewal_applied": _days(leases.applied),
        "objection_718_served": [""] * len(leases.home),
        "objection_734_served": [""] * len(leases.home),
    }


def _vehicles(village: Village, ids: Strings) -> Columns:
    rows = village.vehicles
    return {
        "plate": [str(village.plates[row.plate]) for row in rows],
        "person": [str(ids[row.person]) for row in rows],
        "home": [str(village.estate.homes.id[row.home]) for row in rows],
        "from": [str(row.from_day) for row in rows],
        "until": [""] * len(rows),
    }


def _credentials(village: Village, people: People, ids: Strings) -> Columns:
    """A card for everybody from seven years on, a PIN for some; a lost card ends and another begins."""
    start = np.datetime64(village.seasons.start, "D")
    age = (start - people.born).astype(np.int64) / 365.2425
    rows: list[tuple[str, str, str, str, str]] = []
    pinned = np.zeros(len(people), np.bool_)
    pinned[village.members.person[village.members.pin > 0]] = True
    since, until = _days(people.since), _days(people.until)
    for person in np.flatnonzero(age >= CARD_AGE).tolist():
        one = str(ids[person])
        lost = village.reissued.get(person)
        if lost is None or village.day64(lost[0]) <= people.since[person]:
            rows.append((f"{one}-card", one, "card", since[person], until[person]))
        else:
            rows.append((f"{one}-card", one, "card", since[person], str(village.day(lost[0]))))
            if np.isnat(people.until[person]) or village.day64(lost[1]) < people.until[person]:
                rows.append((f"{one}-card-2", one, "card", str(village.day(lost[1])), until[person]))
        if pinned[person]:
            rows.append((f"{one}-pin", one, "pin", since[person], until[person]))
    names = ("credential", "person", "kind", "from", "until")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _passes(village: Village, used: Bools) -> Columns:
    """Passes that were shown, and a few that nobody came with; good at the doors on the way to their home."""
    series = Passes(*(np.concatenate(column) for column in zip(*village.series, strict=True)))
    order = np.argsort(series.first)
    shown = np.flatnonzero(used | (village.rng.random(len(used)) < _UNUSED))
    row = order[np.searchsorted(series.first[order], shown, side="right") - 1]
    begin = series.from_day[row] + (shown - series.first[row]) * series.every[row]
    start = day_start_us(village.seasons.start)
    moments = [
        [from_us(start + int(day) * US_PER_DAY).astimezone(CHINA).isoformat() for day in days.tolist()]
        for days in (begin, begin + series.every[row])
    ]
    way = _ways_to(village)
    return {
        "pass": [pass_id(village.estate.name, number) for number in shown.tolist()],
        "home": _named(village.estate.homes.id, series.home[row]),
        "kind": series.kind[row].tolist(),
        "holder": series.holder[row].tolist(),
        "from": moments[0],
        "until": moments[1],
        "doors": [way[home] for home in series.home[row].tolist()],
    }


def pass_id(estate: str, number: int) -> str:
    """The id of a pass by its number."""
    return f"{estate}-v{number:08d}"


def _ways_to(village: Village) -> list[str]:
    """For each home the doors on its way, as the files list them."""
    estate = village.estate
    names = estate.doors.id
    ways = []
    for building, own in zip(estate.homes.building.tolist(), estate.own.tolist(), strict=True):
        doors = [0, 1, int(estate.of_building[building]), int(estate.lift[building]), own]
        ways.append(_SEPARATOR.join(str(names[door]) for door in doors if door != NONE))
    return ways


def _absences(village: Village, ids: Strings) -> Columns:
    rows = list({(row.home, row.person, row.from_day, row.kind): row for row in village.absences}.values())
    return {
        "home": [str(village.estate.homes.id[row.home]) for row in rows],
        "person": ["" if row.person == NONE else str(ids[row.person]) for row in rows],
        "from": [str(village.day(row.from_day)) for row in rows],
        "until": ["" if row.until_day is None else str(village.day(row.until_day)) for row in rows],
        "kind": [row.kind for row in rows],
        "approved": [str(int(row.approved)) for row in rows],
    }


def _consents(village: Village, people: People, ids: Strings) -> Columns:
    """Door for who shows the face, or the finger where the home's door reads that; occupancy mostly; care for some."""
    rng = village.rng
    known = np.full(len(people), -1, np.int64)
    members = village.members
    known[members.person] = members.enrolled_on
    door = np.flatnonzero(people.face)
    occupancy = door[rng.random(len(door)) < 0.9]
    own = village.estate.own[np.maximum(people.home, 0)]
    finger = np.where(own != NONE, village.estate.doors.finger[own], False)
    fingered = door[finger[door]]
    care = np.flatnonzero(people.care)
    person = np.concatenate([door, fingered, occupancy, care])
    counts = [len(door), len(fingered), len(occupancy), len(care)]
    since = people.since[person].astype("datetime64[D]")
    given = np.maximum(since, people.born[person])
    begin = np.datetime64(village.seasons.start, "D")
    late = known[person]
    given = np.where(
        (late > 0) & (late < village.days), np.maximum(given, begin + np.minimum(late, village.days)), given
    )
    under = given <= add_years(people.born[person], GUARDED_YEARS)
    guardian = village.households.first[np.maximum(people.home[person], 0)]
    return {
        "person": _named(ids, person),
        "purpose": np.repeat(["door", "door", "occupancy", "care"], counts).tolist(),
        "modality": np.repeat(["face", "finger", "face", "face"], counts).tolist(),
        "given": [moment(day) for day in given.astype("datetime64[D]").tolist()],
        "withdrawn": [""] * len(person),
        "text_version": [CONSENT_TEXT] * len(person),
        "guardian": np.where(under, ids[guardian], "").tolist(),
    }


def _swaps(village: Village) -> Columns:
    ids, rows = village.estate.homes.id, village.swaps
    return {
        "home_a": [str(ids[row.home_a]) for row in rows],
        "home_b": [str(ids[row.home_b]) for row in rows],
        "from": [str(village.day(row.from_day)) for row in rows],
        "approved": [str(int(row.approved)) for row in rows],
        "until": [""] * len(rows),
    }
