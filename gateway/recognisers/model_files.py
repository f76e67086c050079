"""Finding, checking and reading model files. A file is used only if its bytes hash to what the manifest says.

Carrier packages are located, never imported: their code plays no part here.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from core.errors import AnjuError
from gateway.recognisers.manifest import Manifest, Model, ModelFile


class ModelMissing(AnjuError):
    """A model's package or file is not there."""

    code = "model_missing"


class ModelChanged(AnjuError):
    """A model's file is not the one the manifest describes."""

    code = "model_changed"


class ModelUnusable(AnjuError):
    """A model's file is the declared one, but its network is not of the declared kind."""

    code = "model_unusable"


class State(StrEnum):
    """What became of a model's file."""

    FINE = "fine"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """One row for `anju doctor`."""

    id: str
    task: str
    in_use: bool
    state: State
    zh: str  # what is wrong and its mend; empty where fine
    en: str


def locate(model: ModelFile) -> Path:
    """Where the model's file is; raises ModelMissing."""
    path = Path(model.path)
    if model.package:
        spec = find_spec(model.package)
        folders = spec.submodule_search_locations if spec else None
        if not folders:
            raise _missing(model, f"package {model.package}", f"软件包 {model.package}")
        path = Path(folders[0]) / model.path
    if not path.is_file():
        raise _missing(model, f"file {path}", f"文件 {path}")
    return path


def read_model(model: ModelFile) -> bytes:
    """The model's bytes, verified: what was hashed is what is handed on. Raises ModelMissing or ModelChanged."""
    path = locate(model)
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise _missing(model, f"file {path} ({error.strerror})", f"文件 {path}（{error.strerror}）") from error
    if hashlib.sha256(weights).hexdigest() != model.sha256:
        raise _changed(model, path)
    return weights


def survey(manifest: Manifest) -> list[ModelState]:
    """The state of every declared model, in the manifest's order; never raises for a model that is not fine."""
    return [_state(model, in_use=model.id in manifest.use.ids()) for model in manifest.models.values()]


def unusable(model: ModelFile, detail: str) -> ModelUnusable:
    """The error for a network that is not of its declared kind."""
    return ModelUnusable(
        f"模型 {model.id} 不是可用的 {model.task} 网络（{detail}）。",
        f"Model {model.id} is no usable network for {model.task} ({detail}).",
        mend_zh="请核对站点模型清单中的文件和参数（任务、维数、输入尺寸）。",
        mend_en="Check the file and its parameters (task, dimension, input size) in the site's models file.",
    )


def _state(model: Model, *, in_use: bool) -> ModelState:
    state, zh, en = State.FINE, "", ""
    try:
        read_model(model)
    except ModelMissing as error:
        state, zh, en = State.MISSING, error.text("zh"), error.text("en")
    except ModelChanged as error:
        state, zh, en = State.CHANGED, error.text("zh"), error.text("en")
    return ModelState(id=model.id, task=model.task, in_use=in_use, state=state, zh=zh, en=en)


def _missing(model: ModelFile, en: str, zh: str) -> ModelMissing:
    if model.package:
        mend_zh = f"请运行 make setup 重新安装锁定的软件包（{model.package}）。"
        mend_en = f"Run `make setup` to install the locked packages again ({model.package})."
    else:
        mend_zh = "请把该文件放到站点模型清单所写的位置，或从清单中删去此模型。"
        mend_en = "Put the file where the site's models file says, or take the model out of it."
    return ModelMissing(
        f"模型 {model.id} 不可用：缺少{zh}。",
        f"Model {model.id} is missing: no {en}.",
        mend_zh=mend_zh,
        mend_en=mend_en,
    )


def _changed(model: ModelFile, path: Path) -> ModelChanged:
    if model.package:
        mend_zh = f"请运行 make setup 重新安装软件包 {model.package}；不要使用被改动的文件。"
        mend_en = f"Run `make setup` to install the package {model.package} again; do not use a changed file."
    else:
        mend_zh = "请恢复原文件；如确要换模型，请在站点清单中以新的编号和 SHA-256 登记，并重新采集模板。"
        mend_en = "Restore the file; for a new model declare a new id and SHA-256 in the site's file and enrol again."
    return ModelChanged(
        f"模型 {model.id} 的文件 {path} 与清单不符（SHA-256 不同）。",
        f"The file {path} of model {model.id} is not the declared one (its SHA-256 differs).",
        mend_zh=mend_zh,
        mend_en=mend_en,
    )
