"""On which evening must a home be suspected idle, or overdue? Written from the law alone, to hold the rules against.

It shares no code with occupancy: sightings and registry are read anew and each home is walked through by itself. What
it goes by (Order 11 Arts. 27, 30, 31; Civil Code 201 to 203, 734):

- A day is lawful when a household member was let in at a door that is not another home's own (where the reader cannot
  tell the way, a passage is an entry), or a visit met the household. Households that swapped with consent live in each
  other's homes. A vehicle is not a person; after a mismatch nobody was let in.
- The idle run starts on the day after the last lawful day, with the tenancy (leases of one tenant that follow each
  other are one), with the day the household moved in, or on the first day observed, whichever comes last. It reaches
  its term on the day six calendar months later (the month's last day where that number is missing), moved by as many
  days of the run as were approved absences (of the household, or of each of its members) or unknown: every reader on
  the way to the home was down for half the day or more. While more than a tenth of the run is unknown, nobody is
  suspected. Only let homes are judged, and only within the term of a lease.
- Staying in is not being away: while half or more of the last 13 weeks (and two at least) show signs of life
  (`detect_life`, or a member going out), a care visit is due and no suspicion.
- The right ends with the term, or with its termination where that comes first; a relocation period that ends later
  prolongs it. The home is overdue from the first evening on which a member passed a door since, or a visit met them.
  While a renewal that was applied for in the year before the end is undecided, nobody is suspected; a relocation
  period or a termination says that it was decided.

Truth is defined on the readings observed: where the last true entry was missed, the observed one counts.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

import msgspec

from benchmarks.detect_facts import HomeFacts, LeaseTerm, read
from simulators.streams import Stream

IDLE_MONTHS = 6
SHORTEST = 181  # days that six calendar months have at least
MOST_UNKNOWN = 10  # more than one day in so many: no suspicion
WEEKS = 13  # in which signs of life are looked for
RENEWAL_DAYS = 366  # an application this long before the end is about another term


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """The evenings on which a home must come under suspicion, ascending; seldom more than one of a kind."""

    vacancy: tuple[date, ...] = ()
    overdue: tuple[date, ...] = ()


def due_evenings(stream: Stream) -> Mapping[str, Due]:
    """What must be suspected when, for every home of the stream."""
    facts = read(stream)
    last = stream.start.toordinal() + stream.days - 1
    return {
        home: Due(
            vacancy=_dates(vacancy_evenings(known, facts.observed_from, last)),
            overdue=_dates(overdue_evenings(known, facts.observed_from, last)),
        )
        for home, known in facts.homes.items()
    }


def _dates(evenings: list[int]) -> tuple[date, ...]:
    return tuple(date.fromordinal(evening) for evening in evenings)


def vacancy_evenings(home: HomeFacts, first: int, last: int) -> list[int]:
    """The first evening of every idle run, from day `first` to `last`, on which it has reached its term."""
    found: list[int] = []
    last_lawful, told = first - 1, 0
    for evening in range(first, last + 1):
        if evening in home.entered or evening in home.met:
            last_lawful = evening
        lease = lease_on(home, evening)
        if lease is None or not home.let or evening > min(lease.end, lease.ended or lease.end):
            continue
        moved_in = min((since for since, until in home.members if since <= evening < until), default=first)
        start = max(last_lawful + 1, tenancy_start(home, lease), moved_in, first)
        if start != told and is_idle(home, start, evening):
            found.append(evening)
            told = start
    return found


def is_idle(home: HomeFacts, start: int, evening: int) -> bool:
    """Whether a run that began on `start` must be suspected on an evening."""
    if evening - start < SHORTEST:
        return False
    unseen = sum(start <= day < evening for day in home.unseen)
    paused = sum(start <= day < evening for day in home.unseen | home.excused)
    term = months_later(start, IDLE_MONTHS) + paused
    return term <= evening and unseen * MOST_UNKNOWN <= evening - start and not is_lived_in(home, start, evening)


def is_lived_in(home: HomeFacts, start: int, evening: int) -> bool:
    """Whether half or more of the last weeks of a run show that somebody is there."""
    signs, weeks = home.life | home.seen, 0
    lived = 0
    for back in range(0, 7 * WEEKS, 7):
        week = {day for day in range(evening - back - 6, evening - back + 1) if day >= start}
        counted = week - home.unseen - home.excused
        weeks += bool(counted)
        lived += bool(counted & signs)
    return lived >= 2 and 2 * lived >= weeks


def overdue_evenings(home: HomeFacts, first: int, last: int) -> list[int]:
    """The first evening of every lease, from day `first` to `last`, on which it is used beyond its right."""
    found = []
    for place, lease in enumerate(home.leases):
        right, following = last_day_of_right(lease), home.leases[place + 1 :]
        stop = min(last, following[0].start - 1) if following else last
        signed = False
        for evening in range(max(first, right + 1, lease.start), stop + 1):
            signed = signed or evening in home.seen or evening in home.met
            if signed and not _is_waiting(lease, right, evening):
                found.append(evening)
                break
    return found


def _is_waiting(lease: LeaseTerm, right: int, evening: int) -> bool:
    """A renewal was applied for and nobody has decided."""
    if lease.applied is None or lease.relocation_until is not None:
        return False
    decided = lease.ended is not None and lease.ended <= evening
    return right - RENEWAL_DAYS < lease.applied <= right and not decided


def lease_on(home: HomeFacts, day: int) -> LeaseTerm | None:
    """The newest lease that has begun."""
    begun = [lease for lease in home.leases if lease.start <= day]
    return begun[-1] if begun else None


def last_day_of_right(lease: LeaseTerm) -> int:
    """The last day on which the lease lets somebody stay."""
    last = lease.end if lease.ended is None else min(lease.end, lease.ended)
    return last if lease.relocation_until is None else max(last, lease.relocation_until)


def tenancy_start(home: HomeFacts, lease: LeaseTerm) -> int:
    """The first day of the unbroken line of the tenant's leases that this one ends."""
    start = lease.start
    for before in reversed(home.leases[: home.leases.index(lease)]):
        if before.tenant != lease.tenant or last_day_of_right(before) + 1 < start:
            break
        start = before.start
    return start


def months_later(day: int, months: int) -> int:
    """The same day of the month `months` later; the month's last where there is none (Civil Code 202)."""
    start = date.fromordinal(day)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()
