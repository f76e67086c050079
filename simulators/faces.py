"""Real faces for the demo: a folder of the user's own, or one free portrait that an installed package carries.

A folder holds a sub-folder a person with one or more pictures each, or one picture a person. Without a folder it is
NASA's portrait of the astronaut Eileen Collins (in the public domain), which the scikit-image wheel carries; the
package is found, never imported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from core.errors import AnjuError
from gateway.recognisers.images import UnreadableImage, decode, require_picture
from simulators.plates import Picture
from simulators.scenes import add_noise

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
ENROLMENT_PICTURES = 2
_PACKAGE, _FILE = "skimage", Path("data") / "astronaut.png"


class NoFaces(AnjuError):
    """There is no picture of a face to show the recogniser."""

    code = "no_faces"


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody whose real pictures the demo uses.

    Attributes:
        name: The folder's or file's name.
        pictures: One or more, (height, width, 3) uint8, blue first.
        source: Where they are from, in words for the log.
    """

    name: str
    pictures: tuple[Picture, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a folder gave: sitters, and the files that are no pictures with the reason."""

    sitters: tuple[Sitter, ...]
    refused: tuple[tuple[Path, str], ...]


def gather(folder: Path | None) -> Gathered:
    """The sitters of the user's folder, or the one of the installed portrait.

    Raises:
        NoFaces: The folder is missing or holds no picture; or no portrait is installed.
    """
    if folder is None:
        return Gathered((_portrait(),), ())
    if not folder.is_dir():
        raise _none(folder)
    sitters: list[Sitter] = []
    refused: list[tuple[Path, str]] = []
    for name, files in _people(folder):
        pictures = tuple(_readable(files, refused))
        if pictures:
            sitters.append(Sitter(name, pictures, str(folder)))
    if not sitters:
        raise _none(folder)
    return Gathered(tuple(sitters), tuple(refused))


def _none(folder: Path) -> NoFaces:
    return NoFaces(
        f"文件夹“{folder}”中没有可用的照片。",
        f"The folder {folder} holds no usable picture.",
        mend_zh="请在其中为每人建一个子文件夹，放入一张或多张 JPEG 或 PNG 正面照片。",
        mend_en="Put one or more frontal JPEG or PNG pictures a person into it, in a sub-folder for each.",
    )


def _people(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield entry.name, sorted(path for path in entry.iterdir() if path.suffix.lower() in SUFFIXES)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry.stem, [entry]


def _readable(files: list[Path], refused: list[tuple[Path, str]]) -> Iterator[Picture]:
    for path in files:
        try:
            yield decode(path.read_bytes())
        except UnreadableImage as error:
            refused.append((path, error.code))


def _portrait() -> Sitter:
    spec = find_spec(_PACKAGE)
    path = Path(spec.submodule_search_locations[0]) / _FILE if spec and spec.submodule_search_locations else None
    if path is None or not path.is_file():
        raise NoFaces(
            "没有安装演示用的人像照片。",
            "The portrait for the demo is not installed.",
            mend_zh="请运行 make setup，或用 --faces 指定您自己的照片文件夹。",
            mend_en="Run make setup, or name a folder of your own pictures with --faces.",
        )
    source = "NASA portrait of Eileen Collins (public domain), carried by the scikit-image package"
    return Sitter("Eileen Collins", (decode(path.read_bytes()),), source)


def vary(rng: np.random.Generator, picture: Picture) -> Picture:
    """The same face another time: a little turned, nearer or farther, brighter or darker, less sharp, noisier."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-8, 8), rng.uniform(0.8, 1.0))
    turned = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(turned, (0, 0), rng.uniform(0.3, 1.2))
    lit = cv2.convertScaleAbs(soft, alpha=rng.uniform(0.75, 1.2), beta=rng.uniform(0, 12))
    return add_noise(rng, require_picture(lit))


def probe(rng: np.random.Generator, sitter: Sitter) -> Picture:
    """A picture to present at a door: a variation of one that was not enrolled, where there is one."""
    others = sitter.pictures[ENROLMENT_PICTURES:] or sitter.pictures
    return vary(rng, others[int(rng.integers(len(others)))])
