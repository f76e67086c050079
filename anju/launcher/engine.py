"""The engine of the supervisor: one coroutine per child, from its first launch to its end."""

import asyncio
import random
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path
from signal import SIGKILL, Signals

import structlog

from anju.launcher import child
from anju.launcher.backoff import Backoff
from anju.launcher.board import Board
from anju.launcher.lifecycle import Event, LastExit, State
from anju.launcher.mends import child_failed
from anju.launcher.spec import NotReady, ServiceSpec
from anju.launcher.waiting import cancelled, first
from core.clock import SystemClock

ROTATE_EVERY_S = 60.0
_PROBE_FIRST_S, _PROBE_CAP_S, _PROBE_GROWTH = 0.02, 0.5, 1.5

_log = structlog.get_logger(__name__)


class Engine:
    """Runs children until it is asked to stop; everything in it happens on one event loop.

    Args:
        specs: What to run, each after those it needs.
        board: Where their statuses go.
        logs: Folder of their outputs.
        backoff: How long to wait before a dead child is started again.
    """

    def __init__(self, specs: Sequence[ServiceSpec], board: Board, logs: Path, backoff: Backoff) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._board = board
        self._logs = logs
        self._backoff = backoff
        self._jitter = random.SystemRandom()
        self._processes: dict[str, Process] = {}
        self._speaking: set[str] = set()  # children that answered their last probe, if only to say "not yet"
        self._stop_asked = asyncio.Event()
        self._kill_asked = asyncio.Event()
        self._serves = {name: asyncio.Event() for name in self._specs}
        self._over = {name: asyncio.Event() for name in self._specs}

    async def run(self) -> None:
        """Run until a stop was asked for and every child is gone."""
        rotation = asyncio.create_task(self._rotate_logs())
        try:
            async with asyncio.TaskGroup() as group:
                for spec in self._specs.values():
                    group.create_task(self._keep(spec))
        finally:
            await cancelled(rotation)

    def ask_stop(self, *, kill: bool) -> None:
        """Stop all children; with `kill` at once and without asking."""
        self._stop_asked.set()
        if kill:
            self._kill_asked.set()

    def signal(self, name: str, number: Signals) -> None:
        """Send a signal to the process group of a child, where it runs."""
        if name in self._processes:
            child.signal_group(self._processes[name], number)

    async def _keep(self, spec: ServiceSpec) -> None:
        needed = asyncio.gather(*(self._serves[name].wait() for name in spec.needs))
        await first(needed, self._stop_asked.wait(), within_s=spec.needs_within_s)
        await cancelled(needed)
        while not self._stop_asked.is_set():
            await self._live(spec)
            failures = max(1, self._board[spec.name].failures)
            await first(self._stop_asked.wait(), within_s=self._backoff.delay_s(failures, self._jitter.random()))
        if self._board[spec.name].state is not State.STOPPED:
            self._board.step(spec.name, Event.STOP_ASKED)
        self._over[spec.name].set()

    async def _live(self, spec: ServiceSpec) -> None:
        """One life of a child: from its launch until all of its process group is gone."""
        log = self._logs / f"{spec.name}.log"
        self._board.change(spec.name, launched=_now())
        self._board.step(spec.name, Event.LAUNCHED)
        try:
            child.rotate(log)
            written = child.size_of(log)
            process = await child.launch(spec, log)
        except OSError as error:  # no process to be had, or no log file: a failed life like any other
            self._record_exit(spec, log, LastExit(at=_now(), code=None, signal=None, line=str(error)))
            return
        self._processes[spec.name] = process
        self._board.change(spec.name, pid=process.pid)
        gone = asyncio.create_task(process.wait())
        try:
            await self._serve(spec, process, gone)
        finally:
            child.signal_group(process, SIGKILL)
            await gone
            del self._processes[spec.name]
            self._speaking.discard(spec.name)
            self._serves[spec.name].clear()
        self._record_exit(spec, log, child.last_exit(process, log, written))

    async def _serve(self, spec: ServiceSpec, process: Process, gone: "asyncio.Task[int]") -> None:
        """Return when the child is to be killed, or gone."""
        stop = asyncio.create_task(self._stop_asked.wait())
        answer = asyncio.create_task(self._probe(spec))
        try:
            await first(answer, gone, stop, within_s=spec.ready_within_s)
            if spec.name in self._speaking:  # it lives, and waits for something that its death would not bring
                await first(answer, gone, stop)
            if answer.done() and not gone.done():
                answer.result()
                self._board.step(spec.name, Event.ANSWERED)
                self._serves[spec.name].set()
                await first(gone, stop, within_s=self._backoff.stable_s)
                if not gone.done():
                    self._board.change(spec.name, failures=0, crash_loop=False)
                await first(gone, stop)
            elif not gone.done() and not stop.done():
                _log.error("child_not_ready", child=spec.name, within_s=spec.ready_within_s)
            if stop.done() and not gone.done():
                await self._end(spec, process, gone)
        finally:
            await cancelled(answer)
            await cancelled(stop)

    async def _probe(self, spec: ServiceSpec) -> None:
        """Return when the child answers its probe."""
        pause = _PROBE_FIRST_S
        while spec.probe is not None:
            try:
                await asyncio.to_thread(spec.probe)
            except NotReady as error:
                self._speaking.add(spec.name)
                self._board.change(spec.name, waiting_for=str(error))
            except OSError as error:
                self._speaking.discard(spec.name)
                self._board.change(spec.name, waiting_for=str(error))
            else:
                return
            await asyncio.sleep(pause)
            pause = min(_PROBE_CAP_S, pause * _PROBE_GROWTH)

    async def _end(self, spec: ServiceSpec, process: Process, gone: "asyncio.Task[int]") -> None:
        """Ask a running child to finish once nobody needs it any more; return when it did, or its grace is over."""
        for other in self._specs.values():
            if spec.name in other.needs:
                await first(self._over[other.name].wait(), self._kill_asked.wait())
        if gone.done():
            return
        self._board.step(spec.name, Event.STOP_ASKED)
        if not self._kill_asked.is_set():
            child.signal_group(process, spec.stop_signal)
            await first(gone, self._kill_asked.wait(), within_s=spec.grace_s)
        if not gone.done() and not self._kill_asked.is_set():
            _log.warning("child_killed", child=spec.name, grace_s=spec.grace_s)

    def _record_exit(self, spec: ServiceSpec, log: Path, last: LastExit) -> None:
        row = self._board[spec.name]
        if row.state is State.STOPPING:
            _log.info("child_stopped", child=spec.name, exit=str(last))
            self._board.change(spec.name, last_exit=last)
        else:
            failures = row.failures + 1
            loop = self._backoff.is_loop(failures)
            self._board.change(spec.name, last_exit=last, failures=failures, crash_loop=loop)
            _log.error("child_died", child=spec.name, exit=str(last), failures=failures, restarts=row.restarts)
            if loop:
                error = child_failed(spec.name, last, row.waiting_for, log)
                _log.error("crash_loop", child=spec.name, zh=error.text("zh"), en=error.text("en"))
        self._board.step(spec.name, Event.EXITED)

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_EVERY_S)
            for name in self._specs:
                try:
                    child.rotate(self._logs / f"{name}.log")
                except OSError as error:
                    _log.error("log_not_rotated", child=name, error=str(error))


def _now() -> str:
    return SystemClock().now().isoformat(timespec="milliseconds")
