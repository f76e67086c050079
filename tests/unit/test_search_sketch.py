"""Searches by sketch: exact with and without the kernel library, on data that fit and on data that do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition import axes as axes_module
from recognition import kernels, policy
from recognition import search as search_module
from recognition import sketch as sketch_module
from recognition.arrays import NOBODY, Bools, Doubles, Floats, Int32s
from recognition.axes import Axes, fit
from recognition.bounds import ProbeTerms, least
from recognition.gallery import FaceGallery
from recognition.matches import NO_SCORE
from recognition.modalities.face import unit
from recognition.search import search
from recognition.segments import Templates
from recognition.sketch import BAND, Sketch, sketch
from recognition.thresholds import Threshold

MODEL = "test-model"
needs_kernels = pytest.mark.skipif(not kernels.available(), reason="numkong has no fast kernel for this processor")
ways = pytest.mark.parametrize("way", [pytest.param("packed", marks=needs_kernels), "numpy"])


@contextmanager
def sketching(way: str) -> Iterator[None]:
    """Small galleries are sketched too, in one way or the other."""
    with (
        mock.patch.object(sketch_module, "SKETCH_ROWS", 64),
        mock.patch.object(kernels, "available", return_value=way == "packed"),
    ):
        yield


def faces(rng: np.random.Generator, people: int, pictures: int, dim: int = 512, filled: int = 100) -> Floats:
    """Pictures of people in `filled` of `dim` dimensions and a little noise in all, a person's side by side."""
    basis = np.linalg.qr(rng.standard_normal((dim, filled)))[0]
    centres = np.repeat(rng.standard_normal((people, filled)), pictures, axis=0)
    drawn = (centres + 0.7 * rng.standard_normal(centres.shape)) @ basis.T
    return unit((drawn + 0.02 * rng.standard_normal(drawn.shape)).astype(np.float32))


def build(vectors: Floats, persons: Int32s) -> FaceGallery:
    ids = np.arange(len(vectors), dtype=np.int64)
    return FaceGallery.empty(model=MODEL, dim=vectors.shape[1]).add(
        Templates(ids=ids, persons=persons, vectors=vectors)
    )


def two_best(vectors: Floats, persons: Int32s, probes: Floats) -> tuple[Int32s, Doubles]:
    """By comparing every pair in float64; every person has a template."""
    every = probes.astype(np.float64) @ vectors.T.astype(np.float64)
    names = np.unique(persons)
    by_person = np.stack([every[:, persons == name].max(axis=1) for name in names], axis=1)
    ranked = np.argsort(-by_person, axis=1, kind="stable")[:, :2]
    return names[ranked].astype(np.int32), np.take_along_axis(by_person, ranked, axis=1)


def sketches(gallery: FaceGallery) -> list[Sketch]:
    return [part.segment.sketch for part in gallery.parts if part.segment.sketch is not None]


@lru_cache
def crowd(way: str) -> tuple[Floats, Int32s, FaceGallery]:
    """400 people with two pictures each, sketched."""
    vectors, persons = faces(np.random.default_rng(0), 400, 2), np.repeat(np.arange(400, dtype=np.int32), 2)
    with sketching(way):
        gallery = build(vectors, persons)
    assert sketches(gallery)
    return vectors, persons, gallery


@ways
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.sampled_from([1, 2, 9, 40]), floor=st.sampled_from([None, 0.2, 0.45]))
def test_equals_the_float64_loop(way: str, seed: int, count: int, floor: float | None) -> None:
    rng = np.random.default_rng(seed)
    vectors, persons, gallery = crowd(way)
    near = vectors[rng.integers(0, 800, count)] + rng.uniform(0, 0.08, (count, 1)) * rng.standard_normal((count, 512))
    probes = unit(near.astype(np.float32))
    found = search(gallery, probes, model=MODEL, floor=floor)
    want_persons, want_scores = two_best(vectors, persons, probes)
    kept: Bools = want_scores >= (-2.0 if floor is None else floor)
    np.testing.assert_array_equal(found.persons, np.where(kept, want_persons, NOBODY))
    np.testing.assert_allclose(found.scores, np.where(kept, want_scores, NO_SCORE), rtol=0, atol=1e-14)


@ways
@pytest.mark.parametrize("count", [1, 30])
def test_masks_and_revocations_hold_in_sketches(way: str, count: int) -> None:
    rng = np.random.default_rng(1)
    vectors, persons = faces(rng, 500, 2), np.repeat(np.arange(500, dtype=np.int32), 2)
    allowed = rng.random(500) < 0.5
    gone = np.flatnonzero(rng.random(500) < 0.3).astype(np.int32)
    left = allowed[persons] & ~np.isin(persons, gone)
    probes = vectors[rng.integers(0, len(vectors), count)]
    with sketching(way):
        found = search(build(vectors, persons).revoke(gone), probes, model=MODEL, allowed=allowed)
        same = search(build(vectors[left], persons[left]), probes, model=MODEL)
    np.testing.assert_array_equal(found.persons, same.persons)
    np.testing.assert_array_equal(found.scores, same.scores)


@ways
def test_a_floor_changes_no_decision(way: str) -> None:
    """Probes on both sides of the threshold, and of the margin."""
    threshold = Threshold(value=0.45, margin=0.05, templates=800, extrapolated=False, basis=())
    rng = np.random.default_rng(2)
    vectors, _, gallery = crowd(way)
    edge = threshold.value + rng.uniform(-0.02, 0.02, (300, 1))
    best = rng.uniform(0.46, 0.6, 300)
    rows = 2 * rng.permuted(np.tile(np.arange(400), (300, 1)), axis=1)[:, :2]
    probes = np.concatenate([
        beside(rng, vectors[rows[:, :1]], edge),
        beside(rng, vectors[rows], np.stack([best, best - 0.05 - rng.uniform(-0.02, 0.02, 300)], axis=1)),
    ])  # fmt: skip
    whole = search(gallery, probes, model=MODEL)
    floored = search(gallery, probes, model=MODEL, floor=threshold.value - threshold.margin)
    one, other = policy.identify(whole, threshold), policy.identify(floored, threshold)
    assert {int(status) for status in one.status} == {0, 1, 2}
    np.testing.assert_array_equal(one.status, other.status)
    np.testing.assert_array_equal(one.persons, other.persons)
    np.testing.assert_array_equal(one.candidates, other.candidates)
    known = one.status > 0
    np.testing.assert_array_equal(one.scores[known], other.scores[known])


@ways
def test_data_that_do_not_fit_are_scanned_whole(way: str) -> None:
    """Everybody alike: no sketch tells them apart, and the answer is right all the same."""
    rng = np.random.default_rng(3)
    base = faces(rng, 1, 1)
    vectors = unit((base + 1e-4 * rng.standard_normal((600, 512))).astype(np.float32))
    persons, probes = np.arange(600, dtype=np.int32), vectors[:3]
    with (
        sketching(way),
        mock.patch.object(search_module, "_scan_vectors", side_effect=search_module._scan_vectors) as whole,
    ):
        found = search(build(vectors, persons), probes, model=MODEL)
    assert any(call.args[0] for call in whole.call_args_list)
    want_persons, want_scores = two_best(vectors, persons, probes)
    np.testing.assert_array_equal(found.persons, want_persons)
    np.testing.assert_allclose(found.scores, want_scores, rtol=0, atol=1e-14)


@ways
@pytest.mark.parametrize("floor", [-1.0, 0.0, 0.05])
def test_a_floor_too_low_for_the_bound_is_no_harm(way: str, floor: float) -> None:
    rng = np.random.default_rng(4)
    vectors, persons = faces(rng, 300, 1), np.arange(300, dtype=np.int32)
    with sketching(way):
        gallery = build(vectors, persons)
        found = search(gallery, -vectors[:5], model=MODEL, floor=floor)
    want_persons, want_scores = two_best(vectors, persons, -vectors[:5])
    np.testing.assert_array_equal(found.persons, np.where(want_scores >= floor, want_persons, NOBODY))


def beside(rng: np.random.Generator, rows: Floats, scores: Doubles) -> Floats:
    """Probes (n, d) whose cosines with rows (n, k, d) are scores (n, k)."""
    probes = np.empty((len(rows), rows.shape[2]), np.float32)
    for place, (some, wanted) in enumerate(zip(rows.astype(np.float64), scores, strict=True)):
        fixed = np.linalg.lstsq(some, wanted, rcond=None)[0]
        free = rng.standard_normal(rows.shape[2])
        free -= np.linalg.lstsq(some.T, free, rcond=None)[0] @ some
        probes[place] = fixed + free * np.sqrt(1 - fixed @ fixed) / np.linalg.norm(free)
    return unit(probes)


def tight(rng: np.random.Generator, cosine: float, missed: float) -> tuple[Floats, Floats, float]:
    """A probe and a row, (128,) each, whose cosine is nearly all that the bound allows, and the quantiser's step.

    The probe is integers, so that it misses nothing; what the row's integers miss points along the probe's own rest.
    """
    while True:
        integers = rng.integers(-6, 7, 128).astype(np.float64)
        copy = integers / np.linalg.norm(integers)
        other = rng.standard_normal(128)
        other -= other @ copy * copy
        other /= np.linalg.norm(other)
        drawn = cosine * copy + np.sqrt(1 - cosine**2) * other
        probe = np.rint(drawn * (119 / np.abs(drawn).max()))
        rest = probe - probe @ copy * copy
        row = np.sqrt(1 - missed**2) * copy + missed * rest / np.linalg.norm(rest)
        step = float(np.sqrt(1 - missed**2) / np.linalg.norm(integers))
        if (np.rint(row / step) == integers).all():
            return unit(probe[None].astype(np.float32))[0], unit(row[None].astype(np.float32))[0], step


@needs_kernels
def test_a_bound_one_percent_too_tight_loses_planted_rows() -> None:
    """What the search rests on: the bound holds where nothing is left to spare, and one per cent less does not."""
    rng = np.random.default_rng(5)
    still = Axes(np.eye(128, dtype=np.float32), complete=True)
    others = unit(rng.standard_normal((400, 128)).astype(np.float32))
    persons = np.arange(401, dtype=np.int32)

    def weak(terms: ProbeTerms, floor: Doubles, residual: Doubles, tail: Doubles) -> Doubles:
        return least(terms, floor * 1.01, residual, tail)

    lost = 0
    for _ in range(10):
        probe, row, step = tight(rng, 0.55, 0.05)
        exact = float(probe.astype(np.float64) @ row.astype(np.float64))
        with (
            sketching("packed"),
            mock.patch.object(axes_module, "fit", return_value=still),
            mock.patch.object(sketch_module, "fit", return_value=still),
            mock.patch.object(sketch_module, "BAND", 1),
            mock.patch.object(sketch_module, "_row_step", return_value=step),
        ):
            gallery = build(np.concatenate([others, row[None]]), persons)
            found = search(gallery, probe[None], model=MODEL, floor=exact - 1e-9)
            assert found.persons[0, 0] == 400
            with mock.patch.object(sketch_module, "least", weak):
                lost += int(search(gallery, probe[None], model=MODEL, floor=exact - 1e-9).persons[0, 0] != 400)
    assert lost == 10


@given(
    seed=st.integers(0, 2**32 - 1),
    cosine=st.floats(-0.9, 0.99),
    coarse=st.floats(0.01, 2.0),
    rounded=st.floats(0.001, 1.0),
    tail=st.floats(0.0, 0.5),
)
def test_no_row_above_the_floor_stays_under_the_bar(
    seed: int, cosine: float, coarse: float, rounded: float, tail: float
) -> None:
    """Any probe, any row, however badly their integers keep them."""
    rng = np.random.default_rng(seed)
    row, other = rng.standard_normal(64), rng.standard_normal(64)
    row /= np.linalg.norm(row)
    other -= other @ row * row
    probe = cosine * row + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)
    p, q = row * np.sqrt(1 - tail**2), probe * np.sqrt(1 - tail**2)
    g, h = np.rint(p / (coarse * 0.125)), np.rint(q / (rounded * 0.125))
    if not g.any() or not h.any() or (beta := q @ h / (h @ h)) <= 0:
        return
    alpha = p @ g / (g @ g)
    terms = ProbeTerms(
        length=np.array([np.linalg.norm(h)]),
        scale=np.array([beta]),
        error=np.array([np.linalg.norm(q - beta * h)]),
        tail=np.array([tail]),
        rounding=0.0,
    )
    score = q @ p + tail**2  # the tails as alike as can be
    bar = least(terms, np.array([score - 1e-9]), np.array([np.linalg.norm(p - alpha * g)]), np.array([tail]))
    if bar[0, 0] > 0:
        assert alpha * (h @ g) >= bar[0, 0]


@needs_kernels
@pytest.mark.parametrize(("rows", "columns", "count"), [(1, 128, 1), (300, 128, 2), (77, 256, 5), (513, 512, 16)])
def test_packed_products_are_the_products_of_the_integers(rows: int, columns: int, count: int) -> None:
    rng = np.random.default_rng(rows)
    gallery, probes = (rng.integers(-8, 8, (size, columns)).astype(np.int8) for size in (rows, count))
    packed, out = kernels.pack(gallery), np.empty((count, rows), np.int32)
    kernels.products(kernels.nibbles(probes), packed, out)
    np.testing.assert_array_equal(out, probes.astype(np.int32) @ gallery.T.astype(np.int32))
    assert abs(packed.nbytes - rows * kernels.bytes_per_row(columns)) <= 64


def test_without_the_library_nothing_is_packed() -> None:
    with mock.patch.object(kernels, "numkong", None):
        assert not kernels.available()


def test_axes_keep_scores_within_their_tails() -> None:
    rng = np.random.default_rng(6)
    vectors = faces(rng, 500, 2)
    axes = fit(vectors)
    assert axes.matrix.shape == (512, 128)
    assert axes.suits(vectors)
    coordinates, tails = axes.project(vectors)
    off = np.abs(vectors.astype(np.float64) @ vectors.T - coordinates.astype(np.float64) @ coordinates.T)
    assert (off <= np.outer(tails, tails) + axes.rounding).all()
    assert tails.max() < 0.3


@pytest.mark.parametrize(("dim", "columns"), [(64, 128), (128, 128), (192, 256), (512, 512)])
def test_isotropic_data_keep_all_axes(dim: int, columns: int) -> None:
    vectors = unit(np.random.default_rng(dim).standard_normal((4_000, dim)).astype(np.float32))
    axes = fit(vectors)
    assert axes.matrix.shape == (dim, columns)
    assert axes.complete
    coordinates, tails = axes.project(vectors[:100])
    assert not tails.any()
    np.testing.assert_allclose(coordinates @ coordinates.T, vectors[:100] @ vectors[:100].T, atol=axes.rounding)


def test_other_data_get_axes_of_their_own() -> None:
    one, other = (faces(np.random.default_rng(seed), 100, 1) for seed in (7, 8))
    with sketching("numpy"):
        kept = sketch(one)
        assert kept is not None
        again, fresh = sketch(one[:80], kept.axes), sketch(other, kept.axes)
    assert again is not None
    assert again.axes is kept.axes
    assert fresh is not None
    assert fresh.axes is not kept.axes


@needs_kernels
@pytest.mark.parametrize("dim", [128, 512])
def test_memory_stays_within_what_was_promised(dim: int) -> None:
    vectors = faces(np.random.default_rng(9), 10_000, 1, dim=dim)
    gallery = build(vectors, np.arange(10_000, dtype=np.int32))
    held = 0
    for part in gallery.parts:
        one = part.segment
        assert one.sketch is not None
        held += sum(array.nbytes for array in (one.vectors, one.persons, one.sorted_ids, one.by_id, part.live))
        held += one.sketch.nbytes
    padding = 128 * 1024 + 138 * BAND  # of the last band, and cache lines
    assert held <= 1.3 * vectors.nbytes + padding


def test_small_galleries_are_not_sketched() -> None:
    assert sketch(faces(np.random.default_rng(10), 50, 1)) is None
    with sketching("packed"):
        assert sketch(faces(np.random.default_rng(11), 100, 1, dim=100, filled=90)) is None  # would take too much
