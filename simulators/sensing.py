"""Faults of sensing on any stream: readings missed, repeated, late, at a wrong hour, and doors that see nothing.

What was so stays so: the truth is kept as it is. A label that is defined on readings (a vacancy counts from the last
entry observed) has to be reckoned again from what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from core.clock import CHINA, US_PER_DAY, US_PER_SECOND, day_start_us, from_us
from simulators.randomness import stream as random_stream
from simulators.streams import Stream
from simulators.tables import Bools, Ints

_REPEAT_S = 600.0  # a repeated event comes again within ten minutes, on average in three
_OFF_DAYS = (1, 20)  # a clock is wrong for so long


class BadFault(ValueError):
    """A share outside 0 to 1, or an outage outside the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Readers see nothing for `days` days from `first_day` on (0: the stream's first).

    `building` empty: the whole estate. `told`: the office noted it, in outages.csv.
    """

    first_day: int
    days: int
    building: str = ""
    told: bool = True


def sense(
    stream: Stream,
    seed: int,
    *,
    missed: float = 0.0,
    duplicates: float = 0.0,
    reordered: float = 0.0,
    late_s: float = 3600.0,
    clocks: float = 0.0,
    clock_error_s: float = 0.0,
    outages: Sequence[Outage] = (),
) -> Stream:
    """The same lives as worse readers would have told them; the truth is untouched.

    Args:
        stream: any generator's.
        seed: the same one gives the same faults.
        missed: share of readings that are lost, each alone; 0 to 1.
        duplicates: share that comes once more, minutes later, under the same event number.
        reordered: share that comes late, by `late_s` seconds on average (exponential): rows stand in the order of
            coming, so that `at` and `event` no longer ascend.
        clocks: share of doors whose clock is wrong for some days; clock_error_s: by how much, as the deviation of a
            normal distribution. The rows still come when they were taken.
        outages: nothing is read at the doors concerned.

    Raises:
        BadFault: a share outside 0 to 1, or an outage that is not within the period.
    """
    for share in (missed, duplicates, reordered, clocks):
        if not 0.0 <= share <= 1.0:
            raise BadFault(f"{share} is no share")
    if any(out.first_day < 0 or out.days < 1 or out.first_day + out.days > stream.days for out in outages):
        raise BadFault("an outage lies within the period")
    rng = random_stream(seed, "sensing")
    table = stream.sightings
    at_us = table["at"].cast(pa.int64()).to_numpy()
    door, doors = _codes(table["door"])
    kept = rng.random(len(at_us)) >= missed
    dark = [_concerned(stream.registry, out) for out in outages]
    for out, names in zip(outages, dark, strict=True):
        kept &= ~(_during(stream, out, at_us) & np.isin(doors, sorted(names))[door])
    order = _order(rng, np.flatnonzero(kept), at_us, duplicates, reordered, late_s)
    shifted = at_us + _clock_errors(rng, stream, at_us, door, len(doors), clocks, clock_error_s)
    table = table.take(pa.array(order))
    if clocks and clock_error_s:
        table = table.set_column(1, table.schema.field(1), pa.array(shifted[order]).view(table.schema.field(1).type))
    return replace(stream, sightings=table, registry=_with_outages(stream, outages, dark))


def _codes(column: pa.ChunkedArray) -> tuple[Ints, np.ndarray]:
    """(n,) places in the words of a dictionary column without nulls, and the words."""
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    words = np.array(whole.dictionary.to_pylist(), dtype=np.str_)
    return whole.indices.to_numpy().astype(np.int64), words


def _during(stream: Stream, out: Outage, at_us: Ints) -> Bools:
    begin = day_start_us(stream.start + timedelta(days=out.first_day))
    inside: Bools = (at_us >= begin) & (at_us < begin + out.days * US_PER_DAY)
    return inside


def _concerned(registry: Mapping[str, pa.Table], out: Outage) -> set[str]:
    """The doors that an outage blinds: those of a building are its own and its homes'."""
    doors, homes = registry["doors"], registry["homes"]
    inside = {row["home"] for row in homes.select(["home", "building"]).to_pylist() if row["building"] == out.building}
    rows = doors.select(["door", "building", "home"]).to_pylist()
    return {row["door"] for row in rows if not out.building or row["building"] == out.building or row["home"] in inside}


def _order(
    rng: np.random.Generator, kept: Ints, at_us: Ints, duplicates: float, reordered: float, late_s: float
) -> Ints:
    """(k,) the rows that come, in the order in which they do."""
    again = kept[rng.random(len(kept)) < duplicates]
    late = rng.random(len(kept)) < reordered
    if not (len(again) or late.any()):
        return kept
    comes = at_us[kept] + late * (rng.exponential(late_s, len(kept)) * US_PER_SECOND).astype(np.int64)
    once_more = np.minimum(rng.exponential(_REPEAT_S / 3, len(again)), _REPEAT_S) * US_PER_SECOND
    rows = np.concatenate([kept, again])
    first = np.searchsorted(kept, again)
    order = np.argsort(np.concatenate([comes, comes[first] + once_more.astype(np.int64)]), kind="stable")
    ordered: Ints = rows[order]
    return ordered


def _clock_errors(
    rng: np.random.Generator, stream: Stream, at_us: Ints, door: Ints, doors: int, share: float, error_s: float
) -> Ints:
    """(n,) microseconds by which each reading's time is wrong."""
    wrong = rng.random(doors) < share
    error = np.where(wrong, rng.normal(0.0, error_s, doors) * US_PER_SECOND, 0.0).astype(np.int64)
    first = day_start_us(stream.start) + rng.integers(0, max(stream.days - 1, 1), doors) * US_PER_DAY
    until = first + rng.integers(*_OFF_DAYS, doors) * US_PER_DAY
    errors: Ints = np.where((at_us >= first[door]) & (at_us < until[door]), error[door], 0)
    return errors


def _with_outages(stream: Stream, outages: Sequence[Outage], dark: Sequence[set[str]]) -> Mapping[str, pa.Table]:
    """The registry with a row for every blind door that the office knows of."""
    rows = []
    for out, names in zip(outages, dark, strict=True):
        begin = day_start_us(stream.start + timedelta(days=out.first_day))
        span = [from_us(us).astimezone(CHINA).isoformat() for us in (begin, begin + out.days * US_PER_DAY)]
        rows += [{"door": name, "from": span[0], "until": span[1]} for name in sorted(names) if out.told]
    if not rows:
        return stream.registry
    before = stream.registry.get("outages", pa.table({name: pa.array([], pa.string()) for name in rows[0]}))
    known = {(row["door"], row["from"]) for row in rows}
    held = [row for row in before.to_pylist() if (row.get("door"), row["from"]) not in known]
    header = [*before.column_names, *(name for name in rows[0] if name not in before.column_names)]
    columns = {name: pa.array([row.get(name) or "" for row in held + rows], pa.string()) for name in header}
    return {**stream.registry, "outages": pa.table(columns)}
