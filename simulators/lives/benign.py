"""What looks like a breach and is none: absences, holidays, people who come and leave, readers that fail, works.

Shares are ours unless said: a typical estate has all of these at once, some of them in most homes.
"""

import numpy as np

from simulators.lives import moves
from simulators.lives.bodies import NONE, Bodies, By, Own, Quiet, together
from simulators.lives.company import kinds, visitors
from simulators.lives.village import FACELESS, UNREAD, Absence, Outage, Village

HOSPITAL, DECLARED, UNDECLARED = 0.03, 0.08, 0.4  # shares of homes, in a year
SPRING, HOLIDAY = 0.45, 0.14  # of households leave at the Spring Festival, at a long holiday
BROKEN, STROLLER, ILL_PARENT, WORKS, LOST_CARD = 0.04, 0.04, 0.02, 0.03, 0.05


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
    moves.come_and_go(village)
    _broken_readers(village)
    _strollers(village)
    _works(village)
    _lost_cards(village)


def _hospital(village: Village) -> None:
    """One is in hospital; the office knows. Relatives come by, more often where nobody else is at home."""
    rng = village.rng
    for home in village.choose(village.let(), village.count(HOSPITAL)):
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
    for home in village.choose(old, village.count(ILL_PARENT)):
        first = int(rng.integers(0, max(village.days - 10, 1)))
        last = min(first + int(rng.integers(10, 90)), village.days)
        village.others.append(
            visitors(village, np.array([home]), "caller", np.array([first]), np.array([last]), lent=0.5)
        )
        rows = village.of(home)
        village.members.quiet[rows[:1], first:last] = Quiet.ILL
        village.note(home, "daily_relative", since=first, until=last)


def _broken_readers(village: Village) -> None:
    """A door reads nothing, or recognises nobody, for days; the office may have noted it."""
    rng, doors = village.rng, village.estate.doors
    for door in rng.choice(len(doors.id), size=min(village.count(BROKEN), len(doors.id)), replace=False).tolist():
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
    for home in village.choose(homes, village.count(STROLLER), take=False):
        row = int(village.of(home)[1])
        village.members.follow[row] = rng.uniform(0.4, 0.8)
        village.members.own[row, : Own.NOTHING] *= rng.uniform(0.2, 0.6)
        village.members.own[row, Own.NOTHING] += 0.4
        village.note(home, "stroller")


def _works(village: Village) -> None:
    """Workmen with passes for weeks; the household may live elsewhere meanwhile."""
    rng = village.rng
    for home in village.choose(village.let(), village.count(WORKS)):
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
    for home in village.choose(village.let(), village.count(LOST_CARD), take=False):
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
