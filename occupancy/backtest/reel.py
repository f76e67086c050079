"""The home-days of one estate as they pass: the last days of every home, what was last seen, when nobody could see.

A sweep looks back over a window, so only as many days are held as the longest window asks for, and a view is a slice
of the columns held: making one copies nothing, whatever the homes.
"""

import numpy as np

from occupancy import days
from occupancy.arrays import Doubles, Int32s, Int64s
from occupancy.homedays import COLUMNS, HomeDays, empty
from occupancy.passages import NONE_US
from occupancy.tenure import keys

ROOM = 56  # days added before the window moves to the front of its columns again


class Reel:
    """H homes from before `first_day` on, on which nothing is known; days are added one after another.

    Attributes:
        last_entry: (H,) int32 the last day on which a household member came in; NEVER for none.
    """

    def __init__(self, homes: int, window: int, first_day: int) -> None:
        self._window = window
        self._held = empty(np.arange(homes, dtype=np.int32), first_day - window, window + ROOM)
        self._first, self._used = first_day - window, window
        self._blind_key, self._blind_share = np.empty(0, np.int64), np.empty(0, np.float64)
        self._unseen: tuple[float, Int64s] | None = None
        self.last_entry: Int32s = np.full(homes, days.NEVER, np.int32)

    def add(self, made: HomeDays, day: int) -> None:
        """One day of `made`, which holds all homes: the one after the last that was added."""
        if self._used == self._window + ROOM:
            self._rewind()
        column = day - made.first_day
        for name in COLUMNS:
            getattr(self._held, name)[:, self._used] = getattr(made, name)[:, column]
        came = made.last_member_us[:, column] != NONE_US
        self.last_entry = np.where(came, day, self.last_entry).astype(np.int32)
        self._note_blind(day, made.outage_share[:, column])
        self._used += 1

    def _rewind(self) -> None:
        for name in COLUMNS:
            column = getattr(self._held, name)
            column[:, : self._window] = column[:, self._used - self._window : self._used].copy()
        self._first += self._used - self._window
        self._used = self._window

    def _note_blind(self, day: int, share: Doubles) -> None:
        blind = np.flatnonzero(share > 0).astype(np.int32)
        if len(blind):
            self._blind_key = np.append(self._blind_key, keys(blind, np.full(len(blind), day, np.int32)))
            self._blind_share = np.append(self._blind_share, share[blind])
            self._unseen = None

    def view(self) -> HomeDays:
        """The window of all homes; its last day is the one added last."""
        columns = {name: getattr(self._held, name)[:, self._used - self._window : self._used] for name in COLUMNS}
        return HomeDays(homes=self._held.homes, first_day=self._first + self._used - self._window, **columns)

    def unseen(self, share: float) -> Int64s:
        """(u,) int64 ascending `tenure.keys` of the days on which nobody could see a home for at least `share`."""
        if self._unseen is None or self._unseen[0] != share:
            self._unseen = (share, np.sort(self._blind_key[self._blind_share >= share]))
        return self._unseen[1]
