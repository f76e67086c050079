"""Pictures of faces for the demo: where they come from, and that they are still the same face."""

from pathlib import Path

import numpy as np
import pytest

from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.manifest import load_manifest
from simulators import faces
from simulators.scenes import jpeg


def _portrait() -> faces.Sitter:
    return faces.gather(None).sitters[0]


def _fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(jpeg(np.full((64, 48, 3), 120, np.uint8)))


def test_without_a_folder_the_portrait_of_an_installed_package_sits() -> None:
    sitter = _portrait()
    assert "public domain" in sitter.source
    assert sitter.pictures[0].shape == (512, 512, 3)


def test_a_folder_holds_a_person_a_sub_folder_or_a_file(tmp_path: Path) -> None:
    _fill(tmp_path, "小王/a.jpg", "小王/b.JPG", "li.png", "notes.txt")
    gathered = faces.gather(tmp_path)
    assert {sitter.name: len(sitter.pictures) for sitter in gathered.sitters} == {"小王": 2, "li": 1}
    assert gathered.refused == ()


def test_a_file_that_is_no_picture_is_named_with_the_reason(tmp_path: Path) -> None:
    _fill(tmp_path, "li.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    gathered = faces.gather(tmp_path)
    assert gathered.refused == ((tmp_path / "bad.jpg", "image_not_a_picture"),)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_pictures_is_refused_with_the_mend(tmp_path: Path, name: str) -> None:
    with pytest.raises(faces.NoFaces, match="sub-folder"):
        faces.gather(tmp_path / name)


def test_probes_come_from_pictures_that_were_not_enrolled_where_there_are_any() -> None:
    dark, darker, light = (np.full((8, 8, 3), value, np.uint8) for value in (40, 20, 200))
    rng = np.random.default_rng(1)
    assert all(faces.probe(rng, faces.Sitter("x", (dark, darker, light), "test")).mean() > 130 for _ in range(9))
    assert faces.probe(rng, faces.Sitter("x", (dark,), "test")).mean() < 80


def test_the_real_recogniser_knows_the_varied_portrait_again() -> None:
    recogniser, rng, sitter = FaceRecogniser(load_manifest()), np.random.default_rng(1), _portrait()
    pictures = [*sitter.pictures, faces.vary(rng, sitter.pictures[0]), *(faces.probe(rng, sitter) for _ in range(4))]
    seen = [recogniser.read(picture).face for picture in pictures]
    found = np.stack([face.embedding for face in seen if face is not None])
    assert len(found) == len(pictures)
    assert (found[2:] @ found[:2].T).min() > 0.8
