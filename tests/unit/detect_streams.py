"""Tiny streams by hand, for the tests of the detection benchmark."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone

import pyarrow as pa

from simulators.streams import SIGHTINGS, Stream, Truth

ZONE = timezone(timedelta(hours=8))
COLUMNS = {
    "homes": ("home", "estate", "building", "floor", "unit", "area_m2", "state"),
    "doors": ("door", "estate", "kind", "building", "home", "counts_tailgating"),
    "people": ("person", "name", "born", "home", "relation", "from", "until", "lives_alone"),
    "leases": (
        "lease", "home", "tenant", "start", "end", "rent_month", "ended", "end_reason", "relocation_until",
        "renewal_applied", "objection_718_served", "objection_734_served",
    ),
    "absences": ("home", "person", "from", "until", "kind", "approved"),
    "visits": ("home", "at", "officer", "outcome", "note"),
    "swaps": ("home_a", "home_b", "from", "until", "approved"),
    "outages": ("door", "gateway", "from", "until"),
    "gateways": ("gateway", "estate", "doors"),
    "passes": ("pass", "home", "kind", "holder", "from", "until", "doors"),
    "vehicles": ("plate", "person", "home", "from", "until"),
    "meters": ("home", "date", "electricity_kwh", "water_m3"),
}  # fmt: skip
USUAL = {"estate": "e", "floor": "1", "unit": "1", "area_m2": "50", "name": "x", "rent_month": "500", "officer": "o"}
HOMES = [{"home": name, "building": "b", "state": "let"} for name in ("h1", "h2")]
DOORS = [
    {"door": "gate", "kind": "gate"},
    {"door": "b-door", "kind": "building", "building": "b"},
    {"door": "h1-door", "kind": "home", "building": "b", "home": "h1"},
    {"door": "h2-door", "kind": "home", "building": "b", "home": "h2"},
]
PEOPLE = [
    {"person": "p1", "home": "h1", "relation": "tenant", "from": "2020-01-01"},
    {"person": "p2", "home": "h2", "relation": "tenant", "from": "2020-01-01"},
]
LEASES = [
    {"lease": f"l{n}", "home": f"h{n}", "tenant": f"p{n}", "start": "2020-01-01", "end": "2040-01-01"} for n in (1, 2)
]  # fmt: skip
Row = Mapping[str, str]
Seen = Mapping[str, object]


def at(day: date, hour: int = 19) -> datetime:
    """A moment at the estate."""
    return datetime.combine(day, time(hour), ZONE)


def passage(day: date, person: str | None = "p1", **values: object) -> Seen:
    """A sighting on a day, by face at the gate, inward and let in, unless said otherwise."""
    usual: dict[str, object] = {"door": "gate", "direction": "in", "modality": "face", "outcome": "granted"}
    return {**usual, "at": at(day), "person": person, **values}


def stream(
    sightings: Iterable[Seen] = (),
    *,
    start: date = date(2026, 1, 1),
    days: int = 365,
    truth: Iterable[Truth] = (),
    **tables: Iterable[Row],
) -> Stream:
    """A stream of two homes; `tables` replaces or adds files of the registry."""
    nothing = dict.fromkeys(SIGHTINGS.names)
    seen = [{**nothing, **row, "event": n} for n, row in enumerate(sorted(sightings, key=lambda row: str(row["at"])))]
    found: dict[str, Iterable[Row]] = {"homes": HOMES, "doors": DOORS, "people": PEOPLE, "leases": LEASES, **tables}
    return Stream(
        start=start,
        days=days,
        registry={
            name: pa.table(
                {c: pa.array([row.get(c, USUAL.get(c, "")) for row in given], pa.string()) for c in COLUMNS[name]}
            )
            for name, given in ((name, list(given)) for name, given in found.items())
        },
        sightings=pa.Table.from_pylist(seen, SIGHTINGS),
        truth=list(truth),
    )
