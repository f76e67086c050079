"""Words by message id, in Chinese and English: what findings, reasons and pages are said in.

Rooms register their own texts at import (`register`), so a message id and its words live beside the code that uses it.
Values are filled in by name: `render("too_small", "zh", pixels=31)`.
"""

from collections.abc import Mapping
from typing import NamedTuple

LANGUAGES = ("zh", "en")


class Text(NamedTuple):
    """The same message in both languages."""

    zh: str
    en: str


_texts: dict[str, Text] = {}


def register(texts: Mapping[str, Text | tuple[str, str]]) -> None:
    """Add messages; an id may be registered once, or again with the same words."""
    for key, words in texts.items():
        text = Text(*words)
        if _texts.setdefault(key, text) != text:
            raise ValueError(f"message {key!r} has two meanings")


def render(key: str, lang: str, **values: object) -> str:
    """The words of `key` in `lang`; raises KeyError for an id that nobody registered."""
    text = _texts[key]
    return (text.zh if lang.startswith("zh") else text.en).format(**values)


def known() -> Mapping[str, Text]:
    """All messages (for the tests that look for missing words)."""
    return _texts
