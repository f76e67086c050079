"""FVC databases as records: found, read by the gateway's recogniser, kept between runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks import progress
from benchmarks.finger_scores import Labels
from gateway.recognisers.fingers import FingerRecogniser
from gateway.recognisers.images import decode as decode_picture
from recognition.fingers import features
from recognition.fingers.features import Features, Probes
from recognition.fingers.minutiae import Minutiae, from_view
from recognition.fingers.records import decode as decode_record

TWINS = ({"DB1_B", "DB2_B"},)  # of FVC2000: the same ten fingers on two sensors
_NAME = re.compile(r"(\d+)_(\d+)\.png")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Database:
    """One database.

    Attributes:
        finger, impression: (n,) int64.
        records: n records, in the order of the files; empty bytes where no finger was found.
    """

    name: str
    finger: Labels
    impression: Labels
    records: list[bytes]

    def enrolled(self) -> Features:
        """Every impression as it is enrolled."""
        return features.of_enrolled([minutiae(record) for record in self.records])

    def probes(self) -> Probes:
        """Every impression as it is searched."""
        return features.of_probes([minutiae(record) for record in self.records])


def find_pictures(data: Path) -> dict[str, list[Path]]:
    """The files of each database by its folder's name, sorted; ends the program where there are none."""
    found: dict[str, list[Path]] = {}
    for file in sorted(data.rglob("*.png")):
        if _NAME.fullmatch(file.name):
            found.setdefault(file.parent.name, []).append(file)
    if not found:
        raise SystemExit(f"{data} holds no folder of pictures named FINGER_IMPRESSION.png: give it with --data.")
    return found


def read(
    name: str, files: list[Path], recogniser: FingerRecogniser, cache: Path | None, seconds: list[float]
) -> Database:
    """One database; the processor's seconds for each picture that was not in the cache are added to `seconds`."""
    finger, impression = np.array([file.stem.split("_") for file in files], np.int64).T
    records = [_record(file, recogniser, cache, seconds) for file in progress(files, name)]
    return Database(name=name, finger=finger, impression=impression, records=records)


def minutiae(record: bytes) -> Minutiae:
    """The minutiae of a record; none of an empty one."""
    if not record:
        return Minutiae(xyt=np.empty((0, 3)), quality=np.empty(0))
    read_back = decode_record(record)
    return from_view(read_back, read_back.views[0])


def left_out(name: str, databases: Sequence[Database]) -> list[int]:
    """Which databases may choose for this one: neither itself nor its twin."""
    twins = next((pair for pair in TWINS if name in pair), {name})
    return [n for n, db in enumerate(databases) if db.name not in twins]


def _record(file: Path, recogniser: FingerRecogniser, cache: Path | None, seconds: list[float]) -> bytes:
    kept = cache / recogniser.model / file.parent.name / f"{file.stem}.fmr" if cache else None
    if kept and kept.is_file():
        return kept.read_bytes()
    data = file.read_bytes()
    begun = process_time()
    found = recogniser.read(decode_picture(data))
    seconds.append(process_time() - begun)
    record = found.record if found else b""
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(record)
    return record
