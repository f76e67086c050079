"""Words of the pages: gettext catalogues, compiled in memory when they are first asked for.

The source of truth is `locales/<locale>/LC_MESSAGES/anju.po`. English words in the templates are the message ids, so
the English catalogue holds only what differs from its id (usually nothing); the Chinese one is complete (tested).
`python -m api.console.catalogs` brings the files up to date with the templates and the code.
"""

import gettext
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
LOCALES = {"zh": "zh_CN", "en": "en"}  # language of the page → catalogue
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}

_HEADER = (
    "# Words of the console; `python -m api.console.catalogs` keeps the ids in step with templates and code.\n"
    'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: {plural}\\n"\n\n'
)


def po_path(lang: str) -> Path:
    """Where the words of a language are kept."""
    return HERE / "locales" / LOCALES[lang] / "LC_MESSAGES" / "anju.po"


def read(lang: str) -> Catalog:
    """The catalogue of a language as it is on disk."""
    with po_path(lang).open("rb") as file:
        return read_po(file, locale=LOCALES[lang])


@lru_cache(maxsize=len(LOCALES))
def translations(lang: str) -> gettext.GNUTranslations:
    """The compiled words of a language; ids without a translation stand for themselves."""
    compiled = io.BytesIO()
    write_mo(compiled, read(lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def used() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Every message id in templates and code, with the file it is in; a pair where it has a plural."""
    for file, _line, message, _comments, _context in extract_from_dir(HERE, METHODS, OPTIONS):
        yield message, file


def update() -> None:
    """Write the ids in use into every catalogue, keeping the translations there are and dropping unused ids."""
    for lang, locale in LOCALES.items():
        old, new = read(lang), Catalog(locale=locale, project="anju", charset="utf-8", fuzzy=False)
        for message, file in used():
            kept = old.get(message if isinstance(message, str) else message[0])
            new.add(message, kept.string if kept is not None else None, locations=[(file, 0)])
        with po_path(lang).open("wb") as file_:
            file_.write(_HEADER.format(locale=locale, plural=new.plural_forms).encode())
            write_po(file_, new, width=110, sort_output=True, omit_header=True, include_lineno=False)


if __name__ == "__main__":
    update()
