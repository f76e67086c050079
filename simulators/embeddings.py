"""Face embeddings drawn so that their scores look like SFace's.

A person is a centre; a picture is the centre and some noise, scaled to unit length. Mean, total and within-person
standard deviation on each of the 128 principal axes were measured on 8,534 LFW pictures of 4,437 people (SFace
2021dec); `data/sface_spectrum.csv` holds these figures and nothing else. A lognormal factor on each picture's noise
gives the heavy lower tail of real genuine scores. Measured on 8,000 simulated people: genuine median 0.67, 1 % under
0.34; impostors mean 0.09, deviation 0.09.

The axes are the principal ones, not the network's own, so a simulated face and a real one are unrelated.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulators.randomness import stream

DIM = 128
MODEL = "sface-2021dec-int8bq"  # whose scores these are, and whose thresholds apply
RECOGNISER = "simulated"  # what tells them from real pictures in every capture
PICTURES_AT_ENROLMENT = 2
ALIKE_AT_ENROLMENT = 0.5  # enrolment refuses two pictures of a person under the threshold, 0.449
NOISE_MEDIAN = 0.925  # 1 gives a genuine median of 0.64: real pictures vary a little less than the axes say
NOISE_SIGMA = 0.365
COMMON = 0.97  # on the mean, which everybody shares
TWIN_LIKENESS = 0.985  # correlation of twins' centres: they score about as high as one person's two pictures

Embeddings = NDArray[np.float32]
_SPECTRUM = Path(__file__).with_name("data") / "sface_spectrum.csv"


@lru_cache(maxsize=1)
def _spectrum() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, between-person and within-person standard deviation, (128,) float64 each."""
    mean, total, within = np.loadtxt(_SPECTRUM, delimiter=",", skiprows=1, unpack=True)
    return mean * COMMON, np.sqrt(total**2 - within**2), within


def draw_centres(seed: int, count: int, twins: NDArray[np.int64] | None = None) -> Embeddings:
    """The centres of `count` people.

    Args:
        seed: Of the world; people of one seed are the same in every process.
        count: 0 or more.
        twins: (count,) int64, the row of each one's look-alike or -1.

    Returns:
        (count, 128) float32, not normalised.
    """
    mean, between, _ = _spectrum()
    own = stream(seed, "centres").standard_normal((count, DIM), dtype=np.float32)
    if twins is not None:
        second = np.flatnonzero((twins >= 0) & (twins < np.arange(count)))
        own[second] = TWIN_LIKENESS * own[twins[second]] + np.sqrt(1 - TWIN_LIKENESS**2) * own[second]
    return (mean + own * between).astype(np.float32)


def draw_pictures(rng: np.random.Generator, centres: Embeddings) -> Embeddings:
    """One picture of each centre: (n, 128) float32 in, (n, 128) float32 of unit length out; n may be 0."""
    _, _, within = _spectrum()
    count = len(centres)
    factor = NOISE_MEDIAN * np.exp(NOISE_SIGMA * rng.standard_normal((count, 1), dtype=np.float32))
    noise = rng.standard_normal((count, DIM), dtype=np.float32) * within.astype(np.float32)
    drawn = centres + factor.astype(np.float32) * noise
    unit: Embeddings = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def draw_strangers(rng: np.random.Generator, count: int) -> Embeddings:
    """Pictures of `count` people nobody knows: (count, 128) float32 of unit length."""
    mean, between, _ = _spectrum()
    centres = mean + rng.standard_normal((count, DIM)) * between
    return draw_pictures(rng, centres.astype(np.float32))


def enrolment_pictures(seed: int, centres: Embeddings) -> NDArray[np.float32]:
    """What each person is enrolled with: (n, 2, 128) float32 of unit length, the same for a seed and its centres.

    As at a real desk, a second picture that does not look like the first one is taken again.
    """
    rng = stream(seed, "enrolment")
    first, second = draw_pictures(rng, centres), draw_pictures(rng, centres)
    while (unlike := np.flatnonzero(np.einsum("nd,nd->n", first, second) < ALIKE_AT_ENROLMENT)).size:
        first[unlike], second[unlike] = draw_pictures(rng, centres[unlike]), draw_pictures(rng, centres[unlike])
    return np.stack([first, second], axis=1)
