"""How a number plate is written down: without the dot and spaces that people put into it, letters in capitals."""

import re
import unicodedata

from core.errors import InvalidValue

_SEPARATORS = re.compile(r"[\s·•.・‧\-]+")
_PLATE = re.compile(r"[0-9A-Z\u4e00-\u9fff]{5,16}")


def plate_text(value: str) -> str:
    """The plate as it is compared: "桂c·12345" becomes "桂C12345"; raises InvalidValue for what is no plate."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()
    if not _PLATE.fullmatch(text):
        raise InvalidValue(
            f"车牌“{value[:32]}”无效：应为5至16位汉字、英文字母和数字。",
            f"plate {value[:32]!r} is invalid: 5 to 16 Chinese characters, letters and digits.",
        )
    return text
