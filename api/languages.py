"""Which language a request is answered in: the person's choice, else the browser's, else the installation's."""

from typing import Annotated

from fastapi import Depends, Request

LANG_COOKIE = "anju_lang"
LANGUAGES = ("zh", "en")


def language_of(request: Request) -> str:
    """`zh` or `en`."""
    chosen = request.cookies.get(LANG_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "").split(","):
        tag = wanted.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    language: str = request.app.state.settings.language
    return language


Lang = Annotated[str, Depends(language_of)]
