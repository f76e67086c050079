"""On which days did something say that somebody is in a home, though no member was seen coming in? For the oracle.

Somebody on a pass of the home, or let in at its bell; somebody unknown at its own door; one of its cards in another's
hand; a vehicle registered for it or for one of its people; water that runs or, where that is not read, more electricity
than an empty home draws.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.detect_passages import EIGHT_HOURS_US, EPOCH, US_A_DAY, codes, place_of

ELECTRICITY_KWH, WATER_M3 = 2.0, 0.02  # a day; a fridge left on stays below
Row = Mapping[str, str]


def days_of_life(
    sightings: pa.Table, tables: Mapping[str, Sequence[Row]], homes: Set[str], lives_in: Mapping[str, Set[str]]
) -> dict[str, set[int]]:
    """Days (ordinals) with such a sign, for some homes; `lives_in`: the homes of each person, at any time."""
    found = _metered(tables.get("meters", ()), homes)
    of_home = {
        "pass": {row["pass"]: {row["home"]} for row in tables.get("passes", ())},
        "plate": _vehicles(tables.get("vehicles", ()), lives_in),
        "door": {row["door"]: {row["home"]} for row in tables["doors"] if row["home"]},
        "home": {home: {home} for home in homes},
    }
    table = sightings.unify_dictionaries()
    at_us = table.column("at").cast(pa.int64()).to_numpy()
    speaks = {name: _speaking(table, name, of, homes) for name, of in of_home.items()}
    outcome, outcomes = codes(table, "outcome")
    modality, modalities = codes(table, "modality")
    way, ways = codes(table, "direction")
    said = [place_of(outcomes, word) for word in ("granted", "mismatch", "unrecognised", "ambiguous")]
    inward = way != place_of(ways, "out")
    named = (codes(table, "pass")[0] >= 0) | (modality == place_of(modalities, "plate"))
    rung = modality == place_of(modalities, "intercom")
    stranger = np.isin(outcome, said[2:]) & (modality != place_of(modalities, "plate"))
    granted, mismatch = outcome == said[0], outcome == said[1]
    for which, names in (
        (granted & named, ("pass", "plate")),
        (granted & rung, ("home", "door")),
        (mismatch, ("home", "door")),
        (stranger, ("door",)),
    ):
        for name in names:
            place, words = speaks[name]
            for row in np.flatnonzero(which & inward & (place >= 0)).tolist():
                on = int((at_us[row] + EIGHT_HOURS_US) // US_A_DAY) + EPOCH
                for home in words[place[row]]:
                    found[home].add(on)
    return found


def _speaking(
    table: pa.Table, name: str, of: Mapping[str, set[str]], homes: Set[str]
) -> tuple[NDArray[np.int32], list[list[str]]]:
    """(n,) for each row the place of a word that speaks of one of `homes`, -1 for none; and the homes of each word."""
    place, words = codes(table, name)
    told = [sorted(of.get(word, set()) & homes) for word in words]
    known = np.array([bool(homes_) for homes_ in told] + [False])
    return np.where(known[place], place, -1).astype(np.int32), told


def _vehicles(vehicles: Sequence[Row], lives_in: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in vehicles:
        found[row["plate"]] |= {row["home"]} if row["home"] else set(lives_in.get(row["person"], ()))
    return found


def _metered(meters: Sequence[Row], homes: Set[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for row in meters:
        if row["home"] not in homes:
            continue
        water, power = row["water_m3"], row["electricity_kwh"]
        if float(water) >= WATER_M3 if water else float(power or 0) >= ELECTRICITY_KWH:
            found[row["home"]].add(date.fromisoformat(row["date"]).toordinal())
    return found
