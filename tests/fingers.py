"""Drawn fingers as records, for tests that need a finger and its next impression."""

import numpy as np

from recognition.fingers.minutiae import Minutiae, to_record
from recognition.fingers.projection import draw_finger
from recognition.fingers.records import encode
from recognition.thresholds import Measurement, ThresholdTable

MODEL = "drawn-fingers"
TABLE = ThresholdTable(
    model=MODEL,
    rows=(Measurement(templates=1, people=1, threshold=0.1, fpir=0.0, fnir=0.0, source="drawn: chosen for tests"),),
    margin=0.02,
    margin_source="drawn: chosen for tests",
)


def finger_record(seed: int, impression: int = 0) -> bytes:
    """The record of an impression of the finger `seed`; impression 0 is whole, others are shaken and lose minutiae."""
    drawn = draw_finger(np.random.default_rng(seed)).xyt
    rng = np.random.default_rng((seed, impression))
    if impression:
        drawn = drawn[rng.random(len(drawn)) > 0.15]
        drawn = drawn + np.column_stack([rng.normal(0, 1.5, (len(drawn), 2)), rng.normal(0, 0.04, len(drawn))])
    return record_of(Minutiae(xyt=np.ascontiguousarray(drawn), quality=np.ones(len(drawn))))


def record_of(minutiae: Minutiae) -> bytes:
    """Minutiae as an ISO/IEC 19794-2:2005 record at 500 dpi."""
    x, y, turn = minutiae.xyt.T
    points = np.column_stack([x - x.min(initial=0), y.max(initial=0) - y, turn, minutiae.quality])
    return encode(to_record(points, np.ones(len(points), np.bool_), width=800, height=800, quality=80))
