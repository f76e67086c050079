"""What a number plate of the mainland may say, after GA 36-2018. Pure; nothing is guessed and nothing corrected.

The text decides the kind, so blue and yellow plates (and black ones of older date) share one: their form is the same.
I and O are on no plate: they look like 1 and 0, and a read that holds them is no plate. Texts are plain: half width,
upper case, no separators (`recognition.modalities.plate.normalise` makes them so).

Not covered: temporary paper plates, motorcycles and tractors apart from forms they share, plates from before 2007.
"""

import re
from enum import StrEnum
from typing import Final

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
MARKS: Final = "警挂学港澳使领应急"
CHARACTERS: Final = PROVINCES + LETTERS + DIGITS + MARKS


class PlateKind(StrEnum):
    """What kind of plate a text is."""

    STANDARD = "standard"  # blue (small) or yellow (large): seven characters
    NEW_ENERGY = "new_energy"  # green: eight
    POLICE = "police"  # white, 警
    TRAILER = "trailer"  # yellow, 挂
    LEARNER = "learner"  # yellow, 学
    HONG_KONG = "hong_kong"  # black, 粤Z, 港
    MACAO = "macao"  # black, 粤Z, 澳
    EMBASSY = "embassy"  # black, 使
    CONSULATE = "consulate"  # black, 领
    RESCUE = "rescue"  # white, 应急: fire and rescue
    ARMED_POLICE = "armed_police"  # white, WJ
    MILITARY = "military"  # white, two letters


_PLACE = f"[{PROVINCES}][{LETTERS}]"
_ANY = f"[{LETTERS}{DIGITS}]"
# New energy: a letter for the energy (A to E pure electric, F to K not) first on small vehicles, last on large ones.
_ENERGY = "[A-HJK]"
_FORMS: Final = (
    (PlateKind.STANDARD, rf"{_PLACE}{_ANY}{{5}}"),
    (PlateKind.NEW_ENERGY, rf"{_PLACE}(?:{_ENERGY}{_ANY}[0-9]{{4}}|[0-9]{{5}}{_ENERGY})"),
    (PlateKind.POLICE, rf"{_PLACE}{_ANY}{{4}}警"),
    (PlateKind.TRAILER, rf"{_PLACE}{_ANY}{{4}}挂"),
    (PlateKind.LEARNER, rf"{_PLACE}{_ANY}{{4}}学"),
    (PlateKind.HONG_KONG, rf"粤Z{_ANY}{{4}}港"),
    (PlateKind.MACAO, rf"粤Z{_ANY}{{4}}澳"),
    (PlateKind.EMBASSY, r"使[0-9]{6}|[0-9]{6}使"),
    (PlateKind.CONSULATE, rf"{_PLACE}{_ANY}{{4}}领"),
    (PlateKind.RESCUE, rf"[{PROVINCES}][XS][0-9]{{4}}应急"),
    (PlateKind.ARMED_POLICE, rf"WJ[{PROVINCES}]?[0-9]{{4}}{_ANY}"),
    (PlateKind.MILITARY, rf"[{LETTERS}]{{2}}[0-9]{{5}}"),
)
# WJ and five digits fits two forms; the armed police's is the narrower one and comes first.
_ORDERED: Final = tuple(
    (kind, re.compile(form)) for kind, form in sorted(_FORMS, key=lambda row: row[0] is PlateKind.MILITARY)
)


def plate_kind(text: str) -> PlateKind | None:
    """The kind of plate a plain text is; None where it is none."""
    return next((kind for kind, form in _ORDERED if form.fullmatch(text)), None)
