"""Templates and what every page carries: words, formats, who is looking, at which estate, and the way to the others."""

import hashlib
import posixpath
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse

from api.access import PURPOSE_COOKIE, Visitor
from api.console.catalogs import translations
from api.console.formats import Formats
from api.context import context_of
from api.languages import language_of
from api.purposes import PURPOSES, offered
from api.reading.board import Cell
from api.reading.estates import EstateRow, estates_for
from api.reading.labels import building_label, short_name
from api.reading.needs import Needs, needs_of
from api.words import law, word
from core.db import Store
from core.texts import Text, render
from housing.accounts import Role

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEME_COOKIE = "anju_theme"
THEMES = ("auto", "light", "dark")
FILTERS = (
    "clock", "clock_exact", "second", "day", "weekday", "today_words", "month", "moment", "iso", "ago", "days",
    "number", "percent", "yuan",
)  # fmt: skip


class NavItem(msgspec.Struct, frozen=True):
    """A way to another page."""

    id: str
    href: str
    text: str
    icon: str
    key: str
    count: int = 0
    urgent: bool = False


@lru_cache(maxsize=64)
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """Where a static file is; the address changes with its content, so that browsers may keep it for ever."""
    return f"/static/{posixpath.normpath(name)}?v={_fingerprint(name)}"


@lru_cache(maxsize=2)
def environment(lang: str) -> jinja2.Environment:
    """The templates of one language."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    formats = Formats(lang)

    def say(text: Text) -> str:
        return text.zh if lang == "zh" else text.en

    def named(kind: str) -> Any:
        return lambda code: word(kind, str(code), lang)

    env.filters["say"] = say
    env.filters["role_name"] = named("role")
    env.filters["building_label"] = lambda building, estate: building_label(building, estate, lang)
    env.filters["cell_words"] = lambda cell, now: _cell_words(cell, now, lang, formats)
    env.filters["short"] = short_name
    env.filters["law"] = lambda basis: law(basis, lang)
    env.filters["living"] = lambda members, today: [m for m in members if m.current(today)]
    env.filters["gone"] = lambda members, today: [m for m in members if not m.current(today)]
    env.filters["message"] = lambda key: render(key, lang)
    env.filters["word"] = lambda code, kind: word(kind, str(code), lang)
    for name in FILTERS:
        env.filters[name] = getattr(formats, name)
    env.globals.update(static=static_url, lang=lang)
    return env


def _cell_words(cell: Cell, now: datetime, lang: str, formats: Formats) -> str:
    """What a home's cell says on hover and to a screen reader; there are thousands on a page."""
    words = [cell.label, word("home", cell.state, lang)]
    if cell.last_us is not None:
        last_seen = translations(lang).gettext("last seen")
        words.append(f"{last_seen} {formats.clock(cell.last_us, now)}")
    return " · ".join(words)


def theme_of(request: Request) -> str:
    """auto, light or dark."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def _nav(lang: str, visitor: Visitor, estate: EstateRow, needs: Needs) -> list[NavItem]:
    _ = translations(lang).gettext
    base = f"/e/{estate.estate}"
    urgent = needs.urgent > 0
    rows: list[tuple[Role, NavItem]] = [
        (Role.VIEWER, NavItem("today", f"{base}/today", _("Today"), "today", "t")),
        (Role.VIEWER, NavItem("alerts", f"{base}/alerts", _("Alerts"), "alerts", "a", needs.alerts, urgent)),
        (Role.PROPERTY, NavItem("events", f"{base}/events", _("Events"), "events", "e")),
        (Role.PROPERTY, NavItem("homes", f"{base}/homes", _("Homes"), "homes", "h")),
        (Role.PROPERTY, NavItem("people", f"{base}/people", _("People"), "people", "p")),
        (Role.VIEWER, NavItem("doors", f"{base}/doors", _("Devices"), "doors", "d", needs.devices)),
        (Role.VIEWER, NavItem("reports", f"{base}/reports", _("Reports"), "reports", "r")),
    ]
    shown = [item for role, item in rows if visitor.may(role)]
    if visitor.may(Role.ADMIN) and visitor.everywhere:
        shown.append(NavItem("imports", "/imports", _("Imports"), "imports", "i"))
        shown.append(NavItem("audit", "/audit", _("Audit"), "audit", "u"))
    return shown


def _common(request: Request, visitor: Visitor | None, estate: EstateRow | None) -> dict[str, Any]:
    context, lang = context_of(request), language_of(request)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    values: dict[str, Any] = {
        "me": visitor, "estate": estate, "theme": theme_of(request), "now": context.now(), "nav": [], "estates": [],
        "path": path, "here": "", "offered_purposes": [], "purpose": None,
    }  # fmt: skip
    if visitor is None:
        return values
    with context.reading(Store.HOUSING) as housing:
        values["estates"] = estates_for(housing, visitor.account)
    place = estate or next(iter(values["estates"]), None)
    values["estate"] = place
    if place is not None:
        values["nav"] = _nav(lang, visitor, place, needs_of(context, place.estate))
    values["offered_purposes"] = offered(visitor.role)
    claimed = PURPOSES.get(request.cookies.get(PURPOSE_COOKIE, ""))
    values["purpose"] = claimed if claimed in values["offered_purposes"] else None
    return values


def page(
    request: Request,
    template: str,
    *,
    visitor: Visitor | None = None,
    estate: EstateRow | None = None,
    here: str = "",
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A whole page. `here` is the id of the way that leads to it."""
    lang = language_of(request)
    shown = {**_common(request, visitor, estate), "here": here, **values}
    return HTMLResponse(environment(lang).get_template(template).render(shown), status_code=status)


def fragment(lang: str, template: str, macro: str, *arguments: Any) -> str:
    """What one macro of a template makes: the same words and marks as on the page."""
    module = environment(lang).get_template(template).make_module({"lang": lang})
    return str(getattr(module, macro)(*arguments)).strip()
