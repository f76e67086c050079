"""What looks like a breach and is none: absences, holidays, people who come and leave, readers that fail, works.

Shares are ours unless said: a typical estate has all of these at once, some of them in most homes.
"""

import numpy as np

from simulators.lives.bodies import NEVER, NONE, Bodies, By, Own, Quiet, together
from simulators.lives.company import gather, kinds, visitors
from simulators.lives.village import FACELESS, UNREAD, Absence, Outage, Swap, Village

HOSPITAL, DECLARED, UNDECLARED = 0.03, 0.08, 0.4  # shares of homes, in a year
SPRING, HOLIDAY = 0.45, 0.14  # of households leave at the Spring Festival, at a long holiday
MOVE_IN, MOVE_OUT, HANDED_BACK, RENEWED = 0.03, 0.03, 0.01, 0.08
BROKEN, STROLLER, ILL_PARENT, GATHERING, WORKS, LOST_CARD = 0.04, 0.04, 0.02, 0.015, 0.03, 0.05


def travel(village: Village) -> None:
    """Households go away together: at the festivals, and for one to four weeks on days of their own."""
    rng, let = village.rng, village.let()
    for first in village.seasons.spring:
        for home in let[rng.random(len(let)) < SPRING].tolist():
            leaves = first - int(rng.integers(0, 10))
            _away(village, home, leaves, first + int(rng.integers(3, 19)), "spring_festival", declared=0.05)
    for first in village.seasons.holidays:
        for home in let[rng.random(len(let)) < HOLIDAY].tolist():
            _away(
                village,
                home,
                first - int(rng.integers(0, 2)),
                first + int(rng.integers(3, 8)),
                "holiday",
                declared=0.02,
            )
    year = village.days / 365
    for share, name, declared in ((DECLARED, "travel_declared", 1.0), (UNDECLARED, "travel", 0.0)):
        times = rng.poisson(share * year, len(let))
        for home in np.repeat(let, times).tolist():
            first = int(rng.integers(0, max(village.days - 3, 1)))
            _away(village, home, first, first + int(rng.integers(7, 29)), name, declared=declared)


def _away(village: Village, home: int, first: int, last: int, name: str, *, declared: float) -> None:
    """The household, or all but one, leaves; somebody may look after the home."""
    rng = village.rng
    first, last = max(first, 0), min(last, village.days)
    if last - first < 2:
        return
    rows = village.of(home)
    if len(rows) > 1 and rng.random() < 0.25:
        rows = rng.permutation(rows)[:-1]
    village.members.here[rows, first:last] = False
    if rng.random() < declared:
        late = last + int(rng.integers(0, 3))
        village.absences.append(Absence(home, NONE, first, late, "travel", bool(rng.random() < 0.9)))
    draw = rng.random()
    at, one = np.array([home]), np.array([first])
    if draw < 0.2:  # waters the plants, feeds the cat
        sitter = visitors(village, at, "caller", one, np.array([last]), lent=0.6)
        sitter.rhythm[..., 0, :2] *= rng.uniform(0.2, 0.9)
        sitter.rhythm[..., 0, 4] *= 0.3
        village.others.append(sitter)
    elif draw < 0.3 and last - first > 4:  # stays some nights, with a rhythm of their own
        begin = int(rng.integers(first, last - 3))
        end = np.array([min(begin + int(rng.integers(2, 15)), last)])
        template = str(rng.choice(["worker", "old", "student"]))
        village.others.append(visitors(village, at, template, np.array([begin]), end, lent=0.6, overnight=True))
        name = f"{name}_sitter"
    if not village.taken[home]:
        village.note(home, name, since=first, until=last)


def surprises(village: Village) -> None:
    """Everything else that is none of the office's business, or is known to it."""
    _hospital(village)
    _ill_parents(village)
    _move_ins(village)
    _move_outs(village)
    _handed_back(village)
    _renewals(village)
    _approved_swaps(village)
    _broken_readers(village)
    _strollers(village)
    _works(village)
    _lost_cards(village)
    for home in village.choose(village.let(), _count(village, GATHERING), take=False):
        first = int(village.rng.integers(0, max(village.days - 5, 1)))
        gather(village, home, first, 10)
        village.note(home, "gathering", since=first)


def _count(village: Village, share: float) -> int:
    """How many homes a yearly share means in this period."""
    return int(village.rng.poisson(share * len(village.let()) * village.days / 365))


def _hospital(village: Village) -> None:
    """One is in hospital; the office knows. Relatives come by, more often where nobody else is at home."""
    rng = village.rng
    for home in village.choose(village.let(), _count(village, HOSPITAL)):
        rows = village.of(home)
        row = int(rows[np.argmin(village.households.people.born[rows].astype(np.int64))])
        first = int(rng.integers(0, max(village.days - 4, 1)))
        last = min(first + int(rng.integers(4, 75)), village.days)
        village.members.here[row, first:last] = False
        whole = NONE if len(rows) == 1 else int(village.members.person[row])
        village.absences.append(Absence(home, whole, first, last, "hospital", True))
        at = np.full(int(rng.integers(1, 3)), home)
        caring = visitors(village, at, "caller", np.full(len(at), first), np.full(len(at), last), lent=0.5)
        caring.rhythm[..., 0, :2] *= rng.uniform(0.2, 0.8)
        village.others.append(caring)
        village.note(home, "hospital", since=first, until=last)


def _ill_parents(village: Village) -> None:
    """A relative comes every day for weeks."""
    rng = village.rng
    old = kinds(village, "elderly_alone", "elderly_couple", "homebound", "weekly_relatives")
    for home in village.choose(old, _count(village, ILL_PARENT)):
        first = int(rng.integers(0, max(village.days - 10, 1)))
        last = min(first + int(rng.integers(10, 90)), village.days)
        village.others.append(
            visitors(village, np.array([home]), "caller", np.array([first]), np.array([last]), lent=0.5)
        )
        rows = village.of(home)
        village.members.quiet[rows[:1], first:last] = Quiet.ILL
        village.note(home, "daily_relative", since=first, until=last)


def _move_ins(village: Village) -> None:
    """The lease begins within the period; cards come with it, faces are enrolled days later."""
    rng = village.rng
    for home in village.choose(village.let(), _count(village, MOVE_IN)):
        begin = int(rng.integers(5, max(village.days - 5, 6)))
        rows, lease = village.of(home), _lease(village, home)
        moved = np.minimum(begin + rng.integers(0, 8, len(rows)), village.days)
        for row, first in zip(rows.tolist(), moved.tolist(), strict=True):
            village.members.here[row, :first] = False
        known = village.members.enrolled_on[rows] < NEVER
        later = moved + rng.integers(1, 21, len(rows))
        village.members.enrolled_on[rows] = np.where(known, later, NEVER)
        village.households.people.since[rows] = np.maximum(village.day64(begin), village.households.people.born[rows])
        length = village.leases.end[lease] - village.leases.start[lease]
        village.leases.start[lease] = village.day64(begin)
        village.leases.end[lease] = village.day64(begin) + length
        for part in village.others:  # nobody comes to an empty home
            part.here[part.home == home, :begin] = False
        village.note(home, "move_in", since=begin)


def _lease(village: Village, home: int) -> int:
    return int(np.flatnonzero(village.leases.home == home)[0])


def _move_outs(village: Village) -> None:
    """A member leaves for good and is struck off, on the day or some weeks later."""
    rng = village.rng
    homes = np.flatnonzero(np.diff(village.households.first) > 1)
    for home in village.choose(homes, _count(village, MOVE_OUT)):
        row = int(village.of(home)[-1])
        leaves = int(rng.integers(5, max(village.days, 6)))
        village.members.here[row, leaves:] = False
        told = leaves + int(rng.integers(0, 40)) * int(rng.random() < 0.5)
        village.households.people.until[row] = village.day64(told + 1)
        village.note(home, "member_left", since=leaves)


def _handed_back(village: Village) -> None:
    """A home is given back as the law wants it and stands empty."""
    rng = village.rng
    for home in village.choose(village.let(), _count(village, HANDED_BACK)):
        leaves = int(rng.integers(5, max(village.days, 6)))
        lease = _lease(village, home)
        village.leases.ended[lease] = village.day64(leaves)
        village.members.here[village.of(home), leaves:] = False
        village.households.people.until[village.of(home)] = village.day64(leaves)
        for part in village.others:
            part.here[part.home == home, leaves:] = False
        village.estate.homes.state[home] = "vacant"
        village.note(home, "handed_back", since=leaves)


def _renewals(village: Village) -> None:
    """A term ends within the period; they applied in time and have a new lease from the next day on."""
    rng, leases = village.rng, village.leases
    for home in village.choose(village.let(), _count(village, RENEWED)):
        lease, ends = _lease(village, home), int(rng.integers(0, village.days))
        length = leases.end[lease] - leases.start[lease]
        leases.end[lease] = village.day64(ends)
        leases.start[lease] = village.day64(ends) - length
        leases.applied[lease] = village.day64(ends) - np.timedelta64(int(rng.integers(95, 150)), "D")
        leases.ended[lease] = village.day64(ends)
        blank = np.datetime64("NaT", "D")
        begins = village.day64(ends) + np.timedelta64(1, "D")
        extra = (home, leases.tenant[lease], begins, begins + length, blank, blank, blank)
        for name, value in zip(type(leases).__slots__, extra, strict=True):
            setattr(leases, name, np.append(getattr(leases, name), value))
        village.note(home, "renewal", since=ends + 1)


def _approved_swaps(village: Village) -> None:
    """Two households live in each other's homes, and the office agreed."""
    rng = village.rng
    for _ in range(max(_count(village, 0.003), 0)):
        pair = village.choose(kinds(village, "family", "couple", "single_worker"), 2)
        if len(pair) < 2:
            return
        first = int(rng.integers(0, village.days))
        village.swaps.append(Swap(pair[0], pair[1], first, True))
        for home, other in (pair, pair[::-1]):
            moved = move(village, home, other, first)
            moved.right_home[:] = other
            moved.household[:] = True
            village.others.append(moved)
            village.note(home, "swap_approved", since=first)


def move(village: Village, home: int, other: int, first: int) -> Bodies:
    """The household of `home` lives in `other` from `first` on; returns its rows there, not yet added."""
    rows = village.of(home)
    moved = village.members.rows(rows)
    moved.home[:] = other
    moved.household[:] = False
    moved.here[:, :first] = False
    village.members.here[rows, first:] = False
    return moved


def _broken_readers(village: Village) -> None:
    """A door reads nothing, or recognises nobody, for days; the office may have noted it."""
    rng, doors = village.rng, village.estate.doors
    for door in rng.choice(len(doors.id), size=min(_count(village, BROKEN), len(doors.id)), replace=False).tolist():
        if doors.kind[door] in ("gate", "garage"):
            continue
        first = int(rng.integers(0, village.days))
        last = min(first + int(rng.integers(2, 30)), village.days)
        faceless = bool(doors.camera[door]) and rng.random() < 0.5
        village.blind[door, first:last] = FACELESS if faceless else UNREAD
        if rng.random() < 0.5 and not faceless:
            village.outages.append(Outage(door, first, last))
        if doors.home[door] != NONE and village.kind(int(doors.home[door])) != "none":
            village.note(int(doors.home[door]), "broken_reader", since=first, until=last)


def _strollers(village: Village) -> None:
    """One member mostly comes in behind another, hands full."""
    rng = village.rng
    homes = np.flatnonzero(np.diff(village.households.first) > 1)
    for home in village.choose(homes, _count(village, STROLLER), take=False):
        row = int(village.of(home)[1])
        village.members.follow[row] = rng.uniform(0.4, 0.8)
        village.members.own[row, : Own.NOTHING] *= rng.uniform(0.2, 0.6)
        village.members.own[row, Own.NOTHING] += 0.4
        village.note(home, "stroller")


def _works(village: Village) -> None:
    """Workmen with passes for weeks; the household may live elsewhere meanwhile."""
    rng = village.rng
    for home in village.choose(village.let(), _count(village, WORKS)):
        first = int(rng.integers(0, max(village.days - 8, 1)))
        last = min(first + int(rng.integers(8, 50)), village.days)
        at = np.full(int(rng.integers(1, 5)), home)
        men = visitors(
            village, at, "workman", np.full(len(at), first), np.full(len(at), last), bearing="contractor", every=60
        )
        men.ways[:, By.PASS] += 2.0
        men.weekdays[:] = 0b0111111
        village.others.append(men)
        if rng.random() < 0.3:
            village.members.here[village.of(home), first:last] = False
        village.note(home, "works", since=first, until=last)


def _lost_cards(village: Village) -> None:
    """Some days without a card, then a new one."""
    rng = village.rng
    for home in village.choose(village.let(), _count(village, LOST_CARD), take=False):
        row = int(rng.choice(village.of(home)))
        person, lost = int(village.members.card[row]), int(rng.integers(0, village.days))
        if person == NONE:
            continue
        again = min(lost + int(rng.integers(1, 9)), village.days)
        village.members.cardless_from[row], village.members.cardless_until[row] = lost, again
        village.reissued[person] = (lost, again)
        village.note(home, "lost_card", since=lost, until=again)


def all_bodies(village: Village) -> Bodies:
    """Everybody, the households first."""
    return together([village.members, *(part for part in village.others if len(part))])
