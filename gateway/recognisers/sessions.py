"""The one place that knows onnxruntime: networks from verified bytes, one thread each.

One thread is measured to be about twice as fast here as two, and leaves the other core to the services.
"""

from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as faults  # type: ignore[import-untyped]

from gateway.recognisers.manifest import ImageInput, ModelFile
from gateway.recognisers.model_files import read_model, unusable

_QUIET = 3  # errors only: carriers' files bring warnings about unused initialisers
_FAULTS = (
    faults.Fail,
    faults.InvalidArgument,
    faults.InvalidGraph,
    faults.InvalidProtobuf,
    faults.NoModel,
    faults.NotImplemented,
    faults.RuntimeException,
)


class Session:
    """A network with one input, loaded and checked. For one thread."""

    def __init__(self, model: ModelFile) -> None:
        """Raises ModelMissing, ModelChanged, or ModelUnusable where the file is no network of one input."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        self._model = model
        weights = read_model(model)
        try:
            self._session: Any = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except _FAULTS as error:
            raise unusable(model, str(error)) from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise unusable(model, f"{len(inputs)} inputs")
        self._input: str = inputs[0].name

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for one batch; raises ModelUnusable where the network refuses its shape."""
        try:
            outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: batch})
        except _FAULTS as error:
            raise unusable(self._model, str(error)) from error
        return outputs

    def metadata(self, key: str) -> str:
        """A text kept in the file; raises ModelUnusable where there is none of this name."""
        kept: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        if key not in kept:
            raise unusable(self._model, f"no metadata {key!r}")
        return kept[key]


def tensor(pictures: NDArray[np.uint8], how: ImageInput) -> NDArray[np.float32]:
    """Pictures (b, h, w, 3), blue first, as a network wants them: (b, 3, h, w) float32."""
    ordered = pictures[..., ::-1] if how.colour == "rgb" else pictures
    scaled = (ordered.astype(np.float32) - np.float32(how.mean)) * np.float32(how.scale)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
