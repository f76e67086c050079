"""Random streams by name, so that one part's draws never move another's."""

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator of one part of a seeded world; the same seed and name give the same draws."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
