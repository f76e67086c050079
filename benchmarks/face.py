"""Face identification on labelled pictures: FNIR at FPIR 1 % (ISO/IEC 19795-1), with the recogniser that runs at doors.

`labels.csv` names file, person and role: `enrol` (every picture a template of its own, a person's score is the best of
them), `probe` (an enrolled person) or `impostor` (a stranger).

The threshold is never chosen on what it is reported on. The impostors are split in two halves by a hash of the file
name. From one half of n the threshold is the k-th highest score, k = floor((n + 1) / 100): a stranger from the same
population exceeds it with a chance of k / (n + 1), at most 1 %, whatever the distribution. It is then judged on the
other half; the halves change places, and the two are pooled: every impostor is counted once, every probe under both
thresholds, FNIR the mean. Its interval counts the mean number of misses, rounded up. A probe misses if no face is found
in it, if another person scores best, or if its score is not above the threshold.
"""

import argparse
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks import interval, progress, publish, read_labels
from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest

FPIR = 0.01
_NO_FACE = -1.0  # below any cosine: a picture without a face is never accepted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """Pictures as vectors.

    Attributes:
        vectors: (n, d) float32; zero where no face was found.
        found: (n,) bool.
        ms: (n,) float64, from the file's bytes to the vector and its quality.
    """

    vectors: NDArray[np.float32]
    found: NDArray[np.bool_]
    ms: NDArray[np.float64]


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv (file, person, role)")
    parser.add_argument("--site", type=Path, help="a site's own models file")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    publish(evaluate(options.data, options.site), as_json=options.json)


def evaluate(data: Path, site: Path | None = None) -> dict[str, object]:
    """All keys of the benchmark for one folder of labelled pictures."""
    labels = read_labels(data, ("file", "person", "role"))
    files = np.array([row["file"] for row in labels])
    person = np.array([row["person"] for row in labels])
    role = np.array([row["role"] for row in labels])
    encoded = encode([data / file for file in files], FaceRecogniser(load_manifest(site)))
    enrol, probe, impostor = (role == name for name in ("enrol", "probe", "impostor"))
    kept = enrol & encoded.found
    people, best = best_by_person(encoded, kept, person)
    scores, nearest = best[probe].max(axis=1), people[best[probe].argmax(axis=1)]
    mine = nearest == person[probe]
    strangers = best[impostor].max(axis=1)
    folds = [fold(strangers, half, scores, mine) for half in halves(files[impostor])]
    missed = sum(misses for _, _, misses in folds) / len(folds)
    accepted = sum(wrong for _, wrong, _ in folds)
    return {
        "fnir_at_fpir_1pct": missed / len(scores),
        "fnir_ci": interval(ceil(missed), len(scores)),
        "fpir": accepted / len(strangers),
        "fpir_ci": interval(accepted, len(strangers)),
        "fte": float((enrol & ~encoded.found).sum() / enrol.sum()),
        "probes_without_face": int((probe & ~encoded.found).sum()),
        "ms_per_face": round(float(np.median(encoded.ms)), 2),
        "rank1": float(mine.mean()),
        "probes": len(scores),
        "impostors": len(strangers),
        "people": len(people),
        "templates": int(kept.sum()),
        "threshold": round(sum(threshold for threshold, _, _ in folds) / len(folds), 4),
        "folds": [
            {"threshold": round(threshold, 4), "fpir": wrong / len(half), "fnir": misses / len(scores)}
            for (threshold, wrong, misses), half in zip(folds, halves(files[impostor])[::-1], strict=True)
        ],
    }


def encode(files: list[Path], recogniser: FaceRecogniser) -> Encoded:
    """Every picture through the recogniser; a picture it cannot read ends the benchmark with the reason."""
    vectors = np.zeros((len(files), recogniser.dimension), np.float32)
    found = np.zeros(len(files), np.bool_)
    ms = np.zeros(len(files))
    for index, file in enumerate(progress(files, "faces")):
        data = file.read_bytes()
        begun = perf_counter()
        face = recogniser.read(decode(data)).face
        ms[index] = (perf_counter() - begun) * 1e3
        if face:
            vectors[index], found[index] = face.embedding, True
    return Encoded(vectors=vectors, found=found, ms=ms)


def best_by_person(
    encoded: Encoded, enrolled: NDArray[np.bool_], person: NDArray[np.str_]
) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
    """The enrolled people (p,) and every picture's best score with each (n, p)."""
    rows = np.flatnonzero(enrolled)
    rows = rows[np.argsort(person[rows], kind="stable")]
    people, starts = np.unique(person[rows], return_index=True)
    cosines = encoded.vectors @ encoded.vectors[rows].T
    cosines[~encoded.found] = _NO_FACE
    return people, np.maximum.reduceat(cosines, starts, axis=1)


def halves(files: NDArray[np.str_]) -> list[NDArray[np.intp]]:
    """Indices (n,) split in two, by the order of the file names' hashes: the same on every machine."""
    order = np.argsort([sha256(str(file).encode()).hexdigest() for file in files], kind="stable")
    return [order[::2], order[1::2]]


def threshold_at(impostors: NDArray[np.float32], fpir: float) -> float:
    """The score that a further impostor exceeds with a chance of at most `fpir`; see the module.

    Raises:
        SystemExit: there are too few impostors to say.
    """
    k = int(fpir * (len(impostors) + 1) + 1e-9)
    if k < 1:
        raise SystemExit(
            f"{len(impostors)} impostors are too few for FPIR {fpir:.0%}: each half needs {1 / fpir - 1:.0f}."
        )
    return float(np.sort(impostors)[-k])


def fold(
    strangers: NDArray[np.float32], half: NDArray[np.intp], scores: NDArray[np.float32], mine: NDArray[np.bool_]
) -> tuple[float, int, int]:
    """The threshold from one half, the strangers of the other that exceed it, and the probes that miss it."""
    threshold = threshold_at(strangers[half], FPIR)
    others = np.delete(strangers, half)
    return threshold, int((others > threshold).sum()), int((~(mine & (scores > threshold))).sum())


if __name__ == "__main__":
    main()
