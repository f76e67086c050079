"""A second, independent estate: people as semi-Markov processes, estates of other shapes, stories told home by home.

Nothing in it is shared with other generators of behaviour but the form of what it gives (`simulators.streams`).
"""

from simulators.elsewhere.ground import SHAPES, Shape
from simulators.elsewhere.making import STEPS, BadEstate, make

__all__ = ["SHAPES", "STEPS", "BadEstate", "Shape", "make"]
