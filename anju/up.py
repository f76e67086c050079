"""`anju up`: everything of one installation, until somebody stops it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog
from rich.console import Console
from rich.markup import escape

from anju.installation import Installation, open_installation
from anju.launcher.mends import ChildFailed
from anju.launcher.supervisor import LOG_DIR, Supervisor
from anju.screen import Screen
from core.runtime import configure_logs
from core.settings import Settings

LAUNCHER_LOG = "launcher.log"
TOLD_WITHIN_S = 40.0  # then what does not serve yet is told, and waited for no longer


def up(settings: Settings, *, external: bool = False) -> int:
    """Start everything, show it, and return 0 once it was stopped by a signal.

    A service that does not come to serve is told with its mend; the others go on: doors do not wait for a page.
    """
    screen = Screen(Console(), settings.language)
    with open_installation(settings, external=external) as installation, launcher_log(installation.settings):
        supervisor = installation.supervisor(listener=screen)
        with stopped_by_signals(supervisor, screen):
            supervisor.start()
            try:
                supervisor.wait_serving(TOLD_WITHIN_S)
            except ChildFailed as error:
                Console(stderr=True).print(f"[bold red]{escape(error.text(settings.language))}[/]", soft_wrap=True)
            _tell(installation, screen)
            supervisor.wait_stopped()
    return 0


def _tell(installation: Installation, screen: Screen) -> None:
    screen.say("launcher.open", url=installation.pages_url())
    screen.say("launcher.logs", path=installation.settings.var_dir / LOG_DIR)
    screen.say("launcher.how_to_stop")


@contextmanager
def stopped_by_signals(supervisor: Supervisor, screen: Screen | None = None) -> Iterator[None]:
    """In the block SIGTERM and SIGINT stop the supervisor, a second one at once; nothing is left running behind it."""
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        supervisor.ask_stop(kill=asked)
        if not asked and screen is not None:
            screen.say("launcher.stopping")
        asked = True

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        supervisor.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def launcher_log(settings: Settings) -> Iterator[None]:
    """The launcher's own log: on standard error, or in `launcher.log` where a person watches the terminal."""
    configure_logs(settings, "launcher")
    if not sys.stderr.isatty():
        yield
        return
    path = Path(settings.var_dir) / LOG_DIR / LAUNCHER_LOG
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        yield
    configure_logs(settings, "launcher")
