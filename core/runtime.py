"""What every service process does alike: logs, signals, health and metrics over HTTP, a clean end."""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Protocol

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from core.errors import AnjuError
from core.settings import Settings

log = structlog.get_logger(__name__)
Check = Callable[[], bool]
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
up_gauge = Gauge("anju_service_up", "1 while the service runs", ["service"])


def configure_logs(settings: Settings, service: str) -> None:
    """Structured logs on standard error, one event a line, with the service's name."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service, pid=os.getpid())


class HealthServer:
    """`/health/live` (the process answers), `/health/ready` (each named check passes) and `/metrics`, on loopback."""

    def __init__(self, port: int, checks: Mapping[str, Check], *, host: str = "127.0.0.1") -> None:
        self._checks = dict(checks)
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def ready(self) -> dict[str, bool]:
        """Every check by name."""
        return {name: check() for name, check in self._checks.items()}


class _Handler(BaseHTTPRequestHandler):
    owner: HealthServer

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
        elif self.path == "/health/live":
            self._answer(200, "application/json", b'{"live": true}')
        elif self.path == "/health/ready":
            checks = self.owner.ready()
            body = json.dumps({"ready": all(checks.values()), "checks": checks}).encode()
            self._answer(200 if all(checks.values()) else 503, "application/json", body)
        else:
            self._answer(404, "text/plain", b"not found")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Probes are not news."""


class Runnable(Protocol):
    """A service: its parts are made in its constructor, `run` works until `stop` is set, then drains."""

    def checks(self) -> Mapping[str, Check]:
        """What must be true for it to be ready."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; raise only what a restart may mend."""
        ...


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop


def serve(name: str, settings: Settings, build: Callable[[], Runnable]) -> int:
    """Run one service as a process: logs, health, signals; returns the exit status.

    A refusal of ours (`AnjuError`) while it is built is told in words and ends with 2, so that the supervisor can show
    it; anything unforeseen ends with its trace and 1.
    """
    configure_logs(settings, name)
    stop = stop_on_signals()
    try:
        service = build()
    except AnjuError as error:
        log.error("cannot_start", code=error.code, error=error.text(settings.language))  # noqa: TRY400 - told in words
        return 2
    health = HealthServer(settings.health_port, service.checks())
    health.start()
    up_gauge.labels(name).set(1)
    log.info("started", health_port=health.port)
    try:
        service.run(stop)
    finally:
        up_gauge.labels(name).set(0)
        health.stop()
        log.info("stopped")
    return 0
