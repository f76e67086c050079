"""The one place that sets OpenCV up: one thread, networks from verified bytes."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.manifest import ModelFile
from gateway.recognisers.model_files import unusable


def single_thread() -> None:
    """Keep OpenCV to the calling thread: the cores belong to the services, and recognisers run one a thread."""
    cv2.setNumThreads(1)


@contextmanager
def network_buffer(model: ModelFile, weights: bytes) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The weights and an absent configuration as OpenCV wants them; its parse errors become ModelUnusable."""
    try:
        yield np.frombuffer(weights, np.uint8), np.empty(0, np.uint8)
    except cv2.error as error:
        raise unusable(model, str(error)) from error
