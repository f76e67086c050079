"""How the plate readers misread: the counts and the curve that `recognition.plate_confusions` holds.

Both readers see every crop as it is and made harder in ten ways; what they read wrongly is counted apart for the half
of the crops that the tables come from and for the half that the matching is judged on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from benchmarks import progress
from benchmarks.plate_data import hardships, held_out, labelled
from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest
from gateway.recognisers.plate_grammar import plate_kind
from gateway.recognisers.plates import PlateRecogniser, combine

MOST_WRONG = 3  # characters; more is not a misread but another plate
_BATCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What came of one crop that the readers do not agree on.

    Attributes:
        plate: the label.
        text: the better read, as a gateway would send it.
        confidences: one a character of `text`.
        reads: what the two readers gave.
        held_out: the crop is of the half that judges.
    """

    plate: str
    text: str
    confidences: tuple[float, ...]
    reads: tuple[str, str]
    held_out: bool


def observe(data: Path, site: Path | None = None) -> list[Observed]:
    """Both readers on every crop of DIR, eleven times; only what they do not agree on and the grammar allows."""
    recogniser = PlateRecogniser(load_manifest(site))
    crops = [(file, plate, decode((data / file).read_bytes())) for file, plate in labelled(data)[0]]
    found: list[Observed] = []
    for spoil in progress([lambda crop: crop, *hardships()], "hardships"):
        for start in range(0, len(crops), _BATCH):
            part = crops[start : start + _BATCH]
            lines = recogniser.read_crops([spoil(crop) for _, _, crop in part])
            for (file, plate, _), (first, second) in zip(part, lines, strict=True):
                read = combine(first, second)
                if read and not read.agreed:
                    found.append(
                        Observed(
                            plate=plate,
                            text=read.text,
                            confidences=tuple(read.confidences.tolist()),
                            reads=(first.text, second.text),
                            held_out=held_out(file),
                        )
                    )
    return found


def misreads(observed: Sequence[Observed]) -> Counter[tuple[str, str]]:
    """(true, read) of every wrong character of reads that the grammar allows, of the right length, nearly right."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in observed:
        for text in sorted(set(one.reads)):
            wrong = [(a, b) for a, b in zip(one.plate, text, strict=False) if a != b]
            if len(text) == len(one.plate) and 0 < len(wrong) <= MOST_WRONG and plate_kind(text):
                counts.update(wrong)
    return counts


def characters(observed: Sequence[Observed]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence (n,) and whether wrong (n,) of every character of the better reads of the right length."""
    rows = [
        (confidence, a != b)
        for one in observed
        if len(one.text) == len(one.plate)
        for a, b, confidence in zip(one.plate, one.text, one.confidences, strict=True)
    ]
    return np.array([c for c, _ in rows]), np.array([w for _, w in rows], bool)


def curve(confidences: NDArray[np.float64], wrong: NDArray[np.bool_]) -> tuple[float, float]:
    """Offset and slope of the likeliest logistic curve; see `plate_confusions.wrong_rate`."""
    doubt = 1 - np.clip(confidences, 1e-4, 1 - 1e-4)
    odds = np.log(doubt / (1 - doubt))

    def loss(parameters: NDArray[np.float64]) -> float:
        at = parameters[0] + parameters[1] * odds
        return float(np.logaddexp(0, np.where(wrong, -at, at)).sum())

    offset, slope = minimize(loss, np.array([-1.0, 0.5])).x
    return float(offset), float(slope)


def table(data: Path, site: Path | None = None) -> dict[str, object]:
    """What the tables hold, from the half that makes them; and how much of the other half they foresee."""
    observed = observe(data, site)
    ours = [one for one in observed if not one.held_out]
    counts = misreads(ours)
    others = misreads([one for one in observed if one.held_out])
    confidences, wrong = characters(ours)
    offset, slope = curve(confidences, wrong)
    return {
        "counts": " ".join(f"{true}{read}{count}" for (true, read), count in sorted(counts.items(), key=_rank)),
        "wrong_characters": counts.total(),
        "kinds": len(counts),
        "offset": round(offset, 2),
        "slope": round(slope, 2),
        "usual_wrong": round(float(wrong.mean()), 3),
        "foreseen": round(sum(n for kind, n in others.items() if kind in counts) / max(others.total(), 1), 3),
        "lengths": dict(Counter(len(one.text) - len(one.plate) for one in observed)),
    }


def _rank(row: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -row[1], row[0]
