"""The thresholds and the calibration of the finger model that ship, and how they were measured.

Every folder below --data is a database of one sensor, with pictures FINGER_IMPRESSION.png. The first two impressions of
each finger are enrolled, the others are probes: against their own finger, and as strangers against the fingers of the
same sensor with their own left out, which is harder than other sensors' fingers.

fpir, fnir of the first row: for each database the threshold is the one chosen on the others, its twin left out, too.
The threshold told is that of all strangers. Larger galleries are computed by `recognition.evaluation_sizes`, and the
share of probes that the first look would leave out of its shortlist at that size is added to their misses.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from benchmarks import interval, progress, publish
from benchmarks.finger_data import Database, find_pictures, left_out, read
from core.facts import Modality
from gateway.recognisers.fingers import FingerRecogniser
from gateway.recognisers.manifest import FINGERS, load_manifest
from recognition import calibration, evaluation, evaluation_sizes, threshold_files
from recognition.arrays import Doubles, Indices, read_only
from recognition.evaluation import Rate, Row, Trials
from recognition.fingers import features, scan
from recognition.fingers.features import Features
from recognition.fingers.gallery import FIRST_CODES, SHORTLIST, second_look
from recognition.threshold_files import Measured
from recognition.thresholds import Measurement, ThresholdTable

ENROLLED = 2  # impressions a finger
FPIR = 0.01
PEOPLE = (100, 1_000, 10_000)
MARGIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What m probes of one database scored.

    Attributes:
        finger: (m,) the probes' own.
        own: (m,) float64, with their own finger, the better of its impressions; likewise for the others.
        others: (m, P) float64, with the P other fingers of the database.
        beaten: (m,) float64, the share of all impressions of other fingers whose codes are more alike than its own's.
    """

    finger: Doubles
    own: Doubles
    others: Doubles
    beaten: Doubles


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finger_thresholds", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of databases of FINGER_IMPRESSION.png")
    parser.add_argument("--cache", type=Path, help="folder that keeps the records between runs")
    parser.add_argument("--write", type=Path, help="file for the thresholds, as a site keeps its own")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    recogniser = FingerRecogniser(load_manifest(FINGERS))
    pictures = find_pictures(options.data)
    databases = [read(name, files, recogniser, options.cache, []) for name, files in pictures.items()]
    measured, told = measure(databases, recogniser.model, f"{options.data.name}: {', '.join(pictures)}")
    if options.write:
        threshold_files.write(measured, options.write)
    publish(told, as_json=options.json)


def measure(databases: Sequence[Database], model: str, source: str) -> tuple[Measured, dict[str, object]]:
    """The table and the calibration, and the figures behind them."""
    asked = [ask(db, [databases[n] for n in left_out(db.name, databases)]) for db in progress(databases, "probes")]
    fpir, fnir, each = judged(databases, asked)
    trials = pooled(asked)
    threshold = evaluation.threshold_for(trials.highest, FPIR)
    row = Row(people=trials.people, templates=trials.templates, threshold=threshold, fpir=fpir, fnir=fnir,
              expected_fnir=fnir.value, extrapolated=False)  # fmt: skip
    beaten = np.concatenate([one.beaten for one in asked])
    rows = [_measured(row, fpir, source)]
    for people in PEOPLE:
        larger = evaluation_sizes.extrapolated(trials, row, FPIR, people)
        lost = float((beaten * larger.templates >= SHORTLIST).mean())
        rows.append(_computed(larger, lost, source))
    lead = float((trials.own - trials.rival)[~evaluation.missed(trials, threshold)].min())
    table = ThresholdTable(
        model=model, rows=tuple(rows), margin=MARGIN, margin_source=f"{source}: the smallest lead of "
        f"{fnir.trials - fnir.events} rightly accepted probes was {lead:.4f}, so none of them is called ambiguous.",
    )  # fmt: skip
    fitted = calibration.fit(
        trials.own, trials.strangers.ravel(), model=model, modality=Modality.FINGER, source=source,
        groups=np.concatenate([_fingers(asked), np.repeat(_fingers(asked), trials.people)]),
    )  # fmt: skip
    told: dict[str, object] = {
        "threshold": {one.name: threshold for one, (threshold, _, _) in zip(databases, each, strict=True)},
        "accepted": {one.name: accepted for one, (_, accepted, _) in zip(databases, each, strict=True)},
        "missed": {one.name: missed for one, (_, _, missed) in zip(databases, each, strict=True)},
        "fpir": fpir.value, "fpir_ci": interval(fpir.events, fpir.trials),
        "fnir": fnir.value, "fnir_ci": interval(fnir.events, fnir.trials),
        "deviation": evaluation_sizes.tail_deviation(trials.strangers),
        "rows": [(one.people, one.templates, round(one.threshold, 4), round(one.fnir, 4)) for one in rows],
        "smallest_lead": lead, "cllr": fitted.cllr, "cllr_least": fitted.cllr_least,
    }  # fmt: skip
    return Measured(thresholds=table, calibration=fitted), told


def ask(db: Database, others: Sequence[Database]) -> Asked:
    """Search the later impressions of a database among the first two of every finger; `others` only lend codes."""
    probes, enrolled = db.probes(), db.enrolled()
    held = np.flatnonzero((db.impression <= ENROLLED) & enrolled.usable)
    rows = np.flatnonzero(db.impression > ENROLLED)
    fingers = np.unique(db.finger)
    templates = enrolled.take(held)
    own, strange = np.zeros(len(rows)), np.zeros((len(rows), len(fingers) - 1))
    for place, row in enumerate(rows):
        scores = second_look(probes, int(row), templates) if probes.usable[row] else np.zeros(len(held))
        best = np.array([scores[db.finger[held] == finger].max(initial=0.0) for finger in fingers])
        own[place], strange[place] = best[fingers == db.finger[row]][0], best[fingers != db.finger[row]]
    return Asked(
        finger=db.finger[rows].astype(np.float64), own=own, others=strange, beaten=_beaten(db, others, rows, enrolled)
    )  # fmt: skip


def _beaten(db: Database, others: Sequence[Database], rows: Indices, enrolled: Features) -> Doubles:
    every = features.concatenate([enrolled, *(one.enrolled() for one in others)])
    usable = np.flatnonzero(every.usable)
    codes = every.take(usable)
    block = scan.block(codes.codes, codes.counts)
    finger = np.concatenate([db.finger, *(np.full(len(one.finger), -1) for one in others)])[usable]
    first = (usable < len(db.finger)) & (np.pad(db.impression, (0, len(every) - len(db.finger)))[usable] <= ENROLLED)
    beaten = np.ones(len(rows))
    for place, row in enumerate(rows):
        looks = enrolled.take(np.array([row]))
        if looks.usable[0]:
            scores = scan.scores(block, looks.codes[:FIRST_CODES])
            same = finger == db.finger[row]
            beaten[place] = (scores[~same] > scores[same & first].max(initial=-1.0)).mean()
    return beaten


def judged(databases: Sequence[Database], asked: Sequence[Asked]) -> tuple[Rate, Rate, list[tuple[float, int, int]]]:
    """FPIR, FNIR over all, and for each database its threshold from the others, the accepted and the missed."""
    each = []
    for db, one in zip(databases, asked, strict=True):
        rest = [asked[n].others.max(axis=1) for n in left_out(db.name, databases)]
        threshold = evaluation.threshold_for(np.concatenate(rest), FPIR)
        nearest = one.others.max(axis=1)
        right = (one.own >= threshold) & (one.own > nearest)
        each.append((threshold, int((nearest >= threshold).sum()), int((~right).sum())))
    probes = sum(len(one.own) for one in asked)
    accepted, missed = sum(row[1] for row in each), sum(row[2] for row in each)
    return Rate(events=accepted, trials=probes), Rate(events=missed, trials=probes), each


def pooled(asked: Sequence[Asked]) -> Trials:
    """All probes as trials of galleries of as many fingers as a stranger met; the last of the others gives way."""
    own, others = (np.concatenate([getattr(one, name) for one in asked]) for name in ("own", "others"))
    return Trials(
        mated=read_only(np.column_stack([own, others[:, :-1]])), whose=np.zeros(len(own), np.intp),
        strangers=read_only(others), templates=ENROLLED * others.shape[1],
    )  # fmt: skip


def _fingers(asked: Sequence[Asked]) -> Doubles:
    """Whose each probe is, (m,); twins count as one, so that neither judges the other."""
    return np.concatenate([one.finger for one in asked])


def _measured(row: Row, fpir: Rate, source: str) -> Measurement:
    return Measurement(
        templates=row.templates, people=row.people, threshold=_up(row.threshold), fpir=fpir.value,
        fnir=row.fnir.value, source=f"{source}; two impressions a finger, others of the same sensor; rates of "
        f"each database at the threshold of the others, its twin left out: {fpir.events} of {fpir.trials} "
        f"strangers accepted (95 % interval {_percent(fpir)}), {row.fnir.events} of {row.fnir.trials} probes "
        f"missed ({_percent(row.fnir)}).",
    )  # fmt: skip


def _computed(row: Row, lost: float, source: str) -> Measurement:
    fnir = 1 - (1 - row.expected_fnir) * (1 - lost)
    return Measurement(
        templates=row.templates, people=row.people, threshold=_up(row.threshold), fpir=FPIR, fnir=round(fnir, 4),
        extrapolated=True, source=f"{source}: computed from {row.fnir.trials} probes in small galleries, not measured; "
        f"{row.fnir.events} score below this threshold, and {lost:.1%} may miss the shortlist.",
    )  # fmt: skip


def _up(threshold: float) -> float:
    """Four places, never below: rounding must not let a stranger in."""
    return ceil(threshold * 1e4) / 1e4


def _percent(rate: Rate) -> str:
    low, high = rate.interval
    return f"{low:.1%}-{high:.1%}"


if __name__ == "__main__":
    main()
