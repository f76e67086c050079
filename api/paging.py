"""Pages by key: where the next one begins is an opaque text, so that rows arriving meanwhile shift nothing."""

import base64
from typing import TypeVar

import msgspec

from api.errors import BadRequest

PAGE_DEFAULT, PAGE_MAX = 50, 200
K = TypeVar("K")


def encode(key: object) -> str:
    """The text for a key of plain values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(text: str | None, kind: type[K]) -> K | None:
    """The key in `text`, None for no text; raises BadRequest for anything that was not made by `encode`."""
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError) as error:
        raise BadRequest(
            "翻页位置无效。", "This place in the list cannot be used.",
            mend_zh="请从第一页重新开始。", mend_en="Begin at the first page again.",
        ) from error  # fmt: skip
