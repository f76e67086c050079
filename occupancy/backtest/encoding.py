"""From a file's rows to columns of each estate: vectorised, and every row that is left out is counted with its reason.

A sighting belongs to the estate of its door; where the door is not known, to that of the home, person, pass or vehicle
it names. A name that the registry does not know becomes nobody, as in the service.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from occupancy.arrays import NOBODY, Bools, Indices, Int32s
from occupancy.backtest.refusals import LISTED, Tally
from occupancy.backtest.words import MAX_EVENT, Coder, dictionary_of, event_keys, moments, places_of, value_type
from occupancy.codes import MODALITIES, OUTCOMES, WAYS, Said, Way
from occupancy.files import Piece, Sheet
from occupancy.registry import Names, Registry
from occupancy.sightings import Sightings

CODES: Mapping[str, Mapping[str, int]] = {"direction": WAYS, "modality": MODALITIES, "outcome": OUTCOMES}
# Column of the file, names of the registry, field of Sightings; in the order in which they say whose row it is.
NAMED = (
    ("door", "doors", "door"), ("home", "homes", "home"), ("person", "persons", "person"), ("pass", "passes", "pass_"),
    ("plate", "plates", "plate"), ("seen", "persons", "seen"),
)  # fmt: skip
UNREADABLE = "unreadable"  # a line that does not fall into the columns


class Words(NamedTuple):
    """A column of n rows as its m different words and the place of each row's word, -1 for null.

    `decimals`: the file holds decimals there, which name nothing.
    """

    dictionary: pa.Array
    places: Int32s
    decimals: bool = False


class Encoder:
    """Encodes the pieces of one sheet, for one estate or more."""

    def __init__(self, registries: Sequence[Registry], sheet: Sheet, tally: Tally) -> None:
        self._sheet, self._tally = sheet, tally
        self._codes = {name: Coder(_code_by(codes)) for name, codes in CODES.items()}
        self._handles = [
            {column: Coder(_names(registry, kind).handle) for column, kind, _ in NAMED} for registry in registries
        ]
        many = NAMED[:-1] if len(registries) > 1 else ()
        self._owners = {column: Coder(_owner_by(registries, kind)) for column, kind, _ in many}

    def encode(self, piece: Piece) -> Iterator[tuple[int, Sightings]]:
        """The sightings of a piece as (place of the registry, columns); `key` is the event's own number."""
        rows = piece.rows
        self._tally.rows += rows.num_rows
        key, identified = event_keys(rows.column("event"))
        taken_us, timed = moments(rows.column("at"))
        words = {name: _words(rows, name) for name in (*CODES, *(column for column, *_ in NAMED))}
        codes = {name: coder.numbers(words[name].dictionary)[words[name].places] for name, coder in self._codes.items()}
        undirected = self._undirected(words["direction"])
        codes["direction"] = np.where(undirected, Way.UNKNOWN.value, codes["direction"])
        right = {"event": identified, "at": timed, **{name: code >= 0 for name, code in codes.items()}}
        right |= {column: words[column].places < 0 for column, *_ in NAMED if words[column].decimals}
        good = np.logical_and.reduce(list(right.values()))
        self._tally.undirected += int((undirected & good).sum())
        if not good.all():
            self._refuse(piece, right, good)
        for place, chosen in self._by_estate(words, np.flatnonzero(good)):
            outcome = codes["outcome"][chosen].astype(np.int8)
            yield place, Sightings(
                key=key[chosen], taken_us=taken_us[chosen], way=codes["direction"][chosen].astype(np.int8),
                modality=codes["modality"][chosen].astype(np.int8), outcome=outcome, opens=outcome == Said.GRANTED,
                **self._handles_of(place, words, chosen),
            )  # fmt: skip

    def _undirected(self, said: Words) -> Bools:
        """(n,) bool, rows whose direction is empty, once the coder has numbered the column."""
        coder = self._codes["direction"]
        empty: Bools = (coder.numbers(said.dictionary) == NOBODY) & ~coder.unknown
        undirected: Bools = empty[said.places]
        return undirected

    def _by_estate(self, words: Mapping[str, Words], good: Indices) -> Iterator[tuple[int, Indices]]:
        if len(self._handles) == 1:
            yield 0, good
            return
        owner = np.full(len(good), NOBODY, np.int32)
        for column, coder in self._owners.items():
            said = coder.numbers(words[column].dictionary)[words[column].places[good]]
            owner = np.where(owner == NOBODY, said, owner).astype(np.int32)
        self._tally.unplaced += int((owner == NOBODY).sum())
        for place in range(len(self._handles)):
            chosen = good[owner == place]
            if len(chosen):
                yield place, chosen

    def _handles_of(self, place: int, words: Mapping[str, Words], chosen: Indices) -> dict[str, Int32s]:
        """The handles of every named column, (k,) int32 each; what nobody registered is counted."""
        found = {}
        for column, _, field in NAMED:
            coder, said = self._handles[place][column], words[column].places[chosen]
            numbers = coder.numbers(words[column].dictionary)
            found[field] = numbers[said]
            if coder.unknown.any():
                hit = np.bincount(said[coder.unknown[said]], minlength=len(coder.unknown))
                if hit.any():
                    names = [coder.words[word] for word in np.flatnonzero(hit)]
                    self._tally.not_known(column, int(hit.sum()), names)
        return found

    def _refuse(self, piece: Piece, right: Mapping[str, Bools], good: Bools) -> None:
        """Count the rows that are left out by their first fault."""
        bad = np.flatnonzero(~good)
        faults = np.stack([~right[column][bad] for column in right], axis=1)
        first, columns = faults.argmax(axis=1), list(right)
        for row, fault in zip(bad[:LISTED].tolist(), first[:LISTED].tolist(), strict=True):
            zh, en = _reason(columns[fault], piece.rows.column(columns[fault])[row].as_py())
            self._tally.list_refused(self._sheet.line_of(piece.first_row + row), columns[fault], zh, en)
        for fault, count in enumerate(np.bincount(first, minlength=len(columns)).tolist()):
            self._tally.refused[columns[fault]] += count


def _reason(column: str, value: object) -> tuple[str, str]:
    """What is wrong with the value of a column, in both languages."""
    text = "" if value is None else str(value)[:64]
    if not text:
        return "不能为空。", "The cell must not be empty."
    if column == "event":
        return f"编号超过{MAX_EVENT}字节。", f"The id has more than {MAX_EVENT} bytes."
    if column == "at":
        return (
            f"“{text}”不是带时区的RFC 3339时间。",
            f"{text!r} is no RFC 3339 moment with an offset.",
        )
    if column not in CODES:
        return (
            f"“{text}”是小数，编号应为文字或整数。",
            f"{text!r} is a decimal number; names are texts or integers.",
        )
    allowed = tuple(CODES[column])
    return f"“{text}”无效，应为：{'、'.join(allowed)}。", f"{text!r} is not one of {', '.join(allowed)}."


def _words(rows: pa.RecordBatch, column: str) -> Words:
    """A column of names; one that the file does not have is empty throughout."""
    if column not in rows.schema.names:
        return Words(pa.array([], pa.string()), np.full(rows.num_rows, -1, np.int32))
    found = dictionary_of(rows.column(column))
    decimals = pa.types.is_floating(value_type(rows.column(column)))
    return Words(found.dictionary, places_of(found), decimals)


def _names(registry: Registry, kind: str) -> Names:
    names: Names = getattr(registry, kind)
    return names


def _code_by(codes: Mapping[str, int]) -> Callable[[str], int]:
    return lambda word: codes.get(word, NOBODY)


def _owner_by(registries: Sequence[Registry], kind: str) -> Callable[[str], int]:
    """Which registry knows a name: its place, the first of several; NOBODY for none."""
    owner: dict[str, int] = {}
    for place, registry in enumerate(registries):
        for name in _names(registry, kind).ids:
            owner.setdefault(name, place)
    return lambda word: owner.get(word, NOBODY)
