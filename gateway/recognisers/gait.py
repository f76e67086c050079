"""Gait, a pilot: a video of somebody walking past becomes an energy image, and that a vector. It opens nothing.

Silhouettes come from background subtraction (a mixture of Gaussians a pixel, Zivkovic 2004, OpenCV's MOG2), so the
camera must stand still and the background be learned first. Each silhouette is scaled to one height and placed by its
centre; their mean over whole steps is the gait energy image (Han and Bhanu 2006). Frames are not kept. The vector is
made by a projection fitted on the site's own walks, or by the site's own network named in the models manifest.

What comes out is for `recognition.fusion` alone; see `recognition.modalities.gait`. Nothing was measured on real walks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.recognisers.images import Picture, require_picture
from gateway.recognisers.manifest import GaitEmbedding
from gateway.recognisers.model_files import unusable
from gateway.recognisers.opencv import single_thread
from gateway.recognisers.sessions import Session
from recognition.modalities.gait import HEIGHT, WIDTH, GaitProbe, Projection, unit

LEAST_FRAMES = 20  # about one double step at the usual 15 to 25 frames a second
LEARNING = 30  # frames of the empty background before silhouettes are believed
LEAST_HEIGHT = 48  # pixels of a person in the picture; smaller ones are mostly noise at 64
STEPS = (6, 30)  # frames of a step, from quick at 12 frames a second to slow at 25
LEAST_RHYTHM = 0.3  # autocorrelation of the legs' width at the step: somebody who stands has none
_FOREGROUND = 200  # MOG2 marks shadows with 127
_FILL = (0.25, 0.95)  # share of a person's box that is person

Masks = NDArray[np.bool_]
Energy = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One walk past the camera.

    Attributes:
        energy: (HEIGHT, WIDTH) float32, 0..1: how often each place was covered; never in the representation.
        frames: how many silhouettes it is the mean of.
        rhythm: 0..1, how regular the steps were.
    """

    energy: Energy = field(repr=False)
    frames: int
    rhythm: float


class GaitEmbedder(Protocol):
    """Energy images to vectors."""

    @property
    def model(self) -> str:
        """Id, with version."""
        ...

    def encode(self, images: Energy) -> NDArray[np.float32]:
        """Unit vectors (n, k) float32 of energy images (n, HEIGHT, WIDTH) float32."""
        ...


class OnnxGait:
    """A site's own network on energy images (n, 1, HEIGHT, WIDTH) float32, 0..1. For one thread."""

    def __init__(self, model: GaitEmbedding) -> None:
        """Raises ModelMissing, ModelChanged, or ModelUnusable where the network gives no vectors of its dimension."""
        self.model = model.id
        self._file, self._session = model, Session(model)
        self.encode(np.zeros((1, HEIGHT, WIDTH), np.float32))

    def encode(self, images: Energy) -> NDArray[np.float32]:
        """See GaitEmbedder."""
        if not len(images):
            return np.zeros((0, self._file.dimension), np.float32)
        vectors = np.asarray(self._session.run(images[:, None])[0], np.float32).reshape(len(images), -1)
        if vectors.shape[1] != self._file.dimension:
            raise unusable(self._file, f"{vectors.shape[1]} values for {self._file.dimension}")
        return unit(vectors)


def open_gait(model: GaitEmbedding | None, projection: Projection | None) -> GaitEmbedder | None:
    """The site's network if it has one, else its projection, else None: no gait."""
    return OnnxGait(model) if model is not None else projection


class SilhouetteCutter:
    """Silhouettes of one camera's frames, in order; learns the background as it goes. For one thread."""

    def __init__(self) -> None:
        single_thread()
        self._background = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=25, detectShadows=True)
        self._kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        self._seen = 0

    def cut(self, frame: Picture) -> Masks | None:
        """The silhouette (HEIGHT, WIDTH) bool of the one person in a frame (h, w, 3) uint8.

        None while the background is learned, without anybody, with somebody too small or cut off by the picture's
        edge. Raises UnreadableImage for what is no picture.
        """
        mask = self._background.apply(require_picture(frame))
        self._seen += 1
        if self._seen <= LEARNING:
            return None
        sure = (mask >= _FOREGROUND).astype(np.uint8)
        opened = cv2.morphologyEx(sure, cv2.MORPH_OPEN, self._kernel)
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, self._kernel, iterations=2)
        return _person(np.asarray(closed, np.uint8))


def _person(mask: NDArray[np.uint8]) -> Masks | None:
    """The largest connected part, scaled to HEIGHT and centred by its centre of mass; None where it is no person."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, area = (int(value) for value in stats[largest])
    cut_off = left == 0 or top == 0 or left + width == mask.shape[1] or top + height == mask.shape[0]
    fill = area / (width * height)
    if cut_off or height < max(LEAST_HEIGHT, width) or not _FILL[0] <= fill <= _FILL[1]:
        return None
    part = (labels[top : top + height, left : left + width] == largest).astype(np.uint8)
    scaled = (
        cv2.resize(part * 255, (max(1, round(width * HEIGHT / height)), HEIGHT), interpolation=cv2.INTER_AREA) > 127
    )
    centre = round(float(np.nonzero(scaled)[1].mean()))
    canvas = np.zeros((HEIGHT, WIDTH + 2 * scaled.shape[1]), np.bool_)
    start = scaled.shape[1] + WIDTH // 2 - centre
    canvas[:, start : start + scaled.shape[1]] = scaled
    return canvas[:, scaled.shape[1] : scaled.shape[1] + WIDTH]


def walk_of(silhouettes: Sequence[Masks]) -> Walk | None:
    """The walk that silhouettes (HEIGHT, WIDTH) of one passage make; None where it is too short or has no steps."""
    if len(silhouettes) < LEAST_FRAMES:
        return None
    stack = np.stack(silhouettes)
    step, rhythm = rhythm_of(stack[:, HEIGHT // 2 :].any(axis=1).sum(axis=1).astype(np.float64))
    if step is None or rhythm < LEAST_RHYTHM:
        return None
    whole = len(stack) // step * step  # whole steps, so that no phase weighs more than another
    return Walk(energy=stack[:whole].mean(axis=0, dtype=np.float32), frames=whole, rhythm=rhythm)


def rhythm_of(widths: NDArray[np.float64]) -> tuple[int | None, float]:
    """The frames of a step and how regular it is, 0..1, from the legs' width (n,) over time; (None, 0) without one.

    The first peak of the autocorrelation within STEPS: the legs open and close once a step.
    """
    centred = widths - widths.mean()
    power = float(centred @ centred)
    shortest, longest = STEPS[0], min(STEPS[1], len(widths) // 2)
    if power <= 0 or longest <= shortest:
        return None, 0.0
    lags = np.arange(shortest - 1, longest + 2)
    alike = np.array([centred[lag:] @ centred[: len(centred) - lag] / power for lag in lags])
    inner = alike[1:-1]
    peaks = np.flatnonzero((inner >= alike[:-2]) & (inner >= alike[2:]))
    if not len(peaks):
        return None, 0.0
    best = peaks[inner[peaks] >= 0.8 * inner[peaks].max()][0] if inner[peaks].max() > 0 else peaks[0]
    return int(lags[best + 1]), float(np.clip(inner[best], 0.0, 1.0))


class GaitReader:
    """A video of one passage to a probe for fusion. For one thread."""

    def __init__(self, embedder: GaitEmbedder) -> None:
        self._embedder = embedder

    def read(self, frames: Iterable[Picture]) -> GaitProbe | None:
        """The walk in a video that begins with the empty background; None where there is no usable one."""
        walk = read_walk(frames)
        if walk is None:
            return None
        return GaitProbe(model=self._embedder.model, vector=self._embedder.encode(walk.energy[None])[0])


def read_walk(frames: Iterable[Picture]) -> Walk | None:
    """The walk in a video, frame after frame; frames are dropped as soon as they are cut."""
    cutter = SilhouetteCutter()
    return walk_of([mask for frame in frames if (mask := cutter.cut(frame)) is not None])
