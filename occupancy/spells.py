"""Who belonged to which home on which day: spells of persons or vehicles, asked for whole arrays at once.

Most subjects have one spell, a few have several (moved house, a child of two homes, a carer of many). Spells are kept
in layers: layer 0 holds everybody's first choice, layer 1 the second of those who have one, and so on; a question goes
through the layers only for the rows that are still open.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from occupancy.arrays import NOBODY, Bools, Int32s, read_only
from occupancy.days import NEVER


class Spell(msgspec.Struct, frozen=True):
    """Subject and home are handles; days are numbers, `until_day` exclusive."""

    subject: int
    home: int
    from_day: int
    until_day: int
    household: bool  # belongs to the household; False for a carer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spells:
    """Spells of S subjects in K layers; build with `of`.

    Attributes:
        home: (K, S + 1) int32, NOBODY where a subject has no spell in that layer; the last column stands for nobody.
        from_day, until_day: (K, S + 1) int32; an empty range where there is no spell.
        household: (K, S + 1) bool.
    """

    home: Int32s
    from_day: Int32s
    until_day: Int32s
    household: Bools

    @classmethod
    def of(cls, subjects: int, spells: Iterable[Spell]) -> "Spells":
        """Lay spells in layers: of several that cover a day, those of a household come first, then the newest."""
        ordered = sorted(set(spells), key=lambda s: (s.subject, not s.household, -s.from_day, s.home, s.until_day))
        depth: list[int] = []
        for place, spell in enumerate(ordered):
            same = place > 0 and ordered[place - 1].subject == spell.subject
            depth.append(depth[-1] + 1 if same else 0)
        shape = (max(depth, default=0) + 1, subjects + 1)
        home, household = np.full(shape, NOBODY, np.int32), np.zeros(shape, np.bool_)
        first, until = np.full(shape, NEVER, np.int32), np.full(shape, NEVER, np.int32)
        at = (depth, [spell.subject for spell in ordered])
        home[at] = [spell.home for spell in ordered]
        first[at] = [spell.from_day for spell in ordered]
        until[at] = [spell.until_day for spell in ordered]
        household[at] = [spell.household for spell in ordered]
        return cls(
            home=read_only(home), from_day=read_only(first), until_day=read_only(until), household=read_only(household)
        )

    def _covers(self, layer: int, subject: Int32s, day: Int32s) -> Bools:
        covers: Bools = (self.from_day[layer][subject] <= day) & (day < self.until_day[layer][subject])
        return covers

    def households_on(self, day: int) -> Bools:
        """(K, S) bool: spells of household members who live in a home on `day`."""
        covers = (self.from_day <= day) & (day < self.until_day)
        living: Bools = self.household & (self.home != NOBODY) & covers
        return living

    def home_on(self, subject: Int32s, day: Int32s) -> Int32s:
        """(n,) int32 the home of each subject (n,) on each day (n,); NOBODY where there is none, and for nobody."""
        found = np.where(self._covers(0, subject, day), self.home[0][subject], NOBODY).astype(np.int32)
        for layer in range(1, len(self.home)):
            open_ = np.flatnonzero((found == NOBODY) & (self.home[layer][subject] != NOBODY))
            who = subject[open_]
            found[open_] = np.where(self._covers(layer, who, day[open_]), self.home[layer][who], NOBODY)
        return found

    def belongs(self, subject: Int32s, home: Int32s, day: Int32s, *, household: bool = True) -> Bools:
        """(n,) bool: did the subject belong to that home's household on that day (or, if not `household`, at all)?"""
        found = self._holds(0, subject, home, day, household)
        for layer in range(1, len(self.home)):
            open_ = np.flatnonzero(~found & (self.home[layer][subject] != NOBODY))
            found[open_] = self._holds(layer, subject[open_], home[open_], day[open_], household)
        return found

    def _holds(self, layer: int, subject: Int32s, home: Int32s, day: Int32s, household: bool) -> Bools:
        right: Bools = (self.home[layer][subject] == home) & (home != NOBODY) & self._covers(layer, subject, day)
        if household:
            right &= self.household[layer][subject]
        return right
