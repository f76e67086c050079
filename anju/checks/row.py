"""One row of `anju doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What became of a thing that was looked at."""

    FINE = "fine"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A thing, its state, what was seen, and what mends it (empty where it is fine)."""

    name: str
    state: State
    detail: str
    mend_zh: str = ""
    mend_en: str = ""

    def mend(self, lang: str) -> str:
        """The mend in a language."""
        return self.mend_zh if lang.startswith("zh") else self.mend_en


def fine(name: str, detail: str) -> Row:
    """A row without a mend."""
    return Row(name=name, state=State.FINE, detail=detail)


def missing(name: str, detail: str, zh: str, en: str) -> Row:
    """Something that is not there."""
    return Row(name=name, state=State.MISSING, detail=detail, mend_zh=zh, mend_en=en)


def wrong(name: str, detail: str, zh: str, en: str) -> Row:
    """Something that is there and does not work."""
    return Row(name=name, state=State.WRONG, detail=detail, mend_zh=zh, mend_en=en)
