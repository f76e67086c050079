"""1:N identification beside FAISS, usearch and numpy, in one run on the same vectors, and its decisions checked.

One thread each: where OMP_NUM_THREADS and OPENBLAS_NUM_THREADS do not say so, the benchmark starts itself anew with
both set to 1. Engines take turns probe by probe, so that a busy machine slows all alike; figures are medians.
The search is asked what a door asks: everybody from threshold minus margin up (`anju_ms`); `anju_top2_ms` is the exact
two best of every probe, however low.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from unittest import mock

import faiss
import numpy as np
from usearch.compiled import MetricKind
from usearch.index import search as usearch_search

from benchmarks import publish
from benchmarks.decisions import MODEL, check, plant
from benchmarks.spectra import Floats, Population
from recognition import kernels
from recognition.gallery import FaceGallery
from recognition.search import search
from recognition.segments import Templates
from recognition.thresholds import SFACE, Threshold

ROUNDS = 24
BATCH = 256
CHANGES = 50
SEED = 20261123
GIVEN = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
Engines = dict[str, Callable[[Floats], object]]


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identify", description=__doc__.partition("\n")[0])
    parser.add_argument("--gallery", type=int, default=1_000_000, help="templates, two a person")
    parser.add_argument("--dim", type=int, choices=(128, 512), default=512)
    parser.add_argument("--spectrum", choices=("real", "isotropic"), default="real")
    parser.add_argument("--probes", type=int, default=1_200, help="probes whose decisions are checked")
    parser.add_argument("--decision-gallery", type=int, default=100_000, help="templates they are checked against")
    parser.add_argument("--hnsw-gallery", type=int, default=100_000, help="templates in FAISS's HNSW; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in GIVEN):
        one = dict.fromkeys(GIVEN, "1")
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.identify", *sys.argv[1:]], os.environ | one)  # noqa: S606
    faiss.omp_set_num_threads(1)
    publish(measure(options), as_json=options.json)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """All keys of the benchmark."""
    population = Population(options.dim, options.spectrum, SEED)
    vectors, centres = population.gallery(options.gallery, kept=20_000)
    threshold = SFACE.at(options.gallery)
    known = population.pictures(centres[: BATCH // 2])
    probes = np.concatenate([known, population.pictures(population.centres(BATCH - len(known)))])
    gallery, load_s = load(vectors)
    result: dict[str, object] = {
        "gallery": options.gallery,
        "dim": options.dim,
        "spectrum": options.spectrum,
        "threshold": round(threshold.value, 4),
        "margin": threshold.margin,
        "load_s": round(load_s, 2),
        "bytes_per_template": round(gallery_bytes(gallery) / options.gallery, 1),
        "bytes_over_float32": round(gallery_bytes(gallery) / vectors.nbytes, 4),
        **compare(vectors, gallery, probes, threshold),
        **changes(gallery, population),
    }
    del gallery
    result |= numpy_path(vectors, probes, threshold)
    result |= hnsw(vectors[: options.hnsw_gallery], probes) if options.hnsw_gallery else {}
    some = vectors[: min(options.decision_gallery, options.gallery) // 2 * 2]
    planted = plant(population, some, centres[: len(some) // 2], threshold, options.probes)
    return result | check(load(some)[0], some, planted, threshold)


def load(vectors: Floats) -> tuple[FaceGallery, float]:
    """A gallery of these rows, two a person, and the seconds it took, sketches included."""
    rows = np.arange(len(vectors), dtype=np.int64)
    templates = Templates(ids=rows, persons=(rows // 2).astype(np.int32), vectors=vectors)
    begun = perf_counter()
    gallery = FaceGallery.empty(model=MODEL, dim=vectors.shape[1]).add(templates)
    return gallery, perf_counter() - begun


def gallery_bytes(gallery: FaceGallery) -> int:
    """Bytes of everything a gallery holds."""
    total, axes = 0, {}
    for part in gallery.parts:
        one = part.segment
        total += sum(array.nbytes for array in (one.vectors, one.persons, one.sorted_ids, one.by_id, part.live))
        if one.sketch:
            total += one.sketch.nbytes
            axes[id(one.sketch.axes)] = one.sketch.axes.matrix.nbytes
    return total + sum(axes.values())


def compare(vectors: Floats, gallery: FaceGallery, probes: Floats, threshold: Threshold) -> dict[str, object]:
    """One probe at a time, and batches, side by side."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    sq8 = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    sq8.train(vectors[:100_000])
    sq8.add(vectors)
    floor = threshold.value - threshold.margin
    single = turns(
        {
            "anju": lambda probe: search(gallery, probe, model=MODEL, floor=floor),
            "faiss_flat": lambda probe: flat.search(probe, 2),
            "anju_top2": lambda probe: search(gallery, probe, model=MODEL),
            "numpy": lambda probe: np.argpartition(vectors @ probe[0], -2)[-2:],
            "usearch_exact": lambda probe: usearch_search(vectors, probe, 2, MetricKind.IP, exact=True, threads=1),
            "faiss_sq8": lambda probe: sq8.search(probe, 2),
        },
        [probes[place : place + 1] for place in np.linspace(0, BATCH - 1, ROUNDS).astype(int)],
    )
    batch = turns(
        {
            "anju": lambda batch: search(gallery, batch, model=MODEL, floor=floor),
            "anju_top2": lambda batch: search(gallery, batch, model=MODEL),
            "faiss_flat": lambda batch: flat.search(batch, 2),
        },
        [probes] * 3,
    )
    return {
        **{f"{name}_ms": round(ms, 3) for name, ms in single.items()},
        "ratio_single": round(single["faiss_flat"] / single["anju"], 2),
        "ratio_single_top2": round(single["faiss_flat"] / single["anju_top2"], 2),
        **{f"{name}_batch_ms": round(ms / BATCH, 3) for name, ms in batch.items()},
        "ratio_batch": round(batch["faiss_flat"] / batch["anju"], 2),
        "ratio_batch_top2": round(batch["faiss_flat"] / batch["anju_top2"], 2),
    }


def turns(engines: Mapping[str, Callable[[Floats], object]], asked: list[Floats]) -> dict[str, float]:
    """Median milliseconds of each engine over the same questions, asked in turn; one round of warming up before."""
    for engine in engines.values():
        engine(asked[0])
    taken: dict[str, list[float]] = {name: [] for name in engines}
    for question in asked:
        for name, engine in engines.items():
            begun = perf_counter()
            engine(question)
            taken[name].append((perf_counter() - begun) * 1e3)
    return {name: float(np.median(times)) for name, times in taken.items()}


def changes(gallery: FaceGallery, population: Population) -> dict[str, object]:
    """Mean milliseconds of adding one template and of revoking one person, one after the other, none packed away."""
    fresh = population.pictures(population.centres(CHANGES))
    begun = perf_counter()
    for number in range(CHANGES):
        row = slice(number, number + 1)
        new = np.array([gallery.size + number])
        gallery = gallery.add(Templates(ids=new, persons=new.astype(np.int32), vectors=fresh[row]))
    added = perf_counter()
    for person in range(0, 100 * CHANGES, 100):
        gallery = gallery.revoke(np.array([person], np.int32))
    return {
        "enrol_ms": round((added - begun) / CHANGES * 1e3, 3),
        "revoke_ms": round((perf_counter() - added) / CHANGES * 1e3, 3),
    }


def numpy_path(vectors: Floats, probes: Floats, threshold: Threshold) -> dict[str, object]:
    """The search without the kernel library."""
    floor = threshold.value - threshold.margin
    with mock.patch.object(kernels, "available", return_value=False):
        gallery, _ = load(vectors)
    asked = [probes[place : place + 1] for place in np.linspace(0, BATCH - 1, ROUNDS).astype(int)]
    taken = turns({"numpy_path_ms": lambda probe: search(gallery, probe, model=MODEL, floor=floor)}, asked)
    whole = turns({"numpy_path_batch_ms": lambda batch: search(gallery, batch, model=MODEL, floor=floor)}, [probes] * 2)
    return {
        "numpy_path_ms": round(taken["numpy_path_ms"], 3),
        "numpy_path_batch_ms": round(whole["numpy_path_batch_ms"] / BATCH, 3),
    }


def hnsw(vectors: Floats, probes: Floats) -> dict[str, object]:
    """FAISS's graph at its usual settings (M 32, 64 searched): its recall is what an approximate search costs."""
    graph = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    begun = perf_counter()
    graph.add(vectors)
    built = perf_counter() - begun
    graph.hnsw.efSearch = 64
    _, true = faiss.knn(probes, vectors, 2, metric=faiss.METRIC_INNER_PRODUCT)
    _, found = graph.search(probes, 2)
    recall = np.mean([len(set(a) & set(b)) / 2 for a, b in zip(true.tolist(), found.tolist(), strict=True)])
    taken = turns({"hnsw": lambda probe: graph.search(probe, 2)}, [probes[row : row + 1] for row in range(ROUNDS)])
    return {
        "hnsw_ms": round(taken["hnsw"], 3),
        "hnsw_recall": round(float(recall), 4),
        "hnsw_build_s": round(built, 1),
        "hnsw_gallery": len(vectors),
    }


if __name__ == "__main__":
    main()
