"""Anti-passback windows: who was last seen going into or out of which zone.

A fold over passages that is the same in any order and any grouping, and repeating a passage changes nothing: the latest
passage of a person in a zone wins, and of two at the same microsecond the one going out (in the person's favour). So it
can be rebuilt from the sightings log at any time.
"""

from dataclasses import dataclass

import numpy as np

from recognition.arrays import Bools, Int32s, Int64s, read_only, require
from recognition.errors import BadArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastPassages:
    """The last passage of each person in each zone; start from `LastPassages.none`.

    Attributes:
        zones: how many zones the estate has.
        keys: (n,) int64, person · zones + zone, ascending, each once.
        at_us: (n,) int64, when, microseconds UTC.
        inward: (n,) bool, True for a way in.
    """

    zones: int
    keys: Int64s
    at_us: Int64s
    inward: Bools

    @classmethod
    def none(cls, zones: int) -> "LastPassages":
        """Nobody has been seen."""
        return _frozen(zones, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))

    def __len__(self) -> int:
        return len(self.keys)

    def after(self, persons: Int32s, zones: Int32s, at_us: Int64s, inward: Bools) -> "LastPassages":
        """The windows after these passages (n,), in any order.

        Raises BadArray where a person is below 0 or a zone is not one of the estate's.
        """
        require(persons, np.int32, (None,), "persons")
        require(zones, np.int32, (len(persons),), "zones")
        require(at_us, np.int64, (len(persons),), "times")
        require(inward, np.bool_, (len(persons),), "inward")
        if ((persons < 0) | (zones < 0) | (zones >= self.zones)).any():
            raise BadArray("通行记录中的人员或区域无效。", "a passage has no person or a zone that does not exist.")
        keys = np.concatenate([self.keys, persons.astype(np.int64) * self.zones + zones])
        times, ways = np.concatenate([self.at_us, at_us]), np.concatenate([self.inward, inward])
        order = np.lexsort((~ways, times, keys))  # the last of a key: the latest, and a way out before a way in
        keys, times, ways = keys[order], times[order], ways[order]
        last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        return _frozen(self.zones, keys[last], times[last], ways[last])

    def since(self, at_us: int) -> "LastPassages":
        """The windows without passages before `at_us`: nothing that old matters to a timed rule."""
        kept = self.at_us >= at_us
        return _frozen(self.zones, self.keys[kept], self.at_us[kept], self.inward[kept])

    def entered_within(self, persons: Int32s, zones: Int32s, at_us: Int64s, window_us: Int64s) -> Bools:
        """Whether each person (n,) last went into the zone, and less than `window_us` before `at_us`.

        A passage after `at_us` (this event came late) says nothing and answers False, as does a person never seen.
        """
        if not len(self):
            return np.zeros(len(persons), np.bool_)
        keys = persons.astype(np.int64) * self.zones + zones
        place = np.minimum(np.searchsorted(self.keys, keys), len(self) - 1)
        ago = at_us - self.at_us[place]
        within: Bools = (self.keys[place] == keys) & self.inward[place] & (ago >= 0) & (ago < window_us)
        return within


def _frozen(zones: int, keys: Int64s, at_us: Int64s, inward: Bools) -> LastPassages:
    return LastPassages(zones=zones, keys=read_only(keys), at_us=read_only(at_us), inward=read_only(inward))
