"""The board: what every child is doing, for other threads, for the screen and in `supervisor.json`."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import structlog

from anju.launcher.files import write_json
from anju.launcher.lifecycle import Event, State, Status, step
from core.clock import SystemClock

Listener = Callable[[Status], None]
Condition = Callable[[Mapping[str, Status]], bool]

_log = structlog.get_logger(__name__)


class Board:
    """Statuses by name. Written by the supervisor's thread alone, read and awaited by any.

    Args:
        names: The children, in the order of start.
        path: The state file, replaced whole at every change.
        listener: Called with the new status at every change; must be quick and must not raise.
    """

    def __init__(self, names: Iterable[str], path: Path, listener: Listener | None = None) -> None:
        self._rows = {name: Status(name=name) for name in names}
        self._path = path
        self._listener = listener
        self._started = SystemClock().now()
        self._changed = threading.Condition()
        self._unwritable = False

    def __getitem__(self, name: str) -> Status:
        with self._changed:
            return self._rows[name]

    def rows(self) -> dict[str, Status]:
        """Every child as it is now."""
        with self._changed:
            return dict(self._rows)

    def change(self, name: str, **values: Any) -> None:
        """Set fields of a child's status."""
        self._put(replace(self[name], **values))

    def step(self, name: str, event: Event) -> None:
        """Move a child along the table of its life."""
        self._put(step(self[name], event))

    def wait_until(self, condition: Condition, within_s: float) -> bool:
        """Block until `condition` holds; False after `within_s` seconds, or once all children have stopped."""
        with self._changed:
            self._changed.wait_for(lambda: condition(self._rows) or self._all_stopped(), within_s)
            return condition(self._rows)

    def close(self) -> None:
        """Nothing runs any more: also where the supervisor itself failed."""
        for name in self.rows():
            self.change(name, state=State.STOPPED, pid=None)

    def _all_stopped(self) -> bool:
        return all(row.state is State.STOPPED for row in self._rows.values())

    def _put(self, row: Status) -> None:
        rows = self.rows()
        if rows[row.name] == row:
            return
        # File and screen first: whoever waits for a change finds it told everywhere.
        self._write(rows | {row.name: row})
        if self._listener is not None:
            self._listener(row)
        with self._changed:
            self._rows[row.name] = row
            self._changed.notify_all()

    def _write(self, rows: Mapping[str, Status]) -> None:
        children = {name: asdict(row) for name, row in rows.items()}
        value = {"pid": os.getpid(), "started": self._started.isoformat(timespec="milliseconds"), "children": children}
        try:
            write_json(self._path, value)
        except OSError as error:  # a full disk must not stop the doors; said once until it is mended
            if not self._unwritable:
                _log.error("state_file_unwritable", path=str(self._path), error=str(error))
            self._unwritable = True
        else:
            self._unwritable = False
