"""Small integers for ids, so that hot paths carry int32 arrays and not strings.

A service keeps one table per estate and kind (people, doors, vehicles). Handles follow the order of first sight, are
never reused and never written down: after a restart they differ, the ids do not. The table only grows, so every
snapshot that was built with it stays right, and readers need no lock.
"""

from collections.abc import Iterable
from threading import Lock

import numpy as np

from core.errors import InvalidValue
from recognition.arrays import NOBODY, Int32s


class Handles:
    """A one-to-one table of ids (str, not empty) and handles (int32, 0 upwards)."""

    __slots__ = ("_handles", "_ids", "_lock")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids: list[str] = []
        self._handles: dict[str, int] = {}
        self._lock = Lock()
        self.intern(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def intern(self, ids: Iterable[str]) -> Int32s:
        """The handles of `ids`, (n,) int32, given now where an id is new. Raises InvalidValue on an empty id."""
        with self._lock:
            return np.fromiter((self._give(text) for text in ids), np.int32)

    def lookup(self, ids: Iterable[str]) -> Int32s:
        """The handles of `ids`, (n,) int32; NOBODY where an id is not in the table."""
        return np.fromiter((self._handles.get(text, NOBODY) for text in ids), np.int32)

    def ids(self, handles: Int32s) -> list[str]:
        """The ids behind handles (n,); an empty string for NOBODY."""
        return [self._ids[handle] if handle >= 0 else "" for handle in handles.tolist()]

    def _give(self, text: str) -> int:
        handle = self._handles.get(text)
        if handle is None:
            if not text:
                raise InvalidValue("编号不能为空。", "an id must not be empty.")
            handle = len(self._ids)
            self._ids.append(text)  # before the handle: whoever finds a handle finds its id
            self._handles[text] = handle
        return handle
