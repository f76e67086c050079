"""What the office looks for, played in a few homes, with its label.

The first day of a label (`since`): sublet: the first day on which more others than household members sleep there, and
it stays so; swap: the first day in the other's home; extra_resident: the first night; vacancy: the day after the last
true entry of a household member (set when the passages are known); overdue: the day after the term, or after the
relocation period; welfare: the first day without a passage.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from simulators.lives.bodies import NONE, By, Own, Quiet
from simulators.lives.company import kinds, visitors
from simulators.lives.moves import move
from simulators.lives.subtenants import draw_party, look_in, subtenants
from simulators.lives.village import Absence, Idle, Swap, Village

Play = Callable[[Village, int], None]
SUBLETS = (("sublet_whole", 0.45), ("short_let", 0.2), ("slow_drift", 0.35))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of the let homes in which something is played, other than sublets; ours, above life so that some occur."""

    swap: float = 0.002
    sublet_room: float = 0.006
    idle: float = 0.012
    overstay: float = 0.008
    keys_kept: float = 0.004
    welfare: float = 0.004


def plan(village: Village, prevalence: float, shares: Shares) -> list[tuple[str, list[int]]]:
    """Which homes get which scenario; they are taken."""
    rng, let = village.rng, village.let()
    ordinary = np.setdiff1d(let, kinds(village, "homebound", "newborn"))
    count = _count(rng, prevalence * len(let))
    split = rng.multinomial(count, [share for _, share in SUBLETS])
    chosen = [(name, village.choose(ordinary, int(some))) for (name, _), some in zip(SUBLETS, split, strict=True)]
    chosen.append(("swap", village.choose(ordinary, 2 * _count(rng, shares.swap * len(let) / 2))))
    alone = [home for home in kinds(village, "elderly_alone").tolist() if _cared(village, home)]
    welfare = _count(rng, shares.welfare * len(let))
    chosen.append(("welfare", village.choose(np.array(alone, np.int64), welfare)))
    others = ("sublet_room", "idle", "overstay", "keys_kept")
    wanted = [(name, _count(rng, getattr(shares, name) * len(let))) for name in others]
    return chosen + [(name, village.choose(ordinary, count)) for name, count in wanted]


def _count(rng: np.random.Generator, wanted: float) -> int:
    """The whole number at or next to `wanted`, right on average."""
    return int(wanted) + int(rng.random() < wanted - int(wanted))


def _cared(village: Village, home: int) -> bool:
    """Somebody alone who agreed to care alerts and has nobody coming in to care."""
    return bool(village.households.people.care[village.of(home)].all())


def play(village: Village, chosen: list[tuple[str, list[int]]]) -> None:
    """Play every scenario in its homes."""
    for name, homes in chosen:
        if name == "swap":
            for pair in zip(homes[::2], homes[1::2], strict=True):
                _swap(village, *pair)
        else:
            for home in homes:
                PLAYS[name](village, home)


def _begin(village: Village) -> int:
    """A first day with some time before and after it."""
    low, high = int(village.days * 0.12), int(village.days * 0.82)
    return int(village.rng.integers(low, max(high, low + 1)))


def _end(village: Village, first: int) -> int:
    """Most go on; some end within the period, after a month at least."""
    rng = village.rng
    if rng.random() > 0.2 or first + 60 >= village.days:
        return village.days
    return int(rng.integers(first + 45, village.days))


def _landlord_calls(village: Village, home: int, first: int, last: int) -> None:
    """The tenant looks in now and then, or never."""
    if village.rng.random() < 0.5:
        look_in(village, home, first, last, village.rng.uniform(0.005, 0.06))


def _sublet_whole(village: Village, home: int) -> None:
    rng, leaves = village.rng, _begin(village)
    first = min(leaves + int(rng.integers(0, 15)), village.days - 1)
    last = _end(village, first)
    village.members.here[village.of(home), leaves:last] = False
    subtenants(village, home, first, last, draw_party(village))
    _landlord_calls(village, home, first, last)
    village.note(home, "sublet_whole", "sublet", first, last)


def _short_let(village: Village, home: int) -> None:
    """The household is gone; one party of guests after another, somebody cleans in between."""
    rng, first = village.rng, _begin(village)
    last = _end(village, first)
    village.members.here[village.of(home), first:last] = False
    day, starts, ends = first, list[int](), list[int]()
    while day < last:
        stay = int(rng.integers(1, 7))
        for _ in range(int(rng.integers(1, 5))):
            starts.append(day)
            ends.append(min(day + stay, last))
        day += stay + int(rng.geometric(0.5)) - 1
    at = np.full(len(starts), home)
    guests = visitors(
        village, at, "student", np.array(starts), np.array(ends), lent=float(rng.random()), overnight=True, every=7
    )
    cleaner = visitors(village, at[:1], "caller", np.array([first]), np.array([last]), lent=0.5)
    cleaner.rhythm[..., 0, :2] *= 0.35
    village.others += [guests, cleaner]
    village.note(home, "short_let", "sublet", first, last)


def _slow_drift(village: Village, home: int) -> None:
    """Members leave one by one, others move in one by one; near the middle they are more."""
    rng, days = village.rng, village.days
    rows, party = village.of(home), draw_party(village)
    first = _begin(village)
    weeks = min(int(rng.integers(14, 70)), max(days - first - 15, 2))
    for row in rng.permutation(rows).tolist():
        gone = first + int(rng.integers(weeks // 3, weeks + 1))
        fading = np.arange(first, min(gone, days))
        share = (fading - first + 1) / (gone - first + 1)
        village.members.here[row, fading] &= rng.random(len(fading)) > share * 0.8
        village.members.here[row, gone:] = False
    comes = np.sort(first + rng.integers(0, max(weeks * 3 // 4, 1), len(party)))
    before = len(village.others)
    for place, name in enumerate(party):
        subtenants(village, home, int(comes[place]), days, (name,))
    inside = village.members.here[rows].sum(axis=0)
    there = sum((part.here.sum(axis=0) for part in village.others[before:]), np.zeros(days, np.int64))
    village.note(home, "slow_drift", "sublet", _stays_more(there, inside, first))


def _stays_more(others: np.ndarray, members: np.ndarray, first: int) -> int:
    """The first day from `first` on after which members are never again as many; days with nobody do not count."""
    fewer = np.flatnonzero((others <= members) & (members > 0))
    arrived = np.flatnonzero(others > 0)
    return max(first, int(fewer[-1]) + 1 if len(fewer) else 0, int(arrived[0]) if len(arrived) else 0)


def _swap(village: Village, home: int, other: int) -> None:
    """Two households live in each other's homes and told nobody; they use each other's cards where theirs do not do."""
    rng, first = village.rng, _begin(village)
    for mine, theirs in ((home, other), (other, home)):
        moved = move(village, mine, theirs, first)
        hosts = village.members.card[village.of(theirs)]
        hosts = hosts[hosts != NONE]
        if len(hosts):
            moved.card = rng.choice(hosts, len(moved)).astype(np.int32)
        buildings = village.estate.homes.building
        if buildings[mine] != buildings[theirs]:  # they soon learn that their own face does not open the other's door
            moved.ways[:, By.FACE] *= rng.uniform(0.0, 0.3)
            moved.ways[:, By.CARD] += rng.uniform(0.5, 1.0)
        moved.own[:, Own.FACE] *= rng.uniform(0.0, 0.6)
        moved.own[:, Own.CARD] += rng.uniform(0.3, 1.0)
        moved.own[:, Own.NOTHING] += rng.uniform(0.0, 0.4)
        village.others.append(moved)
    village.swaps += [Swap(home, other, first, False)] if rng.random() < 0.15 else []  # asked for, and refused
    for place in (home, other):
        village.note(place, "swap", "swap", first)


def _sublet_room(village: Village, home: int) -> None:
    rng, first = village.rng, _begin(village)
    last = _end(village, first)
    party = ("worker", "student", "night", "shop", "freelance")
    names = rng.choice(party, int(rng.integers(1, 3))).tolist()
    subtenants(village, home, first, last, tuple(str(name) for name in names))
    village.note(home, "sublet_room", "extra_resident", first, last)


def _idle(village: Village, home: int) -> None:
    """Everybody leaves for months; some look in, some were allowed to be away. The label is set from the passages."""
    rng, days = village.rng, village.days
    first = int(rng.integers(int(days * 0.02) + 1, max(int(days * 0.48), 3)))
    last = days if rng.random() < 0.7 else min(first + int(rng.integers(90, 300)), days)
    village.members.here[village.of(home), first:last] = False
    for part in village.others:
        mine = part.here[part.home == home, first:last]
        part.here[part.home == home, first:last] = mine & (rng.random(mine.shape) < 0.05)
        part.card[part.home == home] = np.where(part.person == NONE, NONE, part.card)[
            part.home == home
        ]  # not lent here
    draw = rng.random()
    if draw < 0.25 and last - first > 60:  # somebody fetched the winter clothes
        day = int(rng.integers(first + 20, last - 20))
        row = village.members.rows(village.of(home)[:1])
        row.here[:] = False
        row.here[:, day] = True
        village.others.append(row)
        village.idle += [Idle(home, first, day), Idle(home, day + 1, last)]
        return
    if draw < 0.4:
        begin = int(rng.integers(first, max(last - 10, first + 1)))
        village.absences.append(Absence(home, NONE, begin, begin + int(rng.integers(10, 90)), "work", True))
    village.idle.append(Idle(home, first, last))


def _overstay(village: Village, home: int) -> None:
    _lease_ends(village, home, "overstay", relocation=0.25)


def _lease_ends(village: Village, home: int, name: str, *, relocation: float) -> int:
    """The term ends within the period, perhaps with some weeks to move; returns the first day after it all."""
    rng, leases = village.rng, village.leases
    lease, end = int(np.flatnonzero(leases.home == home)[0]), _begin(village)
    length = leases.end[lease] - leases.start[lease]
    leases.end[lease], leases.start[lease] = village.day64(end), village.day64(end) - length
    over = end
    if rng.random() < relocation:
        over = end + int(rng.integers(30, 120))
        leases.relocation[lease] = village.day64(over)
    if over + 1 < village.days:
        village.note(home, name, "overdue", over + 1)
    else:
        village.note(home, f"{name}_later")
    return over + 1


def _keys_kept(village: Village, home: int) -> None:
    """They moved out and did not give the home back: somebody comes now and then to fetch things."""
    after = _lease_ends(village, home, "keys_kept", relocation=0.0)
    gone = max(after - int(village.rng.integers(0, 10)), 0)
    village.members.here[village.of(home), gone:] = False
    for part in village.others:
        part.here[part.home == home, gone:] = False
    look_in(village, home, gone, village.days, village.rng.uniform(0.03, 0.12))


def _welfare(village: Village, home: int) -> None:
    """An old person alone lies at home; found after days, then in hospital, or never found in the period."""
    rng, rows = village.rng, village.of(home)
    silent = _begin(village)
    found = min(silent + int(rng.integers(5, 22)), village.days)
    village.members.here[rows, max(silent - 40, 0) : found] = True
    village.members.quiet[rows, max(silent - 40, 0) : silent] = Quiet.NO
    village.members.quiet[rows, silent:found] = Quiet.SILENT
    for part in village.others:
        part.here[part.home == home, silent:found] = False
    if found < village.days:
        village.members.here[rows, found:] = False
        village.absences.append(Absence(home, NONE, found, None, "hospital", True))
    village.note(home, "welfare", "welfare", silent, found)


PLAYS: Mapping[str, Play] = {
    "sublet_whole": _sublet_whole, "short_let": _short_let, "slow_drift": _slow_drift, "sublet_room": _sublet_room,
    "idle": _idle, "overstay": _overstay, "keys_kept": _keys_kept, "welfare": _welfare,
}  # fmt: skip
