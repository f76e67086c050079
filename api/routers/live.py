"""The live feed for programs: the same channel as the pages', as JSON."""

from functools import partial

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api.access import Ctx, Viewer
from api.feed import SSE_HEADERS, News
from api.reading.board import BoardChange
from api.reading.estates import Estate
from api.reading.sightings import Sighting
from api.stream import follow
from core.clock import CHINA, from_us

router = APIRouter(prefix="/estates/{estate}", tags=["live"])


def _moment(us: int | None) -> str | None:
    return None if us is None else from_us(us).astimezone(CHINA).isoformat()


def as_json(news: News, *, people: bool) -> list[tuple[str, str]]:
    """The events of one piece of news: names are masked here, whoever asks; a query with a purpose has them."""
    row = news.row
    if isinstance(row, Sighting):
        row = row if people else row.of_nobody()
        said: object = {
            "shard": row.shard, "pos": row.pos, "taken": _moment(row.taken_us), "door": row.door,
            "direction": row.direction, "modality": row.modality, "outcome": row.outcome, "reason": row.reason,
            "opens": row.opens, "name": row.name, "home": row.home, "late": row.late,
        }  # fmt: skip
    elif isinstance(row, BoardChange):
        homes = [{"home": c.home, "state": c.state, "last_seen": _moment(c.last_us)} for c in row.cells]
        said = {"homes": homes, "counts": row.counts}
    else:
        said = row
    return [(news.kind, msgspec.json.encode(said).decode())]


@router.get("/feed", response_class=StreamingResponse)
async def feed(request: Request, context: Ctx, visitor: Viewer, estate: Estate, after: str = "") -> StreamingResponse:
    """Server-sent events: `sighting`, `board` (homes whose state changed), `needs`, `stale` (fetch anew)."""
    context.hub.require_room()
    blocks = follow(request, context, estate.estate, after, partial(as_json, people=visitor.may("property")))
    return StreamingResponse(blocks, media_type="text/event-stream", headers=SSE_HEADERS)
