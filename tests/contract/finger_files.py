"""Real finger records for tests: the samples of SourceAFIS (its licence lies beside them), and minutiae to look for."""

from pathlib import Path

import pytest

from recognition.fingers.records import decode

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "fingerprints" / "templates"
there = pytest.mark.skipif(not FOLDER.is_dir(), reason="the records (../shared/data/fingerprints) are not there")
MODEL = "sourceafis-iso"  # what found their minutiae: no extractor of ours
WINDOW = 12  # bytes: two minutiae in a row are nowhere by chance


def record(name: str) -> bytes:
    """A sample as it lies there: `iso-probe`, `iso-matching`, `iso-nonmatching`."""
    return (FOLDER / f"{name}.dat").read_bytes()


def shown_in(data: bytes, finger: bytes) -> bool:
    """Whether any two minutiae of a record stand together in `data` as the record writes them."""
    count = len(decode(finger).views[0].minutiae)
    start = 24 + 4  # the headers of the record and of its first view
    return any(finger[n : n + WINDOW] in data for n in range(start, start + 6 * count - WINDOW + 1, 6))
