"""On which evening must a home be suspected idle, or overdue? Written from the law alone, to hold the rules against.

It shares no code with occupancy: sightings and registry are read anew and each home is walked through by itself. What
it goes by (Order 11 Arts. 27, 30, 31; Civil Code 201 to 203, 734):

- A day is lawful when a household member was let in at a door that is not another home's own (where the reader cannot
  tell the way, a passage is an entry), or a visit met the household. Households that swapped with consent live in each
  other's homes. A vehicle is not a person; after a mismatch nobody was let in.
- The idle run starts on the day after the last lawful day, on the first day of the lease or on the first day observed,
  whichever comes last. It reaches its term on the day six calendar months later (the month's last day where that
  number is missing), moved by as many days of the run as were approved absences (of the household, or of each of its
  members) or unknown: every reader on the way to the home was down for half the day or more. While more than a tenth
  of the run is unknown, nobody is suspected. Only let homes whose lease still gives a right are judged.
- The right ends with the term, with the relocation period where that ends later, or with the return of the home. The
  home is overdue from the first evening on which a member passed a door since. While a renewal that was applied for
  within a year before is undecided, nobody is suspected; a relocation period says that it was decided.

Truth is defined on the readings observed: where the last true entry was missed, the observed one counts.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Mapping
from datetime import date

import msgspec

from benchmarks.detect_facts import HomeFacts, LeaseTerm, read
from simulators.streams import Stream

IDLE_MONTHS = 6
SHORTEST = 181  # days that six calendar months have at least
MOST_UNKNOWN = 10  # more than one day in so many: no suspicion
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
        if lease is None or not home.let or evening > last_day_of_right(lease):
            continue
        start = max(last_lawful + 1, lease.start, first)
        if start == told or evening - start < SHORTEST:
            continue
        unseen = sum(start <= day < evening for day in home.unseen)
        paused = sum(start <= day < evening for day in home.unseen | home.excused)
        if months_later(start, IDLE_MONTHS) + paused <= evening and unseen * MOST_UNKNOWN <= evening - start:
            found.append(evening)
            told = start
    return found


def overdue_evenings(home: HomeFacts, first: int, last: int) -> list[int]:
    """The first evening of every lease, from day `first` to `last`, on which it is used beyond its right."""
    found = []
    for place, lease in enumerate(home.leases):
        right, following = last_day_of_right(lease), home.leases[place + 1 :]
        stop = min(last, following[0].start - 1) if following else last
        for evening in range(max(first, right + 1, lease.start), stop + 1):
            if _seen_between(home.seen, right + 1, evening) and not _is_waiting(lease, right, evening):
                found.append(evening)
                break
    return found


def _seen_between(seen: list[int], first: int, last: int) -> bool:
    place = bisect_left(seen, first)
    return place < len(seen) and seen[place] <= last


def _is_waiting(lease: LeaseTerm, right: int, evening: int) -> bool:
    """A renewal was applied for and nobody has decided: neither a return nor a relocation period is recorded."""
    if lease.applied is None or lease.relocation_until is not None:
        return False
    given_back = lease.ended is not None and lease.ended <= evening
    return right - RENEWAL_DAYS < lease.applied <= evening and not given_back


def lease_on(home: HomeFacts, day: int) -> LeaseTerm | None:
    """The newest lease that has begun."""
    begun = [lease for lease in home.leases if lease.start <= day]
    return begun[-1] if begun else None


def last_day_of_right(lease: LeaseTerm) -> int:
    """The last day on which the lease lets somebody stay."""
    last = lease.end if lease.relocation_until is None else max(lease.end, lease.relocation_until)
    return last if lease.ended is None else min(last, lease.ended)


def months_later(day: int, months: int) -> int:
    """The same day of the month `months` later; the month's last where there is none (Civil Code 202)."""
    start = date.fromordinal(day)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()
