"""Households of many kinds, living by rhythms of their own: the first generator of behaviour (docs/adr/0015-lives.md).

    stream = make(seed=1, homes=300, start=date(2026, 1, 1), days=365)

It knows doors, cards, faces and calendars; it knows nothing of how findings are made.
"""

from simulators.lives.breaches import Shares
from simulators.lives.making import TooShort, make

__all__ = ["Shares", "TooShort", "make"]
