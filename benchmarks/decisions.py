"""Decisions of the search against a separate float64 loop, on probes planted where an error would show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import progress
from benchmarks.spectra import Floats, Population, beside
from recognition import policy
from recognition.gallery import FaceGallery
from recognition.policy import Status
from recognition.search import search
from recognition.thresholds import Threshold

NEAR = 0.02
REFERENCE_AT_ONCE = 64
SEARCHED_AT_ONCE = 256
MODEL = "benchmark"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probes:
    """Probes (n, d), shuffled, and how many there are of each kind."""

    vectors: Floats
    counts: dict[str, int]


def plant(population: Population, vectors: Floats, centres: Floats, threshold: Threshold, count: int) -> Probes:
    """A third genuine and impostor probes, a third within NEAR of the threshold, a third within NEAR of the margin."""
    rng = np.random.default_rng(count)
    third = count // 3
    genuine = third * 2 // 3
    known = population.pictures(centres[rng.integers(0, len(centres), genuine)])
    strangers = population.pictures(population.centres(third - genuine))
    edge = threshold.value + rng.uniform(-NEAR, NEAR, (third, 1))
    near = beside(rng, vectors[rng.integers(0, len(vectors), (third, 1))], edge)
    twins = count - 2 * third
    pairs = (
        2 * np.stack([rng.permutation(len(vectors) // 2)[:2] for _ in range(twins)])
        if twins < 1_000
        else (2 * rng.integers(0, len(vectors) // 2, (twins, 2)))
    )
    pairs[:, 1] = np.where(pairs[:, 0] == pairs[:, 1], (pairs[:, 1] + 2) % len(vectors), pairs[:, 1])
    best = rng.uniform(threshold.value + NEAR, threshold.value + 0.1, twins)
    alike = beside(rng, vectors[pairs], np.stack([best, best - threshold.margin - rng.uniform(-NEAR, NEAR, twins)], 1))
    order = rng.permutation(count)
    return Probes(
        vectors=np.concatenate([known, strangers, near, alike])[order],
        counts={"genuine": genuine, "impostor": third - genuine, "near_threshold": third, "twins": twins},
    )


def check(gallery: FaceGallery, vectors: Floats, probes: Probes, threshold: Threshold) -> dict[str, object]:
    """Compare status, person and candidates of every probe; persons are rows // 2."""
    wide = vectors.astype(np.float64)
    floor = threshold.value - threshold.margin
    differences, score_error = 0, 0.0
    sides = dict.fromkeys(("above_threshold", "below_threshold", "within_margin", "beyond_margin"), 0)
    for start in progress(range(0, len(probes.vectors), SEARCHED_AT_ONCE), "decisions"):
        some = probes.vectors[start : start + SEARCHED_AT_ONCE]
        persons, scores = loop(wide, some)
        status, person, candidates = decide(persons, scores, threshold)
        matches = search(gallery, some, model=MODEL, floor=floor)
        mine = policy.identify(matches, threshold)
        same = (mine.status == status) & (mine.persons == person) & (mine.candidates == candidates).all(axis=1)
        differences += int((~same).sum())
        seen = scores[:, 0] >= floor
        score_error = max(score_error, float(np.abs(matches.scores[seen, 0] - scores[seen, 0]).max(initial=0.0)))
        by = scores[:, 0] - threshold.value
        lead = (by >= 0) * (threshold.margin - (scores[:, 0] - scores[:, 1]))
        sides["above_threshold"] += int(((by >= 0) & (by <= NEAR)).sum())
        sides["below_threshold"] += int(((by < 0) & (by >= -NEAR)).sum())
        sides["within_margin"] += int(((lead > 0) & (lead <= NEAR)).sum())
        sides["beyond_margin"] += int(((lead < 0) & (lead >= -NEAR)).sum())
    return {
        "decision_differences": differences,
        "decision_probes": len(probes.vectors),
        "decision_gallery": len(vectors),
        "decision_kinds": probes.counts,
        "decision_sides": sides,
        "score_error_max": score_error,
    }


def loop(wide: NDArray[np.float64], probes: Floats) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The two best persons (b, 2) and their cosines in float64, by comparing every pair; an even number of rows."""
    persons, scores = np.empty((len(probes), 2), np.int64), np.empty((len(probes), 2))
    for start in range(0, len(probes), REFERENCE_AT_ONCE):
        block = slice(start, start + REFERENCE_AT_ONCE)
        every = probes[block].astype(np.float64) @ wide.T
        by_person = every.reshape(len(every), -1, 2).max(axis=2)
        for rank in range(2):
            best = by_person.argmax(axis=1)
            persons[block, rank] = best
            scores[block, rank] = by_person[np.arange(len(best)), best]
            by_person[np.arange(len(best)), best] = -2.0
    return persons, scores


def decide(
    persons: NDArray[np.int64], scores: NDArray[np.float64], threshold: Threshold
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Status, person and candidates, written apart from `recognition.policy`."""
    status, person = np.empty(len(persons), np.uint8), np.full(len(persons), -1)
    candidates = np.full(persons.shape, -1)
    for row, ((first, second), (s1, s2)) in enumerate(zip(persons.tolist(), scores.tolist(), strict=True)):
        if s1 < threshold.value:
            status[row] = Status.UNKNOWN
        elif s1 - s2 < threshold.margin:
            status[row] = Status.AMBIGUOUS
            candidates[row] = first, second if s2 >= threshold.value else -1
        else:
            status[row], person[row] = Status.ACCEPTED, first
    return status, person, candidates
