"""Who lives where, from the registry's rows: spells of household members and carers. Pure.

Two things are applied here that a single row does not say. After a swap with consent a household belongs to the home it
lives in (L10). And a lease that runs out moves nobody out: where memberships were entered as ending with the lease, and
no return is recorded, whoever is still there is still who lived there, until a new lease begins or a return is entered.

A register may begin a new row for the same person and home whenever a lease is renewed. Rows that touch or overlap are
one spell: nobody moved in on the day of a renewal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from housing.leases import lease_on
from housing.registry.rows import LeaseRow, MemberRow, SwapRow
from occupancy import days
from occupancy.arrays import NOBODY
from occupancy.spells import Spell
from occupancy.tenure import Handle

STAFF, CARER = "staff", "carer"
_DAY = timedelta(days=1)


class Piece(NamedTuple):
    """A home somebody lived in, from a day until before another."""

    home: str
    start: int
    stop: int


def spells_of(
    members: Iterable[MemberRow], leases: Iterable[LeaseRow], swaps: Iterable[SwapRow], home: Handle, person: Handle
) -> list[Spell]:
    """A spell for every unbroken stretch in which somebody belonged to a home that is known; staff belong to none."""
    rows = [row for row in members if row.home is not None and row.relation != STAFF]
    approved = [row for row in swaps if row.approved]
    of_home: dict[str, list[LeaseRow]] = {}
    for lease in leases:
        of_home.setdefault(lease.home, []).append(lease)
    moved = _moves(rows)
    stays: dict[tuple[str, str, bool], list[Piece]] = {}
    for row in rows:
        home_, household = row.home or "", row.relation != CARER
        until = _until(row, of_home.get(home_, ()), moved) if household else row.until_day
        stay = Piece(home_, days.number(row.from_day), days.until_number(until))
        stays.setdefault((row.person, home_, household), []).append(stay)
    return [
        Spell(person(name), home(piece.home), piece.start, piece.stop, household)
        for (name, _, household), found in stays.items()
        for whole in merged(found)
        for piece in lived_in(whole, approved if household else [])
        if home(piece.home) != NOBODY and piece.start < piece.stop
    ]


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The same days of one home in as few pieces as there can be, ascending: those that touch or overlap are one."""
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if found and piece.start <= found[-1].stop:
            found[-1] = found[-1]._replace(stop=max(found[-1].stop, piece.stop))
        else:
            found.append(piece)
    return found


def lived_in(whole: Piece, swaps: Sequence[SwapRow]) -> list[Piece]:
    """Where somebody registered at a home lived, one piece after another; `swaps` are those with consent."""
    home, start, stop = whole
    pieces = []
    for swap in sorted((s for s in swaps if home in {s.home_a, s.home_b}), key=lambda s: s.from_day):
        first = max(start, days.number(swap.from_day))
        last = min(stop, days.until_number(swap.until_day))
        if first < last:
            other = swap.home_b if home == swap.home_a else swap.home_a
            pieces += [Piece(home, start, first), Piece(other, first, last)]
            start = last
    return [*pieces, Piece(home, start, stop)]


def _moves(rows: Iterable[MemberRow]) -> Mapping[str, date]:
    """The newest day on which each person began to belong to any household."""
    newest: dict[str, date] = {}
    for row in rows:
        if row.relation != CARER:
            newest[row.person] = max(row.from_day, newest.get(row.person, row.from_day))
    return newest


def _until(row: MemberRow, leases: Sequence[LeaseRow], moved: Mapping[str, date]) -> date | None:
    """Until before which day somebody counts to a household: longer than entered where only the lease ran out."""
    until = row.until_day
    if until is None or moved[row.person] > row.from_day:
        return until
    lease = lease_on(leases, until - _DAY)
    if lease is None or lease.ended is not None:
        return until
    with_lease = {last + n * _DAY for last in (lease.end, lease.relocation_until) if last for n in (0, 1)}
    following = [other.start for other in leases if other.start > lease.start]
    return min(following, default=None) if until in with_lease else until
