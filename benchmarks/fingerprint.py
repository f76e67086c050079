"""Fingers: errors of verification and identification on FVC databases, and the speed of the search.

Every folder below --data that holds pictures FINGER_IMPRESSION.png is a database. Pictures become records by the
recogniser that runs at gateways, and records are compared by the code that runs behind doors.

The projection of the codes comes from drawn fingers, so nothing is fitted to the databases. The threshold of
identification is chosen for each on the others, its twin left out, too (DB1_B and DB2_B of FVC2000 show the same
fingers). Not left out: the matcher's few constants were looked at on these databases; see docs/adr/0013.

eer, fmr1000: all pairs of impressions of a database, the earlier one enrolled. eer_fvc: of the impostors only the 45
pairs of first impressions, as the FVC did. fnir_at_fpir_1pct: the first impressions of all fingers but the twin's are
enrolled, the later ones are the probes; strangers are all impressions, searched with their own finger masked out.
looks: mean eer and fmr1000 of one look alone, by the least quality of a probe's minutiae.
"""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks import progress, publish
from benchmarks.finger_data import TWINS, Database, find_pictures, read
from benchmarks.finger_scores import Scores, across, bootstrap, equal_error, fvc, missed_at, within
from benchmarks.finger_search import identification, speed
from gateway.recognisers.fingers import FingerRecogniser
from gateway.recognisers.manifest import FINGERS, load_manifest
from recognition.fingers.features import PROBE_QUALITIES, Features, Probes
from recognition.fingers.relaxation import rescore

_FMR = 0.001


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fingerprint", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of databases of FINGER_IMPRESSION.png")
    parser.add_argument("--cache", type=Path, help="folder that keeps the records between runs")
    parser.add_argument("--site", type=Path, help="a site's own models file")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    publish(evaluate(options.data, options.cache, options.site), as_json=options.json)


def evaluate(data: Path, cache: Path | None = None, site: Path | None = None) -> dict[str, object]:
    """All keys of the benchmark."""
    pictures = find_pictures(data)
    recogniser = FingerRecogniser(load_manifest(site or FINGERS))
    seconds: list[float] = []
    databases = [read(name, files, recogniser, cache, seconds) for name, files in pictures.items()]
    looks = [tables_of(db) for db in progress(databases, "pairs")]  # (looks, n, n) each
    return {
        **verification(databases, [look.max(axis=0) for look in looks]),
        "looks": {str(q): means(databases, [look[n] for look in looks]) for n, q in enumerate(PROBE_QUALITIES)},
        "cross_sensor_eer": cross_sensor(databases),
        **identification(databases),
        **speed(databases),
        **bozorth3(pictures, databases),
        "failed_to_extract": sum(not record for db in databases for record in db.records),
        "extracted": len(seconds),
        "extraction_cpu_ms_p50": round(float(np.median(seconds)) * 1e3) if seconds else None,
        "extraction_cpu_ms_p95": round(float(np.quantile(seconds, 0.95)) * 1e3) if seconds else None,
    }


def tables_of(db: Database) -> Scores:
    """Scores of all pairs of impressions by each look, (looks, n, n), symmetric: the earlier one is enrolled."""
    enrolled, probes = db.enrolled(), db.probes()
    tables = np.zeros((len(probes), len(enrolled), len(enrolled)))
    for row in range(len(enrolled) - 1):
        later = np.arange(row + 1, len(enrolled))
        for table, look in zip(tables, probes, strict=True):
            table[row, later] = rescore(enrolled.cylinders(row), look.take(later).candidates())
    return tables + tables.transpose(0, 2, 1)


def compare(enrolled: Features, probes: Probes) -> Scores:
    """Scores of every enrolled impression with every probe, (n, m): the best of all looks."""
    looks = [
        [rescore(enrolled.cylinders(row), candidates) for row in range(len(enrolled))]
        for candidates in (look.candidates() for look in probes)
    ]
    best: Scores = np.array(looks).max(axis=0)
    return best


def means(databases: Sequence[Database], tables: Sequence[Scores]) -> list[float]:
    """Mean equal error and mean FMR1000."""
    pairs = [within(table, db.finger) for db, table in zip(databases, tables, strict=True)]
    rates = np.mean([[equal_error(one), missed_at(one, _FMR)] for one in pairs], axis=0)
    return [round(float(rate), 5) for rate in rates]


def verification(databases: Sequence[Database], tables: Sequence[Scores]) -> dict[str, object]:
    """Equal error and FMR1000, each database and the mean."""
    pairs = {db.name: within(table, db.finger) for db, table in zip(databases, tables, strict=True)}
    protocol = [fvc(table, db.finger, db.impression) for db, table in zip(databases, tables, strict=True)]
    errors = {name: equal_error(one) for name, one in pairs.items()}
    misses = {name: missed_at(one, _FMR) for name, one in pairs.items()}
    return {
        "eer_mean": float(np.mean(list(errors.values()))),
        "eer_mean_ci": bootstrap(list(tables), [db.finger for db in databases]),
        "eer": {name: round(rate, 5) for name, rate in errors.items()},
        "eer_fvc_mean": float(np.mean([equal_error(one) for one in protocol])),
        "fmr1000_mean": float(np.mean(list(misses.values()))),
        "fmr1000": {name: round(rate, 5) for name, rate in misses.items()},
        "genuine_pairs": sum(len(one.genuine) for one in pairs.values()),
        "impostor_pairs": sum(len(one.impostor) for one in pairs.values()),
    }


def cross_sensor(databases: Sequence[Database]) -> dict[str, float]:
    """The equal error of each pair of twins: enrolled on one sensor, asked on the other."""
    by_name = {db.name: db for db in databases}
    result = {}
    for names in (sorted(pair) for pair in TWINS if pair <= by_name.keys()):
        one, other = (by_name[name] for name in names)
        table = compare(one.enrolled(), other.probes())
        result["-".join(names)] = round(equal_error(across(table, one.finger, other.finger)), 5)
    return result


def bozorth3(pictures: dict[str, list[Path]], databases: Sequence[Database]) -> dict[str, object]:
    """The same pairs by MINDTCT and Bozorth3; nothing where nbis-py is not installed."""
    if find_spec("nbis") is None:
        return {}
    import nbis  # type: ignore[import-not-found]

    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=None
    )
    extractor = nbis.new_nbis_extractor(settings)
    rates = []
    for db in databases:
        found = [extractor.extract_minutiae(file.read_bytes()) for file in progress(pictures[db.name], "bozorth3")]
        table = np.array([[float(one.compare(other)) for other in found] for one in found])
        rates.append(equal_error(within(table, db.finger)))
    return {"bozorth3_eer_mean": float(np.mean(rates))}


if __name__ == "__main__":
    main()
