"""From passages to sightings: which readers see a passage, what is presented to them, and what they make of it.

A door on the way is read or not (somebody else held it open); what is presented depends on the person and on the door;
faces fail by person, by door and by time. Everything is done door class by door class on all passages at once.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.clock import US_PER_SECOND, day_start_us
from simulators.elsewhere.callers import Walkers
from simulators.elsewhere.cast import NOBODY, Via
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.stage import Stage
from simulators.streams import SIGHTINGS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]

WAYS = ("in", "out", "unknown")
MODALITIES = ("face", "card", "pin", "pass", "plate", "intercom")
OUTCOMES = ("granted", "denied", "ambiguous", "unrecognised", "mismatch")
FACE, CARD, PIN, PASS, PLATE, INTERCOM = range(6)
GRANTED, DENIED, AMBIGUOUS, UNRECOGNISED, MISMATCH = range(5)
_COLUMNS = ("door", "way", "modality", "outcome", "person", "pass", "home", "plate", "seen")
OWN_READ = 0.96  # of the entries at an own door
LOST = 0.004  # of all readings never arrive
REPEATED = 0.0004  # arrive twice
SECOND = 1 / 3600.0


class Readers:
    """Collects rows while passages are walked past the doors."""

    def __init__(self, stage: Stage, rng: np.random.Generator, passages: int) -> None:
        self.ground, self.rng = stage.ground, rng
        self.pace = rng.gamma(8, 0.125, passages)  # one a passage, so that no door is reached before the one outside it
        self.of = {name: np.array([getattr(body, name) for body in stage.bodies]) for name in _OF_BODIES}
        self.person_home = np.array([person.member_of[0].home for person in stage.people] or [NONE], np.int64)
        self.pass_home = np.array([home for home, _ in stage.passes] or [NONE], np.int64)
        nothing: dict[str, NDArray[np.generic]] = {name: np.zeros(0, np.int32) for name in _COLUMNS}
        self.parts = [nothing | {"hour": np.zeros(0)}]

    def put(self, w: "At", which: Bools, modality: int, outcome: int | Ints, later: float = 0.0, **named: Ints) -> None:
        """Rows for those of `w` that are `which`; `named` columns are (n,), others are NOBODY."""
        rows = np.flatnonzero(which)
        part: dict[str, NDArray[np.generic]] = {
            name: np.full(len(rows), NOBODY, np.int32) for name in ("person", "pass", "home", "plate", "seen")
        }
        part["hour"] = w.hour[rows] + later * SECOND * self.rng.uniform(0.6, 1.6, len(rows))
        part["door"] = w.door[rows].astype(np.int32)
        part["way"] = np.where(self.ground.tells_way[w.door[rows]], 1 - w.inward[rows], 2).astype(np.int32)
        part["modality"] = np.full(len(rows), modality, np.int32)
        part["outcome"] = np.broadcast_to(outcome, (len(w.hour),))[rows].astype(np.int32)
        for name, values in named.items():
            part[name.rstrip("_")] = values[rows].astype(np.int32)
        own = self.ground.door_home[w.door[rows]]
        part["home"] = np.where(own != NONE, own, part["home"]).astype(np.int32)
        self.parts.append(part)

    def pass_door(self, walkers: Walkers, which: Bools, door: Ints, share: float | Doubles, later: float) -> None:
        """Walk those of `walkers` that are `which` past their `door` (n,), read with probability `share`."""
        chance = self.rng.random(len(door)) < share
        rows = np.flatnonzero(which & (door != NONE) & chance)
        if rows.size:
            self._identify(At(self, walkers, rows, door[rows], later * self.pace[rows]))

    def _identify(self, w: "At") -> None:
        swapped = (w.via == Via.CARD) & (w.person != NOBODY)
        building = self.ground.door_building[w.door]
        lives = self.ground.building[self.person_home[w.person]]
        let_in = swapped & ((building == NONE) | ((building == lives) & (self.ground.door_home[w.door] == NONE)))
        self._own(w, (w.via == Via.SELF) | let_in)
        turned_away = swapped & ~let_in & w.mine["face"] & self.ground.face[w.door] & w.chance(0.12)
        self.put(w, turned_away, FACE, DENIED, person=w.person)
        cards = (w.via == Via.CARD) & ~let_in
        self._card(w, cards, np.where(cards, w.token, NOBODY), 5.0)
        passes = w.via == Via.PASS
        self.put(w, passes, PASS, GRANTED, pass_=w.token, home=self.pass_home[np.where(passes, w.token, 0)])
        self._stranger(w, w.via == Via.STRANGER)

    def _own(self, w: "At", which: Bools) -> None:
        camera = self.ground.face[w.door]
        able = which & camera & w.mine["face"] & (w.hour >= w.mine["face_since"])
        tries = able & (w.chance(w.mine["likes_face"]) | ~w.mine["card"])
        sound = (w.hour < w.mine["face_until"]) & ~inside(self.ground.deaf, w.door, w.hour)
        good = tries & sound & w.chance(w.mine["face_ok"])
        bad = tries & ~good
        self.put(w, good, FACE, GRANTED, person=w.person)
        self._nobody(w, bad, 0.0)
        carded = bad & w.mine["card"] & w.chance(0.7)
        again = bad & ~carded & w.chance(0.6)
        better = again & sound & w.chance(w.mine["face_ok"])
        self.put(w, better, FACE, GRANTED, 7.0, person=w.person)
        self._nobody(w, again & ~better, 7.0)
        rings = bad & ~carded & ~again & (self.ground.door_home[w.door] == NONE)
        self.put(w, rings, INTERCOM, GRANTED, 20.0, home=w.home)
        self.put(w, which & ~camera, PIN, GRANTED, person=w.mine["pin"], home=self.person_home[w.mine["pin"]])
        borrowed = w.chance(w.mine["borrows"]) & (w.mine["lender"] != NOBODY)
        owner = np.where(borrowed, w.mine["lender"], w.person)
        self._card(w, camera & which & w.mine["card"] & (~tries | carded), owner, 9.0)

    def _card(self, w: "At", which: Bools, owner: Ints, later: float) -> None:
        """A card is read; where the door has an eye for it, somebody else's face is a mismatch."""
        pads = self.ground.pin[w.door]
        compares = self.ground.both[w.door] & ~inside(self.ground.deaf, w.door, w.hour)
        mismatch = which & ~pads & compares & (owner != w.person) & w.chance(0.95)
        known = w.mine["face"] & (w.hour >= w.mine["face_since"]) & (w.hour < w.mine["face_until"])
        known &= (w.person != NOBODY) & w.chance(w.mine["face_ok"])
        home = self.person_home[owner]
        self.put(w, mismatch, CARD, MISMATCH, later, person=owner, home=home, seen=np.where(known, w.person, NOBODY))
        self.put(w, which & ~pads & ~mismatch, CARD, GRANTED, later, person=owner, home=home)
        self.put(w, which & pads, PIN, GRANTED, later, person=owner, home=home)

    def _stranger(self, w: "At", which: Bools) -> None:
        """At an own door mostly seen by the camera before the key turns; elsewhere in behind somebody, or rings."""
        own, camera = self.ground.door_home[w.door] != NONE, self.ground.face[w.door]
        looks = which & camera & w.chance(np.where(own, 0.8, 0.3))
        self._nobody(w, looks, 0.0)
        self.put(w, which & ~looks & ~own & w.chance(0.3), INTERCOM, GRANTED, home=w.home)

    def _nobody(self, w: "At", which: Bools, later: float) -> None:
        outcome = np.where(w.chance(0.04), AMBIGUOUS, UNRECOGNISED)
        self.put(w, which, FACE, outcome, later)


_OF_BODIES = (
    "person", "face", "face_ok", "face_since", "face_until", "likes_face", "card", "borrows", "shows", "plate",
    "drives", "pin", "lender",
)  # fmt: skip


class At:
    """The passages of `rows` at one door each, `later` minutes after they began."""

    def __init__(self, readers: Readers, walkers: Walkers, rows: Ints, door: Ints, later: Doubles) -> None:
        self.rng, body = readers.rng, walkers.body[rows]
        self.mine = {name: values[body] for name, values in readers.of.items()}
        self.person, self.door = self.mine["person"], door
        self.home, self.via, self.token = walkers.home[rows], walkers.via[rows], walkers.token[rows]
        self.inward = walkers.inward[rows].astype(np.int64)
        self.hour = walkers.hour[rows] + later / 60.0

    def chance(self, share: float | Doubles) -> Bools:
        """(n,) drawn with probability `share`."""
        drawn: Bools = self.rng.random(len(self.hour)) < share
        return drawn


def inside(spans: Doubles, door: Ints, hour: Doubles) -> Bools:
    """(n,) whether each hour lies in its door's span; `spans` (D, 2)."""
    found: Bools = (hour >= spans[door, 0]) & (hour < spans[door, 1])
    return found


def read(stage: Stage, walkers: Walkers, rng: np.random.Generator) -> pa.Table:
    """The sightings of all passages, of SIGHTINGS, ordered by time."""
    n, inward = len(walkers.hour), walkers.inward
    readers, ground, shape = Readers(stage, rng, n), stage.ground, stage.ground.shape
    shows = readers.of["shows"][walkers.body]
    building = ground.building[walkers.home]
    drives = (rng.random(n) < readers.of["drives"][walkers.body]) & (ground.garage != NONE)
    _park(readers, walkers, drives)
    gate = ground.gates[rng.integers(0, len(ground.gates), n)] if len(ground.gates) else np.full(n, NONE)
    readers.pass_door(walkers, inward & ~drives, gate, shape.read * shows, 0.0)
    readers.pass_door(walkers, inward, ground.entrance[building], shape.read * shows, 3.0)
    readers.pass_door(walkers, inward, ground.lift[building], shape.read * shows, 4.0)
    readers.pass_door(walkers, inward & walkers.own, ground.own[walkers.home], OWN_READ, 5.5)
    readers.pass_door(walkers, ~inward & walkers.own, ground.own[walkers.home], 0.15 * shape.exits, 0.0)
    readers.pass_door(walkers, ~inward & ~drives, gate, shape.exits * shows, 4.0)
    return _table(stage, readers, rng)


def _park(readers: Readers, walkers: Walkers, drives: Bools) -> None:
    rows = np.flatnonzero(drives & (readers.rng.random(len(drives)) < 0.97))
    if rows.size:
        w = At(readers, walkers, rows, np.full(len(rows), readers.ground.garage), 0.5 * readers.pace[rows])
        readers.put(w, np.ones(len(rows), np.bool_), PLATE, GRANTED, plate=w.mine["plate"])


def _table(stage: Stage, readers: Readers, rng: np.random.Generator) -> pa.Table:
    """All rows that arrive, by time, with their numbers."""
    found = {name: np.concatenate([part[name] for part in readers.parts]) for name in ("hour", *_COLUMNS)}
    readers.parts.clear()
    hour, door = found["hour"], found["door"]
    kept = (hour >= 0) & (hour < stage.year.hours) & (rng.random(len(hour)) >= LOST)
    for spans in (stage.ground.silent, stage.ground.down):
        kept &= ~inside(spans, door, hour)
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(hour[rows], kind="stable")]
    event = np.repeat(np.arange(1, len(rows) + 1), 1 + (rng.random(len(rows)) < REPEATED))
    rows = rows[event - 1]
    at = day_start_us(stage.year.start) + (hour[rows] * 3600).astype(np.int64) * US_PER_SECOND
    words = {
        "door": stage.ground.door, "direction": WAYS, "modality": MODALITIES,
        "person": [stage.person_id(row) for row in range(len(stage.people))],
        "pass": [stage.pass_id(row) for row in range(len(stage.passes))],
        "home": stage.ground.home, "plate": stage.plates, "outcome": OUTCOMES,
    }  # fmt: skip
    words["seen"] = words["person"]
    columns = [pa.array(event), pa.array(at).cast(pa.timestamp("us", tz="UTC"))]
    for name in SIGHTINGS.names[2:]:
        code = found["way" if name == "direction" else name][rows]
        keys = pa.array(code, pa.int32(), mask=code == NOBODY)
        columns.append(pa.DictionaryArray.from_arrays(keys, pa.array(list(words[name]), pa.string())))
    return pa.table(columns, schema=SIGHTINGS)
