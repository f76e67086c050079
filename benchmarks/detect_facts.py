"""What the oracle knows of each home: read off a stream's tables by itself, without occupancy's columns.

Days are ordinals (`date.toordinal`), ends of ranges exclusive where the registry's are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

import pyarrow as pa

from benchmarks.detect_blind import ZONE, unseen_days
from benchmarks.detect_life import days_of_life
from benchmarks.detect_passages import Passage, days_passed
from simulators.streams import Stream

FOREVER = date.max.toordinal()
LONG = 170  # days without an entry, before a home's other signs are looked for
NO_HOUSEHOLD = {"carer", "staff"}
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerm:
    """First and last day of the term, and whose; the day it was ended, the last of relocation, that of applying."""

    start: int
    end: int
    tenant: str = ""
    ended: int | None = None
    relocation_until: int | None = None
    applied: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """One home, in days.

    `entered`, `seen`: a member came in, passed a door either way; `met`: a visit met them; `excused`, `unseen`: the
    household was away with approval, no reader worked; `life`: something said that somebody is there (found only for
    homes that nobody came into for long); `members`: first day and exclusive end of each member's stay.
    """

    let: bool = True
    leases: list[LeaseTerm] = field(default_factory=list)
    entered: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    met: set[int] = field(default_factory=set)
    excused: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    life: set[int] = field(default_factory=set)
    members: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A stream's homes by id, and the first day on which anything was seen."""

    observed_from: int
    homes: Mapping[str, HomeFacts]


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody lives in a home from a day until before another; `household`: as one of its own."""

    home: str
    start: int
    until: int
    household: bool


def read(stream: Stream) -> Facts:
    """Everything the law asks about, home by home."""
    tables = {name: rows(table) for name, table in stream.registry.items()}
    stays = stays_of(tables)
    observed, passages = days_passed(stream.sightings, tables.get("doors", ()))
    entered, seen = _by_home(stays, passages)
    met, excused = _visits(tables.get("visits", ())), excused_days(tables.get("absences", ()), stays, stream)
    unseen = unseen_days(tables, stream.start.toordinal() + stream.days - 1)
    leases, every = _leases(tables["leases"]), {row["home"] for row in tables["homes"]}
    members = _members(stays, every)
    quiet = {home for home in every if _longest_gap(entered[home], stream) >= LONG}
    lives_in = {person: {stay.home for stay in theirs} for person, theirs in stays.items()}
    life = days_of_life(stream.sightings, tables, quiet, lives_in)
    homes = {
        row["home"]: HomeFacts(
            let=row["state"] == "let",
            leases=leases[row["home"]],
            entered=entered[row["home"]],
            seen=seen[row["home"]],
            met=met[row["home"]],
            excused=excused[row["home"]],
            unseen=unseen[row["home"]],
            life=life[row["home"]],
            members=[(stay.start, stay.until) for _, stay in members[row["home"]]],
        )
        for row in tables["homes"]
    }
    return Facts(observed_from=stream.start.toordinal() if observed is None else observed, homes=homes)


def _longest_gap(entered: set[int], stream: Stream) -> int:
    """The most days in a row of the stream without an entry."""
    first = stream.start.toordinal()
    edges = [first - 1, *sorted(entered), first + stream.days]
    return max(later - earlier - 1 for earlier, later in pairwise(edges))


def rows(table: pa.Table) -> list[Row]:
    """A table's rows, a dictionary of strings each."""
    found: list[Row] = table.to_pylist()
    return found


def day(cell: str) -> int | None:
    """The ordinal of a date; None for an empty cell."""
    return date.fromisoformat(cell).toordinal() if cell else None


def _is_set(flag: str) -> bool:
    return flag.lower() in {"1", "true"}


def stays_of(tables: Mapping[str, Iterable[Row]]) -> dict[str, list[Stay]]:
    """Where each person lives, consented swaps followed; the newest stay first.

    A lease that runs out moves nobody out: who was entered as leaving with it, while no return is recorded, stays until
    the next lease begins.
    """
    swaps = [row for row in tables.get("swaps", ()) if _is_set(row["approved"])]
    leases, newest = _leases(tables["leases"]), dict[str, int]()
    for row in tables["people"]:
        if row["relation"] not in NO_HOUSEHOLD:
            newest[row["person"]] = max(newest.get(row["person"], 0), day(row["from"]) or 0)
    found: dict[str, list[Stay]] = defaultdict(list)
    for row in tables["people"]:
        if not row["home"] or row["relation"] == "staff":
            continue
        start, until = day(row["from"]) or 0, day(row["until"]) or FOREVER
        household = row["relation"] not in NO_HOUSEHOLD
        if household and newest[row["person"]] <= start:
            until = _outstayed(leases[row["home"]], until)
        found[row["person"]] += _moved(Stay(row["home"], start, until, household), swaps if household else [])
    for stays in found.values():
        stays.sort(key=lambda stay: (stay.household, stay.start), reverse=True)
    return found


def _outstayed(leases: list[LeaseTerm], until: int) -> int:
    """The exclusive end of a membership that was entered to end with a lease, or as it was entered."""
    begun = [lease for lease in leases if lease.start < until]
    if not begun or begun[-1].ended is not None:
        return until
    last_days = [last for last in (begun[-1].end, begun[-1].relocation_until) if last is not None]
    if until not in {last + n for last in last_days for n in (0, 1)}:
        return until
    return min((lease.start for lease in leases if lease.start > begun[-1].start), default=FOREVER)


def _moved(stay: Stay, swaps: Iterable[Row]) -> list[Stay]:
    """A stay cut into what was spent at home and in a home swapped for it."""
    pieces, start = [], stay.start
    for swap in sorted(swaps, key=lambda row: row["from"]):
        pair = [swap["home_a"], swap["home_b"]]
        if stay.home not in pair:
            continue
        first = max(start, day(swap["from"]) or 0)
        last = min(stay.until, day(swap.get("until", "")) or FOREVER)
        if first < last:
            there = pair[1 - pair.index(stay.home)]
            pieces += [Stay(stay.home, start, first, True), Stay(there, first, last, True)]
            start = last
    return [
        piece for piece in (*pieces, Stay(stay.home, start, stay.until, stay.household)) if piece.start < piece.until
    ]


def _by_home(
    stays: Mapping[str, list[Stay]], passages: Iterable[Passage]
) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """The days on which members came in, and on which they passed a door at all, by home."""
    entered: dict[str, set[int]] = defaultdict(set)
    seen: dict[str, set[int]] = defaultdict(set)
    for passage in passages:
        theirs = stays.get(passage.person, [])
        if len(theirs) == 1:  # nearly everybody: one home, whatever a card of theirs still names
            stay = theirs[0]
            if stay.household and (stay.home == passage.named or not passage.own_door):
                entered[stay.home].update(d for d in passage.entered if stay.start <= d < stay.until)
                seen[stay.home].update(d for d in passage.passed if stay.start <= d < stay.until)
            continue
        for which, into in ((passage.entered, entered), (passage.passed, seen)):
            for on in which:
                home = _household_on(theirs, passage, on)
                if home:
                    into[home].add(on)
    return entered, seen


def _household_on(stays: list[Stay], passage: Passage, on: int) -> str:
    """For which home somebody passed as a member of its household; empty for none.

    A home's own door speaks of that home only. A card that names a home counts for it where its owner belongs there.
    """
    there = [stay for stay in stays if stay.start <= on < stay.until]
    named = [stay for stay in there if stay.home == passage.named]
    if passage.own_door or named:
        return passage.named if any(stay.household for stay in named) else ""
    return there[0].home if there and there[0].household else ""


def excused_days(absences: Iterable[Row], stays: Mapping[str, list[Stay]], stream: Stream) -> dict[str, set[int]]:
    """The days of the stream on which nobody of a household had to be there, with approval, by home."""
    first, stop = stream.start.toordinal(), stream.start.toordinal() + stream.days
    away: dict[tuple[str, int], set[str]] = defaultdict(set)
    found: dict[str, set[int]] = defaultdict(set)
    for row in absences:
        if not _is_set(row["approved"]):
            continue
        span = range(max(day(row["from"]) or 0, first), min(day(row["until"]) or FOREVER, stop))
        if not row["person"]:
            found[row["home"]].update(span)
        for on in span if row["person"] else ():
            away[row["home"], on].add(row["person"])
    members = _members(stays, {home for home, _ in away})
    for (home, on), gone in away.items():
        household = {person for person, stay in members[home] if stay.start <= on < stay.until}
        if household and household <= gone:
            found[home].add(on)
    return found


def _members(stays: Mapping[str, list[Stay]], homes: set[str]) -> dict[str, list[tuple[str, Stay]]]:
    found: dict[str, list[tuple[str, Stay]]] = defaultdict(list)
    for person, theirs in stays.items():
        for stay in theirs:
            if stay.household and stay.home in homes:
                found[stay.home].append((person, stay))
    return found


def _visits(visits: Iterable[Row]) -> dict[str, set[int]]:
    """The days, as the estate counts them, of visits that met the household."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in visits:
        if row["outcome"] == "household_met":
            found[row["home"]].add(datetime.fromisoformat(row["at"]).astimezone(ZONE).toordinal())
    return found


def _leases(leases: Iterable[Row]) -> dict[str, list[LeaseTerm]]:
    found: dict[str, list[LeaseTerm]] = defaultdict(list)
    for row in leases:
        start, end = day(row["start"]), day(row["end"])
        if start is None or end is None:
            raise ValueError(f"lease {row['lease']} without a term")
        found[row["home"]].append(
            LeaseTerm(
                start=start,
                end=end,
                tenant=row["tenant"],
                ended=day(row["ended"]),
                relocation_until=day(row["relocation_until"]),
                applied=day(row["renewal_applied"]),
            )
        )
    for terms in found.values():
        terms.sort(key=lambda term: term.start)
    return found
