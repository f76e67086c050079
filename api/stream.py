"""One open feed: what was missed first, then what happens, until the page goes or the session ends."""

from collections.abc import AsyncIterator, Callable, Sequence

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access import visitor_of
from api.context import Context
from api.feed import HEARTBEAT, News, event

HEARTBEAT_S = 15.0
SESSION_LOOK_S = 60.0
Render = Callable[[News], Sequence[tuple[str, str]]]
Greet = Callable[[], Sequence[tuple[str, str]]]


def _nothing() -> Sequence[tuple[str, str]]:
    return ()


async def _missed(context: Context, estate: str, cursor: str, render: Render) -> bytes:
    """Rows after the cursor, or one `stale`."""
    news = await run_in_threadpool(context.hub.after, estate, cursor)
    if news is None:
        return event("stale", "board live-list") if cursor else b""
    return b"".join(event(kind, data, item.cursor) for item in news for kind, data in render(item))


async def follow(
    request: Request, context: Context, estate: str, after: str, render: Render, greet: Greet = _nothing
) -> AsyncIterator[bytes]:
    """Blocks of server-sent events. A browser that comes back says in `Last-Event-ID` where it stopped.

    Args:
        request: Of the page; its going away ends the feed.
        context: Of the app.
        estate: The visitor's, checked by the route and every minute again: who is shut out hears no more.
        after: The cursor that the page was made at.
        render: How one piece of news is written.
        greet: What a page is told that has just come, asked once it hears everything from then on.
    """
    subscription = context.hub.subscribe(estate)
    looked = context.clock.monotonic()
    try:
        yield b"retry: 2000\n\n"
        yield await _missed(context, estate, request.headers.get("last-event-id", after), render)
        yield b"".join(event(kind, data) for kind, data in await run_in_threadpool(greet))
        while not subscription.closed:
            news = await subscription.next(HEARTBEAT_S)
            if context.clock.monotonic() - looked > SESSION_LOOK_S:
                looked = context.clock.monotonic()
                again = await run_in_threadpool(visitor_of, request)
                if again is None or not again.account.covers(estate):
                    return
            blocks = [event(kind, data, item.cursor) for item in news for kind, data in render(item)]
            yield b"".join(blocks) or HEARTBEAT
    finally:
        context.hub.unsubscribe(subscription)
