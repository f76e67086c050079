"""A small estate with every awkward case, and random sightings of it, for occupancy's tests."""

from datetime import date

import numpy as np
from hypothesis import strategies as st

from core.clock import US_PER_DAY, day_start_us
from housing.registry.rows import DoorRow, GatewayRow, HomeRow, MemberRow, MeterRow, PersonRow, SwapRow, VehicleRow
from occupancy.codes import By, Said, Way
from occupancy.registry import PassRow, Registry, Rows
from occupancy.sightings import DTYPES, Sightings, columns

START = date(2026, 3, 1)
DAYS = 6
D2, D4 = date(2026, 3, 3), date(2026, 3, 5)


def member(
    person: str, home: str | None, relation: str = "tenant", first: date = START, until: date | None = None
) -> MemberRow:
    """A membership."""
    return MemberRow(person, home, relation, first, until, lives_alone=False)


def home(name: str, building: str = "b1", state: str = "let") -> HomeRow:
    """A home."""
    return HomeRow(name, building, 1, name, 50.0, state)


def door(name: str, kind: str, building: str | None = None, of: str | None = None) -> DoorRow:
    """A door."""
    return DoorRow(name, kind, building, of, False)


# h1 and h2 in b1 with own doors, h3 in b2 without; p1 moves from h1 to h2; p3 is a child of h2 and h3; the carer c
# cares in h1 and h3 and is herself a tenant of h2; h2 and h3 are swapped for two days; s is staff.
ROWS = Rows(
    estate="e1",
    homes=[home("h1"), home("h2"), home("h3", "b2")],
    doors=[
        door("gate", "gate"),
        door("garage", "garage"),
        door("b1-door", "building", "b1"),
        door("b2-lift", "lift", "b2"),
        door("h1-door", "home", "b1", "h1"),
        door("h2-door", "home", "b1", "h2"),
    ],
    gateways=[
        GatewayRow("gw1", ("gate", "garage", "b1-door")),
        GatewayRow("gw2", ("b2-lift", "h1-door", "h2-door")),
    ],
    people=[PersonRow(name, name, date(1980, 1, 1)) for name in ("c", "p0", "p1", "p2", "p3", "s")],
    members=[
        member("p0", "h1"),
        member("p1", "h1", "spouse", until=D2),
        member("p1", "h2", "co-resident", D2),
        member("p2", "h2"),
        member("p3", "h2", "child"),
        member("p3", "h3", "child"),
        member("c", "h1", "carer"),
        member("c", "h3", "carer", until=D4),
        member("c", "h2", "tenant"),
        member("s", None, "staff"),
    ],
    passes=[PassRow("v1", "h1", "visitor"), PassRow("k3", "h3", "courier")],
    vehicles=[
        VehicleRow("A1", "p0", "h1", day_start_us(START), None),
        VehicleRow("A2", "p1", None, day_start_us(START), None),
        VehicleRow("A3", "p0", "h2", day_start_us(D2), day_start_us(D4)),
    ],
    swaps=[SwapRow("h2", "h3", D2, D4, approved=True), SwapRow("h1", "h3", START, None, approved=False)],
    meters=[MeterRow("h2", D2, 3.5, None), MeterRow("h2", date(2026, 3, 4), 0.0, 0.25), MeterRow("h9", D2, 1.0, 1.0)],
)
REGISTRY = Registry.of(ROWS)


@st.composite
def sightings(draw: st.DrawFn, most: int = 40) -> Sightings:
    """Random sightings over a few more days than are asked for; keys and moments repeat now and then."""
    count = draw(st.integers(0, most))
    first = day_start_us(START) - US_PER_DAY
    limits = {
        "key": (0, 2 * most), "door": (-1, len(REGISTRY.doors) - 1), "way": (0, len(Way) - 1),
        "modality": (0, len(By) - 1), "outcome": (0, len(Said) - 1), "opens": (0, 1),
        "person": (-1, len(REGISTRY.persons) - 1), "seen": (-1, len(REGISTRY.persons) - 1),
        "pass_": (-1, len(REGISTRY.passes) - 1), "plate": (-1, len(REGISTRY.plates) - 1),
        "home": (-1, len(REGISTRY.homes) - 1),
    }  # fmt: skip
    values = {
        name: draw(st.lists(st.integers(*limit), min_size=count, max_size=count)) for name, limit in limits.items()
    }
    quarters = draw(st.lists(st.integers(0, (DAYS + 2) * 96), min_size=count, max_size=count))
    values["taken_us"] = [first + quarter * US_PER_DAY // 96 for quarter in quarters]
    return one_row_a_key(columns(**values))


def one_row_a_key(found: Sightings) -> Sightings:
    """Rows of one key are copies of each other, as in a log or a file that repeats itself."""
    if not len(found):
        return found
    _, first, inverse = np.unique(found.key, return_index=True, return_inverse=True)
    return found.take(first[inverse])


def row(**values: int) -> Sightings:
    """One sighting: p0's face at the gate on the first morning unless said otherwise."""
    fields = {
        "key": 1, "taken_us": day_start_us(START) + 9 * 3600 * 1_000_000, "door": REGISTRY.doors.handle("gate"),
        "way": Way.IN, "modality": By.FACE, "outcome": Said.GRANTED, "opens": 1,
        "person": REGISTRY.persons.handle("p0"), "seen": -1, "pass_": -1, "plate": -1, "home": -1,
    }  # fmt: skip
    return columns(**{name: [(fields | values)[name]] for name in DTYPES})
