"""Where a story is told: homes, people and papers while they are being made up, and the few moves that stories share.

Stories are told home by home, because no two are alike; what follows from them (a few million passages) is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from simulators.elsewhere.cast import ERRAND, FOREVER, NOBODY, Body, Job, Stay, Via, embody
from simulators.elsewhere.ground import Ground
from simulators.elsewhere.papers import Desk
from simulators.elsewhere.year import DAY, Year
from simulators.names import draw_given, draw_surnames
from simulators.streams import Truth

Span = tuple[float, float]


@dataclass(slots=True, kw_only=True, eq=False)
class Membership:
    """A line of people.csv."""

    home: int
    relation: str
    since: date
    until: date | None = None
    alone: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """Somebody registered; the first membership is where cards and numbers are tied to."""

    name: str
    born: date
    member_of: list[Membership]
    care: bool = False
    enrolled: date | None = None  # later than moving in


@dataclass(slots=True, kw_only=True, eq=False)
class Home:
    """A household and its lease.

    Attributes:
        since, until: hours between which the household lives here at all.
        gaps: by body row, when each is not here.
        settled: a story has laid down who is here when; no journeys are added.
        free: no story has been told about this home yet.
        quiet: nobody is seen leaving when the household is here no more.
    """

    row: int
    kind: str
    lease: tuple[date, date]
    members: list[Body] = field(default_factory=list)
    since: float = -FOREVER
    until: float = FOREVER
    gaps: dict[int, list[Span]] = field(default_factory=dict)
    via: dict[int, list[tuple[float, float, Via, int]]] = field(default_factory=dict)
    settled: bool = False
    free: bool = True
    quiet: bool = False
    renews: bool = True
    ended: tuple[date, str] | None = None
    relocation: date | None = None
    card_only: bool = False

    @property
    def tenant(self) -> Body:
        """Who signed."""
        return self.members[0]

    def away(self, since: float, until: float, bodies: Iterable[Body] | None = None) -> None:
        """Some (all) members are not here for a while."""
        for body in self.members if bodies is None else bodies:
            self.gaps.setdefault(body.row, []).append((since, until))

    def by(self, body: Body, since: float, until: float, via: Via, token: int = NOBODY) -> None:
        """A member gets in another way for a while."""
        self.via.setdefault(body.row, []).append((since, until, via, token))


class Stage:
    """Everything that stories change."""

    def __init__(self, rng: np.random.Generator, year: Year, ground: Ground, plates: Sequence[str]) -> None:
        self.rng, self.year, self.ground, self.desk = rng, year, ground, Desk()
        self.bodies: list[Body] = []
        self.people: list[Person] = []
        self.homes: list[Home] = []
        self.stays: list[Stay] = []
        self.truth: list[Truth] = []
        self.plates: list[str] = []
        self._spare_plates = list(plates)
        self.passes: list[tuple[int, str]] = []  # home and kind by row

    # Time

    def day(self, first: int, last: int) -> int:
        """A day from `first` up to `last` days before the stream's end; `first` where there is none."""
        return int(self.rng.integers(first, max(first + 1, self.year.days - last)))

    def at(self, day: int, low: float = 6.5, high: float = 20.5) -> float:
        """Some hour of a day."""
        return day * DAY + float(self.rng.uniform(low, high))

    def date_of(self, day: int) -> date:
        """The date of a day by number."""
        return self.year.start + timedelta(days=day)

    # People

    def member(
        self,
        home: Home,
        relation: str,
        age: int,
        job: Job,
        surname: str,
        *,
        outings: float | None = None,
        errand: float = ERRAND,
    ) -> Body:
        """Register somebody with a home."""
        rng, start = self.rng, self.year.start
        born = start - timedelta(days=int((age + rng.random()) * 365.2425) + 1)
        own_name = relation in {"spouse", "co-resident", "carer"}
        family = str(draw_surnames(rng, 1)[0]) if own_name else surname
        name = family + str(draw_given(rng, np.array([born.year]), rng.random(1) < 0.5)[0])
        since = max(home.lease[0], born)
        self.people.append(Person(name=name, born=born, member_of=[
            Membership(home=home.row, relation=relation, since=since)
        ]))  # fmt: skip
        body = embody(rng, len(self.bodies), job, age, person=len(self.people) - 1,
                      face_ok=self.ground.shape.face_ok, outings=outings, errand=errand)  # fmt: skip
        body.pin = body.person
        if home.card_only:
            body.face, body.card = False, age >= 6
        self.bodies.append(body)
        return body

    def stranger(self, job: Job, age: int, *, outings: float | None = None, errand: float = ERRAND) -> Body:
        """Somebody whom nobody registered."""
        body = embody(self.rng, len(self.bodies), job, age, outings=outings, errand=errand)
        self.bodies.append(body)
        return body

    def membership(self, body: Body) -> Membership:
        """A member's own line."""
        return self.people[body.person].member_of[0]

    # Papers

    def name_of_somebody(self) -> str:
        """A name nobody registered."""
        given = draw_given(self.rng, self.rng.integers(1955, 2006, 1), self.rng.random(1) < 0.5)
        return str(draw_surnames(self.rng, 1)[0]) + str(given[0])

    def pass_for(self, home: int, kind: str, since: float, until: float, holder: str = "") -> int:
        """A pass to a home; its row."""
        row = len(self.passes)
        self.passes.append((home, kind))
        self.desk.write(
            "passes", pass_=self.pass_id(row), home=self.ground.home[home], kind=kind,
            holder=holder or self.name_of_somebody(), from_=self.moment(since - 0.3), until=self.moment(until + 0.3),
            doors=";".join(self.ground.way_in(home)),
        )  # fmt: skip
        return row

    def pass_id(self, row: int) -> str:
        """Its id."""
        return f"{self.ground.estate}-v{row + 1:06d}"

    def person_id(self, row: int) -> str:
        """A registered person's id."""
        return f"{self.ground.estate}-p{row + 1:06d}"

    def plate(self, home: Home, person: int, since: date, until: date | None = None) -> int:
        """Register a vehicle; its row."""
        row = len(self.plates)
        self.plates.append(self._spare_plates.pop())
        self.desk.write("vehicles", plate=self.plates[row], person=self.person_id(person),
                        home=self.ground.home[home.row], from_=str(since), until=str(until or ""))  # fmt: skip
        return row

    def absence(self, home: Home, body: Body | None, since: int, until: int, kind: str, *, approved: bool) -> None:
        """A declared absence by days."""
        self.desk.write("absences", home=self.ground.home[home.row], person=self.person_id(body.person) if body else "",
                        from_=str(self.date_of(since)), until=str(self.date_of(max(until, since + 1))), kind=kind,
                        approved=str(int(approved)))  # fmt: skip

    def visit(self, home: int, hour: float, outcome: str) -> None:
        """An officer was there."""
        self.desk.write("visits", home=self.ground.home[home], at=self.moment(hour), officer=self.name_of_somebody(),
                        outcome=outcome, note="")  # fmt: skip

    def moment(self, hour: float) -> str:
        """RFC 3339 of an hour, whole minutes."""
        whole = int(hour * 60)
        return f"{self.date_of(whole // 1440)}T{whole % 1440 // 60:02d}:{whole % 60:02d}:00+08:00"

    def tell(
        self, home: Home, scenario: str, label: str = "", since: int | None = None, until: int | None = None
    ) -> None:
        """A row of the truth; days by number."""
        end = None if until is None or until >= self.year.days else self.date_of(until)
        self.truth.append(Truth(
            home=self.ground.home[home.row], household=("card_only_" if home.card_only else "") + home.kind,
            scenario=scenario, label=label, since=None if since is None else self.date_of(since), until=end,
        ))  # fmt: skip

    # Living

    def lives(
        self, body: Body, home: int, since: float, until: float, via: Via, token: int = NOBODY, *, quiet: bool = False
    ) -> None:
        """A stay, unless it lies outside the stream."""
        since, until = max(since, 0.0), min(until, self.year.hours + DAY)
        if since < until and since < self.year.hours:
            self.stays.append(Stay(body.row, home, since, until, via, token, quiet))

    def guest(self, body: Body, home: Home, since: float, until: float, gaps: Sequence[Span] = ()) -> None:
        """Somebody stays with a pass that says so."""
        token = self.pass_for(home.row, "visitor", since, until)
        for low, high in pieces(since, until, gaps):
            self.lives(body, home.row, low, high, Via.PASS, token)

    def settle(self) -> None:
        """Turn what is known of every member into stays."""
        for home in self.homes:
            for body in home.members:
                self._stays_of(home, body)

    def _stays_of(self, home: Home, body: Body) -> None:
        others = [(low, high) for low, high, _, _ in home.via.get(body.row, ())]
        gaps = home.gaps.get(body.row, [])
        if body.age < 6:
            return  # carried
        for low, high in pieces(home.since, home.until, [*gaps, *others]):
            self.lives(body, home.row, low, high, Via.SELF, quiet=home.quiet and high == home.until)
        for since, until, via, token in home.via.get(body.row, ()):
            for low, high in pieces(max(since, home.since), min(until, home.until), gaps):
                self.lives(body, home.row, low, high, via, token)


def pieces(since: float, until: float, gaps: Iterable[Span]) -> list[Span]:
    """What is left of [since, until) without `gaps`, which may overlap."""
    left, low = [], since
    for start, end in sorted(gaps):
        if start > low:
            left.append((low, min(start, until)))
        low = max(low, end)
        if low >= until:
            break
    if low < until:
        left.append((low, until))
    return [(a, b) for a, b in left if b > a]
