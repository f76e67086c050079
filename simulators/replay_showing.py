"""What people show at the doors so that the services come to record what a stream says: row by row, or why nothing.

A stream says what was recorded; a device can only show what leads there. What cannot be shown is left out and counted
by reason, so that a comparison of the two can leave out the same rows:

    intercom               the device link has nothing for a door that is opened from indoors
    finger                 nobody draws fingers yet; a card in its place would be another story
    repeated               the event came before, under the same number
    no_template            the face of somebody who is not enrolled
    nothing_to_compare     a stranger's face with the credential of somebody not enrolled: nothing contradicts it
    no_credential          nobody holds such a credential at that moment
    no_gateway             a door that hangs on no gateway
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

import numpy as np
import pyarrow as pa

from core.clock import US_PER_DAY, day_start_us, to_us
from simulators.randomness import stream as random_stream
from simulators.streams import Stream
from simulators.tables import Bools, Ints

CREDENTIALS = ("card", "pin")
CHINA_US = 8 * 3600 * 1_000_000  # the estate's clock is ahead of UTC by so much
_MOST_DAYS = 1 << 20  # day numbers are below, so that a holder and a day fit in one key


class What(IntEnum):
    """What a row shows."""

    FACE = 0
    CREDENTIAL = 1
    PASS = 2
    PLATE = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Showing:
    """N rows of a stream that can be shown, in its order.

    Attributes:
        row: (N,) their rows in the stream's sightings.
        at_us: (N,) when, microseconds UTC.
        what: (N,) of What.
        person: (N,) whose face, a row of `people`; -1: a stranger's, or no face.
        like: (N,) a second person whom the face is as like (`ambiguous`); -1 for none.
        owner: (N,) of a credential shown with the face, a row of `people`, if they are enrolled; -1 for none.
        credential: (N,) a place in `credentials`, -1 for none; shown alone, or with a face (a mismatch).
        word: (N,) a place in `passes` or `plates`, -1 where neither is shown.
        door, way: (N,) places in `doors` and `ways`.
        people: who is enrolled. credentials: (kind, id). left_out: rows that cannot be shown, by reason.
    """

    row: Ints
    at_us: Ints
    what: Ints
    person: Ints
    like: Ints
    owner: Ints
    credential: Ints
    word: Ints
    door: Ints
    way: Ints
    people: Sequence[str]
    credentials: Sequence[tuple[str, str]]
    passes: Sequence[str]
    plates: Sequence[str]
    doors: Sequence[str]
    ways: Sequence[str]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Words:
    """A column as (N,) places in `words`, -1 for null."""

    place: Ints
    words: list[str]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> "Words":
        """The words of a dictionary column."""
        whole = pa.concat_arrays(column.unify_dictionaries().chunks or [pa.array([], column.type)])
        return cls(whole.indices.fill_null(-1).to_numpy().astype(np.int64), whole.dictionary.to_pylist())

    def are(self, *wanted: str) -> Bools:
        """(N,) which rows hold one of these words."""
        return np.array([*(word in wanted for word in self.words), False])[self.place]

    def among(self, names: Sequence[str]) -> Ints:
        """(N,) the place of each row's word in `names`, -1 where it is not among them."""
        where = {name: place for place, name in enumerate(names)}
        return np.array([*(where.get(word, -1) for word in self.words), -1], np.int64)[self.place]


def enrolled(stream: Stream) -> list[str]:
    """Who is enrolled when the stream ends: everybody whose consent to face at doors is given and not withdrawn."""
    end_us = day_start_us(stream.start + timedelta(days=stream.days))
    consents = stream.registry["consents"].to_pylist()
    wanted = [row for row in consents if (row["purpose"], row["modality"]) == ("door", "face")]
    return sorted({row["person"] for row in wanted if _lives(row["given"], row["withdrawn"], end_us)})


def _lives(given: str, withdrawn: str, at_us: int) -> bool:
    begins = to_us(datetime.fromisoformat(given))
    return begins <= at_us and (not withdrawn or to_us(datetime.fromisoformat(withdrawn)) > at_us)


def choose(stream: Stream, seed: int) -> Showing:
    """What is shown for every row of a stream; `seed` draws whom an ambiguous face is like."""
    table = stream.sightings
    word = {name: Words.of(table[name]) for name in table.column_names if name not in {"event", "at"}}
    at_us = table["at"].cast(pa.int64()).to_numpy()
    people, held = enrolled(stream), _Held(stream)
    person, seen = word["person"].among(people), word["seen"].among(people)
    mismatch, ambiguous = word["outcome"].are("mismatch"), word["outcome"].are("ambiguous")
    what = _what(word["modality"], mismatch)
    kind = np.where(word["modality"].are("pin"), 1, np.where(word["modality"].are("card"), 0, -1))
    credential = held.of(word["person"], kind, at_us)
    credential[(what != What.CREDENTIAL) & ~mismatch] = -1
    named = np.where(mismatch, word["seen"].place, word["person"].place) >= 0
    face = np.where(mismatch, seen, person)
    shown = np.where(what == What.PLATE, word["plate"].place, np.where(what == What.PASS, word["pass"].place, -1))
    reasons = (
        ("repeated", _repeated(table["event"].to_numpy())),
        ("no_gateway", ~word["door"].are(*_wired(stream))),
        *((name, (what < 0) & word["modality"].are(name)) for name in word["modality"].words),
        ("no_template", (what == What.FACE) & named & (face < 0)),
        ("no_template", (what == What.FACE) & ambiguous & (len(people) < 2)),
        ("nothing_to_compare", mismatch & ~named & (person < 0)),
        ("no_credential", ((what == What.CREDENTIAL) | mismatch) & (credential < 0)),
        ("no_credential", np.isin(what, (What.PASS, What.PLATE)) & (shown < 0)),
    )  # fmt: skip
    kept, left_out = _sort_out(reasons, len(at_us))
    alike = random_stream(seed, "replay/alike").integers(0, max(len(people), 1), (len(at_us), 2))
    alike[:, 1] = np.where(alike[:, 0] == alike[:, 1], (alike[:, 1] + 1) % max(len(people), 1), alike[:, 1])
    face, like = np.where(ambiguous, alike[:, 0], face), np.where(ambiguous, alike[:, 1], -1)
    return Showing(
        row=kept, at_us=at_us[kept], what=what[kept], person=np.where(what == What.FACE, face, -1)[kept],
        like=like[kept], owner=np.where(mismatch, person, -1)[kept], credential=credential[kept], word=shown[kept],
        door=word["door"].place[kept], way=word["direction"].place[kept], people=people, credentials=held.credentials,
        passes=word["pass"].words, plates=word["plate"].words, doors=word["door"].words,
        ways=word["direction"].words, left_out=left_out,
    )  # fmt: skip


def _what(modality: Words, mismatch: Bools) -> Ints:
    """(N,) of What, -1 for what no device of the link can show; a credential that is denied by a face is a face."""
    what = np.full(len(modality.place), -1)
    what[modality.are("pass")] = What.PASS
    what[modality.are("plate")] = What.PLATE
    what[modality.are(*CREDENTIALS)] = What.CREDENTIAL
    what[modality.are("face") | (modality.are(*CREDENTIALS) & mismatch)] = What.FACE
    return what


def _repeated(event: Ints) -> Bools:
    """(N,) rows of events that came before."""
    repeated = np.ones(len(event), np.bool_)
    repeated[np.unique(event, return_index=True)[1]] = False
    return repeated


def _wired(stream: Stream) -> set[str]:
    return {door for row in stream.registry["gateways"].to_pylist() for door in row["doors"].split(";")}


def _sort_out(reasons: Sequence[tuple[str, Bools]], count: int) -> tuple[Ints, dict[str, int]]:
    """The rows that nothing speaks against, and how many are left out by their first reason."""
    kept, left_out = np.ones(count, np.bool_), Counter[str]()
    for name, which in reasons:
        left_out[name] += int((kept & which).sum())
        kept &= ~which
    return np.flatnonzero(kept), {name: number for name, number in left_out.items() if number}


class _Held:
    """Who holds which card or PIN when, to be asked for many rows at once."""

    def __init__(self, stream: Stream) -> None:
        rows = stream.registry["credentials"].to_pylist()
        rows = sorted((row for row in rows if row["kind"] in CREDENTIALS), key=lambda row: (row["person"], row["from"]))
        self.credentials = [(row["kind"], row["credential"]) for row in rows]
        self._holders = sorted({row["person"] for row in rows})
        place = {name: number for number, name in enumerate(self._holders)}
        holder = np.array([place[row["person"]] for row in rows], np.int64)
        kind = np.array([CREDENTIALS.index(row["kind"]) for row in rows], np.int64)
        since = np.array([_day(row["from"], 0) for row in rows], np.int64)
        self._until = np.array([_day(row["until"], _MOST_DAYS - 1) for row in rows], np.int64)
        self._order = np.lexsort((since, kind, holder))
        self._key = ((holder * 2 + kind) * _MOST_DAYS + since)[self._order]

    def of(self, person: Words, kind: Ints, at_us: Ints) -> Ints:
        """(N,) a place in `credentials` of each person's at a moment, -1 for none; kind -1: a card, else a PIN."""
        holder, day = person.among(self._holders), (at_us + CHINA_US) // US_PER_DAY
        wanted = self._one(holder, np.where(kind < 0, 0, kind), day)
        other = self._one(holder, np.ones_like(kind), day)
        return np.where((kind < 0) & (wanted < 0), other, wanted)

    def _one(self, holder: Ints, kind: Ints, day: Ints) -> Ints:
        """The one handed out last of a kind, if it is not taken back yet."""
        if not len(self._key):
            return np.full(len(holder), -1)
        of_kind = (holder * 2 + kind) * _MOST_DAYS
        found = np.searchsorted(self._key, of_kind + day, "right") - 1
        last = self._order[np.maximum(found, 0)]
        holds = (holder >= 0) & (found >= 0) & (self._key[np.maximum(found, 0)] >= of_kind) & (day < self._until[last])
        return np.where(holds, last, -1)


def _day(text: str, missing: int) -> int:
    """Days since 1970 of a day as the registry's files write it."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days if text else missing
