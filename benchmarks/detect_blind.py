"""On which days could no reader have seen a home? For the oracle, from the registry's tables alone."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8))
HALF_A_DAY = 0.5
DAY_S = 86_400.0
EPOCH = datetime(1970, 1, 1, tzinfo=ZONE)
Stretch = tuple[float, float]  # seconds since EPOCH
Row = Mapping[str, str]


def unseen_days(tables: Mapping[str, Sequence[Row]], last: int) -> dict[str, set[int]]:
    """By home, the days (ordinals, up to `last`) that every reader on the way to it was down for half or more."""
    found: dict[str, set[int]] = defaultdict(set)
    gateways = tables.get("gateways", ())
    down = down_by_door(tables.get("outages", ()), gateways, (last + 1 - EPOCH.toordinal()) * DAY_S)
    if not down:
        return found
    gates, shared, own = _ways(tables["doors"], {door for row in gateways for door in listed(row["doors"])})
    for row in tables["homes"]:
        doors = [*gates, *shared.get(row["building"], ()), *own.get(row["home"], ())]
        if doors and all(door in down for door in doors):  # seldom: nearly always some reader worked all year
            found[row["home"]] = mostly_covered(_all_down([down[door] for door in doors]))
    return found


def listed(cell: str) -> list[str]:
    """The ids of a cell that holds several."""
    return [part for part in re.split(r"[;,|\s]+", cell) if part]


def down_by_door(outages: Iterable[Row], gateways: Iterable[Row], end: float) -> dict[str, list[Stretch]]:
    """When each door could not see, until `end` at most; ascending, none touching another."""
    served = {row["gateway"]: listed(row["doors"]) for row in gateways}
    found: dict[str, list[Stretch]] = defaultdict(list)
    for row in outages:
        stretch = (_seconds(row["from"]), min(_seconds(row["until"]), end) if row["until"] else end)
        for door in [row["door"]] if row["door"] else served.get(row.get("gateway", ""), []):
            found[door].append(stretch)
    return {door: _merged(stretches) for door, stretches in found.items()}


def mostly_covered(stretches: Iterable[Stretch]) -> set[int]:
    """The days (ordinals) of which stretches that do not overlap cover half or more."""
    share: dict[int, float] = defaultdict(float)
    for start, stop in stretches:
        while start < stop:
            number = int(start // DAY_S)
            upto = min(stop, (number + 1) * DAY_S)
            share[number] += (upto - start) / DAY_S
            start = upto
    return {number + EPOCH.toordinal() for number, part in share.items() if part >= HALF_A_DAY - 1e-9}


def _seconds(cell: str) -> float:
    return (datetime.fromisoformat(cell) - EPOCH).total_seconds()


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for start, stop in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        elif start < stop:
            merged.append((start, stop))
    return merged


def _all_down(doors: Sequence[list[Stretch]]) -> list[Stretch]:
    """When all doors are down at once."""
    both = doors[0]
    for other in doors[1:]:
        both = [
            (max(a, c), min(b, d)) for a, b in both for c, d in other if max(a, c) < min(b, d)
        ]  # fmt: skip
    return both


def _ways(doors: Iterable[Row], served: set[str]) -> tuple[list[str], dict[str, list[str]], dict[str, list[str]]]:
    """Doors with a reader: those everybody passes, those of each building, each home's own."""
    gates: list[str] = []
    shared: dict[str, list[str]] = defaultdict(list)
    own: dict[str, list[str]] = defaultdict(list)
    for row in doors:
        if served and row["door"] not in served:
            continue
        if row["kind"] in {"gate", "garage"}:
            gates.append(row["door"])
        elif row["kind"] == "home":
            own[row["home"]].append(row["door"])
        elif row["building"]:
            shared[row["building"]].append(row["door"])
    return gates, shared, own
