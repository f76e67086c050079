"""Errors that people read: every one says what is wrong and what mends it, in Chinese and in English.

A module that refuses something raises a subclass of `AnjuError` with a stable `code`. The code is what counters, dead
letters and API answers carry; the words are for the person who has to act.
"""


class AnjuError(Exception):
    """Base of every error of ours.

    Args:
        zh: What is wrong, in Chinese, for staff.
        en: The same in English.
        mend_zh: What the reader can do about it, in Chinese.
        mend_en: The same in English.
    """

    code = "error"

    def __init__(self, zh: str, en: str, *, mend_zh: str = "", mend_en: str = "") -> None:
        super().__init__(f"{en} {mend_en}".strip())
        self.zh = zh
        self.en = en
        self.mend_zh = mend_zh
        self.mend_en = mend_en

    def text(self, lang: str) -> str:
        """The error and its mend in `lang` ("zh" or "en")."""
        return f"{self.zh}{self.mend_zh}" if lang.startswith("zh") else f"{self.en} {self.mend_en}".strip()


class InvalidValue(AnjuError, ValueError):
    """A value that must not exist was about to be made (an empty id, a naive datetime, a score out of range).

    It is a ValueError too, so that a decoder reports it as its own validation error.
    """

    code = "invalid_value"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
