"""Today: the board of the estate, what happens at its doors, what needs somebody."""

from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Ctx, Viewer
from api.console.pages import fragment, page
from api.context import Context
from api.feed import SSE_HEADERS, News
from api.feed_source import cursor_of
from api.languages import Lang
from api.reading import board as boards
from api.reading.alerts import alerts_page
from api.reading.board import BoardChange
from api.reading.devices import gateways
from api.reading.estates import Estate
from api.reading.sightings import Sighting, named
from api.stream import Render, follow
from core.clock import local_day
from core.db import Store
from occupancy.views import count_waiting
from recognition.views import sightings_page

router = APIRouter()
ROWS = 40
NEEDS = 4


def _latest(context: Context, estate: str) -> tuple[list[Sighting], str]:
    """The newest sightings, names masked, and where the page stands in the log."""
    with context.reading(Store.RECOGNITION) as recognition:
        cursor = cursor_of(recognition, estate)
        rows = sightings_page(recognition, estate, limit=ROWS)
    with context.reading(Store.HOUSING) as housing:
        return named(housing, estate, rows, today=local_day(context.now()), full=False), cursor


@router.get("/e/{estate}/today")
def today(request: Request, context: Ctx, visitor: Viewer, estate: Estate) -> Response:
    """The first page of the day."""
    rows, cursor = _latest(context, estate.estate)
    with (
        context.reading(Store.HOUSING) as housing,
        context.reading(Store.RECOGNITION) as recognition,
        context.reading(Store.OCCUPANCY) as occupancy,
    ):
        board = boards.board(housing, occupancy, estate.estate, context.now())
        day = local_day(context.now())
        needs = alerts_page(housing, occupancy, estate.estate, show="new", today=day, limit=NEEDS).alerts
        waiting = count_waiting(occupancy, estate.estate)
        sick = [g for g in gateways(housing, recognition, estate.estate, context.now()) if g.state != "well"]
    if not visitor.may("property"):
        rows = [row.of_nobody() for row in rows]
    return page(
        request, "today.html", visitor=visitor, estate=estate, here="today", live=True, board=board, rows=rows,
        cursor=cursor, needs=needs, sick=sick, waiting=waiting,
    )  # fmt: skip


def as_html(context: Context, lang: str, estate: str, *, people: bool) -> Render:
    """How news is written for a page in `lang`: by the same macros that made the page; `people`: who may see them."""

    def render(news: News) -> list[tuple[str, str]]:
        row = news.row
        if isinstance(row, Sighting):
            shown = row if people else row.of_nobody()
            return [("sighting", fragment(lang, "rows.html", "sighting", shown, estate, context.now()))]
        if isinstance(row, BoardChange):
            now = context.now()
            parts = [fragment(lang, "rows.html", "cell", cell, estate, people, now) for cell in row.cells]
            return [("parts", "\n".join([*parts, fragment(lang, "rows.html", "legend", row.counts)]))]
        return [("stale", "needs nav" if news.kind == "needs" else str(row))]

    return render


def _board_since(context: Context, estate: str, digest: str) -> list[tuple[str, str]]:
    """A page whose board is not today's any more by the time its feed is open fetches it anew."""
    with context.reading(Store.HOUSING) as housing, context.reading(Store.OCCUPANCY) as occupancy:
        now = boards.board(housing, occupancy, estate, context.now())
    return [] if now.digest == digest else [("stale", "board")]


@router.get("/e/{estate}/live", response_class=StreamingResponse)
async def live(
    request: Request, context: Ctx, visitor: Viewer, estate: Estate, lang: Lang, after: str = "", board: str = ""
) -> StreamingResponse:  # fmt: skip
    """The feed of an open page, as ready-made rows; `board` is the digest of the board it was made with."""
    context.hub.require_room()
    render = as_html(context, lang, estate.estate, people=visitor.may("property"))
    greet = partial(_board_since, context, estate.estate, board)
    blocks = follow(request, context, estate.estate, after, render, greet)
    return StreamingResponse(blocks, media_type="text/event-stream", headers=SSE_HEADERS)
