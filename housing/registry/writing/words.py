"""Words that people type: one line or a note, of a length, without control characters."""

import re

from core.errors import InvalidValue

MAX_LINE, MAX_NOTE, MAX_BASIS = 200, 2000, 400
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def line(value: str, zh: str, en: str, *, most: int = MAX_LINE) -> str:
    """`value` trimmed, if it is one line of 1 to `most` characters; else InvalidValue."""
    text = value.strip()
    if not 0 < len(text) <= most or _CONTROL.search(text) or "\n" in text or "\r" in text:
        raise InvalidValue(f"{zh}应为1至{most}个字符的单行文字。", f"{en} is one line of 1 to {most} characters.")
    return text


def note(value: str, zh: str, en: str, *, most: int = MAX_NOTE) -> str:
    """`value` trimmed, if it has at most `most` characters, lines allowed; else InvalidValue."""
    text = value.strip()
    if len(text) > most or _CONTROL.search(text):
        raise InvalidValue(f"{zh}不能超过{most}个字符。", f"{en} has at most {most} characters.")
    return text


def basis(value: str) -> str:
    """The legal basis on which an officer takes something away (L13); never empty."""
    return line(value, "法律依据", "the legal basis", most=MAX_BASIS)
