"""May this person use this door at this time? Pure, and for a whole batch at once.

The first line that applies decides:

    FIRE               the fire signal is on: everything opens
    EXIT               on the way out: no credential is asked, whoever it is, whatever they owe
    UNIDENTIFIED       nobody was identified
    UNKNOWN_DOOR       the door is not one of this policy's
    NO_RIGHT, EXPIRED, NOT_YET_VALID, OUTSIDE_SCHEDULE
                       no right holds now; of several rights the one nearest to holding gives the reason
    PASSBACK_HARD      came in a moment ago and did not leave (anti-passback)
    PASSBACK_SOFT      the same at a door that only flags it: it opens
    GRANTED

A right is what the registry says and nothing else. `valid_until` is an end that a person recorded: a pass's last hour,
a carer's last day, a lease that was ended and handed back. The term of a lease running out is not such an end: an
overdue household keeps its rights until a named officer changes them with a legal basis, and in any case the way out.
This module knows no debts, no findings and no alerts, so it cannot close a door over one.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from core.facts import Direction
from recognition.arrays import NOBODY, Bools, Indices, Int32s, Int64s, UInt8s, read_only, require, spans
from recognition.errors import BadArray
from recognition.schedules import Schedules
from recognition.windows import LastPassages

FOREVER_US = np.iinfo(np.int64).max  # a right without an end, an anti-passback window without one
ALWAYS_US = np.iinfo(np.int64).min  # a right without a beginning
WAYS = tuple(Direction)  # the order of the uint8 direction codes
_OUT, _IN = WAYS.index(Direction.OUT), WAYS.index(Direction.IN)


class Passback(IntEnum):
    """What a door does about a person who comes in twice, as uint8 in arrays."""

    OFF = 0
    SOFT = 1  # opens and flags it; right for homes and families
    HARD = 2  # stays shut


class Reason(IntEnum):
    """Why, as uint8 in arrays. Among several rights of a person at a door the smallest code wins."""

    GRANTED = 0
    PASSBACK_SOFT = 1
    EXIT = 2
    FIRE = 3
    OUTSIDE_SCHEDULE = 10
    NOT_YET_VALID = 11
    EXPIRED = 12
    NO_RIGHT = 13
    PASSBACK_HARD = 14
    UNIDENTIFIED = 15
    UNKNOWN_DOOR = 16

    @property
    def code(self) -> str:
        """The reason as facts carry it."""
        return self.name.lower()


_LAST_GRANTING = Reason.FIRE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Doors:
    """The doors of one estate by handle.

    Attributes:
        zones: (D,) int32 anti-passback zone the door leads into, NOBODY where it has none.
        passback: (D,) uint8 of Passback.
        window_us: (D,) int64 > 0: a second way in sooner than this is a passback; FOREVER_US until the person left.
    """

    zones: Int32s
    passback: UInt8s
    window_us: Int64s

    def __post_init__(self) -> None:
        require(self.zones, np.int32, (None,), "zones")
        require(self.passback, np.uint8, (len(self.zones),), "passback")
        require(self.window_us, np.int64, (len(self.zones),), "windows")
        if (self.zones < NOBODY).any() or (self.passback > max(Passback)).any() or (self.window_us <= 0).any():
            raise BadArray(
                "门的反潜回设置无效：区域、方式或时长超出范围。",
                "a door's anti-passback zone, mode or window is out of range.",
            )

    def __len__(self) -> int:
        return len(self.zones)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rights:
    """Who may use which door, when; build with `Rights.of`.

    Attributes:
        keys: (n,) int64, person · doors + door, ascending; a key may come several times (a lease and a pass).
        valid_from_us, valid_until_us: (n,) int64, half open, microseconds UTC.
        schedules: (n,) int32, numbers in the policy's Schedules.
    """

    keys: Int64s
    valid_from_us: Int64s
    valid_until_us: Int64s
    schedules: Int32s

    @classmethod
    def of(
        cls,
        *,
        persons: Int32s,
        doors: Int32s,
        valid_from_us: Int64s,
        valid_until_us: Int64s,
        schedules: Int32s,
        door_count: int,
    ) -> "Rights":
        """Sort rights given in any order, (n,) each; persons and doors are handles.

        Raises BadArray on a wrong dtype or shape, a person below 0, a door outside 0 to door_count - 1, a right that
        ends at or before its beginning, or a schedule below 0.
        """
        require(persons, np.int32, (None,), "persons")
        shape = (len(persons),)
        require(doors, np.int32, shape, "doors")
        require(valid_from_us, np.int64, shape, "valid_from_us")
        require(valid_until_us, np.int64, shape, "valid_until_us")
        require(schedules, np.int32, shape, "schedules")
        bad = (persons < 0) | (doors < 0) | (doors >= door_count) | (valid_from_us >= valid_until_us) | (schedules < 0)
        if bad.any():
            raise BadArray(
                f"第{np.flatnonzero(bad)[0]}条权限无效：人员、门、有效期或时段表有误。",
                f"right {np.flatnonzero(bad)[0]} has no such person, door, period or schedule.",
            )
        keys = persons.astype(np.int64) * door_count + doors
        order = np.argsort(keys, kind="stable")
        return cls(
            keys=read_only(keys[order]),
            valid_from_us=read_only(valid_from_us[order]),
            valid_until_us=read_only(valid_until_us[order]),
            schedules=read_only(schedules[order]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccessPolicy:
    """The access rules of one estate: an immutable snapshot, replaced as a whole when the registry changes."""

    doors: Doors
    rights: Rights
    schedules: Schedules

    def __post_init__(self) -> None:
        if (self.rights.schedules >= len(self.schedules)).any():
            raise BadArray("有权限引用了不存在的时段表。", "a right names a schedule that does not exist.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Requests:
    """B people at doors.

    Attributes:
        persons: (B,) int32 handles; NOBODY where nobody was identified.
        doors: (B,) int32 handles; NOBODY where the door is not in the policy.
        ways: (B,) uint8, index in WAYS; `unknown` asks for a right like a way in and is no passback.
        at_us: (B,) int64, when, microseconds UTC.
        fire: (B,) bool, the fire signal of the door's building.
    """

    persons: Int32s
    doors: Int32s
    ways: UInt8s
    at_us: Int64s
    fire: Bools

    def __post_init__(self) -> None:
        require(self.persons, np.int32, (None,), "persons")
        require(self.doors, np.int32, (len(self.persons),), "doors")
        require(self.ways, np.uint8, (len(self.persons),), "ways")
        require(self.at_us, np.int64, (len(self.persons),), "times")
        require(self.fire, np.bool_, (len(self.persons),), "fire")
        if (self.ways >= len(WAYS)).any():
            raise BadArray("通行方向无效。", "a way through a door is in, out or unknown.")

    def __len__(self) -> int:
        return len(self.persons)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """The answer to B requests: granted (B,) bool and reason (B,) uint8 of Reason."""

    granted: Bools
    reason: UInt8s

    def __len__(self) -> int:
        return len(self.reason)


def decide(policy: AccessPolicy, requests: Requests, seen: LastPassages) -> Verdicts:
    """Judge each request by the table above; B may be 0. Requests of one batch do not see each other."""
    identified = requests.persons >= 0
    in_policy = (requests.doors >= 0) & (requests.doors < len(policy.doors))
    reason = np.full(len(requests), Reason.UNKNOWN_DOOR, np.uint8)
    reason[~identified] = Reason.UNIDENTIFIED
    asked = np.flatnonzero(identified & in_policy)
    reason[asked] = _by_right(policy, requests, asked)
    coming = np.flatnonzero((reason == Reason.GRANTED) & (requests.ways == _IN))
    reason[coming] = _by_passback(policy.doors, requests, coming, seen)
    reason[requests.ways == _OUT] = Reason.EXIT
    reason[requests.fire] = Reason.FIRE
    return Verdicts(granted=read_only(reason <= _LAST_GRANTING), reason=read_only(reason))


def _by_right(policy: AccessPolicy, requests: Requests, rows: Indices) -> UInt8s:
    """GRANTED, or why no right holds, for these rows of the requests."""
    rights = policy.rights
    keys = requests.persons[rows].astype(np.int64) * len(policy.doors) + requests.doors[rows]
    low = np.searchsorted(rights.keys, keys, "left")
    request, right = spans(low, np.searchsorted(rights.keys, keys, "right"))
    at_us = requests.at_us[rows][request]
    found = np.full(len(right), Reason.GRANTED, np.uint8)
    found[~policy.schedules.are_open(rights.schedules[right], at_us)] = Reason.OUTSIDE_SCHEDULE
    found[at_us < rights.valid_from_us[right]] = Reason.NOT_YET_VALID
    found[at_us >= rights.valid_until_us[right]] = Reason.EXPIRED
    best = np.full(len(rows), Reason.NO_RIGHT, np.uint8)
    np.minimum.at(best, request, found)
    return best


def _by_passback(doors: Doors, requests: Requests, rows: Indices, seen: LastPassages) -> UInt8s:
    """GRANTED, PASSBACK_SOFT or PASSBACK_HARD for these rows, all granted ways in."""
    door = requests.doors[rows]
    reason = np.full(len(rows), Reason.GRANTED, np.uint8)
    watched = np.flatnonzero((doors.zones[door] != NOBODY) & (doors.passback[door] != Passback.OFF))
    here, door = rows[watched], door[watched]
    again = seen.entered_within(requests.persons[here], doors.zones[door], requests.at_us[here], doors.window_us[door])
    hard = doors.passback[door] == Passback.HARD
    reason[watched[again]] = np.where(hard[again], np.uint8(Reason.PASSBACK_HARD), np.uint8(Reason.PASSBACK_SOFT))
    return reason
