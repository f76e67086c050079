"""A plain random stream of sightings, plausible in its mix, for measuring how fast it folds (not what it tells)."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.clock import US_PER_DAY, day_start_us
from simulators.streams import SIGHTINGS, Stream

START = date(2026, 3, 2)
MEMBERS, BLOCK = 3, 60  # of a home; homes of a building
A_DAY = 25  # sightings of a home: its people at gate, building and own door, out and in
# Shares of sightings: a member's face, finger or card, a pass, a vehicle, somebody unknown, another's face on a card.
MIX = {"member": 0.88, "pass": 0.04, "vehicle": 0.04, "unknown": 0.03, "mismatch": 0.01}
GUESTS = 2  # passes of a home, the first a visitor's, the second a courier's
Ints = NDArray[np.int64]


def draw(sightings: int, homes: int, seed: int = 5) -> Stream:
    """So many sightings of so many homes, evenly over as many days as they need."""
    rng = np.random.default_rng(seed)
    days = max(1, -(-sightings // (homes * A_DAY)))
    names = _names(homes)
    home = rng.integers(0, homes, sightings)
    kind = rng.choice(len(MIX), sightings, p=list(MIX.values()))
    place = rng.choice(3, sightings, p=[0.4, 0.3, 0.3])
    place = np.where(kind == 2, 0, np.where(kind == 3, 2, place))
    door = np.choose(place, [np.zeros(sightings, np.int64), 1 + home // BLOCK, 1 + -(-homes // BLOCK) + home])
    member = home * MEMBERS + rng.integers(0, MEMBERS, sightings)
    stranger = rng.integers(0, homes * MEMBERS, sightings)
    at = np.sort(rng.integers(0, days * US_PER_DAY, sightings)) + day_start_us(START)
    nobody = np.full(sightings, -1)
    columns = {
        "door": door,
        "direction": rng.choice(3, sightings, p=[0.55, 0.4, 0.05]),
        "modality": np.choose(kind, [rng.choice(3, sightings, p=[0.8, 0.1, 0.1]), nobody + 4, nobody + 5, 0, 2]),
        "person": np.where((kind == 0) | (kind == 4), member, nobody),
        "pass": np.where(kind == 1, home * GUESTS + rng.integers(0, GUESTS, sightings), nobody),
        "home": np.where(place == 2, home, nobody),
        "plate": np.where(kind == 2, home, nobody),
        "outcome": np.choose(kind, [0, 0, 0, 1, 2]),
        "seen": np.where((kind == 4) & (rng.random(sightings) < 0.7), stranger, nobody),
    }
    table = {"event": pa.array(np.arange(sightings)), "at": pa.array(at, pa.timestamp("us", "UTC"))}
    table |= {name: _words(column, names[name]) for name, column in columns.items()}
    return Stream(
        start=START, days=days, registry=_registry(homes, names), sightings=pa.table(table, SIGHTINGS), truth=()
    )  # fmt: skip


def _names(homes: int) -> dict[str, list[str]]:
    home = [f"home-{n:05d}" for n in range(homes)]
    person = [f"person-{n:06d}" for n in range(homes * MEMBERS)]
    return {
        "door": ["gate", *(f"block-{n:03d}" for n in range(-(-homes // BLOCK))), *(f"door-{name}" for name in home)],
        "direction": ["in", "out", "unknown"],
        "modality": ["face", "finger", "card", "pass", "plate"],
        "person": person,
        "pass": [f"pass-{n:06d}" for n in range(homes * GUESTS)],
        "home": home,
        "plate": [f"桂C{n:05d}" for n in range(homes)],
        "outcome": ["granted", "unrecognised", "mismatch"],
        "seen": person,
    }


def _words(places: Ints, words: list[str]) -> pa.DictionaryArray:
    """(n,) places in a list of words, -1 for none."""
    indices = pa.array(np.maximum(places, 0).astype(np.int32), mask=places < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words))


def _registry(homes: int, names: dict[str, list[str]]) -> dict[str, pa.Table]:
    """Every home let to its people; of every tenth home another's person drives the vehicle."""
    home, door, person = names["home"], names["door"], names["person"]
    blocks = [f"b{n // BLOCK:03d}" for n in range(homes)]
    shared = sorted(set(blocks))
    driver = [person[(n + (n % 10 == 0)) % homes * MEMBERS] for n in range(homes)]
    people, since = len(person), "2025-01-01"
    relation = ["tenant", *["co-resident"] * (MEMBERS - 1)]
    tables: dict[str, dict[str, str | Sequence[str]]] = {
        "homes": {"home": home, "estate": "e1", "building": blocks, "floor": "1", "unit": home, "area_m2": "50",
                  "state": "let"},
        "doors": {"door": door, "estate": "e1", "kind": ["gate", *["building"] * len(shared), *["home"] * homes],
                  "building": ["", *shared, *blocks], "home": [*[""] * (1 + len(shared)), *home],
                  "counts_tailgating": "0"},
        "people": {"person": person, "name": person, "born": "1980-01-01",
                   "home": [home[n // MEMBERS] for n in range(people)],
                   "relation": [relation[n % MEMBERS] for n in range(people)], "from": since, "until": "",
                   "lives_alone": "0"},
        "leases": {"lease": [f"lease-{name}" for name in home], "home": home, "tenant": person[::MEMBERS],
                   "start": since, "end": "2029-12-31", "rent_month": "500"},
        "vehicles": {"plate": names["plate"], "person": driver, "home": home, "from": since, "until": ""},
        "passes": {"pass": names["pass"], "home": [home[n // GUESTS] for n in range(homes * GUESTS)],
                   "kind": ["visitor", "courier"] * homes, "holder": "x", "from": f"{since}T00:00:00+08:00",
                   "until": "2027-01-01T00:00:00+08:00", "doors": "gate"},
    }  # fmt: skip
    return {name: _table(columns) for name, columns in tables.items()}


def _table(columns: Mapping[str, str | Sequence[str]]) -> pa.Table:
    """A table of texts; a single text stands in every row."""
    rows = max(len(column) for column in columns.values() if not isinstance(column, str))
    return pa.table({name: [column] * rows if isinstance(column, str) else column for name, column in columns.items()})
