"""Around every request: headers that keep browsers strict, a metric by route, a line in the log."""

import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.headers import HEADERS

API = "/api/v1"
TOO_LARGE = 413

log = structlog.get_logger(__name__)
requests_total = Counter("anju_api_requests_total", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "anju_api_request_seconds", "From the request to the start of its answer", ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0),
)  # fmt: skip


def _route(scope: MutableMapping[str, Any]) -> str:
    """The route's template: names of homes and people are no labels of metrics."""
    path = str(getattr(scope.get("route"), "path", "none"))
    return f"{API}{path}" if scope["path"].startswith(API) else path


class Around:
    """The one middleware of ours; plain ASGI, so that streams pass through it untouched.

    Args:
        app: What it is around.
        too_large: The answer, in words, where the framework refuses a body over its size with a bare 413.
    """

    def __init__(self, app: ASGIApp, too_large: Callable[[Request], Response]) -> None:
        self._app = app
        self._too_large = too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, bare = time.perf_counter(), False

        async def answer(message: Message) -> None:
            nonlocal bare
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                bare = message["status"] == TOO_LARGE and headers.get("content-type", "").startswith("text/plain")
                if not bare:
                    headers.update(HEADERS)
                    headers.setdefault("Cache-Control", "no-store")
                    self._note(scope, message["status"], time.perf_counter() - began)
            if not bare:
                await send(message)

        await self._app(scope, receive, answer)
        if bare:
            response = await run_in_threadpool(self._too_large, Request(scope))
            await response(scope, receive, answer)

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        requests_total.labels(scope["method"], route, str(status)).inc()
        request_seconds.labels(route).observe(seconds)
        log.debug("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
