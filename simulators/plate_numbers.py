"""Number plates that the mainland's grammar allows (GA 36-2018): blue, yellow and green new-energy ones."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ"))  # no I, no O
DIGITS = np.array(list("0123456789"))
# The estate is nowhere in particular. Its cars are registered where both readers know the province well; the second
# reader is unsure of rarer ones in the typeface we draw with (docs/adr/0010-simulators.md).
_HOME, _OFFICE = "苏", "E"
_ELSEWHERE = np.array(list("沪浙皖鲁京豫粤闽湘桂"))
_GREEN = np.array(list("DABCEFGHJK"))  # D and its five for pure electric cars, F and its five for the others


class PlateKind(IntEnum):
    """The plates a simulated estate sees."""

    BLUE = 0
    YELLOW = 1
    GREEN = 2


def _serials(rng: np.random.Generator, count: int) -> NDArray[np.str_]:
    """(count, 5) characters of blue and yellow plates: digits with at most two letters among them."""
    characters = rng.choice(DIGITS, size=(count, 5))
    letters = rng.choice(LETTERS, size=(count, 2))
    places = np.argsort(rng.random((count, 5)), axis=1)[:, :2]
    wanted = rng.integers(0, 3, size=count)
    rows = np.arange(count)
    for column in range(2):
        here = wanted > column
        characters[rows[here], places[here, column]] = letters[here, column]
    return characters


def _green_serials(rng: np.random.Generator, count: int) -> NDArray[np.str_]:
    """(count, 6) characters of small new-energy cars: a type letter, a letter or digit, four digits."""
    serial = rng.choice(DIGITS, size=(count, 6))
    serial[:, 0] = rng.choice(_GREEN, size=count)
    lettered = rng.random(count) < 0.3
    serial[lettered, 1] = rng.choice(LETTERS, size=int(lettered.sum()))
    return serial


def _join(columns: NDArray[np.str_]) -> NDArray[np.str_]:
    """(n,) strings of the rows of (n, k) single characters."""
    flat = np.ascontiguousarray(columns.astype("U1"))
    joined: NDArray[np.str_] = flat.view(f"U{flat.shape[1]}").reshape(len(flat))
    return joined


def draw_plates(rng: np.random.Generator, kinds: NDArray[np.int64]) -> NDArray[np.str_]:
    """(n,) plates of the wanted `kinds` (n,) PlateKind, none twice; most are local (苏E), some from elsewhere."""
    plates = np.full(len(kinds), "", dtype="U8")
    missing = np.arange(len(kinds))
    while missing.size:
        plates[missing] = _draw(rng, kinds[missing])
        _, first = np.unique(plates, return_index=True)
        missing = np.setdiff1d(np.arange(len(kinds)), first)
    return plates


def _draw(rng: np.random.Generator, kinds: NDArray[np.int64]) -> NDArray[np.str_]:
    count = len(kinds)
    province = np.where(rng.random(count) < 0.85, _HOME, rng.choice(_ELSEWHERE, size=count))
    office = np.where((province == _HOME) & (rng.random(count) < 0.9), _OFFICE, rng.choice(LETTERS, size=count))
    head = np.stack([province, office], axis=1)
    seven = _join(np.concatenate([head, _serials(rng, count)], axis=1))
    eight = _join(np.concatenate([head, _green_serials(rng, count)], axis=1))
    return np.where(kinds == PlateKind.GREEN, eight, seven)
