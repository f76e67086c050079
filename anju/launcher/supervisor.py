"""The supervisor: starts children in the order of their needs, keeps them running, stops them all.

Its engine runs in a thread of its own, so that the thread that made it stays free for signals and for the screen. Every
child is launched from that one thread: the kernel's "die with your parent" follows the thread that forked.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, Signals
from types import TracebackType
from typing import Any, Self

from anju.launcher.backoff import Backoff
from anju.launcher.board import Board, Condition, Listener
from anju.launcher.engine import Engine
from anju.launcher.files import make_private_dir
from anju.launcher.lifecycle import State, Status
from anju.launcher.mends import child_failed
from anju.launcher.spec import ServiceSpec, check_order

STATE_FILE = "supervisor.json"
LOG_DIR = "log"


class Supervisor:
    """The children of one launcher.

    Args:
        specs: What to run; a child comes after those it needs.
        var: Where `supervisor.json` and `log/NAME.log` are written.
        backoff: How long to wait before a dead child is started again.
        listener: Called in the supervisor's thread at every change of a child; must be quick and must not raise.
    """

    def __init__(
        self,
        specs: Sequence[ServiceSpec],
        *,
        var: Path,
        backoff: Backoff | None = None,
        listener: Listener | None = None,
    ) -> None:
        check_order(specs)
        self._specs = tuple(specs)
        self._logs = make_private_dir(make_private_dir(var) / LOG_DIR)
        self._backoff = backoff or Backoff()
        self._board = Board((spec.name for spec in specs), var / STATE_FILE, listener)
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked = self._kill_asked = False
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None

    def start(self) -> None:
        """Begin to start all children; returns at once."""
        if self._thread is not None:
            raise RuntimeError("a supervisor is started once")
        self._thread = threading.Thread(target=self._run, name="supervisor")
        self._thread.start()

    def wait_serving(self, within_s: float = 120.0) -> None:
        """Return when every child serves, or a stop was asked for.

        Raises ChildFailed where one is in a crash loop or does not serve in time; everything goes on running.
        """
        self.wait_until(lambda rows: not _not_serving(rows) or bool(_looping(rows)), within_s)
        rows = self.statuses()
        failed = [*_looping(rows), *_not_serving(rows)]
        if failed and not self._stop_asked:
            row = failed[0]
            raise child_failed(row.name, row.last_exit, row.waiting_for, self.log_of(row.name))

    def ask_stop(self, *, kill: bool = False) -> None:
        """Begin to stop all children, those first that nobody needs; with `kill` all at once, unasked."""
        self._stop_asked, self._kill_asked = True, self._kill_asked or kill
        self._call(lambda engine: engine.ask_stop(kill=kill))

    def wait_stopped(self) -> None:
        """Return when all children have stopped. Raises what the supervisor itself failed with, if it did."""
        if self._thread is not None:
            self._thread.join()
        if self._fault is not None:
            raise self._fault

    def stop(self, *, kill: bool = False) -> None:
        """`ask_stop`, then `wait_stopped`. May be called again."""
        self.ask_stop(kill=kill)
        self.wait_stopped()

    def signal(self, name: str, number: Signals = SIGKILL) -> None:
        """Send a signal to a child's process group (trials of faults); nothing happens where it does not run."""
        self._call(lambda engine: engine.signal(name, number))

    def statuses(self) -> dict[str, Status]:
        """Every child as it is now, by name, in the order of start."""
        return self._board.rows()

    def log_of(self, name: str) -> Path:
        """Where the output of a child goes."""
        return self._logs / f"{name}.log"

    def wait_until(self, condition: Condition, within_s: float) -> bool:
        """Block until `condition` holds over the statuses; False after `within_s` seconds or when all has stopped."""
        return self._board.wait_until(condition, within_s)

    def wait_restarted(self, name: str, restarts: int, within_s: float) -> bool:
        """Block until a child serves again after at least so many restarts since the start."""
        return self.wait_until(
            lambda rows: rows[name].restarts >= restarts and rows[name].state is State.SERVING, within_s
        )

    def __enter__(self) -> Self:
        """Start all children and wait until they serve; where they do not, nothing is left running."""
        self.start()
        try:
            self.wait_serving()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - kept for the thread that stops us, which raises it
            self._fault = error
        finally:
            self._board.close()

    async def _main(self) -> None:
        engine = Engine(self._specs, self._board, self._logs, self._backoff)
        self._engine, self._loop = engine, asyncio.get_running_loop()
        if self._stop_asked:  # before there was an engine to tell
            engine.ask_stop(kill=self._kill_asked)
        await engine.run()

    def _call(self, order: Callable[[Engine], Any]) -> None:
        """Have the engine do something on its own thread; nothing happens before and after its time.

        Never waits: a signal handler of the thread that is just starting the engine's may have called it.
        """
        engine, loop = self._engine, self._loop
        if engine is None or loop is None:
            return
        try:
            loop.call_soon_threadsafe(order, engine)
        except RuntimeError:  # the loop is closed: everything has stopped
            return


def _looping(rows: Mapping[str, Status]) -> list[Status]:
    return [row for row in rows.values() if row.crash_loop]


def _not_serving(rows: Mapping[str, Status]) -> list[Status]:
    return [row for row in rows.values() if row.state is not State.SERVING]
