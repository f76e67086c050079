"""Leases, absences and visits of an estate as columns: what right a home is held by, and what excuses silence.

Days are numbers (`occupancy.days`); `until` is exclusive. Homes and persons are handles of the registry.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from core.clock import US_PER_DAY
from housing.registry.rows import AbsenceRow, LeaseRow, VisitRow
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Indices, Int8s, Int32s, Int64s, read_only, spans
from occupancy.spells import Spells

OUTCOMES = ("household_met", "other_met", "nobody", "refused")
MET = OUTCOMES.index("household_met")
DEATH = ("死亡", "去世", "身故", "亡故", "death", "died", "deceased")  # in the words for why a lease was ended
_BIG = 1 << 32  # larger than any day number is away from another: home and day in one int64 key

Handle = Callable[[str], int]


def keys(home: Int32s, day: Int32s) -> Int64s:
    """(n,) int64 one number for a home and a day, ordered by home, then day."""
    return home.astype(np.int64) * _BIG + day


def home_and_day(key: Int64s) -> tuple[Int32s, Int32s]:
    """The homes and days of `keys`."""
    home = (key + _BIG // 2) // _BIG
    return home.astype(np.int32), (key - home * _BIG).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leases:
    """L leases ordered by home and first day.

    Attributes:
        home: (L,) int32. start, end: (L,) int32 first and last day of the term.
        ended: (L,) int32 the day the lease was ended and the home given back, FOREVER where neither is recorded.
        relocation_until: (L,) int32 last day of the relocation period, NEVER where none was granted.
        applied: (L,) int32 the day renewal was applied for, NEVER where it was not.
        objected: (L,) int32 the day an objection to staying on was served (Civil Code 734), NEVER where none was.
        tenant: (L,) int32 the same number for the same tenant.
        person: (L,) int32 the tenant as one who lives somewhere, NOBODY where not known as such.
        by_death: (L,) bool, ended by the tenant's death, as far as the reason entered says so.
    """

    home: Int32s
    start: Int32s
    end: Int32s
    ended: Int32s
    relocation_until: Int32s
    applied: Int32s
    objected: Int32s
    tenant: Int32s
    person: Int32s
    by_death: Bools

    @classmethod
    def of(cls, rows: Sequence[LeaseRow], handle: Handle, person: Handle) -> "Leases":
        """From the readers' rows; leases of unknown homes are left out."""
        known = sorted((handle(row.home), row.start, row.lease, row) for row in rows if handle(row.home) != NOBODY)
        leases = [row for *_, row in known]
        tenants = {tenant: number for number, tenant in enumerate(sorted({row.tenant for row in leases}))}

        def column(values: list[int]) -> Int32s:
            return read_only(np.array(values, np.int32))

        def optional(values: Iterable[date | None]) -> Int32s:
            return column([days.NEVER if value is None else days.number(value) for value in values])

        return cls(
            home=column([home for home, *_ in known]),
            start=column([days.number(row.start) for row in leases]),
            end=column([days.number(row.end) for row in leases]),
            ended=column([days.until_number(row.ended) for row in leases]),
            relocation_until=optional(row.relocation_until for row in leases),
            applied=optional(row.renewal_applied for row in leases),
            objected=optional(row.objection_734_served for row in leases),
            tenant=column([tenants[row.tenant] for row in leases]),
            person=column([person(row.tenant) for row in leases]),
            by_death=read_only(np.array([_is_death(row.end_reason) for row in leases], np.bool_)),
        )

    def on(self, home: Int32s, day: int) -> Int32s:
        """(n,) int32 the lease that counts for each home (n,) on `day`: the newest begun by then; NOBODY if none."""
        if not len(self.home):
            return np.full(len(home), NOBODY, np.int32)
        place = np.searchsorted(keys(self.home, self.start), keys(home, np.full(len(home), day, np.int32)), "right") - 1
        right = (place >= 0) & (self.home[place] == home)
        return np.where(right, place, NOBODY).astype(np.int32)

    def due(self, lease: Int32s) -> Int32s:
        """(n,) int32 the last day a lease (n,) gives a right to stay.

        That of the term, or the day on which it was ended; where a relocation period was granted beyond that, its last
        day: some registers enter as ended the day on which a lease was refused, and the household stays on by right.
        """
        last = np.minimum(self.end[lease], self.ended[lease])
        return np.maximum(last, self.relocation_until[lease]).astype(np.int32)

    def over(self, homes: int, today: int) -> Int32s:
        """(h,) int32 ascending handles of those of so many homes whose newest lease begun gives no right any more."""
        lease = self.on(np.arange(homes, dtype=np.int32), today)
        held = np.flatnonzero(lease != NOBODY).astype(np.int32)
        return held[self.due(lease[held]) < today]

    @property
    def held_since(self) -> Int32s:
        """(L,) int32 first day of the unbroken line of leases of the same tenant of which each is the last so far."""
        every = np.arange(len(self.home), dtype=np.int32)
        follows = np.zeros(len(every), np.bool_)
        follows[1:] = (
            (self.home[1:] == self.home[:-1])
            & (self.tenant[1:] == self.tenant[:-1])
            & (self.start[1:].astype(np.int64) <= self.due(every)[:-1].astype(np.int64) + 1)
        )
        first = np.maximum.accumulate(np.where(follows, 0, every))
        return self.start[first]

    def has_next(self, lease: Int32s) -> Bools:
        """(n,) bool: is there a later lease of the same home, begun or only signed?"""
        after = np.minimum(lease + 1, len(self.home) - 1)
        later: Bools = (after > lease) & (self.home[after] == self.home[lease])
        return later


def _is_death(reason: str | None) -> bool:
    said = (reason or "").casefold()
    return any(word in said for word in DEATH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Absences:
    """A approved absences. `person` is NOBODY where the whole household is away.

    Attributes:
        home, person, from_day, until_day: (A,) int32.
    """

    home: Int32s
    person: Int32s
    from_day: Int32s
    until_day: Int32s

    @classmethod
    def of(cls, rows: Sequence[AbsenceRow], home: Handle, person: Callable[[str | None], int]) -> "Absences":
        """From the readers' rows: the approved ones of known homes and persons."""
        known = [
            row
            for row in rows
            if row.approved and home(row.home) != NOBODY and (row.person is None or person(row.person) != NOBODY)
        ]
        values = (
            [home(row.home) for row in known],
            [person(row.person) for row in known],
            [days.number(row.from_day) for row in known],
            [days.until_number(row.until_day) for row in known],
        )
        columns = [read_only(np.array(column, np.int32)) for column in values]
        return cls(home=columns[0], person=columns[1], from_day=columns[2], until_day=columns[3])

    def excused(self, living: Spells, first: int, until: int) -> Int64s:
        """Home-days from `first` until before `until` on which the whole household was away with approval.

        A day is excused by an absence of the household, or when each of its members has one of their own.

        Returns:
            (m,) int64 `keys`, ascending, each once.
        """
        return _excused(self, living, first, until)


@lru_cache(maxsize=16)  # several rules ask the same of an evening; a snapshot is itself for ever
def _excused(absences: Absences, living: Spells, first: int, until: int) -> Int64s:
    start = np.maximum(absences.from_day, first)
    stop = np.maximum(np.minimum(absences.until_day, until), start)
    row, day = spans(start.astype(np.intp), stop.astype(np.intp))
    home, person, day32 = absences.home[row], absences.person[row], day.astype(np.int32)
    whole = keys(home[person == NOBODY], day32[person == NOBODY])
    one = living.belongs(person, home, day32)
    each = _everybody(keys(home[one], day32[one]), person[one], living)
    return read_only(np.unique(np.concatenate([whole, each])))


def _everybody(key: Int64s, person: Int32s, living: Spells) -> Int64s:
    """The home-days whose every household member is among `person`; both (n,)."""
    pair = np.unique(np.stack([key, person.astype(np.int64)]), axis=1)
    found, away = np.unique(pair[0], return_counts=True)
    home, day = home_and_day(found)
    return found[away >= household_sizes(living, home, day)]


def household_sizes(living: Spells, home: Int32s, day: Int32s) -> Indices:
    """(n,) how many members the household of each home (n,) had on each day (n,)."""
    rows = living.household & (living.home != NOBODY)
    spell_home, first, until = living.home[rows], living.from_day[rows], living.until_day[rows]
    order = np.argsort(spell_home, kind="stable")
    spell_home, first, until = spell_home[order], first[order], until[order]
    owner, spell = spans(np.searchsorted(spell_home, home, "left"), np.searchsorted(spell_home, home, "right"))
    there = (first[spell] <= day[owner]) & (day[owner] < until[spell])
    return np.bincount(owner[there], minlength=len(home))


def co_residents(living: Spells, person: Int32s, home: Int32s, day: int) -> Indices:
    """(n,) how many members the household of each home (n,) has on `day` besides one person (n,)."""
    on = np.full(len(home), day, np.int32)
    return household_sizes(living, home, on) - living.belongs(person, home, on)


def lived_in_since(living: Spells, homes: int, day: int) -> Int32s:
    """(homes,) int32 since when the longest-standing member of each home's household of `day` lives there.

    After an approved swap that is the day of the swap. NEVER where the home has no household that day.
    """
    here = living.households_on(day)
    since = np.full(homes, days.FOREVER, np.int32)
    np.minimum.at(since, living.home[here], living.from_day[here])
    return np.where(since == days.FOREVER, days.NEVER, since).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """V officers' visits, ordered by home and day.

    Attributes:
        home, day: (V,) int32. outcome: (V,) int8, the place in OUTCOMES.
    """

    home: Int32s
    day: Int32s
    outcome: Int8s

    @classmethod
    def of(cls, rows: Sequence[VisitRow], handle: Handle) -> "Visits":
        """From the readers' rows; an outcome that OUTCOMES does not know says nothing and is left out."""
        known = sorted(
            (handle(row.home), (row.at_us + days.OFFSET_US) // US_PER_DAY, OUTCOMES.index(row.outcome))
            for row in rows
            if handle(row.home) != NOBODY and row.outcome in OUTCOMES
        )
        table = np.array(known, np.int64).reshape(-1, 3)
        return cls(
            home=read_only(table[:, 0].astype(np.int32)),
            day=read_only(table[:, 1].astype(np.int32)),
            outcome=read_only(table[:, 2].astype(np.int8)),
        )

    def last(self, homes: int, until: int, *outcomes: int) -> Int32s:
        """(homes + 1,) int32 the last day until before `until` with one of `outcomes`, by home; NEVER where none."""
        found = np.full(homes + 1, days.NEVER, np.int32)
        rows = np.isin(self.outcome, outcomes) & (self.day < until)
        np.maximum.at(found, self.home[rows], self.day[rows])
        return found
