"""Sightings laid on the cells (home, day) of a table, and what can be counted in each cell. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from occupancy.arrays import NOBODY, Bools, Indices, Int32s, Int64s, counts_at, last_of_groups
from occupancy.attach import Attached, attach
from occupancy.codes import By, Way
from occupancy.days import hours_at
from occupancy.registry import Registry
from occupancy.sightings import Sightings

NONE_US = -1  # no entry of a household member that day
BODILY = (By.FACE, By.FINGER)  # nobody lends these to somebody else


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passages:
    """N sightings that fall on the homes and days asked for.

    Attributes:
        rows: the sightings. at: what each is about. inward: (N,) bool, not led out.
        cell: (N,) int64 the flat cell of each. shape: homes and days.
    """

    rows: Sightings
    at: Attached
    inward: Bools
    cell: Int64s
    shape: tuple[int, int]

    @classmethod
    def of(cls, sightings: Sightings, registry: Registry, homes: Int32s, first_day: int, days: int) -> "Passages":
        """Those of `homes`, (H,) ascending handles, on consecutive days; the others are left out."""
        at = attach(sightings, registry)
        row_of = np.full(len(registry.homes) + 1, NOBODY, np.int64)
        row_of[homes] = np.arange(len(homes))
        row, column = row_of[at.home], at.day - first_day
        within = np.flatnonzero((at.home != NOBODY) & (row != NOBODY) & (column >= 0) & (column < days))
        kept = Attached(
            day=at.day[within], home=at.home[within], own_door=at.own_door[within], member=at.member[within]
        )  # fmt: skip
        rows = sightings.take(within)
        cell = row[within] * days + column[within]
        return cls(rows=rows, at=kept, inward=rows.way != Way.OUT, cell=cell, shape=(len(homes), days))

    def count(self, which: Bools) -> Int32s:
        """(H, D) how many of `which`, (N,), fall on each cell."""
        return counts_at(self.cell[which], self.shape)

    def hours(self, which: Bools) -> Int32s:
        """(H, D) one bit for every hour in which one of `which`, (N,), was taken."""
        rows = np.flatnonzero(which)
        once = np.unique(self.cell[rows] * 24 + hours_at(self.rows.taken_us[rows]))
        bits = np.bincount(once // 24, weights=1 << (once % 24), minlength=self.shape[0] * self.shape[1])
        return bits.reshape(self.shape).astype(np.int32)

    def last_of_each(self, which: Indices, who: Int64s) -> Indices:
        """Of the rows `which`, (k,), the last of each `who`, (k,), in each cell; of two at one moment the way in."""
        order = np.lexsort((self.inward[which], self.rows.taken_us[which], who, self.cell[which]))
        both = self.cell[which][order] * (int(who.max(initial=0)) + 1) + who[order]
        return which[order[last_of_groups(both)]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """What household members did; (H, D) int32, and the last entry int64 microseconds or NONE_US."""

    seen: Int32s
    bodies: Int32s
    in_at_night: Int32s
    last_us: Int64s


def members(found: Passages, which: Indices) -> Members:
    """Count the passages of members, rows `which`, (k,)."""
    last = found.last_of_each(which, found.rows.person[which].astype(np.int64))
    body = which[np.isin(found.rows.modality[which], BODILY)]
    people = int(found.rows.person[which].max(initial=0)) + 1
    bodies = np.unique(found.cell[body] * people + found.rows.person[body]) // people
    last_us = np.full(found.shape[0] * found.shape[1], NONE_US, np.int64)
    entries = which[found.inward[which]]
    np.maximum.at(last_us, found.cell[entries], found.rows.taken_us[entries])
    return Members(
        seen=counts_at(found.cell[last], found.shape),
        bodies=counts_at(bodies, found.shape),
        in_at_night=counts_at(found.cell[last[found.inward[last]]], found.shape),
        last_us=last_us.reshape(found.shape),
    )


def staying(found: Passages, parties: Sequence[tuple[Bools, Int32s]]) -> Int32s:
    """How many others were last seen on their way in.

    Args:
        found: the passages.
        parties: for each sort of others the rows, (N,), and who each row is, (N,) handles (NOBODY: all are one).

    Returns:
        (H, D) int32.
    """
    which = [np.flatnonzero(rows) for rows, _ in parties]
    who = [
        (handle[rows].astype(np.int64) + 1) * len(parties) + sort
        for sort, (rows, (_, handle)) in enumerate(zip(which, parties, strict=True))
    ]
    last = found.last_of_each(np.concatenate(which), np.concatenate(who))
    return counts_at(found.cell[last[found.inward[last]]], found.shape)


def most_frequent(found: Passages, which: Bools, value: Int32s) -> tuple[Int32s, Int32s]:
    """The commonest `value`, (N,) >= 0 where `which`, of each cell (the smallest of several), and how often it occurs.

    Returns:
        (H, D) int32, NOBODY where there is none; (H, D) int32.
    """
    size = found.shape[0] * found.shape[1]
    commonest, often = np.full(size, NOBODY, np.int32), np.zeros(size, np.int32)
    rows = np.flatnonzero(which)
    values = int(value[rows].max(initial=0)) + 1
    pair, count = np.unique(found.cell[rows] * values + value[rows], return_counts=True)
    order = np.lexsort((-(pair % values), count))  # the last one written wins
    commonest[pair[order] // values], often[pair[order] // values] = pair[order] % values, count[order]
    return commonest.reshape(found.shape), often.reshape(found.shape)
