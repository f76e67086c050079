"""Finding the plate that a misread came from among many registered ones, beside rapidfuzz's Levenshtein distance.

100,000 plates of one city, four in five serial characters digits: the hard case, as most differ in few characters. The
reads are of the half of the crops that the confusions were not counted on:

- real: the misreads themselves, their true plates registered among the others;
- simulated: a registered plate with one to three characters misread as in that half, and its characters' confidences.

A search *finds* a plate if it alone is nearest and it is the right one; `wrong` if another alone is nearest; else
`several` or `none`. What is found is for a person to look at. `foreign_*` are plates that are not registered.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from benchmarks import interval
from benchmarks.plate_confusions import Observed, characters, misreads
from core.facts import PlateRead
from recognition.modalities.plate import PlateGallery, PlateMatcher, Plates, encode_plates, near_plates
from recognition.plate_confusions import ALPHABET

SIMULATED = 400
_DIGITS, _SERIAL = "0123456789", "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_CITY, _MATCHER, _CUTOFF = "桂C", PlateMatcher(), 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A read and where it came from: the plate, or nothing registered."""

    plate: str
    text: str
    confidences: tuple[float, ...]


def compare(observed: Sequence[Observed], size: int = 100_000, seed: int = 11) -> dict[str, object]:
    """The keys `register_*` of the benchmark: what both find, and how long a read takes them."""
    rng = np.random.default_rng(seed)
    ours = [one for one in observed if one.held_out]
    wrong = [one for one in ours if one.text != one.plate]
    real = [Misread(plate=one.plate, text=one.text, confidences=one.confidences) for one in wrong]
    drawn = plates(rng, size + SIMULATED)
    registered = [*drawn[:size], *sorted({one.plate for one in real} - set(drawn))]
    known = set(registered)
    simulated = [one for one in simulate(rng, ours, drawn[:size]) if one.text not in known]
    foreign = [Misread(plate="", text=text, confidences=_some(rng, ours)) for text in drawn[size:]]
    search, peer = _ours(registered), _rapidfuzz(registered)
    result: dict[str, object] = {"register_plates": len(registered)}
    for name, cases in (("real", real), ("simulated", simulated), ("foreign", foreign)):
        for engine, answer in (("", search), ("_rapidfuzz", peer)):
            ms, counts = _run(answer, cases)
            result[f"register_{name}{engine}"] = {"reads": len(cases), **counts}
            result[f"register_{name}{engine}_found_ci"] = interval(counts.get("found", 0), len(cases))
            if name == "simulated":
                result[f"register_ms_p50{engine}"], result[f"register_ms_p95{engine}"] = (
                    round(float(np.percentile(ms, q)), 3) for q in (50, 95)
                )
    return result


def plates(rng: np.random.Generator, count: int) -> list[str]:
    """`count` distinct plates of one city, in no order."""
    found: dict[str, None] = {}
    while len(found) < count:
        digits = rng.choice(list(_DIGITS), (count, 5))
        mixed = np.where(rng.random((count, 5)) < 0.8, digits, rng.choice(list(_SERIAL), (count, 5)))
        found.update((_CITY + "".join(row), None) for row in mixed.tolist())
    return list(found)[:count]


def simulate(rng: np.random.Generator, observed: Sequence[Observed], registered: Sequence[str]) -> list[Misread]:
    """SIMULATED misreads of registered plates, drawn from how these observed reads were wrong."""
    counts = misreads(observed)
    table = np.zeros((len(ALPHABET), len(ALPHABET)))
    for (true, read), count in counts.items():
        table[ALPHABET.index(true), ALPHABET.index(read)] = count
    sizes = [sum(a != b for a, b in zip(one.plate, one.text, strict=False)) for one in observed]
    sizes = [size for size in sizes if 0 < size <= 3]
    confidence, wrong = characters(observed)
    found: list[Misread] = []
    while len(found) < SIMULATED:
        plate = registered[int(rng.integers(len(registered)))]
        weights = table[[ALPHABET.index(character) for character in plate]].sum(axis=1)
        edits = int(rng.choice(sizes))
        if np.count_nonzero(weights) < edits:
            continue
        text = list(plate)
        at = rng.choice(len(plate), edits, replace=False, p=weights / weights.sum())
        for place in at.tolist():
            row = table[ALPHABET.index(plate[place])]
            text[place] = ALPHABET[int(rng.choice(len(ALPHABET), p=row / row.sum()))]
        sure = rng.choice(confidence[~wrong], len(plate))
        sure[at] = rng.choice(confidence[wrong], edits)
        found.append(Misread(plate=plate, text="".join(text), confidences=tuple(sure.tolist())))
    return found


def _some(rng: np.random.Generator, observed: Sequence[Observed]) -> tuple[float, ...]:
    """The confidences of one observed read of seven characters."""
    seven = [one.confidences for one in observed if len(one.text) == 7]
    return seven[int(rng.integers(len(seven)))]


Answer = Callable[[Misread], list[str]]


def _ours(registered: Sequence[str]) -> Answer:
    handles = np.arange(len(registered), dtype=np.int32)
    gallery = PlateGallery().add(Plates(codes=encode_plates(registered), persons=handles))

    def answer(one: Misread) -> list[str]:
        probe = PlateRead(
            model="readers", text=one.text, agreed=False, confidences=one.confidences, plate_kind="standard"
        )
        found = _MATCHER.search(gallery, _MATCHER.encode(gallery, [probe]))
        return [registered[person] for person in found.persons[0, : near_plates(found)[0]].tolist()]

    return answer


def _rapidfuzz(registered: Sequence[str]) -> Answer:
    def answer(one: Misread) -> list[str]:
        found = process.extract(one.text, registered, scorer=Levenshtein.distance, score_cutoff=_CUTOFF, limit=2)
        return [text for text, distance, _ in found if distance == found[0][1]]

    return answer


def _run(answer: Answer, cases: Sequence[Misread]) -> tuple[list[float], dict[str, int]]:
    """Milliseconds of each read, and how the searches ended."""
    ms: list[float] = []
    ends: Counter[str] = Counter()
    for one in cases:
        begun = perf_counter()
        near = answer(one)
        ms.append((perf_counter() - begun) * 1e3)
        if len(near) == 1:
            ends["found" if near[0] == one.plate else "wrong"] += 1
        else:
            ends["several" if near else "none"] += 1
    return ms, dict(ends)
