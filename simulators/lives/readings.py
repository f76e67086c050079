"""What readers make of passages: which doors lie on the way, what is shown there, what comes of it."""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from core.clock import US_PER_DAY, US_PER_SECOND
from core.facts import Direction, Modality, Outcome
from simulators.lives.bodies import NONE, Bodies, By, Floats32, Ints32
from simulators.lives.estate import BARRIER_IN, BARRIER_OUT, Estate
from simulators.lives.outings import Passages
from simulators.lives.village import FACELESS, UNREAD
from simulators.tables import Bools, Ints

DIRECTIONS, MODALITIES, OUTCOMES = list(Direction), list(Modality), list(Outcome)
_IN, _OUT, _UNKNOWN = (DIRECTIONS.index(way) for way in (Direction.IN, Direction.OUT, Direction.UNKNOWN))
_GRANTED, _DENIED, _AMBIGUOUS, _UNRECOGNISED, _MISMATCH = (
    OUTCOMES.index(word)
    for word in (Outcome.GRANTED, Outcome.DENIED, Outcome.AMBIGUOUS, Outcome.UNRECOGNISED, Outcome.MISMATCH)
)
_M = {word: MODALITIES.index(word) for word in Modality}
_MASKED_FAILS = 0.45  # of looks at a masked face; ours
_ALIKE = 0.2  # of looks at a twin: too alike to say
_OTHER_TWIN = 0.25  # of looks at a twin beside a card: it says the other
_POOR = 0.05  # of looks beside a lent card: so poor that they say nothing against it
_DOUBTED = 0.2  # of failing looks beside an own card: good enough to speak against it
_TRIES_AGAIN = 0.85


class Shows(IntEnum):
    """What is shown at a door; the first five are `By`."""

    FACE = 0
    CARD = 1
    PASS = 2
    INTERCOM = 3
    CAR = 4
    NOTHING = 5


_OF_OWN = np.array([Shows.FACE, Shows.CARD, Shows.PASS, Shows.NOTHING])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """N sightings as codes, NONE where there is nobody or none: places in the lists of doors, people, homes, plates and
    words; `pass_` is the number of a pass among all that were ever possible."""

    at_us: Ints
    door: Ints32
    direction: Ints32
    modality: Ints32
    person: Ints32
    pass_: Ints32
    home: Ints32
    plate: Ints32
    outcome: Ints32
    seen: Ints32

    def __len__(self) -> int:
        return len(self.at_us)

    def rows(self, which: Ints | Bools) -> "Readings":
        """These sightings."""
        return Readings(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def joined(parts: list[Readings]) -> Readings:
    """The sightings of all parts."""
    return Readings(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Readings)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registered:
    """What doors can know: the home of each person (people,), and of each plate its person and home (plates,)."""

    home: Ints32
    plate_person: Ints32
    plate_home: Ints32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Senses:
    """Everything that readings depend on besides who passes."""

    estate: Estate
    registered: Registered
    blind: np.ndarray  # (doors, days) uint8
    masks: Bools  # (days,)
    begin_us: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """N presentations: who shows what at which door."""

    body: Ints32
    door: Ints32
    shows: Ints32
    day: Ints
    at_us: Ints
    inward: Bools

    def rows(self, which: Ints | Bools) -> "_Shown":
        return _Shown(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def read(rng: np.random.Generator, bodies: Bodies, senses: Senses, passages: Passages) -> Readings:
    """The sightings of these passages, in no order; nobody is read twice but who tries again."""
    shown = _present(rng, bodies, senses, passages)
    first, failed = _judge(rng, bodies, senses, shown)
    again = np.flatnonzero(failed & shown.inward & (rng.random(len(failed)) < _TRIES_AGAIN))
    second, _ = _judge(rng, bodies, senses, _another_way(rng, bodies, shown.rows(again)))
    both = joined([first, second])
    return both.rows(both.outcome != NONE)


def _pick(rng: np.random.Generator, shares: Floats32, body: Ints32) -> Ints:
    """(n,) a column of `shares` (bodies, k) for each body, by its weights."""
    reached = np.cumsum(shares, axis=1, dtype=np.float32)
    drawn = rng.random(len(body), np.float32) * reached[body, -1]
    picked = np.zeros(len(body), np.int64)
    for column in range(shares.shape[1] - 1):
        picked += drawn >= reached[body, column]
    return picked


def _present(rng: np.random.Generator, bodies: Bodies, senses: Senses, passages: Passages) -> _Shown:
    """What is shown at the doors on the way, as far as readers take it."""
    estate, body, inward = senses.estate, passages.body, passages.inward
    home = bodies.home[body]
    building = estate.homes.building[home]
    way = _pick(rng, bodies.ways, body)
    driven = way == By.CAR
    walked = bodies.ways.copy()
    walked[:, By.CAR] = 0
    foot = np.where(driven, _pick(rng, walked, body), way)
    gate = (rng.random(len(body), np.float32) >= estate.gate[home]).astype(np.int64)
    entrance = np.where(driven, np.where(inward, BARRIER_IN, BARRIER_OUT), gate)
    chain = (entrance, estate.of_building[building], estate.lift[building], estate.own[home])
    after = np.cumsum(rng.uniform(15.0, 150.0, (4, len(body))), axis=0)  # seconds between doors
    parts = []
    for place, door in enumerate(chain):
        shows = np.where(driven, Shows.CAR, foot) if place == 0 else foot
        if place == 3:
            shows = _OF_OWN[_pick(rng, bodies.own, body)]
        behind = (rng.random(len(body), np.float32) < bodies.follow[body]) & (shows != Shows.CAR) & (place != 3)
        row = np.flatnonzero((door != NONE) & ~behind & (shows != Shows.NOTHING))
        at_us = passages.at_us[row] + (
            np.where(inward[row], after[place, row], after[3 - place, row]) * US_PER_SECOND
        ).astype(np.int64)
        shown = _Shown(
            body=body[row], door=door[row].astype(np.int32), shows=shows[row].astype(np.int32),
            day=np.minimum((at_us - senses.begin_us) // US_PER_DAY, len(senses.masks) - 1),
            at_us=at_us, inward=inward[row],
        )  # fmt: skip
        parts.append(shown.rows(_taken(rng, senses, shown)))
    return _Shown(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Shown)})


def _taken(rng: np.random.Generator, senses: Senses, shown: _Shown) -> Ints:
    """The presentations that a reader takes: it is there for that way, works, and does not miss this one."""
    doors, door = senses.estate.doors, shown.door
    share = np.where(shown.inward, doors.reads_in[door], doors.reads_out[door]) * (1 - doors.missed[door])
    works = senses.blind[door, shown.day] != UNREAD
    return np.flatnonzero((rng.random(len(door), np.float32) < share) & works)


def _another_way(rng: np.random.Generator, bodies: Bodies, shown: _Shown) -> _Shown:
    """Whoever was not let in looks once more, or takes a card, a pass, the intercom."""
    body = shown.body
    looks = (bodies.enrolled_on[body] <= shown.day) & (rng.random(len(body)) < 0.5)
    instead = np.where(bodies.pass_first[body] != NONE, Shows.PASS, Shows.INTERCOM)
    shows = np.where(looks, Shows.FACE, np.where(bodies.card[body] != NONE, Shows.CARD, instead))
    later = (rng.uniform(4.0, 20.0, len(body)) * US_PER_SECOND).astype(np.int64)
    return _Shown(
        body=body, door=shown.door, shows=shows.astype(np.int32), day=shown.day, at_us=shown.at_us + later,
        inward=shown.inward,
    )  # fmt: skip


def _opens_to(estate: Estate, home: Ints32, door: Ints32) -> Bools:
    """Whether a door is on the way to a home, (n,) each; none is for home NONE."""
    doors = estate.doors
    there = np.where(doors.building[door] == NONE, True, doors.building[door] == estate.homes.building[home])
    own = (doors.home[door] == NONE) | (doors.home[door] == home)
    opens: Bools = (home != NONE) & there & own
    return opens


def _judge(rng: np.random.Generator, bodies: Bodies, senses: Senses, shown: _Shown) -> tuple[Readings, Bools]:
    """What a door says to what is shown (outcome NONE: it takes no notice), and who was not let in by it."""
    doors, body, door = senses.estate.doors, shown.body, shown.door
    n = len(body)
    person, card = bodies.person[body], bodies.card[body]
    lost = (bodies.cardless_from[body] <= shown.day) & (shown.day < bodies.cardless_until[body])
    holds = (card != NONE) & ~lost
    known = (person != NONE) & (bodies.enrolled_on[body] <= shown.day)
    camera = doors.camera[door]
    shows = _possible(shown.shows, camera, holds, known, bodies.pass_first[body] != NONE)
    matched = known & (rng.random(n) >= _failing(bodies, senses, shown))
    right = _opens_to(senses.estate, bodies.right_home[body], door)
    alike = bodies.twin[body] != NONE

    face, carded = shows == Shows.FACE, shows == Shows.CARD
    said = np.full(n, NONE, np.int32)
    doubt = alike & (rng.random(n) < _ALIKE)
    said[face] = np.where(matched, np.where(doubt, _AMBIGUOUS, np.where(right, _GRANTED, _DENIED)), _UNRECOGNISED)[face]

    looked = camera & (rng.random(n) < doors.checks[door]) & carded
    lent = card != person
    draw = rng.random(n)
    against = np.where(lent, draw >= _POOR, known & np.where(alike, draw < _OTHER_TWIN, ~matched & (draw < _DOUBTED)))
    differs = looked & against
    valid = np.where(lent, _opens_to(senses.estate, senses.registered.home[card], door), right)
    said[carded] = np.where(differs, _MISMATCH, np.where(valid, _GRANTED, _DENIED))[carded]
    twin = differs & ~lent & alike
    seen = np.where(twin, bodies.twin[body], np.where(differs & lent & matched, person, NONE))

    guest = (shows == Shows.PASS) | (shows == Shows.CAR)
    said[guest] = _GRANTED
    calls = (shows == Shows.INTERCOM) & shown.inward & np.isin(doors.kind[door], ("gate", "building"))
    said[calls] = _GRANTED
    stranger_leaves = (said == _UNRECOGNISED) & ~shown.inward & (rng.random(n) < 0.7)
    said[stranger_leaves] = NONE

    named = np.where(face & np.isin(said, (_GRANTED, _DENIED)), person, np.where(carded, card, NONE))
    readings = Readings(
        at_us=shown.at_us,
        door=door,
        direction=np.where(doors.knows[door], np.where(shown.inward, _IN, _OUT), _UNKNOWN).astype(np.int32),
        modality=_modality(rng, bodies, senses, shown, shows, differs | (looked & ~lent & matched)),
        **_who(bodies, senses, shown, shows, named),
        outcome=said,
        seen=seen.astype(np.int32),
    )
    return readings, np.isin(said, (_UNRECOGNISED, _DENIED, _AMBIGUOUS))


def _possible(shows: Ints32, camera: Bools, holds: Bools, known: Bools, passes: Bools) -> Ints:
    """What can be shown here: no face without a camera, no card that was lost, no pass that nobody gave."""
    shows = np.where((shows == Shows.FACE) & ~camera, np.where(holds, Shows.CARD, Shows.INTERCOM), shows)
    without = np.where(known & camera, Shows.FACE, np.where(passes, Shows.PASS, Shows.INTERCOM))
    shows = np.where((shows == Shows.CARD) & ~holds, without, shows)
    return np.where((shows == Shows.PASS) & ~passes, Shows.INTERCOM, shows)


def _failing(bodies: Bodies, senses: Senses, shown: _Shown) -> Floats32:
    """(n,) the share of looks that fail: the person's own, a mask's, everybody's at a broken camera."""
    fail = bodies.fail[shown.body]
    finger = senses.estate.doors.finger[shown.door]
    masked = bodies.masked[shown.body] & senses.masks[shown.day] & ~finger
    fail = np.where(masked, np.maximum(fail, _MASKED_FAILS), fail)
    return np.where(senses.blind[shown.door, shown.day] == FACELESS, 1.0, fail).astype(np.float32)


def _modality(
    rng: np.random.Generator, bodies: Bodies, senses: Senses, shown: _Shown, shows: Ints, looked: Bools
) -> Ints32:
    """A face or finger that tells something beside a credential is its own sighting; a poor look is the card's."""
    sensor = np.where(senses.estate.doors.finger[shown.door], _M[Modality.FINGER], _M[Modality.FACE])
    typed = rng.random(len(shows)) < bodies.pin[shown.body]
    credential = np.where(looked, sensor, np.where(typed, _M[Modality.PIN], _M[Modality.CARD]))
    words = [_M[word] for word in (Modality.PASS, Modality.INTERCOM, Modality.PLATE)]
    chosen = np.select([shows == what for what in (Shows.PASS, Shows.INTERCOM, Shows.CAR)], words, default=sensor)
    return np.where(shows == Shows.CARD, credential, chosen).astype(np.int32)


def _who(bodies: Bodies, senses: Senses, shown: _Shown, shows: Ints, named: Ints) -> dict[str, Ints32]:
    """The columns person, pass, home and plate: what door and credential tell, and nothing else."""
    body, known = shown.body, senses.registered
    driven, invited = shows == Shows.CAR, np.isin(shows, (Shows.PASS, Shows.INTERCOM))
    plate = np.where(driven, bodies.plate[body], NONE)
    person = np.where(driven, np.where(plate != NONE, known.plate_person[plate], NONE), named)
    number = bodies.pass_first[body] + np.maximum(shown.day - bodies.pass_from[body], 0) // bodies.pass_every[body]
    own = senses.estate.doors.home[shown.door]
    home = np.where(person != NONE, known.home[person], NONE)
    home = np.where(invited, bodies.home[body], home)
    right = np.where(plate != NONE, known.plate_home[plate], NONE)
    home = np.where(driven, np.where(right != NONE, right, bodies.home[body]), home)
    columns = {
        "person": person,
        "pass_": np.where(shows == Shows.PASS, number, NONE),
        "home": np.where(own != NONE, own, home),
        "plate": plate,
    }
    return {name: column.astype(np.int32) for name, column in columns.items()}
