"""Fingers searched among many: identification on real impressions, what the first look loses, and speed."""

from collections.abc import Callable, Sequence
from time import perf_counter, process_time

import numpy as np

from benchmarks import interval, progress
from benchmarks.face import threshold_at
from benchmarks.finger_data import Database, left_out, minutiae
from benchmarks.finger_scores import Scores
from recognition.arrays import Bools, Int64s
from recognition.fingers import features, gallery, projection
from recognition.fingers.features import Features
from recognition.fingers.gallery import FingerGallery, FingerTemplates

FPIR = 0.01
MANY = 10_000
_ASKED = 100  # probes timed


def identification(databases: Sequence[Database]) -> dict[str, object]:
    """FNIR at FPIR 1 % by the gallery's own search; the threshold of each database is chosen on the others."""
    looks = [_identify(db, databases) for db in databases]
    missed, accepted = 0, 0
    for db, (mine, right, others) in zip(databases, looks, strict=True):
        rest = [looks[n][2] for n in left_out(db.name, databases)] or [others]
        threshold = threshold_at(np.concatenate(rest).astype(np.float32), FPIR)
        missed += int((~right | (mine <= threshold)).sum())
        accepted += int((others > threshold).sum())
    probes, strangers = sum(len(look[0]) for look in looks), sum(len(look[2]) for look in looks)
    return {
        "fnir_at_fpir_1pct": missed / probes,
        "fnir_ci": interval(missed, probes),
        "fpir": accepted / strangers,
        "fpir_ci": interval(accepted, strangers),
        "rank1": float(np.mean(np.concatenate([right for _, right, _ in looks]))),
        "probes": probes,
        "first_look_missed_10k": first_look_misses(databases),
    }


def speed(databases: Sequence[Database]) -> dict[str, object]:
    """The first look and a whole identification, from a record's bytes, among MANY fingers on one thread.

    The fingers are the real ones again and again: the time depends on their number and on how many codes they have.
    """
    real = features.concatenate([db.enrolled() for db in databases])
    rng = np.random.default_rng(0)
    held = _enrolled(real.take(rng.choice(np.flatnonzero(real.usable), MANY)), np.arange(MANY))
    records = [record for db in databases for record in db.records if record]
    scanning, processor, waiting = [], [], []
    for record in progress([records[n] for n in rng.choice(len(records), _ASKED)], "identify"):
        wall, begun = perf_counter(), process_time()
        probe = features.of_probes([minutiae(record)])
        gallery.search(held, probe)
        processor.append(process_time() - begun)
        waiting.append(perf_counter() - wall)
        begun = process_time()
        for part in held.parts:
            gallery.first_look(part.segment, probe.enrolled)
        scanning.append(process_time() - begun)
    arrays = (real.xyt, real.bits, real.valid, real.codes)
    return {
        "fingers_per_second": round(MANY * _ASKED / sum(scanning)),
        "identify_10k_ms_p95": round(float(np.quantile(waiting, 0.95)) * 1e3, 1),
        "identify_10k_ms_p50": round(float(np.median(waiting)) * 1e3, 1),
        "identify_10k_cpu_ms_p95": round(float(np.quantile(processor, 0.95)) * 1e3, 1),
        "bytes_per_finger": round(sum(array.nbytes for array in arrays) / len(real)),
        "code_bytes_per_finger": round(real.codes.nbytes / len(real)),
        "encode_ms": round(_timed(lambda: databases[0].probes()) * 1e3 / len(databases[0].records), 2),
        "draw_projection_s": round(_timed(lambda: projection.default.__wrapped__()), 2),
    }


def first_look_misses(databases: Sequence[Database]) -> float:
    """How often the first look would leave the right finger out of the shortlist among MANY enrolled ones.

    Every later impression is compared with its finger's first one; of all impressions of other fingers (the twin's left
    out), the share that looks more alike is taken for the share among MANY.
    """
    missed = probes = 0
    for db in databases:
        kept = [db, *(databases[n] for n in left_out(db.name, databases))]
        real = features.concatenate([one.enrolled() for one in kept])
        rows = np.flatnonzero(real.usable)
        (part,) = _enrolled(real.take(rows), rows).parts
        finger = np.concatenate([db.finger, *(np.full(len(one.finger), -1) for one in kept[1:])])[part.segment.ids]
        first = part.segment.ids < len(db.finger)
        first &= np.concatenate([one.impression for one in kept])[part.segment.ids] == 1
        asked = db.probes().enrolled
        for row in np.flatnonzero((db.impression != 1) & asked.usable):
            codes = gallery.first_look(part.segment, asked.take(np.array([row])))
            same = finger == db.finger[row]
            beaten = (codes[~same] > codes[same & first].max(initial=-1.0)).mean()
            missed, probes = missed + int(beaten * MANY >= gallery.SHORTLIST), probes + 1
    return round(missed / probes, 4)


def _identify(own: Database, databases: Sequence[Database]) -> tuple[Scores, Bools, Scores]:
    """Scores of one database's probes and whether the right finger won, and scores of its strangers."""
    people: dict[tuple[str, int], int] = {}
    held = FingerGallery(model="benchmark")
    for db in [own, *(databases[n] for n in left_out(own.name, databases))]:
        enrolled = db.enrolled()
        rows = np.flatnonzero((db.impression == 1) & enrolled.usable)
        persons = np.array([people.setdefault((db.name, int(db.finger[row])), len(people)) for row in rows], np.int32)
        held = held.add(FingerTemplates(ids=persons.astype(np.int64), persons=persons, features=enrolled.take(rows)))
    probes = own.probes()
    mine = np.array([people.get((own.name, finger), -1) for finger in own.finger.tolist()])
    later = np.flatnonzero(own.impression != 1)
    found = gallery.search(held, probes.take(later))
    strangers = np.zeros(len(mine))
    for person in np.unique(mine):
        rows = np.flatnonzero(mine == person)
        allowed = np.arange(len(people)) != person
        strangers[rows] = gallery.search(held, probes.take(rows), allowed=allowed).scores[:, 0]
    return found.scores[:, 0], found.persons[:, 0] == mine[later], strangers


def _enrolled(real: Features, ids: Int64s) -> FingerGallery:
    """A gallery of these impressions, each a person of its own."""
    templates = FingerTemplates(ids=ids, persons=ids.astype(np.int32), features=real)
    return FingerGallery(model="benchmark").add(templates)


def _timed(what: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = process_time()
    what()
    return process_time() - begun
