"""A village while it is being drawn: the estate, its people, their lives day by day, and what the office knows.

Scenarios write into it. `members` are the households' own rows, home by home; everybody else is added behind them.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.lives.bodies import NONE, Bodies
from simulators.lives.estate import Estate
from simulators.lives.kinds import NAMES
from simulators.lives.people import Households, People, make_people
from simulators.lives.seasons import Seasons
from simulators.names import draw_given, draw_surnames
from simulators.streams import Truth
from simulators.tables import Bools, Days, Ints, Strings

UNREAD, FACELESS = 1, 2  # what a broken reader does: reads nothing, recognises nobody


class Passes(NamedTuple):
    """Series of passes, (s,) each: pass k of series i holds from `from_day + k * every` for `every` days."""

    first: Ints
    home: Ints
    kind: Strings
    holder: Strings
    from_day: Ints
    every: Ints


class Absence(NamedTuple):
    """A row of absences.csv, in places of days."""

    home: int
    person: int
    from_day: int
    until_day: int | None
    kind: str
    approved: bool


class Swap(NamedTuple):
    """A row of swaps.csv."""

    home_a: int
    home_b: int
    from_day: int
    approved: bool


class Outage(NamedTuple):
    """A row of outages.csv, whole days."""

    door: int
    from_day: int
    until_day: int


class Idle(NamedTuple):
    """Nobody of the household is there from a day until before another."""

    home: int
    from_day: int
    until_day: int


class Vehicle(NamedTuple):
    """A row of vehicles.csv."""

    plate: int
    person: int
    home: int
    from_day: np.datetime64


@dataclass(slots=True, kw_only=True, eq=False)
class Leases:
    """Leases (n,); `start`, `end` (last day), `ended`, `applied`, `relocation` are datetime64[D], NaT for none."""

    home: Ints
    tenant: Ints
    start: Days
    end: Days
    ended: Days
    applied: Days
    relocation: Days


@dataclass(slots=True, kw_only=True, eq=False)
class Village:
    """Everything drawn so far."""

    rng: np.random.Generator
    seasons: Seasons
    estate: Estate
    households: Households
    people: list[People]
    members: Bodies
    leases: Leases
    plates: Strings  # a pool; `plates_used` of them are somebody's
    blind: NDArray[np.uint8]  # (doors, days): UNREAD, FACELESS or 0
    taken: Bools  # (homes,) has a scenario of its own already
    others: list[Bodies] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)
    series: list[Passes] = field(default_factory=list)
    pass_count: int = 0
    plates_used: int = 0
    absences: list[Absence] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    reissued: dict[int, tuple[int, int]] = field(default_factory=dict)  # person: lost on, new from
    person_count: int = 0

    @property
    def days(self) -> int:
        """How many."""
        return len(self.seasons)

    def of(self, home: int) -> Ints:
        """The rows in `members`, and of the first people, of a home's household; may be empty."""
        return np.arange(self.households.first[home], self.households.first[home + 1])

    def kind(self, home: int) -> str:
        """The kind of household, `none` where nobody lives."""
        number = int(self.households.kind[home])
        return "none" if number == NONE else NAMES[number]

    def let(self) -> Ints:
        """Homes with a household."""
        return np.flatnonzero(self.households.kind >= 0)

    def choose(self, homes: Ints, count: int, *, take: bool = True) -> list[int]:
        """At most `count` of `homes` that nothing was played in yet; they are taken then."""
        free = homes[~self.taken[homes]]
        chosen = self.rng.choice(free, size=min(count, len(free)), replace=False)
        if take:
            self.taken[chosen] = True
        return [int(home) for home in chosen]

    def count(self, share: float) -> int:
        """How many homes a yearly share of the let ones means in this period."""
        return int(self.rng.poisson(share * len(self.let()) * self.days / 365))

    def note(
        self, home: int, scenario: str, label: str = "", since: int | None = None, until: int | None = None
    ) -> None:
        """Write down what is so in a home, days as places in the period."""
        ends = until is not None and until < self.days
        self.truth.append(
            Truth(
                home=str(self.estate.homes.id[home]),
                household=self.kind(home),
                scenario=scenario,
                label=label,
                since=None if since is None else self.day(since),
                until=self.day(until) if ends and until is not None else None,
            )
        )

    def forget(self, home: int, *, before: int = 0, after: int | None = None) -> None:
        """Strike what was noted of a home before it was lived in, or from when it no longer is."""
        name = str(self.estate.homes.id[home])
        first, last = self.day(before), None if after is None else self.day(after)

        def holds(row: Truth) -> bool:
            return row.since is None or (row.since >= first and (last is None or row.since < last))

        self.truth = [row for row in self.truth if row.home != name or holds(row)]

    def day(self, place: int) -> date:
        """The calendar day of a place."""
        return self.seasons.day(place)

    def day64(self, place: int) -> np.datetime64:
        """The same for arrays."""
        return np.datetime64(self.day(place), "D")

    def register(self, home: int, relation: str, age: float, from_day: int) -> int:
        """Write one more person into the register; returns their row."""
        person = make_people(
            self.rng, np.array([home]), np.array([relation]), np.array([age]), np.datetime64(self.seasons.start, "D")
        )
        person.since[:] = self.day64(from_day)
        self.people.append(person)
        self.person_count += 1
        return self.person_count - 1

    def new_passes(self, home: Ints, kind: str, from_day: Ints, until_day: Ints, every: Ints) -> Ints:
        """A series of passes for each of `home` (n,), written down; returns the number of the first of each."""
        n = len(home)
        counts = np.maximum(-(-(until_day - from_day) // every), 1) + 1  # whoever leaves after midnight has one too
        first: Ints = self.pass_count + np.cumsum(counts) - counts
        years = self.rng.integers(1950, 2004, n)
        holder = np.char.add(draw_surnames(self.rng, n), draw_given(self.rng, years, self.rng.random(n) < 0.5))
        self.series.append(Passes(first, np.asarray(home), np.full(n, kind), holder, from_day, every))
        self.pass_count += int(counts.sum())
        return first

    def new_plates(self, count: int) -> Ints:
        """Codes of plates that nobody has yet."""
        first = self.plates_used
        self.plates_used += count
        if self.plates_used > len(self.plates):
            raise ValueError("more cars than plates were drawn for")
        return np.arange(first, first + count)
