"""From a seed to a stream: draw the village, let it live day after day, write down what readers saw and what was so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa

from core.clock import US_PER_DAY, US_PER_SECOND, day_start_us
from core.ids import check_topic_id
from housing.leases import add_months
from simulators.buildings import numbered
from simulators.lives import benign, breaches, company, outings, readings, registry, settling
from simulators.lives.bodies import NONE, Bodies, By
from simulators.lives.breaches import Shares
from simulators.lives.estate import draw_estate
from simulators.lives.people import People, draw_households, together
from simulators.lives.readings import Readings, Registered, Senses
from simulators.lives.seasons import draw_seasons
from simulators.lives.village import Idle, Leases, Vehicle, Village
from simulators.plate_numbers import draw_plates
from simulators.randomness import stream
from simulators.streams import SIGHTINGS, Stream, Truth
from simulators.tables import Bools, Ints, Strings

Progress = Callable[[int, int], None]  # days done, days in all
RUN = 28  # days at once
LONGEST_WALK_US = 11 * 60 * US_PER_SECOND  # from the gate to the home, with a second look
IDLE_MONTHS = 6  # Order 11 Art. 27
CARS = 0.25  # of tenants and spouses keep one


class TooShort(ValueError):
    """A period too short for anything to happen in it."""


def make(
    seed: int,
    homes: int,
    start: date,
    days: int,
    *,
    prevalence: float = 0.005,
    shares: Shares | None = None,
    home_doors: float = 0.5,
    estate: str = "lives",
    progress: Progress | None = None,
) -> Stream:
    """The estate of `seed`: what its readers saw over the period, what its office knows, and what was so.

    Args:
        seed: any non-negative number; the same one gives the same stream.
        homes: how many, 1 or more; a building holds 108.
        start, days: the period, 30 days or more, within the years that the holiday calendar knows.
        prevalence: share of the let homes in which a sublet begins within the period.
        shares: the same for what else is played.
        home_doors: share of homes with a reader at their own door.
        estate: its id, the beginning of all others.
        progress: told after every run of days.

    Raises:
        TooShort: fewer than 30 days.
        HolidaysUnknown: the calendar does not reach that far.
    """
    check_topic_id(estate, "estate")
    if days < 30 or homes < 1:
        raise TooShort("a village needs one home and 30 days at least")
    village = _draw(seed, homes, start, days, home_doors, estate)
    _happen(village, prevalence, shares or Shares())
    people = together(village.people)
    bodies = benign.all_bodies(village)
    ids = numbered(f"{estate}-p", np.arange(1, len(people) + 1), 6)
    lived = _live(village, bodies, people, ids, stream(seed, "lives/days"), progress or (lambda _done, _all: None))
    sightings, used, entries = lived
    _judge_idle(village, entries)
    return Stream(
        start=start,
        days=days,
        registry=registry.tables(village, people, ids, used),
        sightings=sightings,
        truth=_complete(village),
    )


def _draw(seed: int, homes: int, start: date, days: int, home_doors: float, estate: str) -> Village:
    """The village on its first day."""
    named = partial(stream, seed)
    seasons = draw_seasons(named("lives/seasons"), start, days)
    stones = draw_estate(named("lives/estate"), seed, estate, homes, home_doors)
    rng = named("lives/people")
    today = np.datetime64(start, "D")
    households = draw_households(rng, np.flatnonzero(stones.homes.state == "let"), homes, today)
    home, tenant, began, ends, none = settling.draw_leases(rng, households, seasons)
    started = np.full(homes, today)
    started[home] = began
    households.people.since = np.maximum(started[households.people.home], households.people.born)
    members = settling.settle(rng, households, seasons)
    village = Village(
        rng=named("lives/events"),
        seasons=seasons,
        estate=stones,
        households=households,
        people=[households.people],
        person_count=len(households.people),
        members=members,
        leases=Leases(
            home=home, tenant=tenant, start=began, end=ends, ended=none, applied=none.copy(), relocation=none.copy()
        ),
        plates=draw_plates(named("lives/plates"), np.zeros(2 * homes + 200, np.int64)),
        blind=np.zeros((len(stones.doors.id), days), np.uint8),
        taken=np.zeros(homes, np.bool_),
    )
    _keep_cars(village)
    return village


def _keep_cars(village: Village) -> None:
    rng, people, members = village.rng, village.households.people, village.members
    drives = np.isin(people.relation, ("tenant", "spouse")) & (rng.random(len(people)) < CARS)
    row = np.flatnonzero(drives & (people.born > np.datetime64(village.seasons.start, "D") - 70 * 365))
    members.plate[row] = village.new_plates(len(row))
    members.ways[row, By.CAR] = members.ways[row].sum(axis=1) * rng.uniform(0.1, 2.5, len(row))
    for person in row.tolist():
        where = int(people.home[person])
        village.vehicles.append(Vehicle(int(members.plate[person]), person, where, people.since[person]))


def _happen(village: Village, prevalence: float, shares: Shares) -> None:
    """What belongs to the kinds, then what is looked for, then what only looks like it."""
    chosen = breaches.plan(village, prevalence, shares)
    company.keep_company(village)
    company.live_by_kind(village)
    benign.travel(village)
    breaches.play(village, chosen)
    benign.surprises(village)


def _live(
    village: Village, bodies: Bodies, people: People, ids: Strings, rng: np.random.Generator, progress: Progress
) -> tuple[pa.Table, Bools, Ints]:
    """The sightings as a table, which passes were shown, and (e, 2) home and day of every household entry at a home
    that is idle at some time."""
    begin_us, days = day_start_us(village.seasons.start), village.days
    senses = Senses(
        estate=village.estate,
        registered=_registered(village, people),
        blind=village.blind,
        masks=village.seasons.masks,
        begin_us=begin_us,
    )
    idle = np.isin(bodies.home, [run.home for run in village.idle]) & bodies.household
    table = _Table(village, ids)
    busy = np.zeros(len(bodies), np.int64)
    walks, seen = list[outings.Passages](), list[Readings]()
    entries = [np.empty((0, 2), np.int64)]
    for first in range(0, days, RUN):
        last = min(first + RUN, days)
        until_us = begin_us + last * US_PER_DAY
        walks.append(outings.passages(rng, bodies, village.seasons, first, last, busy))
        all_walks = outings.joined(walks)
        now = all_walks.at_us < until_us
        walks = [all_walks.rows(~now)]
        here = _not_at_midnight(all_walks.rows(now), idle, begin_us)
        seen.append(readings.read(rng, bodies, senses, here))
        all_seen = readings.joined(seen)
        now = all_seen.at_us < until_us
        seen = [all_seen.rows(~now)]
        table.add(all_seen.rows(now))
        came = np.flatnonzero(here.inward & idle[here.body])
        entries.append(np.stack([bodies.home[here.body[came]], (here.at_us[came] - begin_us) // US_PER_DAY], axis=1))
        progress(last, days)
    return table.done(), table.pass_code != NONE, np.concatenate(entries)


def _not_at_midnight(walks: outings.Passages, idle: Bools, begin_us: int) -> outings.Passages:
    """Nobody of an idle home is between gate and home at midnight: the day of an entry is the same at every door."""
    left = US_PER_DAY - (walks.at_us - begin_us) % US_PER_DAY
    close = idle[walks.body] & (left < LONGEST_WALK_US)
    return replace(walks, at_us=walks.at_us - np.where(close, LONGEST_WALK_US, 0))


def _registered(village: Village, people: People) -> Registered:
    plate_person, plate_home = (np.full(len(village.plates), NONE, np.int32) for _ in range(2))
    for row in village.vehicles:
        plate_person[row.plate], plate_home[row.plate] = row.person, row.home
    return Registered(home=people.home.astype(np.int32), plate_person=plate_person, plate_home=plate_home)


class _Table:
    """Sightings run by run as Arrow batches of one dictionary a column; passes get their code when first shown."""

    def __init__(self, village: Village, ids: Strings) -> None:
        self._estate = village.estate.name
        self._words: dict[str, Sequence[str] | Strings] = {
            "door": village.estate.doors.id, "direction": readings.DIRECTIONS, "modality": readings.MODALITIES,
            "person": ids, "home": village.estate.homes.id, "plate": village.plates, "outcome": readings.OUTCOMES,
            "seen": ids,
        }  # fmt: skip
        self._runs: list[Readings] = []
        self.pass_code = np.full(village.pass_count, NONE, np.int32)
        self._shown = 0

    def add(self, run: Readings) -> None:
        """One more run of days, later than those before."""
        row = np.flatnonzero(run.pass_ != NONE)
        new = np.unique(run.pass_[row])
        new = new[self.pass_code[new] == NONE]
        self.pass_code[new] = self._shown + np.arange(len(new))
        self._shown += len(new)
        run.pass_[row] = self.pass_code[run.pass_[row]]
        self._runs.append(run.rows(np.argsort(run.at_us, kind="stable")))

    def done(self) -> pa.Table:
        """All of it."""
        numbers = np.empty(self._shown, np.int64)
        shown = np.flatnonzero(self.pass_code != NONE)
        numbers[self.pass_code[shown]] = shown
        passes = [registry.pass_id(self._estate, number) for number in numbers.tolist()]
        words = {name: pa.array([str(word) for word in known], pa.string())
                 for name, known in {**self._words, "pass": passes}.items()}  # fmt: skip
        batches, event = list[pa.RecordBatch](), 1
        while self._runs:
            run = self._runs.pop(0)
            batches.append(_batch(run, event, words))
            event += len(run)
        return pa.Table.from_batches(batches, schema=SIGHTINGS)


def _batch(run: Readings, event: int, words: dict[str, pa.Array]) -> pa.RecordBatch:
    columns = [pa.array(np.arange(event, event + len(run))), pa.array(run.at_us).view(pa.timestamp("us", tz="UTC"))]
    for field in list(SIGHTINGS)[2:]:
        codes = getattr(run, "pass_" if field.name == "pass" else field.name)
        places = pa.array(codes, pa.int32(), mask=codes == NONE)
        columns.append(pa.DictionaryArray.from_arrays(places, words[field.name]))
    return pa.RecordBatch.from_arrays(columns, schema=SIGHTINGS)


def _judge_idle(village: Village, entries: Ints) -> None:
    """A vacancy wherever six calendar months, and the days allowed away, pass without a household member's entry."""
    for run in village.idle:
        mine = entries[(entries[:, 0] == run.home) & (entries[:, 1] < run.from_day), 1]
        since = int(mine.max()) + 1 if len(mine) else 0
        due = (add_months(village.day(since), IDLE_MONTHS) - village.seasons.start).days + _pause(village, run)
        if due < min(run.until_day, village.days):
            village.note(run.home, "idle", "vacancy", since, run.until_day)
        else:
            village.note(run.home, "idle_short", since=since, until=run.until_day)


def _pause(village: Village, run: Idle) -> int:
    """Days of the run on which the office had agreed to the absence."""
    spans = ((max(a.from_day, run.from_day), min(a.until_day or run.until_day, run.until_day))
             for a in village.absences if a.home == run.home and a.approved)  # fmt: skip
    return sum(max(until - first, 0) for first, until in spans)


def _complete(village: Village) -> list[Truth]:
    """One row at least for every home, in the order of homes."""
    told = {row.home for row in village.truth}
    homes = village.estate.homes.id
    for place, name in enumerate(homes.tolist()):
        if name not in told:
            village.note(place, "usual" if village.households.kind[place] != NONE else "not_let")
    order = {name: place for place, name in enumerate(homes.tolist())}
    return sorted(village.truth, key=lambda row: order[row.home])
