"""Around every request: headers that keep browsers strict, a metric by route, a line in the log."""

import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/api/v1"

log = structlog.get_logger(__name__)
requests_total = Counter("anju_api_requests_total", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "anju_api_request_seconds", "From the request to the start of its answer", ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0),
)  # fmt: skip

CSP = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types anju",
    )
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def _route(scope: MutableMapping[str, Any]) -> str:
    """The route's template: names of homes and people are no labels of metrics."""
    path = str(getattr(scope.get("route"), "path", "none"))
    return f"{API}{path}" if scope["path"].startswith(API) else path


class Around:
    """The one middleware of ours; plain ASGI, so that streams pass through it untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                self._note(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, answer)

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        requests_total.labels(scope["method"], route, str(status)).inc()
        request_seconds.labels(route).observe(seconds)
        log.debug("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
