"""A site's own gait network: declared in the models manifest, checked, really run; off by default."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from gateway.recognisers import gait
from gateway.recognisers.manifest import Manifest, WrongManifest, load_manifest
from gateway.recognisers.model_files import ModelChanged, ModelUnusable
from recognition.modalities.gait import HEIGHT, WIDTH
from tests import walkers
from tests.contract.recognisers_onnx_files import pooled

BLOCK = 4
DIMENSION = (HEIGHT // BLOCK) * (WIDTH // BLOCK)
FORM = """
[use]
gait_embedding = "{use}"
[[model]]
id = "strides-1"
task = "gait_embedding"
path = "strides.onnx"
sha256 = "{sha256}"
licence = "none: a test's"
dimension = {dimension}
"""


def site(folder: Path, *, dimension: int = DIMENSION, use: str = "strides-1") -> Manifest:
    weights = pooled(BLOCK)
    (folder / "strides.onnx").write_bytes(weights)
    text = FORM.format(use=use, sha256=hashlib.sha256(weights).hexdigest(), dimension=dimension)
    (folder / "site.toml").write_text(text, "utf-8")
    return load_manifest(folder / "site.toml")


def test_a_walk_becomes_the_sites_own_vector(tmp_path: Path) -> None:
    embedder = gait.open_gait(site(tmp_path).gait_embedding, None)
    assert embedder is not None
    frames = list(walkers.video(walkers.Walker()))
    probe = gait.GaitReader(embedder).read(frames)
    walk = gait.read_walk(frames)
    assert probe is not None
    assert walk is not None
    blocks = walk.energy.reshape(HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).mean(axis=(1, 3)).ravel()
    np.testing.assert_allclose(probe.vector, blocks / np.linalg.norm(blocks), atol=1e-5)
    assert probe.model == "strides-1"
    assert "array" not in repr(probe)
    assert gait.GaitReader(embedder).read(frames[:40]) is None


def test_a_network_of_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=f"{DIMENSION} values for 64"):
        gait.open_gait(site(tmp_path, dimension=64).gait_embedding, None)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    manifest = site(tmp_path)
    (tmp_path / "strides.onnx").write_bytes(pooled(2))
    with pytest.raises(ModelChanged):
        gait.open_gait(manifest.gait_embedding, None)


def test_without_a_network_and_a_projection_there_is_no_gait(tmp_path: Path) -> None:
    assert load_manifest(None).gait_embedding is None
    assert gait.open_gait(None, None) is None
    with pytest.raises(WrongManifest, match="gait_embedding"):
        site(tmp_path, use="sface-2021dec-int8bq")
