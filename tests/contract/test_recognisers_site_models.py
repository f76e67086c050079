"""A site's own models: a further embedding network and a liveness model, declared by file and really run."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.images import Picture, decode
from gateway.recognisers.manifest import Manifest, load_manifest
from gateway.recognisers.model_files import ModelChanged, ModelUnusable
from tests.contract.recognisers_onnx_files import pooled

EMBEDDING = """
[[model]]
id = "blocks-1"
task = "face_embedding"
path = "blocks.onnx"
sha256 = "{sha256}"
licence = "none: a test's"
dimension = {dimension}
"""
LIVENESS = """
[[model]]
id = "colour-1"
task = "liveness"
path = "colour.onnx"
sha256 = "{sha256}"
licence = "none: a test's"
margin = 2.7
live_class = {live_class}
output = "{output}"
input = {{ width = 128, height = 128, colour = "{colour}", scale = 0.05 }}
"""


@pytest.fixture(scope="module")
def portrait() -> Picture:
    spec = find_spec("skimage")
    assert spec
    assert spec.submodule_search_locations
    return decode((Path(spec.submodule_search_locations[0]) / "data" / "astronaut.png").read_bytes())


def site(folder: Path, name: str, weights: bytes, declaration: str, use: str, **values: object) -> Manifest:
    (folder / name).write_bytes(weights)
    text = f"[use]\n{use}\n" + declaration.format(sha256=hashlib.sha256(weights).hexdigest(), **values)
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return load_manifest(folder / "site.toml")


def embedding_site(folder: Path, weights: bytes, dimension: int) -> Manifest:
    return site(folder, "blocks.onnx", weights, EMBEDDING, 'face_embedding = "blocks-1"', dimension=dimension)


def liveness_site(
    folder: Path, weights: bytes, *, live_class: int = 0, output: str = "probabilities", colour: str = "bgr"
) -> Manifest:
    return site(
        folder,
        "colour.onnx",
        weights,
        LIVENESS,
        'liveness = "colour-1"',
        live_class=live_class,
        output=output,
        colour=colour,
    )


def test_a_site_network_makes_the_embedding(tmp_path: Path, portrait: Picture) -> None:
    recogniser = FaceRecogniser(embedding_site(tmp_path, pooled(14), 192))  # 3 x 8 x 8 blocks
    face = recogniser.read(portrait).face
    assert face
    assert (face.model, recogniser.dimension) == ("blocks-1", 192)
    assert face.embedding.shape == (192,)
    assert np.linalg.norm(face.embedding) == pytest.approx(1.0, abs=1e-6)


def test_a_network_of_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"blocks-1.*192.*512"):
        FaceRecogniser(embedding_site(tmp_path, pooled(14), 512))


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="blocks-1") as refused:
        FaceRecogniser(embedding_site(tmp_path, b"not a network", 192))
    assert refused.value.mend_zh


def test_a_network_that_does_not_take_its_declared_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="blocks-1"):
        FaceRecogniser(embedding_site(tmp_path, pooled(200), 192))  # a block larger than the picture


def test_a_network_changed_after_it_was_declared_is_not_loaded(tmp_path: Path) -> None:
    manifest = embedding_site(tmp_path, pooled(14), 192)
    (tmp_path / "blocks.onnx").write_bytes(pooled(7))
    with pytest.raises(ModelChanged, match="blocks-1"):
        FaceRecogniser(manifest)


@pytest.mark.parametrize(("colour", "red_class"), [("bgr", 2), ("rgb", 0)])
def test_a_liveness_model_scores_the_surroundings_of_the_face(
    tmp_path: Path, portrait: Picture, colour: str, red_class: int
) -> None:
    """The stand-in's classes are the shares of the three colours: what it says is known beforehand."""
    manifest = liveness_site(tmp_path, pooled(128, classes=3), live_class=red_class, colour=colour)
    face = FaceRecogniser(manifest).read(portrait).face
    assert face
    assert face.liveness is not None
    assert 0.5 < face.liveness <= 1.0  # the portrait is reddish
    blue = portrait[..., ::-1].copy()
    other = FaceRecogniser(manifest).read(blue).face
    assert other
    assert other.liveness is not None
    assert other.liveness < 0.5


def test_logits_become_shares(tmp_path: Path, portrait: Picture) -> None:
    shares = FaceRecogniser(liveness_site(tmp_path, pooled(128, classes=3), live_class=2)).read(portrait).face
    logits = FaceRecogniser(liveness_site(tmp_path, pooled(128), live_class=2, output="logits")).read(portrait).face
    assert shares
    assert logits
    assert logits.liveness == pytest.approx(shares.liveness, abs=1e-5)


def test_a_live_class_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="live_class 3"):
        FaceRecogniser(liveness_site(tmp_path, pooled(128, classes=3), live_class=3))
