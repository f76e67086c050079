"""Gait, on drawn walkers only: silhouettes, energy images, the projection, the matcher; and no door opens by it."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sets, wire
from core.errors import InvalidValue
from core.facts import CredentialRead, Modality, Outcome, Probe
from gateway import estate_copy, pictures
from gateway.config import WrongConfig, parse_config
from gateway.recognisers import gait
from gateway.recognisers.images import UnreadableImage
from recognition.access import FOREVER_US
from recognition.arrays import NOBODY
from recognition.calibration import fit
from recognition.errors import BadArray, ModelMismatch
from recognition.estate import Credential
from recognition.gallery import FaceGallery
from recognition.judge import judge
from recognition.modalities.gait import HEIGHT, WIDTH, GaitGallery, GaitMatcher, GaitProbe, Projection, Walks, unit
from recognition.segments import Templates
from tests import factories, walkers
from tests.unit.test_recognition_judge import VIEW, face

PEOPLE = 5


def energy(walker: walkers.Walker, seed: int) -> np.ndarray:
    walk = gait.read_walk(walkers.video(walker, seed=seed))
    assert walk is not None
    return walk.energy


@pytest.fixture(scope="module")
def walks() -> tuple[np.ndarray, np.ndarray]:
    """Energy images (n, HEIGHT, WIDTH) of five drawn people, three walks each, and whose each is."""
    drawn = walkers.draw_walkers(PEOPLE, 4)
    images = np.stack([energy(one, 10 * n + walk) for n, one in enumerate(drawn) for walk in range(3)])
    return images, np.repeat(np.arange(PEOPLE, dtype=np.int32), 3)


def test_a_silhouette_fills_its_frame_and_stands_in_the_middle() -> None:
    cutter = gait.SilhouetteCutter()
    cut = [mask for frame in walkers.video(walkers.Walker()) if (mask := cutter.cut(frame)) is not None]
    assert len(cut) > 45
    for mask in cut:
        assert mask.shape == (HEIGHT, WIDTH)
        assert mask[0].any()
        assert mask[-1].any()
        assert abs(np.nonzero(mask)[1].mean() - WIDTH / 2) < 2


def test_where_and_how_large_somebody_walks_changes_little() -> None:
    one, other = energy(walkers.Walker(), 1), energy(walkers.Walker(), 2)  # another height, phase, background, noise
    assert np.abs(one - other).mean() < 0.04
    assert np.abs(one - energy(walkers.Walker(stride=0.25, arms=0.8, girth=0.26), 2)).mean() > 0.05


@pytest.mark.parametrize(
    "frames",
    [
        list(walkers.video(walkers.Walker(), frames=12)),  # gone too soon
        list(walkers.video(walkers.Walker(), moving=False)),  # stands still
        list(walkers.video(walkers.Walker(), frames=0, empty=80)),  # nobody
        list(walkers.video(walkers.Walker(), empty=0, frames=gait.LEARNING)),  # no background seen
        [],
    ],
)
def test_what_is_no_walk_gives_nothing(frames: list[np.ndarray]) -> None:
    assert gait.read_walk(frames) is None


def test_a_body_without_the_rhythm_of_steps_is_no_walk() -> None:
    rng = np.random.default_rng(3)
    silhouettes = np.zeros((80, HEIGHT, WIDTH), np.bool_)
    for mask, width in zip(silhouettes, rng.integers(4, 14, 80).tolist(), strict=True):
        mask[:, WIDTH // 2 - width : WIDTH // 2 + width] = True
    assert gait.walk_of(list(silhouettes)) is None


def test_nobody_is_cut_out_while_the_background_is_learned() -> None:
    cutter = gait.SilhouetteCutter()
    cut = [cutter.cut(frame) is not None for frame in walkers.video(walkers.Walker(), empty=8)]
    assert not any(cut[: gait.LEARNING])
    assert any(cut[gait.LEARNING :])


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UnreadableImage):
        gait.SilhouetteCutter().cut(np.zeros((4, 4), np.uint8))


@given(st.integers(8, 24), st.integers(4, 8), st.floats(0, np.pi))
def test_the_step_is_found(step: int, steps: int, phase: float) -> None:
    widths = 10 + 5 * np.abs(np.cos(phase + np.pi * np.arange(step * steps) / step))
    found, rhythm = gait.rhythm_of(widths)
    assert found is not None
    assert abs(found - step) <= 1
    assert rhythm > 0.5


def test_noise_and_stillness_have_no_rhythm() -> None:
    assert gait.rhythm_of(np.full(60, 7.0)) == (None, 0.0)
    noise = [gait.rhythm_of(np.random.default_rng(n).normal(size=200))[1] for n in range(20)]
    assert max(noise) < gait.LEAST_RHYTHM


def test_drawn_people_are_told_apart_on_walks_that_fitted_nothing(walks: tuple[np.ndarray, np.ndarray]) -> None:
    images, persons = walks
    fresh = np.arange(len(persons)) % 3 == 2
    projection = Projection.fit(images[~fresh], persons[~fresh])
    matcher = GaitMatcher()
    empty = GaitGallery.empty(model=projection.model, dim=projection.axes.shape[1])
    held = matcher.add(empty, Walks(persons=persons[~fresh], vectors=projection.encode(images[~fresh])))
    probes = [GaitProbe(model=projection.model, vector=vector) for vector in projection.encode(images[fresh])]
    found = matcher.search(held, matcher.encode(held, probes))
    assert (found.persons[:, 0] == persons[fresh]).sum() >= PEOPLE - 1
    assert projection.axes.shape[1] == PEOPLE - 1


def test_another_fit_is_another_model(walks: tuple[np.ndarray, np.ndarray]) -> None:
    images, persons = walks
    one, other = Projection.fit(images, persons), Projection.fit(images[:-1], persons[:-1])
    assert one.model != other.model
    assert one.model == Projection.fit(images, persons).model
    held = GaitGallery.empty(model=one.model, dim=one.axes.shape[1])
    with pytest.raises(ModelMismatch):
        GaitMatcher().encode(held, [GaitProbe(model=other.model, vector=other.encode(images[:1])[0])])


def test_the_projection_needs_people_with_walks(walks: tuple[np.ndarray, np.ndarray]) -> None:
    images, persons = walks
    for chosen in (persons == 0, np.arange(len(persons)) % 3 == 0):
        with pytest.raises(InvalidValue, match="two"):
            Projection.fit(images[chosen], persons[chosen])
    with pytest.raises(BadArray):
        Projection.fit(images[:, 1:], persons)


vectors = st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), max_size=8)


@given(vectors, vectors, st.lists(st.booleans(), max_size=4), st.randoms())
def test_the_matcher_equals_the_slow_twin(
    enrolled: list[list[int]], asked: list[list[int]], mask: list[bool], rnd: object
) -> None:
    persons = [n % 4 for n in range(len(enrolled))]
    held = GaitMatcher().add(
        GaitGallery.empty(model="m", dim=3),
        Walks(persons=np.array(persons, np.int32), vectors=unit(np.array(enrolled, np.float32).reshape(-1, 3))),
    )
    probes = unit(np.array(asked, np.float32).reshape(-1, 3))
    found = GaitMatcher().search(held, probes, allowed=np.array(mask, np.bool_))
    for at, probe in enumerate(probes.astype(float)):
        best: dict[int, float] = {}
        for person, row in zip(held.persons.tolist(), held.vectors.astype(float), strict=True):
            if person < len(mask) and mask[person]:
                best[person] = max(best.get(person, -2.0), float(row @ probe))
        assert found.usable[at] == bool(probe.any())
        ranked = sorted(best.values(), reverse=True)[:2] if probe.any() else []
        assert found.scores[at].tolist() == pytest.approx([*ranked, -1.0, -1.0][:2], abs=1e-9)
        for person, score in zip(found.persons[at].tolist(), found.scores[at].tolist(), strict=True):
            assert person == NOBODY or best[person] == pytest.approx(score, abs=1e-9)


def test_scores_are_calibrated_for_fusion_like_any_other(walks: tuple[np.ndarray, np.ndarray]) -> None:
    images, persons = walks
    projection = Projection.fit(images, persons)
    cosines = projection.encode(images) @ projection.encode(images).T
    one, other = np.triu_indices(len(persons), 1)
    same = persons[one] == persons[other]
    scores = cosines[one, other].astype(float)
    made = fit(scores[same], scores[~same], model=projection.model, modality=Modality.GAIT, source="drawn walkers")
    assert made.llr(np.array([0.99]))[0] > 0 > made.llr(np.array([-0.5]))[0]


class TestNoDoorOpensByGait:
    """Every way in that a gait could try."""

    def test_no_fact_carries_a_gait(self) -> None:
        assert "gait" not in {kind.__struct_config__.tag for kind in Probe.__args__}
        body = msgspec.msgpack.decode(wire.encode_body(face(0)))
        for probe in ({"type": "gait", "model": "gei", "embedding": b"\0" * 256}, {"type": "gait"}):
            with pytest.raises(wire.WireError):
                wire.decode_body(msgspec.msgpack.encode({**body, "probe": probe}))

    @pytest.mark.parametrize("kind", [Modality.GAIT, Modality.FACE, Modality.FINGER])
    @pytest.mark.parametrize("as_claim", [True, False])
    def test_a_gait_shown_as_a_credential_stands_for_nobody(self, kind: Modality, as_claim: bool) -> None:
        """Even where the registry held such a credential by mistake."""
        credentials = {**VIEW.credentials, (kind.value, "g1"): Credential(0, 0, FOREVER_US)}
        view = replace(VIEW, credentials=credentials)
        shown = CredentialRead(kind=kind, credential="g1")
        capture = face(None, claim=shown) if as_claim else factories.capture(door="gate", probe=shown)
        (found,) = judge(view, [capture])
        assert (found.outcome, found.opens, found.person) == (Outcome.UNRECOGNISED, False, None)

    def test_a_gait_vector_sent_as_a_face_finds_no_gallery(self) -> None:
        """Templates of gaits are not among a gateway's faces, and the server loads faces alone."""
        vector = np.full(64, 0.125, "<f4").tobytes()
        row = sets.GalleryRow(person="p0", modality=Modality.GAIT, model="gei-1", embedding=vector)
        held = {sets.GALLERY: {"t1": sets.encode_row(row)}, sets.RIGHTS: {}, sets.ACCESS: {}}
        copy, _ = estate_copy.build("e1", 1, held, 0)
        assert copy.view.faces == {}
        probe = msgspec.structs.replace(factories.face_probe(), model="gei-1", embedding=vector)
        for view in (copy.view, VIEW):
            (found,) = judge(view, [factories.capture(door="gate", probe=probe)])
            assert (found.opens, found.person) == (False, None)

    def test_no_device_can_be_told_to_recognise_gaits(self) -> None:
        assert Modality.GAIT not in pictures._MAKERS
        device = '[[device]]\nid = "c"\nkind = "video"\ndoor = "d"\nurl = "rtsp://x"\nrecognise = ["gait"]\n'
        with pytest.raises(WrongConfig, match="recognise"):
            parse_config(f'[gateway]\nid = "gw"\nestate = "e1"\n{device}', Path("gateway.toml"))

    def test_a_gallery_of_gaits_put_among_the_faces_by_mistake_opens_nothing(self) -> None:
        """No table of thresholds names a gait model, and without one nobody is accepted."""
        vectors = unit(np.random.default_rng(1).standard_normal((3, 64)).astype(np.float32))
        faces = FaceGallery.empty(model="gei-1", dim=64).add(
            Templates(ids=np.arange(3), persons=np.arange(3, dtype=np.int32), vectors=vectors)
        )
        view = replace(VIEW, faces={**VIEW.faces, "gei-1": faces})
        probe = msgspec.structs.replace(factories.face_probe(), model="gei-1", embedding=vectors[0].tobytes())
        (found,) = judge(view, [factories.capture(door="gate", probe=probe)])
        assert (found.outcome, found.reason, found.opens) == (Outcome.UNRECOGNISED, "unmeasured_model", False)
