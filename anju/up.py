"""`anju up`: everything of one installation, until somebody stops it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TextIO, cast

import structlog
from rich.console import Console

from anju.installation import Installation, open_installation
from anju.launcher.files import LossyStream, make_private_dir
from anju.launcher.mends import ChildFailed
from anju.launcher.supervisor import LOG_DIR, Supervisor
from anju.screen import Screen
from core.runtime import configure_logs
from core.settings import Settings

LAUNCHER_LOG = "launcher.log"
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
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
                with screen.starting():
                    supervisor.wait_serving(TOLD_WITHIN_S)
            except ChildFailed as error:
                screen.problem(error)
            _tell(installation, screen)
            supervisor.wait_stopped()
    return 0


def _tell(installation: Installation, screen: Screen) -> None:
    screen.say("launcher.open", url=installation.pages_url())
    screen.say("launcher.logs", path=installation.settings.var_dir / LOG_DIR)
    screen.say("launcher.how_to_stop")


@contextmanager
def stopped_by_signals(supervisor: Supervisor, screen: Screen | None = None) -> Iterator[None]:
    """In the block SIGTERM, SIGINT and SIGHUP stop the supervisor, a second one at once; nothing is left running.

    A SIGHUP that is ignored (nohup) stays ignored.
    """
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        supervisor.ask_stop(kill=asked)
        if not asked and screen is not None:
            screen.say("launcher.stopping")
        asked = True

    numbers = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in numbers}
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
    with ExitStack() as stack:
        stream = stack.enter_context(_log_file(settings)) if sys.stderr.isatty() else sys.stderr
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LossyStream(stream))))
        yield
    configure_logs(settings, "launcher")


def _log_file(settings: Settings) -> TextIO:
    folder = make_private_dir(settings.var_dir / LOG_DIR)
    return (folder / LAUNCHER_LOG).open("a", encoding="utf-8")
