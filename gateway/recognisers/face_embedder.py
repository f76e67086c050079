"""Turning aligned faces into vectors: SFace through OpenCV, a site's own network (ArcFace, say) by onnxruntime."""

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.alignment import SIDE
from gateway.recognisers.images import Picture
from gateway.recognisers.manifest import FaceEmbedding
from gateway.recognisers.model_files import read_model, unusable
from gateway.recognisers.opencv import network_buffer, single_thread
from gateway.recognisers.sessions import Session, tensor
from recognition.modalities.face import unit


class FaceEmbedder(Protocol):
    """Aligned crops in, unit vectors out."""

    def encode(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        """(b, d) float32 of unit norm for b aligned crops (112, 112, 3); (0, d) for none."""
        ...


def open_embedder(model: FaceEmbedding) -> FaceEmbedder:
    """The embedder of a manifest entry; raises ModelMissing, ModelChanged or ModelUnusable (a wrong dimension too)."""
    embedder: FaceEmbedder = SFaceEmbedder(model) if model.runtime == "opencv" else OnnxEmbedder(model)
    found = embedder.encode([np.zeros((SIDE, SIDE, 3), np.uint8)]).shape
    if found != (1, model.dimension):
        raise unusable(model, f"gives {found}, wanted (1, {model.dimension})")
    return embedder


class SFaceEmbedder:
    """SFace. OpenCV takes one face at a time. For one thread."""

    def __init__(self, model: FaceEmbedding) -> None:
        single_thread()
        self._dimension = model.dimension
        weights = read_model(model)
        with network_buffer(model, weights) as (buffer, no_config):
            self._network = cv2.FaceRecognizerSF.create("onnx", buffer, no_config)

    def encode(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        """See FaceEmbedder."""
        if not crops:
            return np.zeros((0, self._dimension), np.float32)
        return unit(np.stack([np.asarray(self._network.feature(crop), np.float32).ravel() for crop in crops]))


class OnnxEmbedder:
    """Any embedding network of one image input and one vector output. For one thread."""

    def __init__(self, model: FaceEmbedding) -> None:
        self._model = model
        self._session = Session(model)

    def encode(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        """See FaceEmbedder."""
        if not crops:
            return np.zeros((0, self._model.dimension), np.float32)
        how = self._model.input
        sized = [
            cv2.resize(crop, (how.width, how.height)) if crop.shape[:2] != (how.height, how.width) else crop
            for crop in crops
        ]
        vectors = self._session.run(tensor(np.stack(sized), how))[0]
        return unit(np.asarray(vectors, np.float32).reshape(len(crops), -1))
