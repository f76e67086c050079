"""On which days did each person pass doors? A stream's sightings, thinned to a line a person, for the oracle.

Tens of millions of sightings a year are sorted once with numpy; what is left is a few thousand lines to walk through.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

US_A_DAY = 86_400_000_000
EIGHT_HOURS_US = 28_800_000_000  # China keeps one zone, without summer time since 1991
EPOCH = 719_163  # date(1970, 1, 1).toordinal()

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One person at doors that name the same home, or none.

    Attributes:
        person, named: ids; `named` is empty at shared doors by face, finger or a card that is tied to no home.
        own_door: it is the door that names the home, not the card.
        entered, passed: ordinals of days, inward (or the way not known), and either way.
    """

    person: str
    named: str
    own_door: bool
    entered: list[int]
    passed: list[int]


def days_passed(sightings: pa.Table, doors: Iterable[Mapping[str, str]]) -> tuple[int | None, Iterable[Passage]]:
    """The first day with any sighting (an ordinal; None for none) and everybody's passages."""
    at_us = sightings.column("at").cast(pa.int64()).to_numpy()
    first = None if not len(at_us) else int((at_us.min() + EIGHT_HOURS_US) // US_A_DAY) + EPOCH
    return first, _passages(sightings.unify_dictionaries(), at_us, {row["door"]: row["home"] for row in doors})


def _passages(table: pa.Table, at_us: Codes, door_home: Mapping[str, str]) -> Iterator[Passage]:
    person, people = codes(table, "person")
    modality, modalities = codes(table, "modality")
    outcome, outcomes = codes(table, "outcome")
    kept = np.flatnonzero(
        (person >= 0) & (modality != place_of(modalities, "plate")) & (outcome == place_of(outcomes, "granted"))
    )
    door, doors = codes(table, "door")
    card, homes = codes(table, "home")
    way, ways = codes(table, "direction")
    names = sorted({*homes, *door_home.values()} - {""})
    at_door = np.array([place_of(names, door_home.get(name, "")) for name in doors] or [-1], np.int64)[door[kept]]
    by_card = np.array([place_of(names, name) for name in homes] + [-1], np.int64)[card[kept]]
    named = np.where(at_door >= 0, 2 * at_door + 2, np.where(by_card >= 0, 2 * by_card + 1, 0))
    who = person[kept].astype(np.int64) * (2 * len(names) + 2) + named
    day = (at_us[kept] + EIGHT_HOURS_US) // US_A_DAY + EPOCH
    key = np.unique((who * 2**22 + day) * 2 + (way[kept] != place_of(ways, "out")))
    who, day, inward = key >> 23, (key >> 1) & (2**22 - 1), key & 1
    if not len(who):
        return
    for start, stop in pairwise(np.flatnonzero(np.diff(who, prepend=-1, append=-1)).tolist()):
        number, place = divmod(int(who[start]), 2 * len(names) + 2)
        yield Passage(
            person=people[number],
            named=names[(place - 1) // 2] if place else "",
            own_door=place > 0 and place % 2 == 0,
            entered=day[start:stop][inward[start:stop] == 1].tolist(),
            passed=np.unique(day[start:stop]).tolist(),
        )


def codes(table: pa.Table, column: str) -> tuple[NDArray[np.int32], list[str]]:
    """(n,) the place of each row's word, -1 for none, and the words."""
    array = table.column(column).combine_chunks()
    array = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
    return array.indices.fill_null(-1).to_numpy().astype(np.int32), array.dictionary.to_pylist()


def place_of(words: list[str], word: str) -> int:
    """-2 for a word that does not occur; no code is that."""
    return words.index(word) if word in words else -2
