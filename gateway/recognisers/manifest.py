"""The models manifest: which model does which task, where its file is, what it must hash to, under which licence.

`models.toml` beside this module lists what ships with the project. A site may add models of its own (an ArcFace
network, a liveness model) by a further file of the same form: its `[[model]]` tables are added, its `[use]` table
overrides the choice of models task by task. What cannot be used is refused here, by name, before anything is loaded.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from core.errors import AnjuError

FINGERS = Path(__file__).with_name("fingers.toml")  # a second manifest, for sites with finger readers
SHIPPED = Path(__file__).with_name("models.toml")

# Two readers' ids joined by "+" still fit a fact's field of 64 characters.
ModelId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$")]
Side = Annotated[int, Meta(ge=16, le=1024)]


class WrongManifest(AnjuError):
    """A manifest that cannot be used: unreadable, incomplete, or contradicting itself."""

    code = "wrong_model_manifest"


class ImageInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pixels are handed to a network: (value - mean) * scale, in the named order, at this size."""

    width: Side
    height: Side
    colour: Literal["bgr", "rgb"] = "bgr"
    mean: float = 0.0
    scale: Annotated[float, Meta(gt=0)] = 1.0


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="task"):
    """What every model declares. `path` is inside `package`; without a package it is a file of the site's own."""

    id: ModelId  # with its version: it is stored with every template
    path: Annotated[str, Meta(min_length=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    licence: Annotated[str, Meta(min_length=1)]
    package: Annotated[str, Meta(pattern="^([A-Za-z_][A-Za-z0-9_]*)?$")] = ""

    def __post_init__(self) -> None:
        if self.package and (Path(self.path).is_absolute() or ".." in Path(self.path).parts):
            raise ValueError(f"path of {self.id} must stay inside its package")

    @property
    def task(self) -> str:
        """The task's name as the manifest writes it."""
        return str(self.__struct_config__.tag)


class FaceDetection(ModelFile, frozen=True, kw_only=True, tag="face_detection"):
    """A YuNet detector (box, five points, score), run by OpenCV."""


class FaceEmbedding(ModelFile, frozen=True, kw_only=True, tag="face_embedding"):
    """An embedding network on aligned 112 x 112 faces: SFace by OpenCV, any other ONNX file by onnxruntime."""

    dimension: Annotated[int, Meta(ge=64, le=1024)]
    runtime: Literal["opencv", "onnxruntime"] = "onnxruntime"
    input: ImageInput = ImageInput(width=112, height=112, colour="rgb", mean=127.5, scale=1 / 127.5)


class Liveness(ModelFile, frozen=True, kw_only=True, tag="liveness"):
    """A presentation attack detector on the face's surroundings, the box enlarged by `margin`."""

    input: ImageInput
    margin: Annotated[float, Meta(ge=1.0, le=6.0)]
    live_class: Annotated[int, Meta(ge=0)]
    output: Literal["probabilities", "logits"]


class PlateDetection(ModelFile, frozen=True, kw_only=True, tag="plate_detection"):
    """A four-corner plate detector of the zeusees family (priors of strides 8, 16 and 32)."""


class PlateReading(ModelFile, frozen=True, kw_only=True, tag="plate_reading"):
    """A CTC line reader, blank first; its alphabet is written here or kept in the file's metadata."""

    height: Side
    alphabet: str = ""
    alphabet_key: str = ""

    def __post_init__(self) -> None:
        ModelFile.__post_init__(self)
        if bool(self.alphabet) == bool(self.alphabet_key):
            raise ValueError(f"{self.id} needs either alphabet or alphabet_key")


class FingerMinutiae(ModelFile, frozen=True, kw_only=True, tag="finger_minutiae"):
    """A LEADER network: a grey picture in, per pixel a heat map, a direction, a kind and a quality out."""


class GaitEmbedding(ModelFile, frozen=True, kw_only=True, tag="gait_embedding"):
    """A site's own network on gait energy images, 64 x 44 floats from 0 to 1. For fusion alone: gait opens no door."""

    dimension: Annotated[int, Meta(ge=2, le=1024)]


Model = FaceDetection | FaceEmbedding | FingerMinutiae | GaitEmbedding | Liveness | PlateDetection | PlateReading
_M = TypeVar("_M", bound=ModelFile)


class Use(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model (by id) does which task."""

    face_detection: str
    face_embedding: str
    plate_detection: str
    plate_reading: tuple[str, str]  # two readers: only where both read the same is a plate certain
    liveness: str = ""  # empty: off
    finger_minutiae: str = ""  # empty: the site has no finger readers
    gait_embedding: str = ""  # empty: no gait, or a projection fitted on the site's own walks

    def __post_init__(self) -> None:
        if self.plate_reading[0] == self.plate_reading[1]:
            raise ValueError("plate_reading needs two different readers")

    def ids(self) -> frozenset[str]:
        """Every model id in use."""
        singles = (self.face_detection, self.face_embedding, self.plate_detection, self.liveness)
        return frozenset(filter(None, (*singles, self.finger_minutiae, self.gait_embedding, *self.plate_reading)))


@dataclass(frozen=True, slots=True)
class Manifest:
    """All declared models and the choice among them; one that names an unfitting model for a task cannot be made."""

    models: Mapping[str, Model]
    use: Use

    def __post_init__(self) -> None:
        # Reading a choice checks it.
        _ = (self.face_detection, self.face_embedding, self.liveness, self.plate_detection, self.plate_reading)
        _ = (self.finger_minutiae, self.gait_embedding)

    @property
    def face_detection(self) -> FaceDetection:
        """The face detector in use."""
        return self._chosen(self.use.face_detection, FaceDetection)

    @property
    def face_embedding(self) -> FaceEmbedding:
        """The face embedding network in use."""
        return self._chosen(self.use.face_embedding, FaceEmbedding)

    @property
    def liveness(self) -> Liveness | None:
        """The liveness model in use; None where the site has named none."""
        return self._chosen(self.use.liveness, Liveness) if self.use.liveness else None

    @property
    def plate_detection(self) -> PlateDetection:
        """The plate detector in use."""
        return self._chosen(self.use.plate_detection, PlateDetection)

    @property
    def plate_reading(self) -> tuple[PlateReading, PlateReading]:
        """The two plate readers in use."""
        first, second = self.use.plate_reading
        return self._chosen(first, PlateReading), self._chosen(second, PlateReading)

    @property
    def finger_minutiae(self) -> FingerMinutiae | None:
        """The minutiae network in use; None where the site reads no fingers."""
        return self._chosen(self.use.finger_minutiae, FingerMinutiae) if self.use.finger_minutiae else None

    @property
    def gait_embedding(self) -> GaitEmbedding | None:
        """The site's own gait network; None where it has named none."""
        return self._chosen(self.use.gait_embedding, GaitEmbedding) if self.use.gait_embedding else None

    def _chosen(self, model_id: str, kind: type[_M]) -> _M:
        task = kind.__struct_config__.tag
        model = self.models.get(model_id)
        if not isinstance(model, kind):
            found = f"为 {model.task} 模型" if model else "未列出"
            found_en = f"is a model for {model.task}" if model else "is not listed"
            raise WrongManifest(
                f"模型清单为任务 {task} 指定了“{model_id}”，但它{found}。",
                f"The models manifest names {model_id!r} for {task}, but it {found_en}.",
                mend_zh="请在站点模型清单的 [use] 中改用合适的编号，或补上对应的 [[model]]。",
                mend_en="Correct [use] in the site's models file, or add the [[model]] it needs.",
            )
        return model


def load_manifest(site: Path | None = None) -> Manifest:
    """The shipped manifest, with the site's file (if any) laid over it.

    Raises:
        WrongManifest: a file is unreadable, a model is declared wrongly or twice, or a task names no fitting model.
    """
    models, use = _read(SHIPPED)
    if site is not None:
        more, override = _read(site)
        models += more
        use |= override
    by_id = {model.id: model for model in models}
    if len(by_id) < len(models):
        raise _wrong(site or SHIPPED, "the same model id is declared twice", "同一模型编号出现两次")
    try:
        return Manifest(models=by_id, use=msgspec.convert(use, Use))
    except msgspec.ValidationError as error:
        raise _wrong(site or SHIPPED, f"[use]: {error}", f"[use]：{error}") from error


def _read(file: Path) -> tuple[list[Model], dict[str, Any]]:
    """The models and the raw `[use]` table of one file; a site file's relative paths start at its own folder."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        models = msgspec.convert(raw.pop("model", []), list[Model])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _wrong(file, str(error), str(error)) from error
    use = raw.pop("use", {})
    if raw or not isinstance(use, dict):
        raise _wrong(file, "only [use] and [[model]] are known here", "只能包含 [use] 和 [[model]]")
    return [m if m.package else msgspec.structs.replace(m, path=str(file.parent / m.path)) for m in models], use


def _wrong(file: Path, en: str, zh: str) -> WrongManifest:
    return WrongManifest(
        f"模型清单 {file} 有误：{zh}。",
        f"The models manifest {file} is wrong: {en}.",
        mend_zh="请按随附的 models.toml 的格式修改。",
        mend_en="Correct it after the form of the models.toml that ships with the project.",
    )
