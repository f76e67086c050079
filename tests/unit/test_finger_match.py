"""Fingers compared and searched: cylinders and codes against slow twins, the relaxation, the gallery, the matcher."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.facts import Modality
from recognition.arrays import NOBODY, Bools, Doubles, Int32s
from recognition.errors import BadArray, BadTemplate, DuplicateTemplate, ModelMismatch
from recognition.fingers import cylinders, features, projection, relaxation, scan
from recognition.fingers.cylinders import CELLS, LAYERS, RADIUS, SIDE
from recognition.fingers.features import Features, Probes
from recognition.fingers.gallery import FIRST_CODES, FingerGallery, FingerTemplates, first_look, search
from recognition.fingers.minutiae import Minutiae, to_record
from recognition.fingers.projection import CODE_BITS, draw_finger
from recognition.fingers.records import encode as encode_record
from recognition.fingers.scan import BLOCK_FINGERS
from recognition.matches import NO_SCORE, Matches
from recognition.modalities import MATCHERS
from recognition.modalities.fingerprint import FingerMatcher, OpenedFinger
from tests import reference

PEOPLE = 12


def finger(seed: int) -> Minutiae:
    return draw_finger(np.random.default_rng(seed))


def again(one: Minutiae, seed: int, *, turn: float = 0.2, noise: float = 2.0, lost: float = 0.2) -> Minutiae:
    """Another impression: turned, shifted, shaken, some minutiae lost."""
    rng = np.random.default_rng(seed)
    kept = one.xyt[rng.random(len(one)) >= lost]
    cos, sin = np.cos(turn), np.sin(turn)
    spots = kept[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + rng.normal(0, noise, (len(kept), 2)) + (31, -17)
    turns = np.mod(kept[:, 2] + turn + rng.normal(0, 0.05, len(kept)), 2 * np.pi)
    return minutiae(np.column_stack([spots, turns]))


def minutiae(xyt: Doubles) -> Minutiae:
    return Minutiae(xyt=np.ascontiguousarray(xyt, np.float64).reshape(-1, 3), quality=np.ones(len(xyt)))


def handles(*values: int) -> Int32s:
    return np.array(values, np.int32)


@pytest.fixture(scope="module")
def enrolled() -> Features:
    return features.of_enrolled([finger(seed) for seed in range(PEOPLE)])


def find(held: FingerGallery, probe: Features, *, allowed: Bools | None = None) -> Matches:
    """A search with impressions whose minutiae are all certain, so that every look sees the same."""
    return search(held, Probes(probe, probe, probe), allowed=allowed)


def gallery(held: Features, persons: Int32s | None = None, model: str = "m") -> FingerGallery:
    persons = np.arange(len(held), dtype=np.int32) if persons is None else persons
    return FingerGallery(model=model).add(FingerTemplates(ids=np.arange(len(held)), persons=persons, features=held))


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_cell_values_equal_the_papers_sums(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    xyt = np.column_stack([rng.uniform(0, 90, (count, 2)), rng.uniform(0, 2 * np.pi, count)])
    values = cylinders.cell_values(xyt)
    assert values.shape == (count, CELLS, LAYERS)
    slow = reference.cylinder(xyt.tolist(), count - 1, RADIUS, SIDE, LAYERS)
    np.testing.assert_allclose(values[-1], slow, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_hull_holds_every_point_and_turns_one_way(seed: int, count: int) -> None:
    points = np.random.default_rng(seed).integers(0, 12, (count, 2)).astype(np.float64)
    hull = cylinders.convex_hull(points)
    assert {tuple(corner) for corner in hull.tolist()} <= {tuple(point) for point in points.tolist()}
    if len(hull) > 2:
        edges = np.roll(hull, -1, axis=0) - hull
        towards = points[:, None] - hull
        assert (edges[:, 0] * towards[..., 1] - edges[:, 1] * towards[..., 0] >= 0).all()


def test_cells_say_something_inside_the_hull_and_within_its_margin() -> None:
    square = np.array([[0, 0, 0], [200, 0, 0], [200, 200, 0], [0, 200, 0.0]])
    said = cylinders.said_cells(np.concatenate([square, [[100, 100, 0]]]))
    assert said[-1].all()
    assert 0.25 < said[0].mean() < 0.9  # at a corner, what lies more than the margin outside is silent
    two = cylinders.said_cells(np.array([[0, 0, 0], [10, 0, 0.0]]))
    assert 0.3 < two[0].mean() < 0.8


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_minutiae_have_no_cylinder(count: int) -> None:
    built = cylinders.build(minutiae(np.zeros((count, 3))), quality=0.3)
    assert len(built) == 0
    assert built.bits.shape == (0, cylinders.BITS)


def test_turning_and_shifting_a_finger_changes_no_cylinder() -> None:
    one = finger(3)
    turned = cylinders.build(again(one, 0, turn=1.1, noise=0.0, lost=0.0), quality=0.3)
    built = cylinders.build(one, quality=0.3)
    # the directions are shaken a little: few bits stand at their threshold
    assert len(turned) == len(built)
    assert (turned.bits != built.bits).mean() < 0.03


def test_minutiae_of_low_quality_are_left_out() -> None:
    one = finger(3)
    poor = Minutiae(xyt=one.xyt, quality=np.where(np.arange(len(one)) % 2, 1.0, 0.29))
    rest = cylinders.build(minutiae(one.xyt[1::2]), quality=0.3)
    np.testing.assert_array_equal(cylinders.build(poor, quality=0.3).bits, rest.bits)


def test_codes_are_short_and_near_for_near_cylinders(enrolled: Features) -> None:
    shaken = features.of_enrolled([again(finger(seed), seed) for seed in range(PEOPLE)])
    own = [scan.scores(scan.block(enrolled.take(r).codes, enrolled.take(r).counts), shaken.take(r).codes)[0]
           for r in np.arange(PEOPLE).reshape(-1, 1)]  # fmt: skip
    others = [scan.scores(scan.block(enrolled.take(r).codes, enrolled.take(r).counts), shaken.take(r + 1).codes)[0]
              for r in np.arange(PEOPLE - 1).reshape(-1, 1)]  # fmt: skip
    assert enrolled.codes.shape == (enrolled.counts.sum(), projection.WORDS)
    assert min(own) > max(others)


def test_a_projection_is_fitted_to_orthonormal_axes() -> None:
    axes = projection.default().axes
    np.testing.assert_allclose(axes.T @ axes, np.eye(CODE_BITS), atol=1e-4)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 30))
def test_the_scan_equals_its_slow_twin(seed: int, counts: list[int], probe: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, 2**64, (sum(counts) + probe, projection.WORDS), np.uint64)
    codes, asked = drawn[:-probe], drawn[-probe:]
    found = scan.scores(scan.block(codes, np.array(counts)), asked)
    whole = [int.from_bytes(row.tobytes(), "little") for row in codes]
    wanted = [int.from_bytes(row.tobytes(), "little") for row in asked]
    start = 0
    for place, count in enumerate(counts):
        pairs = min(int(relaxation.pairs_of(probe, np.array([count]))[0]), probe)
        slow = reference.code_score(wanted, whole[start : start + count], pairs, CODE_BITS)
        assert found[place] == pytest.approx(slow)
        start += count


def test_similarity_equals_its_slow_twin_and_needs_common_ground() -> None:
    one, other = cylinders.build(finger(1), quality=0.3), cylinders.build(finger(2), quality=0.3)
    held = relaxation.Candidates(xyt=other.xyt, bits=other.bits, valid=other.valid, counts=np.array([len(other)]))
    found = relaxation.similarities(one, held)
    compared = 0
    for left in range(0, len(one), 7):
        for right in range(0, len(other), 7):
            turn = reference.turn_between(float(one.xyt[left, 2]), float(other.xyt[right, 2]))
            common = (one.valid[left] & other.valid[right]).mean()
            if turn > relaxation.MOST_TURN + 1e-5 or common < relaxation.LEAST_COMMON:
                assert found[left, right] == 0
            elif turn < relaxation.MOST_TURN - 1e-5:
                pair = [(c.bits[n].tolist(), c.valid[n].tolist()) for c, n in ((one, left), (other, right))]
                assert found[left, right] == pytest.approx(reference.alike(pair[0], pair[1], LAYERS), abs=1e-5)
                compared += 1
    assert compared > 3


def test_relaxation_lowers_pairs_that_fit_no_other() -> None:
    spots = np.array([[[0, 0, 0.3], [40, 10, 1.0], [80, -20, 2.0], [10, 60, 0.1]]])
    moved = spots + np.array([5, 5, 0])
    moved[0, 3] += (70, -90, 1.5)
    after = relaxation.relax(np.full((1, 4), 0.6), spots, moved)
    assert after[0, 3] < 0.05 < 0.2 < after[0, :3].min()


def test_scores_are_symmetric_and_one_candidate_does_not_change_another(enrolled: Features) -> None:
    probe = features.of_enrolled([again(finger(4), 1)])
    table = relaxation.rescore(probe.cylinders(0), enrolled.candidates())
    alone = [relaxation.rescore(probe.cylinders(0), enrolled.take(np.array([row])).candidates())[0] for row in range(3)]
    np.testing.assert_allclose(table[:3], alone, atol=1e-6)
    back = [relaxation.rescore(enrolled.cylinders(row), probe.candidates())[0] for row in range(3)]
    np.testing.assert_allclose(table[:3], back, atol=1e-6)
    assert table.argmax() == 4
    assert (table >= 0).all()
    assert (table <= 1).all()


def test_nothing_scores_nothing(enrolled: Features) -> None:
    empty = features.of_enrolled([minutiae(np.zeros((0, 3)))])
    assert relaxation.rescore(empty.cylinders(0), enrolled.candidates()).tolist() == [0.0] * PEOPLE
    assert relaxation.rescore(enrolled.cylinders(0), empty.candidates()).tolist() == [0.0]
    assert relaxation.rescore(enrolled.cylinders(0), enrolled.take(np.arange(0)).candidates()).shape == (0,)


def test_every_finger_finds_itself_and_its_other_impressions(enrolled: Features) -> None:
    held = gallery(enrolled)
    itself = find(held, enrolled)
    assert itself.persons[:, 0].tolist() == list(range(PEOPLE))
    assert (itself.scores[:, 0] > 0.95).all()
    later = find(held, features.of_enrolled([again(finger(seed), seed) for seed in range(PEOPLE)]))
    assert later.persons[:, 0].tolist() == list(range(PEOPLE))
    assert (later.scores[:, 0] > later.scores[:, 1]).all()


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(PEOPLE)), st.integers(1, PEOPLE - 1))
def test_order_and_grouping_mean_nothing(order: list[int], cut: int) -> None:
    held = features.of_enrolled([finger(seed) for seed in range(PEOPLE)])
    probe = features.of_enrolled([again(finger(5), 9)])
    parts = [np.array(order[:cut]), np.array(order[cut:])]
    grown = FingerGallery(model="m")
    for rows in parts:
        grown = grown.add(FingerTemplates(ids=rows, persons=rows.astype(np.int32), features=held.take(rows)))
    one, other = find(grown, probe), find(gallery(held), probe)
    np.testing.assert_array_equal(one.persons, other.persons)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
    assert grown.persons().tolist() == list(range(PEOPLE))


def test_doubtful_minutiae_are_tried_with_and_without() -> None:
    """Two impressions that share only what is certain, or only what is doubtful, are found by one of the looks."""
    one, strangers = (minutiae(finger(seed).xyt[: features.MOST_MINUTIAE // 2]) for seed in (7, 9))
    held = gallery(features.of_enrolled([one, finger(8)]))
    xyt = np.concatenate([one.xyt, strangers.xyt])
    quality = np.concatenate([np.full(len(one), 0.9), np.full(len(strangers), 0.35)])
    mixed = features.of_probes([Minutiae(xyt=xyt, quality=quality)])
    clear = search(held, mixed)
    assert clear.persons[0, 0] == 0
    assert clear.scores[0, 0] > 0.9  # the strict look sees the finger alone
    blurred = search(held, Probes(mixed.enrolled, mixed.enrolled, mixed.enrolled))
    assert blurred.scores[0, 0] < clear.scores[0, 0] - 0.1
    faint = np.where(np.arange(len(one)) % 3, 0.9, 0.25)
    whole = search(held, features.of_probes([Minutiae(xyt=one.xyt, quality=faint)]))
    assert whole.scores[0, 0] > 0.9  # the generous look sees all of it


@given(st.lists(st.floats(0, 1), max_size=90), st.integers(0, 80))
def test_the_best_minutiae_come_first(qualities: list[float], most: int) -> None:
    quality = np.array(qualities, np.float64)
    xyt = np.arange(3.0 * len(quality)).reshape(-1, 3)
    best = Minutiae(xyt=xyt, quality=quality).best_first(most)
    assert best.quality.tolist() == sorted(qualities, reverse=True)[:most]
    rows = (best.xyt[:, 0] / 3).astype(int)
    assert len(set(rows.tolist())) == len(rows)
    np.testing.assert_array_equal(quality[rows], best.quality)


def test_of_equal_minutiae_no_part_of_the_finger_is_preferred() -> None:
    """A reader that tells no quality lists minutiae by place: a third of them stand for all places."""
    best = minutiae(np.arange(270.0).reshape(90, 3)).best_first(30)
    assert np.histogram(best.xyt[:, 0], bins=6, range=(0, 270))[0].min() >= 4


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50), st.sampled_from(["all", "some", "doubtful"]))
def test_probes_hold_what_each_quality_gives(seed: int, told: str) -> None:
    one, rng = finger(seed), np.random.default_rng(seed)
    quality = {"all": np.ones(len(one)), "some": rng.random(len(one)), "doubtful": np.full(len(one), 0.25)}[told]
    shown = Minutiae(xyt=one.xyt, quality=quality)
    probes = features.of_probes([shown, finger(seed + 1)])
    for level, least in zip(probes, features.PROBE_QUALITIES, strict=True):
        apart = features.encode([shown, finger(seed + 1)], quality=least)
        np.testing.assert_array_equal(level.counts, apart.counts)
        np.testing.assert_array_equal(level.bits, apart.bits)
        np.testing.assert_array_equal(level.codes, apart.codes)
        same = np.array_equal(apart.take(np.array([0])).bits, probes.enrolled.take(np.array([0])).bits)
        assert level.same(probes.enrolled, 0) == same
    assert features.of_probes([]).usable.shape == (0,)


def test_large_fingers_are_cut_to_their_best_and_the_first_look_to_fewer() -> None:
    rng = np.random.default_rng(3)
    large = minutiae(np.column_stack([rng.uniform(0, 350, (150, 2)), rng.uniform(0, 2 * np.pi, 150)]))
    held = features.of_enrolled([large])
    assert 50 < held.counts[0] <= features.MOST_MINUTIAE
    (part,) = gallery(held).parts
    expected = scan.scores(scan.block(held.codes, held.counts), held.codes[:FIRST_CODES])
    np.testing.assert_array_equal(first_look(part.segment, held), expected)
    assert held.counts[0] > FIRST_CODES


def test_a_persons_fingers_count_once(enrolled: Features) -> None:
    persons = np.array([7, 7, *range(10, 10 + PEOPLE - 2)], np.int32)
    found = find(gallery(enrolled, persons), enrolled.take(np.array([0])))
    assert found.persons[0, 0] == 7
    assert found.persons[0, 1] != 7


def test_revoked_is_never_found_and_older_snapshots_keep_it(enrolled: Features) -> None:
    whole = gallery(enrolled)
    less = whole.revoke(handles(3)).revoke_templates(np.array([4]))
    probe = enrolled.take(np.array([3, 4, 5]))
    assert not {3, 4} & set(find(less, probe).persons.ravel().tolist())
    assert find(whole, probe).persons[:, 0].tolist() == [3, 4, 5]
    assert (less.size, less.rows) == (PEOPLE - 2, PEOPLE)
    packed = less.compact()
    assert (packed.size, packed.rows, len(packed.parts)) == (PEOPLE - 2, PEOPLE - 2, 1)
    np.testing.assert_array_equal(find(packed, probe).persons, find(less, probe).persons)
    assert less.revoke(handles(99)) is less
    assert (
        less.add(FingerTemplates(ids=np.array([4]), persons=handles(4), features=probe.take(np.array([1])))).size == 11
    )
    assert whole.revoke(np.arange(PEOPLE, dtype=np.int32)).parts == ()
    assert less.revoke(np.arange(5, dtype=np.int32)).needs_compaction()
    assert not whole.needs_compaction()


def test_a_mask_is_a_gallery_of_the_allowed(enrolled: Features) -> None:
    allowed = np.zeros(8, np.bool_)
    allowed[[2, 6]] = True
    probe = enrolled.take(np.array([0, 6, 10]))
    narrowed = find(gallery(enrolled), probe, allowed=allowed)
    inside = gallery(enrolled.take(np.array([2, 6])), handles(2, 6))
    np.testing.assert_array_equal(narrowed.persons, find(inside, probe).persons)
    np.testing.assert_allclose(narrowed.scores, find(inside, probe).scores, atol=1e-6)
    with pytest.raises(BadArray, match="allowed"):
        find(gallery(enrolled), probe, allowed=np.zeros(3, np.int32))


def test_more_fingers_than_a_block_are_searched_whole(enrolled: Features) -> None:
    count = BLOCK_FINGERS + 30
    rows = np.arange(count) % (PEOPLE - 1)
    many = FingerGallery(model="m").add(
        FingerTemplates(ids=np.arange(count), persons=rows.astype(np.int32), features=enrolled.take(rows))
    )
    one = FingerTemplates(
        ids=np.array([count]), persons=handles(PEOPLE), features=enrolled.take(np.array([PEOPLE - 1]))
    )
    assert find(many.add(one), one.features).persons[0, 0] == PEOPLE
    assert [len(part.segment.blocks) for part in many.parts] == [2]


def test_single_additions_stay_few_parts(enrolled: Features) -> None:
    grown = FingerGallery(model="m")
    for row in range(PEOPLE):
        one = enrolled.take(np.array([row]))
        grown = grown.add(FingerTemplates(ids=np.array([row]), persons=handles(row), features=one))
    assert len(grown.parts) <= 4
    assert grown.size == PEOPLE


def test_what_cannot_be_enrolled_is_refused_in_words(enrolled: Features) -> None:
    few = features.of_enrolled([minutiae(np.zeros((1, 3)))])
    with pytest.raises(BadTemplate, match="template 5 has too few") as caught:
        FingerTemplates(ids=np.array([5]), persons=handles(0), features=few)
    assert caught.value.mend_zh
    two = enrolled.take(np.array([0, 1]))
    with pytest.raises(BadTemplate, match="given twice"):
        FingerTemplates(ids=np.array([5, 5]), persons=handles(0, 1), features=two)
    with pytest.raises(BadTemplate, match="no person"):
        FingerTemplates(ids=np.array([5, 6]), persons=handles(0, NOBODY), features=two)
    with pytest.raises(BadArray, match="as many"):
        FingerTemplates(ids=np.array([5]), persons=handles(0), features=two)
    held = gallery(enrolled)
    with pytest.raises(DuplicateTemplate):
        held.add(FingerTemplates(ids=np.array([5, 50]), persons=handles(1, 2), features=two))


def test_empty_cases(enrolled: Features) -> None:
    nobody = find(FingerGallery(model="m"), enrolled.take(np.array([0])))
    assert nobody.persons.tolist() == [[NOBODY, NOBODY]]
    assert nobody.scores.tolist() == [[NO_SCORE, NO_SCORE]]
    assert len(find(gallery(enrolled), enrolled.take(np.arange(0)))) == 0
    held = FingerGallery(model="m")
    assert held.add(FingerTemplates(ids=np.arange(0), persons=handles(), features=enrolled.take(np.arange(0)))) is held
    assert (held.size, len(held.persons()), held.compact().parts) == (0, 0, ())


def record(one: Minutiae) -> bytes:
    points = np.column_stack([one.xyt[:, 0] + 50, 450 - one.xyt[:, 1], one.xyt[:, 2], one.quality])
    return encode_record(to_record(points, np.ones(len(one), np.bool_), width=400, height=500, quality=80))


def test_fingers_from_the_wire(enrolled: Features) -> None:
    matcher = MATCHERS[Modality.FINGER]
    assert isinstance(matcher, FingerMatcher)
    held = matcher.add(
        FingerGallery(model="m"),
        FingerTemplates(ids=np.arange(PEOPLE), persons=np.arange(PEOPLE, dtype=np.int32), features=enrolled),
    )
    probes = [record(finger(6)), b"no record", record(minutiae(np.ones((2, 3))))]
    found = matcher.search(held, matcher.encode(held, [OpenedFinger(model="m", record=probe) for probe in probes]))
    assert found.usable.tolist() == [True, False, False]
    assert found.persons[:, 0].tolist() == [6, NOBODY, NOBODY]
    with pytest.raises(ModelMismatch, match="other"):
        matcher.encode(held, [OpenedFinger(model="other", record=b"")])
    assert "record" not in repr(OpenedFinger(model="m", record=b"secret"))
