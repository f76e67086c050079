"""Small integers for the words of facts, so that they fit in int8 columns."""

from collections.abc import Mapping, Sequence
from enum import IntEnum

from core.errors import AnjuError
from core.facts import Direction, Modality, Outcome


class UnknownWord(AnjuError):
    """A word that no fact may hold stands where a direction, a modality, an outcome or a kind of door should."""

    code = "unknown_word"


class Way(IntEnum):
    """Which way through the door."""

    IN = 0
    OUT = 1
    UNKNOWN = 2


class DoorKind(IntEnum):
    """What a door leads to."""

    GATE = 0
    GARAGE = 1
    BUILDING = 2
    LIFT = 3
    HOME = 4


class Said(IntEnum):
    """What recognition and the access policy said (`core.facts.Outcome`)."""

    GRANTED = 0
    DENIED = 1
    AMBIGUOUS = 2
    UNRECOGNISED = 3
    MISMATCH = 4


class By(IntEnum):
    """What somebody was recognised by (`core.facts.Modality`)."""

    FACE = 0
    FINGER = 1
    PLATE = 2
    GAIT = 3
    CARD = 4
    PIN = 5
    PASS = 6  # a visitor's
    INTERCOM = 7


WAYS: Mapping[str, int] = {way.value: Way[way.name].value for way in Direction}
MODALITIES: Mapping[str, int] = {modality.value: By[modality.name].value for modality in Modality}
OUTCOMES: Mapping[str, int] = {outcome.value: Said[outcome.name].value for outcome in Outcome}
DOOR_KINDS: Mapping[str, int] = {kind.name.lower(): kind.value for kind in DoorKind}


def encode(words: Sequence[str], codes: Mapping[str, int], what: str) -> list[int]:
    """The code of every word; raises UnknownWord for one that is not in `codes`."""
    try:
        return [codes[word] for word in words]
    except KeyError as error:
        raise UnknownWord(
            f"{what}的取值“{error.args[0]}”无效，应为：{'、'.join(codes)}。",
            f"{what} {error.args[0]!r} is not one of {', '.join(codes)}.",
        ) from error
